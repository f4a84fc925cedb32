"""The rules of the original systems, as published, to reproduce them on English.

They reject every Chinese instruction (first character not ASCII), so they are in no chain; name
them with `--filters` or in a recipe.
"""

import re
import string

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

# github.com/yizhongw/self-instruct, bootstrap_instructions.py.
_SELF_INSTRUCT = (
    *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
    *("draw", "plot", "go to"),
)
# github.com/tatsu-lab/stanford_alpaca, generate_instruction.py.
_ALPACA = (*_SELF_INSTRUCT, "video", "audio", "music", "flowchart", "diagram")
MIN_WORDS, MAX_WORDS = 3, 150  # 3 words and fewer go, more than 150 go; split at white space


def self_instruct_rules() -> Filter:
    """Keep a draft that passes the rules of Self-Instruct, on the instruction only."""
    listed = _compile(_SELF_INSTRUCT)

    def ask(draft: Draft, _: Pool) -> Verdict:
        return _judge("self_instruct_rules", draft.instruction, listed)

    return ask


def alpaca_rules() -> Filter:
    """Keep a draft that passes the rules of Stanford Alpaca, on the instruction only."""
    listed = _compile(_ALPACA)

    def ask(draft: Draft, _: Pool) -> Verdict:
        return _judge("alpaca_rules", draft.instruction, listed)

    return ask


def _compile(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


def _judge(name: str, text: str, listed: re.Pattern[str]) -> Verdict:
    count = len(text.split())
    if count <= MIN_WORDS or count > MAX_WORDS:
        limit = MIN_WORDS if count <= MIN_WORDS else MAX_WORDS
        return Verdict(name, False, count, limit, detail="words")
    hit = listed.search(text)
    if hit:
        return Verdict(name, False, detail=hit[0])
    if text.startswith("Write a program"):
        return Verdict(name, False, detail="Write a program")
    if text[0] in string.punctuation or not text[0].isascii():
        return Verdict(name, False, detail=text[0])
    return Verdict(name, True)
