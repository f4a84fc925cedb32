r"""GPT-4-LLM: answers of several models to Alpaca's instructions, judged by GPT-4. Only read.

    {"user_input": "Below is an instruction ...\n\n### Instruction:\nName a bird.\n\n### Response:",
     "completion_a": "A red kite.", "completion_b": "A cat."}
    {"user_input": "...", "responses_and_scores": [
     {"response": "A red kite.", "source": "gpt4", "score": 9.0}, ...]}

Instruction-Tuning-with-GPT-4/GPT-4-LLM, data/comparison_data.json and comparison_data_v2.json. Of
the first, `completion_a` is the better one. In 1,665 of its 52,002 rows both are the same text
(issue 21 there): that is a task without an alternative, and the second text a piece that is none.
Of the second file the answer with the highest score is chosen; one that has as high a score is not
a worse one, so it is a task of its own.
"""

import re
from typing import Any, cast

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import Content, Layout, Part, Problem, Read, Row
from vicugna.layouts.preference import read_pair
from vicugna.layouts.scores import answer_with, as_score, join_scores
from vicugna.layouts.texts import as_text, dump_row

TWICE = "the same answer twice"
NO_TEXT = "an answer that is not text"
_HOLDS: frozenset[Part] = frozenset({"alternatives", "score"})
_TEMPLATE = re.compile(
    r"(?:\A|\n)### Instruction:\n(?P<instruction>.*?)"
    r"(?:\n\n### Input:\n(?P<input>.*?))?\n\n### Response:\s*\Z",
    re.DOTALL,
)


def _matches(row: Row) -> bool:
    answers = row.get("responses_and_scores")
    return "user_input" in row and (
        isinstance(answers, list) or {"completion_a", "completion_b"} <= row.keys()
    )


def _read(row: Row) -> Read:
    asked = _read_question(row["user_input"])
    if isinstance(asked, Problem):
        return [Problem(asked.reason, dump_row(row))]
    answers = row.get("responses_and_scores")
    if isinstance(answers, list):
        return _read_scored(asked, cast(list[Any], answers))
    return _read_pair(asked, row)


def _read_question(value: Any) -> Content | Problem:  # noqa: ANN401 - from JSON
    """Return what is asked, out of Alpaca's template when it is in it."""
    form = _TEMPLATE.search(value) if isinstance(value, str) else None
    fields = {"instruction": value} if form is None else form.groupdict()
    return read_alpaca(fields | {"output": ""})[0]


def _read_pair(asked: Content, row: Row) -> Read:
    better, worse = as_text(row["completion_a"]), as_text(row["completion_b"])
    if better is None or worse is None:
        return [Problem(NO_TEXT, dump_row(row))]
    if better and better == worse:
        return [answer_with(asked, better, None), Problem(TWICE, worse)]
    return read_pair(asked, better, worse, row)


def _read_scored(asked: Content, answers: list[Any]) -> Read:
    pieces: Read = []
    seen: set[str] = set()
    for one in answers:
        known = cast(Row, one) if isinstance(one, dict) else {"response": [one]}
        text = as_text(known.get("response"))
        if not text:
            pieces.append(Problem(NO_TEXT if text is None else "an empty answer", dump_row(known)))
        elif text in seen:
            pieces.append(Problem(TWICE, text))
        else:
            seen.add(text)
            pieces.append(answer_with(asked, text, as_score(known.get("score"))))
    if not pieces:
        return [Problem("no answer", asked["instruction"])]
    return [piece for _, piece in join_scores(list(enumerate(pieces)))]


GPT4LLM = Layout("", "array", None, _matches, _read, _HOLDS)
