"""A version with fewer rows: which ones and why is told, and no earlier release is another."""

import asyncio
import os

import orjson
import pytest

from tests.nights import (
    FIRST,
    LATEST,
    SECOND,
    SET,
    THIRD,
    changes_in,
    list_wrong_sums,
    released_tasks,
    take_picture,
    versions,
    withdraw,
)
from tests.past_runs import rows_of
from vicugna.errors import UserError
from vicugna.filtering import Chain
from vicugna.records import Verdict
from vicugna.releasing import withdrawing
from vicugna.releasing.starting import start
from vicugna.releasing.withdrawing import withdraw_failing, withdraw_rows

FIRST_RELEASE = SET / "releases" / FIRST


@pytest.fixture
def released(night, teach):
    """Release a set of 12 rows, and let nobody be asked any more; return the ids of its rows."""
    night(FIRST, target=12)
    asked = teach()
    yield list(rows_of(LATEST))
    assert asked == []


def _drop(*rows):
    """Return a chain whose only filter does not keep some rows."""

    def too_vague(draft, pool):
        return Verdict("too_vague", draft.id not in rows)

    return Chain(instruction=(too_vague,))


def test_rows_by_their_ids(released):
    before = take_picture(FIRST_RELEASE)
    gone = [released[7], released[2]]

    outcome = withdraw(*gone)

    assert (outcome.event, outcome.exit_code, outcome.occasion) == ("released", 0, "success")
    assert take_picture(FIRST_RELEASE) == before
    assert versions() == [FIRST, SECOND]
    assert os.readlink(LATEST) == os.path.join("releases", SECOND)
    assert list(rows_of(LATEST)) == [row for row in released if row not in gone]
    langs = {task.draft.id: task.draft.lang for task in released_tasks(FIRST)}
    assert changes_in(SECOND) == [
        {"change": "withdrawn", "id": row, "lang": langs[row], "why": "complaint 17"}
        for row in (released[2], released[7])
    ]
    assert list_wrong_sums(LATEST) == []


def test_every_layout_is_without_them(released):
    row = next(task.draft for task in released_tasks() if task.draft.id == released[0])

    withdraw(row.id)

    rows = orjson.loads((LATEST / "alpaca.json").read_bytes())
    assert (len(rows), row.instruction in [one["instruction"] for one in rows]) == (11, False)


def test_the_manifest_says_how_many_and_why_and_that_it_cost_nothing(released):
    withdraw(released[0])
    manifest = withdraw(released[1], released[2], why="投诉：个人信息").manifest

    assert (manifest["version"], manifest["previous"]) == (f"{SECOND}.1", SECOND)
    assert manifest["changes"] == {"added": {}, "withdrawn": {"投诉：个人信息": 2}}
    assert sum(manifest["counts"]["tasks"].values()) == 9
    assert (manifest["night"], manifest["run"], manifest["stopped"]) == (None, None, "target")
    assert manifest["cost"]["price_usd"] == "0.000000"


def test_rows_that_a_filter_of_today_would_not_keep(released):
    gone = released[3:5]

    outcome = withdraw_failing(SET, SECOND, lambda _: _drop(*gone))

    assert outcome.manifest["changes"]["withdrawn"] == {"too_vague": 2}
    assert [(one["id"], one["why"]) for one in changes_in(SECOND)] == [
        (row, "too_vague") for row in gone
    ]
    assert list(rows_of(LATEST)) == [row for row in released if row not in gone]


@pytest.mark.parametrize("names", [None, ["length", "near_duplicate"]], ids=["all", "some"])
def test_where_nothing_fails_there_is_no_new_version(released, names):
    before = take_picture()

    outcome = withdraw(filters=names)

    assert (outcome.event, outcome.exit_code, outcome.occasion) == ("complete", 0, "")
    assert take_picture() == before


def test_what_was_withdrawn_does_not_come_back(released, night):
    gone = rows_of(LATEST)
    withdraw(*released[:5])

    outcome, _ = night(THIRD, target=12)

    assert outcome.manifest["counts"]["tasks"] == {"en": 6, "zh": 6}
    assert outcome.manifest["against"]["rows"] == 12  # the withdrawn ones too
    added = {one["id"] for one in changes_in(THIRD)}
    assert (len(added), added & gone.keys()) == (5, set())
    # It would have been told again, had the teacher been asked the same.
    assert not set(released[:5]) & rows_of(LATEST).keys()


@pytest.mark.parametrize("then", ["a night", "the same again", "the failing"])
def test_killed_before_latest_is_moved(released, night, monkeypatch, then):
    """The next start at the set moves it, whatever it is to do."""

    def kill(folder, release):
        if release.name == SECOND:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(withdrawing, "point_latest", kill)
        with pytest.raises(KeyboardInterrupt):
            withdraw(released[0])
    assert LATEST.resolve().name == FIRST

    if then == "a night":
        night(THIRD, target=10)
    elif then == "the failing":
        assert withdraw().event == "complete"
    else:
        with pytest.raises(UserError, match=f"not in {SECOND}"):
            withdraw(released[0])

    assert (versions(), LATEST.resolve().name) == ([FIRST, SECOND], SECOND)


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "changes", "says"),
    [
        pytest.param(["nix"], {}, f'row "nix": not in {FIRST}', id="no such row"),
        pytest.param(["\x1b[31m\n"], {}, "not in", id="hostile"),
        pytest.param(["x"], {"day": "today"}, 'day "today"', id="no day"),
        pytest.param([], {"filters": ["nix"]}, 'filter "nix": unknown', id="no such filter"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(released, rows, changes, says):
    before = take_picture()

    with pytest.raises(UserError) as told:
        withdraw(*rows, **changes)

    assert says in str(told.value)
    assert "\x1b" not in str(told.value)
    assert take_picture() == before


def test_one_wrong_row_among_right_ones_withdraws_none(released):
    before = take_picture()

    with pytest.raises(UserError, match='row "nix"'):
        withdraw(released[0], "nix")

    assert take_picture() == before


def test_a_row_that_is_gone_already_is_not_there(released):
    withdraw(released[0])

    with pytest.raises(UserError, match=f"not in {SECOND}"):
        withdraw(released[0])

    assert versions() == [FIRST, SECOND]


def test_a_set_without_a_row_is_none(released):
    before = take_picture()

    with pytest.raises(UserError, match=r"no row would be left\. Nothing was"):
        withdraw(*released)
    with pytest.raises(UserError, match="no row would be left"):
        withdraw_failing(SET, SECOND, lambda _: _drop(*released))

    assert take_picture() == before


@pytest.mark.parametrize("rows", [["a-0"], []], ids=["by id", "failing"])
def test_a_set_that_is_not_there_has_nothing_to_withdraw(place, rows):
    with pytest.raises(UserError, match='set "try": has no release yet'):
        withdraw(*rows)

    assert not SET.exists()


def test_rows_are_withdrawn_while_nobody_else_is_at_work(released):
    """As `start` says: the second finds the set as the first has left it."""

    async def run():
        began, go_on = asyncio.Event(), asyncio.Event()

        async def first():
            began.set()
            await go_on.wait()
            return withdraw_rows(SET, SECOND, {released[0]: "first"})

        working = asyncio.create_task(start(SET, first))
        await began.wait()

        async def second():
            return withdraw_rows(SET, SECOND, {released[1]: "second"})

        busy = await start(SET, second)
        go_on.set()
        return busy, await working, await start(SET, second)

    events = [outcome.event for outcome in asyncio.run(run())]

    assert events == ["busy", "released", "released"]
    assert versions() == [FIRST, SECOND, f"{SECOND}.1"]
    assert list(rows_of(LATEST)) == released[2:]


def test_the_recipe_of_another_version_is_named(released):
    path = FIRST_RELEASE / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps(manifest | {"recipe": manifest["recipe"] | {"new": 1}}))

    with pytest.raises(UserError, match=r"recipe\.new is of another version"):
        withdraw()
