r"""LMFlow's lists of answers: text_to_textlist, and text_to_scored_textlist with their scores.

    {"input": "Name a bird.\n", "output": ["A kite.", "A cat."]}
    {"input": "Name a bird.\n",
     "output": [{"score": 1.0, "text": "A kite."}, {"score": 0.5, "text": "A cat."}]}

OptimalScale/LMFlow, src/lmflow/pipeline: rm_inferencer.py ranks the first; over several machines it
wants the same number of answers in each, and what it makes of a single one stops the next step. So
there is one list of two for each rejected answer. dpov2_aligner.py pairs the scored ones by their
scores alone, drawing two of them: a task needs a rejected answer, each answer a score, the chosen
one the highest. Scores are not made up where there are none: their difference is the margin that
is trained, and `lmflow_paired_text` holds the same without.

A list without scores says of no answer that it is worse: each is read as a task. Of a scored list
the best is the answer, and what scores lower stands beside it; as good ones are tasks of their own.
"""

from typing import Any, cast

from vicugna.layouts.layout import (
    MORE_ROUNDS,
    NO_REJECTED,
    Content,
    Layout,
    Located,
    Part,
    Problem,
    Read,
    Row,
)
from vicugna.layouts.lmflow import ask, of_type
from vicugna.layouts.preference import rejected_answers
from vicugna.layouts.scores import answer_with, as_score, join_scores, scored_answers
from vicugna.layouts.texts import as_text, dump_row
from vicugna.layouts.turns import read_prompt
from vicugna.records import Draft

_SCORED: frozenset[Part] = frozenset({"alternatives", "score"})


def _write_textlist(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return [
        {"input": ask(draft), "output": [draft.output, rejected]}
        for rejected in rejected_answers(draft)
    ] or NO_REJECTED


def _write_scored(draft: Draft) -> list[Row] | str:
    answers = MORE_ROUNDS if draft.rounds else scored_answers(draft)
    if isinstance(answers, str):
        return answers
    output = [{"score": score, "text": text} for text, score in answers]
    return [{"input": ask(draft), "output": output}] if len(output) > 1 else NO_REJECTED


def _read(row: Row) -> Read:
    """Return a task for each answer of a list; of those with scores, the worse beside the best."""
    content = read_prompt(as_text(row["input"]))
    if isinstance(content, Problem):
        return [Problem(content.reason, dump_row(row))]
    answers: Any = row["output"]
    if not isinstance(answers, list) or not answers:
        return [Problem("no list of answers", dump_row(row))]
    read: list[Located] = [(0, _read_one(content, one)) for one in cast(list[Any], answers)]
    return [piece for _, piece in join_scores(read)]


def _read_one(question: Content, one: Any) -> Content | Problem:  # noqa: ANN401 - from JSON
    score = None
    if isinstance(one, dict):
        known = cast(Row, one)
        one, score = known.get("text"), as_score(known.get("score"))
    text = as_text(one)
    if text is None:
        return Problem("an answer that is not text", dump_row(one))
    answered = answer_with(question, text, score)
    return answered if answered["output"] else Problem("an empty answer", text)


LMFLOW_TEXTLIST = Layout(
    "lmflow_textlist/data.json",
    "lmflow text_to_textlist",
    _write_textlist,
    of_type("text_to_textlist", "input", "output"),
    _read,
)
LMFLOW_SCORED = Layout(
    "lmflow_scored/data.json",
    "lmflow text_to_scored_textlist",
    _write_scored,
    of_type("text_to_scored_textlist", "input", "output"),
    _read,
    _SCORED,
)
