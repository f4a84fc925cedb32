r"""LMFlow: folders of files {"type": T, "instances": [...]}; here the instances, one type a layout.

    text2text            {"input": "Name a bird.\n", "output": "A kite."}
    conversation         {"conversation_id": "a-1", "system": "", "messages": [...]}
    paired_conversation  {"chosen": {"system": "", "messages": [...]}, "rejected": {...}}
    paired_text_to_text  {"prompt": "Name a bird.\n", "chosen": "A kite.", "rejected": "A cat."}

OptimalScale/LMFlow, src/lmflow: a question given as one text is joined to its answer with nothing
between (tokenization/hf_decoder_model.py, tokenize_function, and dpov2_dataprocessor.py in
pipeline/utils), so it ends with its own line end. Of a conversation the reader takes pairs from
"user" on, and the system prompt from its own field, where "" is none
(utils/conversation_template/base.py; only a tokenizer's own template is given an empty one). Every
column of paired_conversation is taken for a side (models/hf_text_regression_model.py,
column_names), so there is no other. In a file an instance has no "type"; who reads it adds one.

Lists of answers are in `lmflow_lists`. A margin is a difference, not a score: it is not read.
"""

from collections.abc import Callable
from typing import cast

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import (
    MORE_ROUNDS,
    NO_REJECTED,
    PREFERENCES,
    SYSTEM,
    Layout,
    Part,
    Read,
    Row,
)
from vicugna.layouts.preference import join_pairs, read_pair, read_two, rejected_answers
from vicugna.layouts.texts import as_text, read_text
from vicugna.layouts.turns import (
    are_turns,
    as_messages,
    read_prompt,
    read_turns,
    to_turns,
    user_turn,
)
from vicugna.records import Draft

_ANSWERS: frozenset[Part] = frozenset({"alternatives"})


def of_type(name: str, *keys: str) -> Callable[[Row], bool]:
    """Return what says whether a row is an instance of a type, with the keys that it must have."""

    def matches(row: Row) -> bool:
        return row.get("type") == name and row.keys() >= {*keys}

    return matches


def ask(draft: Draft) -> str:
    """Return the first question as a text that its answer is put right behind."""
    return f"{user_turn(draft)}\n"


def _write_text2text(draft: Draft) -> list[Row] | str:
    return MORE_ROUNDS if draft.rounds else [{"input": ask(draft), "output": draft.output}]


def _write_conversation(draft: Draft) -> list[Row] | str:
    return [{"conversation_id": draft.id, **_conversation(draft, draft.answer)}]


def _write_paired(draft: Draft) -> list[Row] | str:
    chosen = _conversation(draft, draft.answer)
    return [
        {"chosen": chosen, "rejected": _conversation(draft, rejected)}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _conversation(draft: Draft, answer: str) -> Row:
    turns = [turn for turn in to_turns(draft)[:-1] if turn[0] != "system"]
    return {"system": draft.system, "messages": as_messages([*turns, ("assistant", answer)])}


def _write_paired_text(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return [
        {"prompt": ask(draft), "chosen": draft.output, "rejected": rejected}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _matches_conversation(row: Row) -> bool:
    return row.get("type") == "conversation" and are_turns(row.get("messages"))


def _matches_paired(row: Row) -> bool:
    if row.get("type") != "paired_conversation":
        return False
    return all(are_turns(_side(row, name).get("messages")) for name in ("chosen", "rejected"))


def _side(row: Row, name: str) -> Row:
    side = row.get(name)
    return cast(Row, side) if isinstance(side, dict) else {}


def _read_text2text(row: Row) -> Read:
    return read_alpaca({"instruction": row["input"], "output": row["output"]})


def _read_conversation(row: Row) -> Read:
    return read_turns(row["messages"], read_text(row, "system") or "")


def _read_paired(row: Row) -> Read:
    chosen, rejected = (_read_conversation(_side(row, name)) for name in ("chosen", "rejected"))
    return read_two(chosen, rejected, row)


def _read_paired_text(row: Row) -> Read:
    content = read_prompt(as_text(row["prompt"]))
    return read_pair(content, row["chosen"], row["rejected"], row)


LMFLOW_TEXT2TEXT = Layout(
    "lmflow_text2text/data.json",
    "lmflow text2text",
    _write_text2text,
    of_type("text2text", "input", "output"),
    _read_text2text,
)
LMFLOW_CONVERSATION = Layout(
    "lmflow_conversation/data.json",
    "lmflow conversation",
    _write_conversation,
    _matches_conversation,
    _read_conversation,
    SYSTEM,
)
LMFLOW_PAIRED = Layout(
    "lmflow_paired/data.json",
    "lmflow paired_conversation",
    _write_paired,
    _matches_paired,
    _read_paired,
    PREFERENCES,
    join_pairs,
)
LMFLOW_PAIRED_TEXT = Layout(
    "lmflow_paired_text/data.json",
    "lmflow paired_text_to_text",
    _write_paired_text,
    of_type("paired_text_to_text", "prompt", "chosen", "rejected"),
    _read_paired_text,
    _ANSWERS,
    join_pairs,
)
