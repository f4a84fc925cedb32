r"""BELLE: conversations of "human" and "assistant", and its preferences as templated text.

    {"id": "a-01", "conversations": [{"from": "human", "value": "说出一种鸟。"},
                                     {"from": "assistant", "value": "麻雀。"}]}
    {"prompt": "Human: \n说出一种鸟。\n\nAssistant: \n", "chosen": "麻雀。", "rejected": "猫。"}
    {"chosen": "Human: \n说出一种鸟。\n\nAssistant: \n麻雀。", "rejected": "Human: \n..."}

LianjiaTech/BELLE. train/src/sample_generator.py, `sft_sample_to_ids`, puts a human's turn between
"Human: \n" and "\n\nAssistant: \n" and trains on every turn that is not a human's, on a system
turn too, with the end of text after it; so there is none here. entry_point/rm_train.py reads its
two texts as they are and leaves out what is longer than `seq_length` (512).

The DPO trainer gives its rows to the collator of TRL (entry_point/dpo_train.py), which reads
`rejected`; the `reject` that README_RLHF.md asks for first would be a KeyError, its example has
`rejected`. That collator stops at "</s>" in a text; elsewhere here it would be read as the end.

Read here too: `reject`, and the set of 0.8 million conversations, {"instruction": "Human:...\n
Assistant:...\nHuman:...\nAssistant:", "input": "", "output"}, in one line.
"""

import re
from collections.abc import Sequence
from typing import Any

from vicugna.layouts.layout import NO_REJECTED, Layout, Part, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.preference import join_pairs, read_pair, read_two, rejected_answers
from vicugna.layouts.texts import as_text, read_text
from vicugna.layouts.transcripts import find_cut, read_transcript
from vicugna.layouts.turns import (
    Turn,
    are_turns,
    question_turns,
    read_question,
    read_turns,
    to_turns,
)
from vicugna.records import Draft

_FROM = {"user": "human", "assistant": "assistant"}
_ANSWERS: frozenset[Part] = frozenset({"alternatives"})
_END = "</s>"
_TEMPLATED = re.compile(r"\s*Human: ?\n")
_TURN = re.compile(r"(?:\A|\n)(Human|Assistant):")


def _write(draft: Draft) -> list[Row] | str:
    turns = [(role, text) for role, text in to_turns(draft) if role != "system"]
    conversations = [{"from": _FROM[role], "value": text} for role, text in turns]
    return find_mark(texts_of(draft), [_END]) or [{"id": draft.id, "conversations": conversations}]


def _matches(row: Row) -> bool:
    """Return whether answers are from "assistant" under "from", as no other layout has them."""
    turns = row.get("conversations")
    if not are_turns(turns) or not turns or row.keys() & {"chosen", "rejected"}:
        return False
    return any(turn.get("from") == "assistant" for turn in turns)


def _read(row: Row) -> Read:
    return read_turns(row["conversations"], read_text(row, "system") or "")


def _template(turns: Sequence[Turn]) -> str:
    """Return turns that end with a question as one text, up to where the answer begins."""
    parts = [
        f"Human: \n{text}\n\nAssistant: \n" if role == "user" else f"{text}\n\n"
        for role, text in turns
        if role != "system"
    ]
    return "".join(parts)


def _refuse(draft: Draft) -> str:
    texts = texts_of(draft, rejected=True)
    return find_mark(texts, [_END]) or find_cut(texts)


def _write_dpo(draft: Draft) -> list[Row] | str:
    prompt = _template(question_turns(draft))
    return (
        _refuse(draft)
        or [
            {"prompt": prompt, "chosen": draft.answer, "rejected": rejected}
            for rejected in rejected_answers(draft)
        ]
        or NO_REJECTED
    )


def _write_reward(draft: Draft) -> list[Row] | str:
    prompt = _template(question_turns(draft))
    return (
        _refuse(draft)
        or [
            {"chosen": prompt + draft.answer, "rejected": prompt + rejected}
            for rejected in rejected_answers(draft)
        ]
        or NO_REJECTED
    )


def _is_templated(value: Any) -> bool:  # noqa: ANN401 - from JSON
    return isinstance(value, str) and _TEMPLATED.match(value) is not None


def _matches_dpo(row: Row) -> bool:
    answers = [row.get("chosen"), row.get("rejected", row.get("reject"))]
    return _is_templated(row.get("prompt")) and all(isinstance(one, str) for one in answers)


def _read_dpo(row: Row) -> Read:
    asked = read_transcript(row["prompt"])
    if asked and asked[-1]["role"] == "assistant" and not asked[-1]["content"]:
        asked.pop()
    rejected = read_text(row, "rejected", "reject")
    return read_pair(read_question(asked), row["chosen"], rejected, row)


def _matches_reward(row: Row) -> bool:
    texts = (row.get("chosen"), row.get("rejected"))
    return "prompt" not in row and all(map(_is_templated, texts))


def _read_reward(row: Row) -> Read:
    chosen, rejected = (read_turns(read_transcript(row[name])) for name in ("chosen", "rejected"))
    return read_two(chosen, rejected, row)


def _matches_multiturn(row: Row) -> bool:
    asked = row.get("instruction")
    if not isinstance(asked, str) or "output" not in row or row.get("input"):
        return False
    return asked.lstrip().startswith("Human:") and asked.rstrip().endswith("Assistant:")


def _read_multiturn(row: Row) -> Read:
    _, *parts = _TURN.split(as_text(row["instruction"]) or "")
    turns = [
        {"role": role.lower(), "content": text}
        for role, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    turns[-1]["content"] = row["output"]
    return read_turns(turns)


BELLE = Layout("belle.jsonl", "lines", _write, _matches, _read)
BELLE_DPO = Layout(
    "belle_dpo.jsonl", "lines", _write_dpo, _matches_dpo, _read_dpo, _ANSWERS, join_pairs
)
BELLE_REWARD = Layout(
    "belle_reward.jsonl",
    "lines",
    _write_reward,
    _matches_reward,
    _read_reward,
    _ANSWERS,
    join_pairs,
)
BELLE_MULTITURN = Layout("", "lines", None, _matches_multiturn, _read_multiturn)
