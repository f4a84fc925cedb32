"""One start at a time, and whoever is named hears what came of it."""

import asyncio
import json
import shlex
import sys
from dataclasses import replace

import pytest

from tests.nights import FIRST, SECOND, SET, grow, plan, start_as_planned, versions
from tests.scripted import say_well
from vicugna.errors import Fatal, Transient, UserError
from vicugna.ledger import open_ledger
from vicugna.pipeline import ledger_url
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.starting import start, start_night
from vicugna.releasing.telling import HOOK, WEBHOOK
from vicugna.teachers.retry import RULES

HEAR = """
import json, sys
with open("heard.jsonl", "a") as file:
    file.write(json.dumps([sys.argv[-1], json.load(sys.stdin)]) + "\\n")
"""


@pytest.fixture
def heard(place, monkeypatch):
    """Name a hook; return a function that returns what it heard: [(occasion, told), ...]."""
    (place / "hear.py").write_text(HEAR)
    monkeypatch.setenv(HOOK, shlex.join([sys.executable, "hear.py"]))
    written = place / "heard.jsonl"

    def heard():
        lines = written.read_text().splitlines() if written.exists() else []
        return [json.loads(line) for line in lines]

    return heard


# --- one at a time --------------------------------------------------------------------------------


def test_a_second_start_does_nothing_while_one_is_at_work(teach, heard):
    async def run():
        began, go_on = asyncio.Event(), asyncio.Event()

        async def work():
            began.set()
            await go_on.wait()
            return Outcome(SET, "complete")

        first = asyncio.create_task(start(SET, work))
        await began.wait()
        second = await start_night(plan(), grow)
        go_on.set()
        await first
        return second, await start_night(plan(), grow)

    asked = teach()
    second, third = asyncio.run(run())

    assert (second.event, second.exit_code, second.occasion) == ("busy", 4, "")
    assert second.words.startswith("another process has been at work on it since 20")
    assert third.event == "released"
    assert len(asked) == third.manifest["usage"]["requests"]  # none by the second
    assert [occasion for occasion, _ in heard()] == ["success"]


def test_what_is_busy_writes_nothing_and_asks_nothing(teach):
    asked = teach()

    async def run():
        async with open_ledger(ledger_url()) as ledger:
            assert await ledger.take("set:try") is None
            return await start_night(plan(), grow)

    outcome = asyncio.run(run())

    assert (outcome.event, asked, SET.exists()) == ("busy", [], False)
    assert start_as_planned(plan()).event == "released"  # it ended with its process


def test_two_sets_are_raised_side_by_side(teach):
    teach()
    nights = [plan(), replace(plan(), folder=SET.with_name("other"))]

    async def run():
        return await asyncio.gather(*(start_night(night, grow) for night in nights))

    assert [outcome.event for outcome in asyncio.run(run())] == ["released"] * 2


@pytest.mark.parametrize("broken", [UserError("No."), RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_start_that_failed_is_in_nobodys_way(teach, broken):
    async def fail():
        raise broken

    with pytest.raises(type(broken)):
        asyncio.run(start(SET, fail))

    teach()
    assert start_as_planned(plan()).event == "released"


# --- who is told ----------------------------------------------------------------------------------


def test_a_release_is_a_success_and_what_changed_nothing_is_no_occasion(night, heard):
    outcome, _ = night(FIRST)
    night(FIRST)
    night(SECOND)

    ((occasion, told),) = heard()
    assert occasion == told["occasion"] == "success"
    assert told == {"occasion": "success", **outcome.to_json()}
    assert (told["version"], told["added"]) == (FIRST, {"en": 12, "zh": 12})


@pytest.mark.parametrize(
    ("say", "changes", "occasion", "event"),
    [
        pytest.param(
            lambda _: "No.",
            {"saturation": {"window": 20}},
            "saturation",
            "nothing kept",
            id="nothing new",
        ),
        pytest.param(say_well, {"budget": {"requests": 3}}, "budget", "released", id="budget"),
        pytest.param(
            say_well, {"month_budget": {"requests": 3}}, "budget", "released", id="month's budget"
        ),
    ],
)
def test_a_night_that_stops_too_soon_is_an_occasion_of_its_own(
    night, heard, say, changes, occasion, event
):
    outcome, _ = night(FIRST, say=say, **changes)

    ((heard_of, told),) = heard()
    assert (heard_of, told["event"]) == (occasion, event)
    assert (told["exit_code"], told["stopped"]) == (3, outcome.stopped)


def test_a_teacher_that_is_down_is_a_failure(night, heard, monkeypatch):
    monkeypatch.setitem(RULES, Transient, replace(RULES[Transient], first=0.01))

    def down(_):
        raise Transient("No answer.", cause="timeout")

    outcome, _ = night(FIRST, say=down)

    assert (outcome.event, outcome.stopped) == ("nothing kept", "teacher down: timeout")
    assert [occasion for occasion, _ in heard()] == ["failure"]


def test_a_teacher_that_refuses_is_told_before_it_is_raised(night, heard):
    def refuse(_):
        raise Fatal("The key is wrong.", cause="key")

    with pytest.raises(Fatal):
        night(FIRST, say=refuse)

    ((occasion, told),) = heard()
    assert (occasion, told["event"], told["exit_code"]) == ("failure", "failed", 2)
    assert "The key is wrong." in told["words"]


@pytest.mark.parametrize("hook", [f"{sys.executable} -c 'raise SystemExit(1)'", "./none"])
def test_a_hook_that_fails_changes_nothing(night, monkeypatch, caplog, hook):
    monkeypatch.setenv(HOOK, hook)

    outcome, _ = night(FIRST)

    assert (outcome.event, outcome.exit_code, versions()) == ("released", 0, [FIRST])
    assert HOOK in caplog.text


@pytest.mark.parametrize(("name", "value"), [(HOOK, "'"), (WEBHOOK, "nowhere")])
def test_a_hook_that_cannot_be_called_is_said_before_anything_is_asked(
    teach, place, monkeypatch, name, value
):
    asked = teach()
    monkeypatch.setenv(name, value)

    with pytest.raises(UserError, match=f"^{name}: "):
        start_as_planned(plan())

    assert (asked, list(place.iterdir())) == ([], [])


def test_a_start_that_is_told_of_has_left_its_lease(night, monkeypatch):
    """A hook may start the next: it is called when the work is done."""
    events = []

    def hook(occasion, told, hidden):
        if not events:
            events.append(occasion)
            events.append(start_as_planned(plan(FIRST)).event)

    monkeypatch.setattr("vicugna.releasing.starting.tell", hook)
    night(FIRST)

    assert events == ["success", "released already"]
