"""The hours in which a teacher is asked: waited for before they begin, and an end when they end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from vicugna.errors import BudgetReached
from vicugna.teachers.hours import read_hours, within


def _at(clock):
    hour, minute, second = map(int, clock.split(":"))
    return datetime(2026, 11, 29, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "clock", "seconds"),
    [
        ("09:00-17:00", "08:59:59", 1),
        ("09:00-17:00", "09:00:00", 0),
        ("09:00-17:00", "16:59:59", 0),
        ("09:00-17:00", "17:00:00", 16 * 3600),
        ("16:30-00:30", "16:29:59", 1),
        ("16:30-00:30", "23:59:59", 0),
        ("16:30-00:30", "00:00:00", 0),
        ("16:30-00:30", "00:29:59", 0),
        ("16:30-00:30", "00:30:00", 16 * 3600),
        ("00:00-23:59", "23:59:00", 60),
    ],
)
def test_how_long_until_they_begin(hours, clock, seconds):
    assert read_hours(hours).wait(_at(clock)) == seconds


@pytest.mark.parametrize("hours", ["", "9:00-17:00", "24:00-01:00", "09:00-09:00", "09:60-10:00"])
def test_what_is_none(hours):
    with pytest.raises(ValueError, match="16:30-00:30"):
        read_hours(hours)


def test_what_begins_too_early_waits_and_what_is_left_at_their_end_is_not_sent():
    now, told = [_at("16:00:00")], []

    async def sleep(seconds):
        now[0] += timedelta(seconds=seconds)

    async def run():
        enter = within("16:30-00:30", told.append, now=lambda: now[0], sleep=sleep)
        await asyncio.gather(enter(), enter())
        began = now[0]
        now[0] += timedelta(hours=8)
        with pytest.raises(BudgetReached, match="16:30-00:30 UTC"):
            await enter()
        return began

    began = asyncio.run(run())

    assert began == _at("16:30:00")
    assert (told[0], told[-1]) == ("16:30 UTC", "")
