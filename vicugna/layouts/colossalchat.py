"""ColossalChat: turns from "user" and "assistant" under the keys `from` and `content`.

    {"messages": [{"from": "user", "content": "Name a bird."},
                  {"from": "assistant", "content": "A kite."}]}
    {"context": [{"from": "user", "content": "Name a bird."}],
     "chosen": [{"from": "assistant", "content": "A kite."}],
     "rejected": [{"from": "assistant", "content": "A cat."}]}
    {"prompt": [...], "completion": {"from": "assistant", "content": "A kite."}, "label": true}

hpcaitech/ColossalAI, applications/ColossalChat: examples/data_preparation_scripts/
prepare_dataset.py reads the *.jsonl of a folder, coati/dataset/tokenization_utils.py the rows. A
first turn from "system" replaces the template's system message; any other order raises, and stops
the whole preparation. utils.py, split_templated_prompt_into_chunks, looks up each text in what the
chat template made of it: templates that strip the turns would not have the blanks at their ends, so
texts are written without.

The prompts (PPO) are conversations up to a question. One that ends with its answer is the layout of
supervised training, whose reader leaves out a question after the last answer; so here the earlier
rounds are read as a conversation, and the question is told as a piece that is none.
"""

from collections.abc import Sequence
from typing import Any, cast

from vicugna.layouts.kto import KTO, join_labels, labelled_answers
from vicugna.layouts.layout import (
    NO_REJECTED,
    PREFERENCES,
    SYSTEM,
    Layout,
    Problem,
    Read,
    Row,
)
from vicugna.layouts.preference import join_pairs, read_pair, rejected_answers
from vicugna.layouts.texts import dump_row, read_text
from vicugna.layouts.turns import (
    ROLES,
    Turn,
    are_turns,
    question_turns,
    read_question,
    read_turns,
    to_turns,
)
from vicugna.records import Draft

UNANSWERED = "a question without an answer"


def _turns(turns: Sequence[Turn]) -> list[Row]:
    return [{"from": role, "content": text.strip()} for role, text in turns]


def _are_ours(value: Any) -> bool:  # noqa: ANN401 - from JSON
    """Return whether a value is turns, at least one, with this system's mixture of keys."""
    if not are_turns(value) or not value:
        return False
    return all({"from", "content"} <= turn.keys() for turn in cast(list[Row], value))


def _ends_with_question(turns: list[Row]) -> bool:
    role = turns[-1]["from"]
    return isinstance(role, str) and ROLES.get(role.lower()) == "user"


def _write(draft: Draft) -> list[Row] | str:
    return [{"messages": _turns(to_turns(draft))}]


def _write_prompts(draft: Draft) -> list[Row] | str:
    return [{"messages": _turns(question_turns(draft))}]


def _write_preference(draft: Draft) -> list[Row] | str:
    context, chosen = _turns(question_turns(draft)), _turns([("assistant", draft.answer)])
    return [
        {"context": context, "chosen": chosen, "rejected": _turns([("assistant", rejected)])}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _write_kto(draft: Draft) -> list[Row] | str:
    prompt = _turns(question_turns(draft))
    return [
        {"prompt": prompt, "completion": _turns([("assistant", answer)])[0], "label": label}
        for answer, label in labelled_answers(draft)
    ]


def _holds_messages(row: Row) -> bool:
    more = row.keys() & {"chosen", "rejected", "label", "rejected_response", "rejected_messages"}
    return not more and _are_ours(row.get("messages"))


def _matches(row: Row) -> bool:
    return _holds_messages(row) and not _ends_with_question(row["messages"])


def _matches_prompts(row: Row) -> bool:
    return _holds_messages(row) and _ends_with_question(row["messages"])


def _matches_preference(row: Row) -> bool:
    return {"chosen", "rejected"} <= row.keys() and are_turns(row.get("context"))


def _matches_kto(row: Row) -> bool:
    if not isinstance(row.get("label"), bool) or not isinstance(row.get("completion"), dict):
        return False
    return _are_ours(row.get("prompt"))


def _read(row: Row) -> Read:
    return read_turns(row["messages"], read_text(row, "system") or "")


def _read_prompts(row: Row) -> Read:
    turns = cast(list[Row], row["messages"])
    if len(turns) > 2:
        return _read(row)
    content = read_question(turns)
    if isinstance(content, Problem):
        return [Problem(content.reason, dump_row(row))]
    return [Problem(UNANSWERED, content["instruction"])]


def _read_preference(row: Row) -> Read:
    return read_pair(read_question(row["context"]), row["chosen"], row["rejected"], row)


COLOSSALCHAT = Layout("colossalchat.jsonl", "lines", _write, _matches, _read, SYSTEM)
COLOSSALCHAT_PREFERENCE = Layout(
    "colossalchat_preference.jsonl",
    "lines",
    _write_preference,
    _matches_preference,
    _read_preference,
    PREFERENCES,
    join_pairs,
)
COLOSSALCHAT_PROMPTS = Layout(
    "colossalchat_prompts.jsonl",
    "lines",
    _write_prompts,
    _matches_prompts,
    _read_prompts,
    SYSTEM,
)
COLOSSALCHAT_KTO = Layout(
    "colossalchat_kto.jsonl",
    "lines",
    _write_kto,
    _matches_kto,
    KTO.read,
    PREFERENCES,
    join_labels,
)
