r"""Baize: a transcript as one text, with what it is about.

    {"topic": "", "input": "The conversation between human and AI assistant.\n
     [|Human|] Name a bird.\n[|AI|] A red kite.\n[|Human|] "}   (in one line)

project-baize/baize-chatbot, finetune.py: `input` is trained on as it stands, questions too, up to
512 tokens (`CUTOFF_LEN`); it is looked for as data/NAME_chat_data.json, and 2,000 rows of the whole
are kept for validation (`VAL_SET_SIZE`): fewer stop it. As preprocess.py writes it the text ends
with an empty human turn, which is where the AI stops; a last turn that is not empty would be a
question that nobody answered.
"""

import re

from vicugna.layouts.layout import Layout, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.texts import as_text
from vicugna.layouts.turns import Turn, as_messages, read_turns, to_turns
from vicugna.records import TOPICS, Draft

_BEGINNING = "The conversation between human and AI assistant."
_HUMAN, _AI = "[|Human|]", "[|AI|]"
_LABELS = {"user": _HUMAN, "assistant": _AI}
_MARK = re.compile(r"\[\|(Human|AI)\|\]")


def _write(draft: Draft) -> list[Row] | str:
    if refused := find_mark(texts_of(draft), (_HUMAN, _AI)):
        return refused
    turns = [(role, text) for role, text in to_turns(draft) if role != "system"]
    lines = [_BEGINNING, *(f"{_LABELS[role]} {text}" for role, text in turns), f"{_HUMAN} "]
    return [{"topic": draft.topic, "input": "\n".join(lines)}]


def _matches(row: Row) -> bool:
    text = row.get("input")
    return isinstance(text, str) and _HUMAN in text and _AI in text and "instruction" not in row


def _read(row: Row) -> Read:
    beginning, *rest = _MARK.split(row["input"])
    turns: list[Turn] = [
        ("user" if mark == "Human" else "assistant", text)
        for mark, text in zip(rest[::2], rest[1::2], strict=True)
    ]
    if turns[-1][0] == "user" and not as_text(turns[-1][1]):
        turns.pop()
    system = as_text(beginning) or ""
    read = read_turns(as_messages(turns), "" if system == _BEGINNING else system)
    for piece in read:
        if isinstance(piece, dict) and row.get("topic") in TOPICS:
            piece["topic"] = row["topic"]
    return read


BAIZE = Layout("baize.json", "array", _write, _matches, _read)
