"""KTO: one row for each answer, with whether it is a good one.

TRL: {"prompt": [messages], "completion": [one], "label": bool}. LLaMA-Factory (`kto_tag`) and
ms-swift: {"messages": [...], "label": bool}. The chosen answer is labelled true, those that were
rejected false; a task without a rejected answer gives a row labelled true.

Read back, the rows of one question become one preference; a bad answer whose question has no good
one is set aside, as a task would have nothing to be trained on.
"""

from vicugna.layouts.layout import PREFERENCES, Content, Layout, Located, Problem, Read, Row
from vicugna.layouts.preference import rejected_answers
from vicugna.layouts.texts import dump_row, split_reasoning
from vicugna.layouts.turns import (
    are_turns,
    as_messages,
    last_answer,
    question_of,
    question_turns,
    read_answer,
    read_prompt,
    read_turns,
    with_answer,
)
from vicugna.records import Alternative, Draft

NOTHING_GOOD = "a bad answer to a question that has no good one"


def labelled_answers(draft: Draft) -> list[tuple[str, bool]]:
    """Return every answer to the last question of a draft, and whether it is a good one."""
    return [(draft.answer, True), *((answer, False) for answer in rejected_answers(draft))]


def join_labels(read: list[Located]) -> list[Located]:
    """Return rows with labels as tasks: a bad answer stands beside the good one to its question.

    Of several good ones it is the last before it, or the first of all.
    """
    joined: list[Located] = []
    good: dict[str, Content] = {}  # the last good one, by question
    early: dict[str, list[tuple[int, Content]]] = {}  # bad ones that came before any good one
    for number, piece in read:
        if isinstance(piece, Problem):
            joined.append((number, piece))
            continue
        question = question_of(piece)
        if piece.pop("label", True):
            for _, bad in early.pop(question, []):
                _reject(piece, bad)
            good[question] = piece
            joined.append((number, piece))
        elif question in good:
            _reject(good[question], piece)
        else:
            early.setdefault(question, []).append((number, piece))
    for waiting in early.values():
        joined += [(number, Problem(NOTHING_GOOD, last_answer(bad))) for number, bad in waiting]
    return joined


def _reject(good: Content, bad: Content) -> None:
    """Put a bad answer beside a good one."""
    rounds = bad.get("rounds", ())
    reasoning = rounds[-1].reasoning if rounds else bad.get("reasoning", "")
    alternative = Alternative(last_answer(bad), reasoning)
    good["alternatives"] = (*good.get("alternatives", ()), alternative)


def _write(draft: Draft) -> list[Row] | str:
    prompt = as_messages(question_turns(draft))
    return [
        {"prompt": prompt, "completion": as_messages([("assistant", answer)]), "label": label}
        for answer, label in labelled_answers(draft)
    ]


def _matches(row: Row) -> bool:
    if not {"prompt", "completion"} <= row.keys() or not isinstance(row.get("label"), bool):
        return False
    return are_turns(row["prompt"]) or isinstance(row["prompt"], str)


def _read(row: Row) -> Read:
    content = read_prompt(row["prompt"])
    answer = read_answer(row["completion"])
    if isinstance(content, Problem) or not answer:
        reason = content.reason if isinstance(content, Problem) else "an empty answer"
        return [Problem(reason, dump_row(row))]
    return [_label(with_answer(content, *reversed(split_reasoning(answer))), row)]


def _write_messages(draft: Draft) -> list[Row] | str:
    question = question_turns(draft)
    return [
        {"messages": as_messages([*question, ("assistant", answer)]), "label": label}
        for answer, label in labelled_answers(draft)
    ]


def _matches_messages(row: Row) -> bool:
    label = row.get("label", row.get("kto_tag"))
    return are_turns(row.get("messages")) and isinstance(label, bool)


def _read_messages(row: Row) -> Read:
    read = read_turns(row["messages"])
    return [piece if isinstance(piece, Problem) else _label(piece, row) for piece in read]


def _label(content: Content, row: Row) -> Content:
    return {**content, "label": bool(row.get("label", row.get("kto_tag")))}


KTO = Layout("kto.jsonl", "lines", _write, _matches, _read, PREFERENCES, join_labels)
KTO_MESSAGES = Layout(
    "kto_messages.jsonl",
    "lines",
    _write_messages,
    _matches_messages,
    _read_messages,
    PREFERENCES,
    join_labels,
)
