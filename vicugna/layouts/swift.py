"""ms-swift's preferences: the messages with the chosen answer, and the rejected one beside them.

    {"messages": [{"role": "user", "content": "Name a bird."},
                  {"role": "assistant", "content": "A kite."}], "rejected_response": "A cat."}

modelscope/ms-swift 4.6.0: swift/template/template_inputs.py, TemplateInputs puts the rejected
response in the place of what follows the last user turn; swift/dataset/preprocessor/core.py,
_check_rejected_response drops a row whose two answers are the same, or one of them null.

Read here too: `rejected_messages`, a rejected response that is a list of one message, and the
columns of version 2, {"system", "query", "response", "history", "rejected_response"}.
"""

from typing import Any

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import (
    NO_REJECTED,
    PREFERENCES,
    Content,
    Layout,
    Problem,
    Read,
    Row,
)
from vicugna.layouts.preference import join_pairs, read_scores, rejected_answers
from vicugna.layouts.scores import as_alternative
from vicugna.layouts.texts import dump_row, read_text, split_reasoning
from vicugna.layouts.turns import (
    are_turns,
    as_messages,
    last_answer,
    read_answer,
    read_turns,
    to_turns,
    with_answer,
)
from vicugna.records import Alternative, Draft


def _write(draft: Draft) -> list[Row] | str:
    messages = as_messages(to_turns(draft))
    return [
        {"messages": messages, "rejected_response": rejected}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _matches(row: Row) -> bool:
    if "messages" in row:
        rejected = row.keys() & {"rejected_response", "rejected_messages"}
        return bool(rejected) and are_turns(row["messages"])
    return {"query", "response", "rejected_response"} <= row.keys()


def _read(row: Row) -> Read:
    pieces = _read_chosen(row)
    content = pieces[0]
    if len(pieces) > 1 or isinstance(content, Problem):
        reason = next(piece.reason for piece in pieces if isinstance(piece, Problem))
        return [Problem(reason, dump_row(row))]
    better, worse = read_scores(row)
    if row.get("rejected_messages") is not None:
        alternative = _read_messages(row["rejected_messages"], content, worse)
    else:
        alternative = _read_response(row.get("rejected_response"), worse)
    if isinstance(alternative, str):
        return [Problem(alternative, dump_row(row))]
    if not alternative.answer or not last_answer(content):
        return [Problem("an empty answer", dump_row(row))]
    return [{**content, "alternatives": (alternative,), "score": better}]


def _read_chosen(row: Row) -> Read:
    if "messages" in row:
        return read_turns(row["messages"], read_text(row, "system") or "")
    known = {name: row.get(name) for name in ("system", "history")}
    return read_alpaca({**known, "instruction": row["query"], "output": row["response"]})


def _read_response(value: Any, score: float | None) -> Alternative | str:  # noqa: ANN401 - JSON
    """Return a rejected response, or what is wrong with it."""
    text = read_answer(value)
    if text is None:
        return "an answer that is not text"
    reasoning, answer = split_reasoning(text)
    return Alternative(answer, reasoning, score)


def _read_messages(
    value: Any,  # noqa: ANN401 - from JSON
    chosen: Content,
    score: float | None,
) -> Alternative | str:
    """Return the last answer of rejected messages, or what is wrong with them."""
    pieces = read_turns(value, chosen.get("system", "")) if are_turns(value) else []
    if len(pieces) != 1 or isinstance(pieces[0], Problem):
        return "rejected messages that are no conversation"
    if with_answer(pieces[0], "") != with_answer(chosen, ""):
        return "two answers to different questions"
    return as_alternative(pieces[0], score)


PREFERENCE_SWIFT = Layout(
    "preference_swift.jsonl", "lines", _write, _matches, _read, PREFERENCES, join_pairs
)
