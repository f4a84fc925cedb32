"""The names of versions: their order, the next one, and what is none."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import UserError
from vicugna.releasing.versions import check_day, find_set, list_versions, next_version

DAYS = st.dates(date(2024, 1, 1), date(2031, 1, 1)).map(date.isoformat)
IN_ORDER = [
    "2025-12-31",
    "2026-11-09.3",
    "2026-11-29",
    "2026-11-29.1",
    "2026-11-29.2",
    "2026-11-29.10",
    "2026-11-30",
]


def _release(folder, *names):
    for name in names:
        (folder / "releases" / name).mkdir(parents=True)
        (folder / "releases" / name / "manifest.json").touch()


def test_versions_are_in_the_order_in_which_they_were_made(tmp_path):
    _release(tmp_path, *sorted(IN_ORDER))  # by their letters .10 is before .2

    assert list_versions(tmp_path) == IN_ORDER


@pytest.mark.parametrize(
    "foreign",
    [
        "backup",
        "2026-11-30-old",
        "2026-11-30.0",
        "2026-11-30.01",
        "2026-11-30.x",
        "2026-11-30.",
        " 2026-11-30",
        ".2026-11-30.draft-abcd1234",
        "20261130",
        "二〇二六",
    ],
)
def test_a_folder_that_somebody_else_made_is_no_version(tmp_path, foreign):
    _release(tmp_path, "2026-11-29", foreign)

    assert list_versions(tmp_path) == ["2026-11-29"]


def test_what_is_not_whole_is_no_version(tmp_path):
    """The manifest is in every release; a file of that name is none."""
    (tmp_path / "releases" / "2026-11-29").mkdir(parents=True)
    (tmp_path / "releases" / "2026-11-30").touch()

    assert list_versions(tmp_path) == []
    assert list_versions(tmp_path / "no such set") == []


@pytest.mark.parametrize(
    ("known", "day", "expected"),
    [
        pytest.param([], "2026-11-29", "2026-11-29", id="first"),
        pytest.param(["2026-11-28"], "2026-11-29", "2026-11-29", id="next day"),
        pytest.param(["2026-11-29"], "2026-11-29", "2026-11-29.1", id="again"),
        pytest.param(["2026-11-29", "2026-11-29.1"], "2026-11-29", "2026-11-29.2", id="third"),
        pytest.param(["2026-11-29.9"], "2026-11-29", "2026-11-29.10", id="two digits"),
        pytest.param(["2026-11-29.10", "2026-11-29.9"], "2026-11-29", "2026-11-29.11", id="order"),
        pytest.param(["2026-11-29"], "2026-11-20", "2026-11-29.1", id="a clock that went back"),
    ],
)
def test_next_version(known, day, expected):
    assert next_version(known, day) == expected


@given(st.lists(DAYS, min_size=1, max_size=40))
def test_a_later_version_is_after_all_that_were_before(tmp_path_factory, days):
    """Whatever the clock says: a name is never given twice, and the order is that of making."""
    made = []
    for day in days:
        made.append(next_version(made, day))

    assert len(set(made)) == len(made)
    folder = tmp_path_factory.mktemp("set")
    _release(folder, *made)
    assert list_versions(folder) == made


@pytest.mark.parametrize("name", ["small", "chat-zh", "0", "a" * 61])
def test_a_set_is_a_folder_under_outputs(name):
    assert find_set(name) == Path("outputs") / name


@pytest.mark.parametrize(
    "name",
    [
        *("", "../x", "..", ".", "/tmp", "a/b", "a\\b", "A b", "Small", "a.b", "-x", "数据", "a\n"),
        *("a" * 62, "\x1b[31mred"),
    ],
)
def test_what_could_be_another_place_is_no_name(name):
    with pytest.raises(UserError, match="expected a name of small letters") as told:
        find_set(name)

    assert str(told.value).isprintable()


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-29", "2026-11-29"), ("20261129", "2026-11-29"), ("2026-W48-7", "2026-11-29")],
)
def test_a_day_is_read_as_iso_8601_says(day, expected):
    assert check_day(day) == expected


def test_no_day_is_today_at_greenwich():
    before = datetime.now(UTC).date().isoformat()
    assert before <= check_day(None) <= datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize("day", ["", "today", "2026-02-30", "2026-13-01", "29.11.2026", "../x"])
def test_what_is_no_day_is_said(day):
    with pytest.raises(UserError, match=r"expected one as 2026-11-29\.$"):
        check_day(day)


def test_the_folder_of_a_run_is_no_set(place):
    """A run of that name would not be replaced any more, and its files would lie between ours."""
    run = Path("outputs/mine")
    run.mkdir(parents=True)
    run.joinpath("manifest.json").write_text("{}")

    with pytest.raises(UserError, match='set "mine": outputs/mine is a run'):
        find_set("mine")
