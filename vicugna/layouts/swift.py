"""ms-swift's preferences: the messages with the chosen answer, and the rejected one beside them.

    {"messages": [{"role": "user", "content": "Name a bird."},
                  {"role": "assistant", "content": "A kite."}], "rejected_response": "A cat."}

modelscope/ms-swift 4.6.0: swift/template/template_inputs.py, TemplateInputs puts the rejected
response in the place of what follows the last user turn; swift/dataset/preprocessor/core.py,
_check_rejected_response drops a row whose two answers are the same, or one of them null.

Read here too: `rejected_messages`, a rejected response that is a list of one message, and the
columns of version 2, {"system", "query", "response", "history", "rejected_response"}.
"""

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
from vicugna.layouts.preference import join_pairs, read_two, rejected_answers
from vicugna.layouts.texts import read_text, split_reasoning
from vicugna.layouts.turns import (
    are_turns,
    as_messages,
    read_answer,
    read_turns,
    to_turns,
    with_answer,
)
from vicugna.records import Draft


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
    chosen = _read_chosen(row)
    first = chosen[0]
    if isinstance(first, Problem) or len(chosen) > 1:
        return read_two(chosen, [], row)
    return read_two(chosen, [_read_rejected(row, first)], row)


def _read_chosen(row: Row) -> Read:
    if "messages" in row:
        return read_turns(row["messages"], read_text(row, "system") or "")
    known = {name: row.get(name) for name in ("system", "history")}
    return read_alpaca({**known, "instruction": row["query"], "output": row["response"]})


def _read_rejected(row: Row, chosen: Content) -> Content | Problem:
    """Return the question again with the answer that was rejected, or what is wrong with it."""
    messages = row.get("rejected_messages")
    if messages is not None:
        read = read_turns(messages, chosen.get("system", "")) if are_turns(messages) else []
        return read[0] if len(read) == 1 else Problem("rejected messages that are no conversation")
    text = read_answer(row.get("rejected_response"))
    if text is None:
        return Problem("an answer that is not text")
    reasoning, answer = split_reasoning(text)
    return with_answer(chosen, answer, reasoning)


PREFERENCE_SWIFT = Layout(
    "preference_swift.jsonl", "lines", _write, _matches, _read, PREFERENCES, join_pairs
)
