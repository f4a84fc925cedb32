"""Preferences as TRL reads them: one row for each answer that was rejected.

Explicit: {"prompt": [messages], "chosen": [one], "rejected": [one]}: TRL DPO and Reward, axolotl
`chat_template.default`, OpenRLHF with `prompt_key`. Implicit: {"chosen": [messages], "rejected":
[messages]}, which begin alike: also torchtune and axolotl `chat_template.argilla_chat`.

Read here too: the same with plain strings for messages, BELLE's `reject`, `question` for the prompt
and `system` beside it, `chosen_response` and `rejected_response`, UltraFeedback's prompt beside
whole conversations, and scores beside them (`score_chosen`, `score_rejected`, or `chosen_score`,
`rejected_score`).
"""

from dataclasses import replace
from typing import Any, cast

from vicugna.layouts.alpaca import SYSTEMS
from vicugna.layouts.layout import (
    NO_REJECTED,
    PREFERENCES,
    Content,
    Layout,
    Located,
    Problem,
    Read,
    Row,
)
from vicugna.layouts.scores import as_alternative, as_score
from vicugna.layouts.texts import dump_row, read_text, split_reasoning
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

_PROMPTS = ("prompt", "question", "instruction")
_CHOSEN = ("chosen", "chosen_response")
_REJECTED = ("rejected", "reject", "rejected_response")


def rejected_answers(draft: Draft) -> list[str]:
    """Return the answers that were rejected, each once, those that differ from the chosen one."""
    answers = dict.fromkeys(one.answer for one in draft.alternatives)
    return [answer for answer in answers if answer.strip() and answer != draft.answer]


def read_scores(row: Row) -> tuple[float | None, float | None]:
    """Return the scores of the chosen and the rejected answer; None for what is not there."""

    def find(*names: str) -> float | None:
        return as_score(next((row[name] for name in names if name in row), None))

    return find("score_chosen", "chosen_score"), find("score_rejected", "rejected_score")


def read_pair(content: Content | Problem, chosen: Any, rejected: Any, row: Row) -> Read:  # noqa: ANN401
    """Return the preference of two answers to a question, or what is wrong with it.

    An answer is a text, a message, or a list of one.
    """
    better, worse = read_answer(chosen), read_answer(rejected)
    if isinstance(content, Problem) or better is None or worse is None:
        reason = content.reason if isinstance(content, Problem) else "an answer that is not text"
        return [Problem(reason, dump_row(row))]
    reasoning, better = split_reasoning(better)
    thought, worse = split_reasoning(worse)
    return _compare(with_answer(content, better, reasoning), Alternative(worse, thought), row)


def read_two(chosen: Read, rejected: Read, row: Row) -> Read:
    """Return the preference of two conversations that differ in their last answer, or a problem."""
    for piece in (*chosen, *rejected):
        if isinstance(piece, Problem):
            return [Problem(piece.reason, dump_row(row))]
    better, worse = cast(list[Content], [*chosen, *rejected])
    if question_of(better) != question_of(worse):
        return [Problem("two answers to different questions", dump_row(row))]
    return _compare(better, as_alternative(worse, None), row)


def _compare(content: Content, alternative: Alternative, row: Row) -> Read:
    """Return the preference of a content's last answer to an alternative, with the row's scores."""
    if not last_answer(content) or not alternative.answer:
        return [Problem("an empty answer", dump_row(row))]
    better, worse = read_scores(row)
    return [{**content, "alternatives": (replace(alternative, score=worse),), "score": better}]


def join_pairs(read: list[Located]) -> list[Located]:
    """Return the pairs of one question and one chosen answer as one task, its rejected answers all.

    A pair that comes again is a task of its own: it is a duplicate, and no other answer.
    """
    joined: list[Located] = []
    first: dict[tuple[str, str], Content] = {}
    for number, piece in read:
        if isinstance(piece, Problem):
            joined.append((number, piece))
            continue
        known = first.setdefault((question_of(piece), last_answer(piece)), piece)
        others = piece.get("alternatives", ())
        there = {one.answer for one in known.get("alternatives", ())}
        if known is piece or not others or any(one.answer in there for one in others):
            joined.append((number, piece))
        else:
            known["alternatives"] = (*known.get("alternatives", ()), *others)
    return joined


def _write_explicit(draft: Draft) -> list[Row] | str:
    prompt, chosen = as_messages(question_turns(draft)), _answer(draft.answer)
    return [
        {"prompt": prompt, "chosen": chosen, "rejected": _answer(rejected)}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _write_implicit(draft: Draft) -> list[Row] | str:
    prompt = as_messages(question_turns(draft))
    chosen = prompt + _answer(draft.answer)
    return [
        {"chosen": chosen, "rejected": prompt + _answer(rejected)}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _answer(text: str) -> list[Row]:
    return as_messages([("assistant", text)])


def _matches_explicit(row: Row) -> bool:
    if not all(row.keys() & {*names} for names in (_PROMPTS, _CHOSEN, _REJECTED)):
        return False
    prompt = _find(row, _PROMPTS)
    return are_turns(prompt) or isinstance(prompt, str)


def _find(row: Row, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - from JSON
    return next((row[name] for name in names if name in row), None)


def _read_explicit(row: Row) -> Read:
    prompt, chosen, rejected = (_find(row, names) for names in (_PROMPTS, _CHOSEN, _REJECTED))
    if isinstance(prompt, str) and _are_whole(chosen, rejected):
        return read_two(read_turns(chosen), read_turns(rejected), row)  # the prompt is told twice
    system = read_text(row, *SYSTEMS) or ""
    return read_pair(read_prompt(prompt, system), chosen, rejected, row)


def _are_whole(*answers: Any) -> bool:  # noqa: ANN401 - from JSON
    """Return whether answers are conversations, question and all."""
    return all(are_turns(answer) and len(answer) > 1 for answer in answers)


def _matches_implicit(row: Row) -> bool:
    if "prompt" in row or not {"chosen", "rejected"} <= row.keys():
        return False
    return are_turns(row["chosen"]) and are_turns(row["rejected"]) and bool(row["chosen"])


def _read_implicit(row: Row) -> Read:
    return read_two(read_turns(row["chosen"]), read_turns(row["rejected"]), row)


PREFERENCE = Layout(
    "preference.jsonl",
    "lines",
    _write_explicit,
    _matches_explicit,
    _read_explicit,
    PREFERENCES,
    join_pairs,
)
PREFERENCE_IMPLICIT = Layout(
    "preference_implicit.jsonl",
    "lines",
    _write_implicit,
    _matches_implicit,
    _read_implicit,
    PREFERENCES,
    join_pairs,
)
