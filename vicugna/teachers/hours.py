"""The hours in which a teacher is asked: some cost less at night.

A run that begins outside of them waits until they begin. When they are over it sends nothing more
and ends with what it has: what is missing is for the next night.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from typing import NamedTuple

from vicugna.errors import BudgetReached

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY = 24 * 3600
_LONGEST_NAP = 60.0  # seconds: a clock may be set meanwhile


class Hours(NamedTuple):
    """From when until when, UTC; the end may be on the next day."""

    begin: time
    end: time

    def wait(self, now: datetime) -> float:
        """Return the seconds until they begin; 0 within them.

        >>> Hours(time(16, 30), time(0, 30)).wait(datetime(2026, 11, 29, 16, 0))
        1800.0
        """
        at, begin, end = (
            one.hour * 3600 + one.minute * 60 + one.second for one in (now.time(), *self)
        )
        if (at - begin) % _DAY < (end - begin) % _DAY:
            return 0.0
        return float((begin - at) % _DAY)


def read_hours(text: str) -> Hours:
    """Return hours from text such as "16:30-00:30".

    Raises:
        ValueError: it is none.
    """
    found = _HOURS.fullmatch(text)
    if found is None or found.group(1, 2) == found.group(3, 4):
        raise ValueError("expected hours (UTC) as 16:30-00:30")
    first, second, third, fourth = map(int, found.groups())
    return Hours(time(first, second), time(third, fourth))


def within(
    hours: str,
    on_wait: Callable[[str], None],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Callable[[], Awaitable[None]]:
    """Return what waits until the hours begin, or raises when they are over.

    `on_wait` is told until when ("16:30 UTC") while something waits, then "".

    Raises:
        BudgetReached: they had begun, and are over.
    """
    known = read_hours(hours)
    was_open = False

    async def enter() -> None:
        nonlocal was_open
        while left := known.wait(now()):
            if was_open:
                raise BudgetReached("hours", f"those of the teacher ({hours} UTC) are over")
            on_wait(f"{known.begin:%H:%M} UTC")
            await sleep(min(left, _LONGEST_NAP))
        if not was_open:
            was_open = True
            on_wait("")

    return enter
