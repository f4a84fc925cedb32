"""Predicted output: every snippet is run, and prints what the answer says."""

import contextlib
import io
import random
from collections.abc import Callable
from typing import Any

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds import code_output
from vicugna.teachers.offline.kinds.grammar import rules_of

SNIPPETS: dict[str, Callable[..., Any]] = vars(code_output)["_SNIPPETS"]


def printed_by(source: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        exec(source, {})
    return screen.getvalue().rstrip("\n")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", list(SNIPPETS))
def test_a_snippet_prints_what_was_computed(name: str, lang: Lang):
    rules = rules_of("code_output", lang)
    assert len(rules[name]) == 1
    for serial in range(60):
        source, printed = SNIPPETS[name](random.Random(serial), rules)
        assert printed_by(source) == printed


@pytest.mark.parametrize("lang", LANGS)
def test_the_task_shows_the_snippet_and_answers_with_its_output(lang: Lang):
    for serial in range(100):
        task = code_output.predicted_output(random.Random(serial), lang)
        for instance in task.instances:
            assert printed_by(instance.input) == instance.check
