"""LLaMA-Factory's preferences (`ranking: true` in its dataset_info.json), a row for each pair.

    {"conversations": [{"from": "human", "value": "Name a bird."}],
     "chosen": {"from": "gpt", "value": "A kite."}, "rejected": {"from": "gpt", "value": "A cat."}}
    {"instruction": "Name a bird.", "input": "", "chosen": "A kite.", "rejected": "A cat."}

hiyouga/LLaMA-Factory 0.9.5, src/llamafactory/data/converter.py. SharegptDatasetConverter takes a
first turn from "system" as the system prompt, no column needed; it drops a row whose turns do not
alternate from human to human, and one whose chosen or rejected is no single object.
AlpacaDatasetConverter joins instruction and input with a line end; here it holds one round and no
system prompt, as only a column named in dataset_info.json would. formatter.py, StringFormatter:
"{{idx}}" in a question is replaced by the number of the round, so such a question is refused.

Read here too: the `system` and `history` columns, a chosen answer in a list of one turn, and the
pairs of 2023, {"instruction", "input", "output": [good, bad]}.
"""

from typing import Any, cast

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import (
    MORE_ROUNDS,
    NO_REJECTED,
    PREFERENCES,
    Layout,
    Part,
    Read,
    Row,
)
from vicugna.layouts.preference import join_pairs, read_pair, rejected_answers
from vicugna.layouts.sharegpt import FROM
from vicugna.layouts.texts import read_text
from vicugna.layouts.turns import are_turns, question_turns, read_question
from vicugna.records import Draft

_FROM = {**FROM, "system": "system"}
_ROUND = "{{idx}}"
_ANSWERS: frozenset[Part] = frozenset({"alternatives"})


def _find_round(draft: Draft) -> str:
    """Return why a question would be changed, or ""."""
    asked = (text for role, text in question_turns(draft) if role == "user")
    return f"{_ROUND} in a text" if any(_ROUND in text for text in asked) else ""


def _write_sharegpt(draft: Draft) -> list[Row] | str:
    fault = _find_round(draft)
    if fault:
        return fault
    asked = [{"from": _FROM[role], "value": text} for role, text in question_turns(draft)]
    chosen = {"from": "gpt", "value": draft.answer}
    return [
        {"conversations": asked, "chosen": chosen, "rejected": {"from": "gpt", "value": rejected}}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _matches_sharegpt(row: Row) -> bool:
    return {"chosen", "rejected"} <= row.keys() and are_turns(row.get("conversations"))


def _read_sharegpt(row: Row) -> Read:
    content = read_question(row["conversations"], read_text(row, "system") or "")
    return read_pair(content, row["chosen"], row["rejected"], row)


def _write_alpaca(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    task = {"instruction": draft.instruction, "input": draft.input}
    return _find_round(draft) or (
        [
            {**task, "chosen": draft.output, "rejected": rejected}
            for rejected in rejected_answers(draft)
        ]
        or NO_REJECTED
    )


def _matches_alpaca(row: Row) -> bool:
    if "instruction" not in row:
        return False
    if {"chosen", "rejected"} <= row.keys():
        return not isinstance(row["chosen"], list)  # whole conversations are: `preference`
    output = row.get("output")
    return isinstance(output, list) and len(cast(list[Any], output)) == 2


def _read_alpaca(row: Row) -> Read:
    chosen, rejected = row["output"] if "chosen" not in row else (row["chosen"], row["rejected"])
    task = {name: row.get(name) for name in ("instruction", "input", "system", "history")}
    content = read_alpaca({**task, "output": ""})[0]
    return read_pair(content, chosen, rejected, row)


PREFERENCE_SHAREGPT = Layout(
    "preference_sharegpt.json",
    "array",
    _write_sharegpt,
    _matches_sharegpt,
    _read_sharegpt,
    PREFERENCES,
    join_pairs,
)
PREFERENCE_ALPACA = Layout(
    "preference_alpaca.json",
    "array",
    _write_alpaca,
    _matches_alpaca,
    _read_alpaca,
    _ANSWERS,
    join_pairs,
)
