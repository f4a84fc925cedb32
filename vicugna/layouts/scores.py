"""Answers to one question, with scores: the best of them is the answer, the others are worse.

What is not lower than the best is no worse answer, and of what has no score nobody knows: each of
these is a task of its own.
"""

import math
from typing import Any

from vicugna.layouts.layout import Content, Located, Problem
from vicugna.layouts.texts import split_reasoning
from vicugna.layouts.turns import last_answer, question_of, with_answer
from vicugna.records import Alternative, Draft

NO_SCORE = "an answer without a score"
NOT_LOWER = "a rejected answer whose score is not lower"


def as_score(value: Any) -> float | None:  # noqa: ANN401 - from JSON
    """Return a value as a score: a number, or text that is one; None for anything else.

    >>> as_score(4), as_score("3.5"), as_score(True), as_score("good")
    (4.0, 3.5, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        score = float(value)
    except (ValueError, OverflowError):
        return None
    return score if math.isfinite(score) else None


def scored_answers(draft: Draft) -> list[tuple[str, float | None]] | str:
    """Return the answers to the last question with their scores, or why they cannot be ranked.

    The first is the chosen one. Alone it may have no score; beside others each needs one, and
    theirs must be lower, since a reader takes the highest for the best.
    """
    best = None if draft.score is None else float(draft.score)
    answers: list[tuple[str, float | None]] = [(draft.answer, best)]
    for one in draft.alternatives:
        if not one.answer.strip() or one.answer == draft.answer:
            continue
        if best is None or one.score is None:
            return NO_SCORE
        if one.score >= best:
            return NOT_LOWER
        answers.append((one.answer, float(one.score)))
    return answers


def answer_with(question: Content, answer: str, score: float | None) -> Content:
    """Return what a question and one of its answers make."""
    reasoning, answer = split_reasoning(answer)
    return {**with_answer(question, answer, reasoning), "score": score}


def join_scores(read: list[Located]) -> list[Located]:
    """Return answers to the same question as one task: the best, and beside it the worse ones.

    Of several best ones the first has them; an answer without a score is left alone.
    """
    scored: dict[str, list[tuple[float, Content]]] = {}
    for _, piece in read:
        score = None if isinstance(piece, Problem) else piece.get("score")
        if score is not None and not isinstance(piece, Problem):
            scored.setdefault(question_of(piece), []).append((score, piece))
    joined: set[int] = set()
    for answers in scored.values():
        highest = max(score for score, _ in answers)
        best = next(piece for score, piece in answers if score == highest)
        worse = [(score, piece) for score, piece in answers if score < highest]
        if worse:
            best["alternatives"] = tuple(as_alternative(piece, score) for score, piece in worse)
            joined.update(id(piece) for _, piece in worse)
    return [(number, piece) for number, piece in read if id(piece) not in joined]


def as_alternative(content: Content, score: float | None) -> Alternative:
    """Return the last answer of a content as another answer to its last question."""
    rounds = content.get("rounds", ())
    reasoning = rounds[-1].reasoning if rounds else content.get("reasoning", "")
    return Alternative(last_answer(content), reasoning, score)
