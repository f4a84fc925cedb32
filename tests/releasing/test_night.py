"""One night: what is missing is raised once, whenever it was killed."""

import os
import signal
import sys
from pathlib import Path
from time import monotonic

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.killed import run_and_kill
from tests.nights import (
    FIRST,
    LATEST,
    SECOND,
    SET,
    changes_in,
    fail_once,
    plan,
    released_tasks,
    start_as_planned,
    take_picture,
    versions,
)
from tests.past_runs import rows_of
from tests.scripted import say_well
from vicugna.errors import Fatal, UserError
from vicugna.ledger.presence import LEASE
from vicugna.releasing import night as night_module
from vicugna.releasing.history import History
from vicugna.releasing.night import plan_run

next_start = pytest.mark.parametrize("next_day", [FIRST, SECOND], ids=["same day", "next day"])


def _keys(asked):
    return [request.key for request in asked]


# --- what a night raises --------------------------------------------------------------------------


def test_the_first_night_releases_what_the_recipe_wants(night):
    outcome, asked = night(FIRST)

    assert (outcome.event, outcome.exit_code, outcome.occasion) == ("released", 0, "success")
    assert outcome.manifest["counts"]["tasks"] == {"en": 12, "zh": 12}
    assert (outcome.manifest["version"], outcome.manifest["previous"]) == (FIRST, None)
    assert len(_keys(asked)) == len(set(_keys(asked))) > 0
    added = [(one["change"], one["id"]) for one in changes_in(FIRST)]
    assert added == [("added", task.draft.id) for task in released_tasks()]
    assert os.readlink(LATEST) == os.path.join("releases", FIRST)
    assert sorted(path.name for path in SET.iterdir()) == ["latest", "releases", "runs"]


def test_a_night_that_is_fired_twice_has_one_release(night):
    night(FIRST)
    before = take_picture()

    outcome, asked = night(FIRST)

    assert (outcome.event, outcome.exit_code) == ("released already", 0)
    assert (asked, versions(), take_picture()) == ([], [FIRST], before)


def test_a_night_that_adds_and_is_fired_twice_adds_once(night):
    night(FIRST, add=4)

    outcome, asked = night(FIRST, add=4)

    assert (outcome.event, asked) == ("released already", [])
    assert len(released_tasks()) == 4


def test_a_set_that_lacks_nothing_has_no_release(night):
    night(FIRST)
    before = take_picture()

    outcome, asked = night(SECOND)

    assert (outcome.event, outcome.exit_code, outcome.occasion) == ("complete", 0, "")
    assert outcome.to_json()["version"] == FIRST
    assert (asked, versions(), take_picture()) == ([], [FIRST], before)


def test_a_night_tops_up_each_language_to_the_target(night):
    night(FIRST, target=12)
    first = rows_of(LATEST)

    outcome, asked = night(SECOND, target=24, languages={"en": 0.25, "zh": 0.75})

    assert outcome.manifest["counts"]["tasks"] == {"en": 6, "zh": 18}
    assert outcome.manifest["changes"] == {"added": {"zh": 12}, "withdrawn": {}}
    assert (outcome.manifest["version"], outcome.manifest["previous"]) == (SECOND, FIRST)
    assert {request.lang for request in asked} == {"zh"}
    assert list(rows_of(LATEST).items())[:12] == list(first.items())  # as they were, in front
    assert rows_of(SET / "releases" / FIRST) == first


def test_add_is_how_many_come_beside(night):
    night(FIRST, target=12)

    outcome, _ = night(SECOND, add=5, target=12)

    assert outcome.manifest["counts"]["tasks"] == {"en": 9, "zh": 8}
    assert len(changes_in(SECOND)) == 5


def test_what_nights_cost_is_added_up(night, teach):
    night(FIRST, target=12)
    teach(price_nusd=2_000_000)

    known = start_as_planned(plan(SECOND, target=24)).manifest

    usd = f"{known['usage']['requests'] * 0.002:.6f}"
    assert (known["usage"]["price_usd"], known["cost"]["price_usd"]) == (usd, usd)
    assert float(known["cost"]["usd_per_row"]) == pytest.approx(float(usd) / 24)


def test_an_unknown_format_is_refused_before_anything_is_asked(night, place):
    with pytest.raises(UserError, match='format "csv": unknown'):
        night(FIRST, formats=["csv"])

    assert not SET.exists()


COUNTS = st.integers(0, 3000)


@given(COUNTS, COUNTS, st.integers(1, 5000), st.integers(1, 99))
def test_a_night_lacks_to_the_row_what_the_target_has_more(english, chinese, target, percent):
    share = percent / 100
    night = plan(target=target, languages={"en": share, "zh": 1 - share})
    has = {lang: count for lang, count in (("en", english), ("zh", chinese)) if count}
    wanted = night.recipe.targets
    lacks = {lang: count - has.get(lang, 0) for lang, count in wanted.items()}
    missing = {lang: count for lang, count in lacks.items() if count > 0}

    recipe = plan_run(night, History(SET, ({"counts": {"tasks": has}, "run": None},)), FIRST)

    assert (recipe.targets if recipe else {}) == missing


def test_no_two_nights_draw_the_same_and_one_night_always_does():
    def draw(seed, day):
        return plan_run(plan(day, seed=seed), History(SET, ()), day).seed

    drawn = [draw(seed, day) for seed in (1, 2) for day in (FIRST, SECOND)]
    assert len(set(drawn)) == 4
    assert drawn == [draw(seed, day) for seed in (1, 2) for day in (FIRST, SECOND)]
    assert max(drawn) < 2**53  # JSON of any reader holds it


# --- killed ---------------------------------------------------------------------------------------


@next_start
@pytest.mark.parametrize("broken", [KeyboardInterrupt(), OSError("full")], ids=["killed", "error"])
def test_killed_between_its_run_and_its_release(night, monkeypatch, broken, next_day):
    with monkeypatch.context() as patch:
        patch.setattr(night_module, "write_release", fail_once(broken, None))
        with pytest.raises(type(broken)):
            night(FIRST)
    assert (versions(), (SET / "runs" / FIRST).is_dir()) == ([], True)
    run = take_picture(SET / "runs")

    outcome, asked = night(next_day)

    assert (outcome.event, asked, versions()) == ("released", [], [next_day])
    assert (outcome.manifest["night"], outcome.manifest["run"]) == (next_day, FIRST)
    assert rows_of(LATEST) == rows_of(SET / "runs" / FIRST)
    assert take_picture(SET / "runs") == run  # it was whole
    assert not (SET / "begun.json").exists()
    for day in (FIRST, next_day):
        again, asked = night(day, add=4)
        assert (again.event, asked) == ("released already", [])


@next_start
@pytest.mark.parametrize("step", ["point_latest", "_forget_begun"])
def test_killed_after_its_release(night, monkeypatch, step, next_day):
    """`latest` is not there yet, or it is not noted yet that the night is done."""
    with monkeypatch.context() as patch:
        patch.setattr(night_module, step, fail_once(KeyboardInterrupt(), None))
        with pytest.raises(KeyboardInterrupt):
            night(FIRST)
    before = take_picture(SET / "releases")

    outcome, asked = night(next_day)

    done = "released already" if next_day == FIRST else "complete"
    assert (outcome.event, asked, versions()) == (done, [], [FIRST])
    assert take_picture(SET / "releases") == before
    assert LATEST.resolve() == (SET / "releases" / FIRST).resolve()
    assert not (SET / "begun.json").exists()


def test_what_was_done_is_not_begun_again_by_a_night_that_adds(night, monkeypatch):
    """It was killed before it was noted: the next night has a run of its own."""
    with monkeypatch.context() as patch:
        patch.setattr(night_module, "_forget_begun", fail_once(KeyboardInterrupt(), None))
        with pytest.raises(KeyboardInterrupt):
            night(FIRST)
    before = take_picture(SET / "runs" / FIRST)

    outcome, _ = night(SECOND, add=4)

    assert (outcome.manifest["run"], outcome.manifest["version"]) == (SECOND, SECOND)
    assert take_picture(SET / "runs" / FIRST) == before


@next_start
@pytest.mark.parametrize(
    "broken",
    [Fatal("No.", cause="key"), KeyboardInterrupt(), RuntimeError("a bug")],
    ids=["refused", "killed", "bug"],
)
def test_killed_in_the_middle_of_the_questions(
    night, monkeypatch, tmp_path_factory, broken, next_day
):
    """The next start asks what is left of the same questions."""
    answered = []

    def say(request):
        if len(answered) == 3:
            raise broken
        answered.append(request.key)
        return say_well(request)

    with pytest.raises(type(broken)):
        night(FIRST, say=say)
    assert (versions(), len(answered)) == ([], 3)

    outcome, asked = night(next_day)

    assert (outcome.event, versions()) == ("released", [next_day])
    assert not set(_keys(asked)) & set(answered)
    rows = rows_of(LATEST)
    monkeypatch.chdir(tmp_path_factory.mktemp("undisturbed"))
    _, undisturbed = night(FIRST)
    assert sorted([*answered, *_keys(asked)]) == sorted(_keys(undisturbed))
    assert rows_of(LATEST) == rows


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_process_that_was_killed_holds_nobody_up(night):
    """Its lease ends with it, and what it paid for is not asked again."""
    known = plan(FIRST).recipe.model_dump(mode="json")
    Path("recipe.yaml").write_bytes(orjson.dumps(known))  # JSON is YAML
    words = ("release", "recipe.yaml", "--direct", "--quiet", "--day", FIRST)
    killed = run_and_kill(*words, after=3, signal=signal.SIGKILL)
    assert (killed.returncode, versions()) == (-signal.SIGKILL, [])

    before = monotonic()
    outcome, asked = night(SECOND)

    assert monotonic() - before < LEASE  # so long it takes to know of one on another machine
    assert (outcome.event, versions()) == ("released", [SECOND])
    run = orjson.loads((SET / "runs" / FIRST / "manifest.json").read_bytes())
    assert run["session"]["from_ledger"] >= 3
    assert len(asked) == run["usage"]["requests"] - run["session"]["from_ledger"]


def test_a_note_of_what_was_begun_is_not_written_again(night, monkeypatch):
    """A kill in the middle of it would make a later day pay for all of it once more."""
    with monkeypatch.context() as patch:
        patch.setattr(night_module, "write_release", fail_once(KeyboardInterrupt(), None))
        with pytest.raises(KeyboardInterrupt):
            night(FIRST)
    noted = (SET / "begun.json").stat().st_mtime_ns

    with monkeypatch.context() as patch:
        patch.setattr(night_module, "write_release", fail_once(KeyboardInterrupt(), None))
        with pytest.raises(KeyboardInterrupt):
            night(SECOND)
    assert (SET / "begun.json").stat().st_mtime_ns == noted

    outcome, asked = night(SECOND)
    assert (outcome.event, outcome.manifest["run"], asked) == ("released", FIRST, [])


def test_killed_in_noting_what_was_begun(night, monkeypatch):
    def write_half(_, path):
        path.write_text('{"da', encoding="utf-8")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(night_module, "write_object", write_half)
        with pytest.raises(KeyboardInterrupt):
            night(FIRST)
    assert not (SET / "begun.json").exists()

    assert night(SECOND)[0].event == "released"
    assert sorted(path.name for path in SET.iterdir()) == ["latest", "releases", "runs"]


def test_a_note_that_cannot_be_read_is_none(night):
    """Nothing was asked before it was whole."""
    SET.mkdir(parents=True)
    (SET / "begun.json").write_text('{"da')

    assert night(FIRST)[0].manifest["run"] == FIRST


# --- too soon -------------------------------------------------------------------------------------


def test_a_budget_that_is_used_up_releases_what_there_is(night):
    outcome, asked = night(FIRST, budget={"requests": 3})

    assert (outcome.event, outcome.exit_code, outcome.occasion) == ("released", 3, "budget")
    assert outcome.stopped == "budget: requests"
    first = len(released_tasks())
    assert (len(asked), 0 < first < 24) == (3, True)

    outcome, asked = night(SECOND, budget={"requests": 30})

    assert (outcome.event, outcome.exit_code, outcome.stopped) == ("released", 0, "target")
    assert outcome.manifest["counts"]["tasks"] == {"en": 12, "zh": 12}
    assert len(changes_in(SECOND)) == 24 - first


def test_a_night_that_keeps_nothing_has_no_release(night):
    """The next start asks the same questions: their answers are in the ledger."""
    changes = {"saturation": {"window": 20}}
    outcome, asked = night(FIRST, say=lambda _: "No.", **changes)

    assert (outcome.event, outcome.exit_code) == ("nothing kept", 3)
    assert (outcome.occasion, outcome.to_json()["version"]) == ("saturation", None)
    assert asked
    assert not (SET / "releases").exists()
    assert not LATEST.is_symlink()

    again, asked = night(FIRST, **changes)

    assert (again.event, again.stopped, asked) == ("nothing kept", outcome.stopped, [])


def test_a_set_that_was_saturated_once_is_not_stuck(night):
    """The next night asks something else, not what can only end in the same way."""
    changes = {"saturation": {"window": 20}}
    night(FIRST, say=lambda _: "No.", **changes)

    outcome, asked = night(SECOND, **changes)

    assert (outcome.event, outcome.manifest["run"], bool(asked)) == ("released", SECOND, True)


def test_a_night_that_adds_nothing_leaves_the_newest_version(night):
    night(FIRST, target=12)

    outcome, _ = night(SECOND, say=lambda _: "No.", saturation={"window": 20})

    assert (outcome.event, outcome.to_json()["version"]) == ("nothing kept", FIRST)
    assert versions() == [FIRST]
    assert LATEST.resolve().name == FIRST
