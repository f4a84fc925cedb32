"""Nights of a set that wants so many tasks of each type."""

from collections import Counter

import pytest

from tests.nights import FIRST, LATEST, SECOND, THIRD, released_tasks, withdraw
from tests.past_runs import rows_of
from tests.scripted import say_well

BOTH = {"math": 2, "writing": 1}
WHOLE = {("en", "math"): 8, ("en", "writing"): 4, ("zh", "math"): 8, ("zh", "writing"): 4}


def _types():
    return Counter((task.draft.lang, task.draft.type) for task in released_tasks())


def _strata(asked):
    return {(request.lang, request.type) for request in asked}


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_the_first_night_has_so_many_of_each_type(night, method):
    outcome, _ = night(FIRST, method=method, types=BOTH)

    assert (outcome.event, outcome.stopped) == ("released", "target")
    assert _types() == WHOLE
    counts = {"math": 8, "writing": 4}
    assert outcome.to_json()["types"] == {"en": counts, "zh": counts}
    card = (LATEST / "README.md").read_text(encoding="utf-8")
    assert "| math | 8 | 8 |" in card
    assert "| 类型（`type`） | 英文 | 中文 |" in card


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_withdrawn_is_raised_again_of_its_language_and_type(night, lang):
    night(FIRST, types=BOTH)
    gone = next(
        task.draft.id
        for task in released_tasks()
        if (task.draft.lang, task.draft.type) == (lang, "writing")
    )
    assert withdraw(gone).manifest["counts"]["types"][lang]["writing"] == 3

    outcome, asked = night(THIRD, types=BOTH)

    assert (outcome.event, _types()) == ("released", WHOLE)
    assert _strata(asked) == {(lang, "writing")}
    assert gone not in rows_of(LATEST)


def test_a_set_that_is_to_have_other_types_gets_what_it_lacks_and_loses_nothing(night):
    night(FIRST, types=BOTH)
    before = rows_of(LATEST)

    outcome, asked = night(SECOND, types={"math": 1, "writing": 1})

    assert outcome.stopped == "target"
    assert _strata(asked) == {("en", "writing"), ("zh", "writing")}
    assert _types() == WHOLE | {("en", "writing"): 6, ("zh", "writing"): 6}
    assert before.items() <= rows_of(LATEST).items()


def test_a_night_that_adds_gives_to_the_type_that_is_behind(night):
    night(FIRST, types={"math": 1})

    night(SECOND, add=6, types=BOTH)

    assert _types() == {
        ("en", "math"): 12,
        ("en", "writing"): 3,
        ("zh", "math"): 12,
        ("zh", "writing"): 3,
    }


def test_a_type_that_is_saturated_is_asked_again_by_the_next_night(night):
    """With other questions; the release of the first says which type it lacks."""

    def say(request):
        return "No." if request.type == "math" else say_well(request)

    first, _ = night(FIRST, say=say, types=BOTH, saturation={"window": 20})
    assert (first.event, first.exit_code, first.occasion) == ("released", 3, "saturation")
    assert first.stopped == "saturated: en math, zh math"
    assert _types() == {("en", "writing"): 4, ("zh", "writing"): 4}

    second, asked = night(SECOND, types=BOTH)

    assert (second.event, second.stopped, _types()) == ("released", "target", WHOLE)
    assert _strata(asked) == {("en", "math"), ("zh", "math")}
