"""What an endpoint does under load: how many answers it works at, how fast, and whom it sends away.

Every answer has the seconds it would take alone (the server's latency). With `n` in work all of
them go slower by the same factor, so that each further one adds less to the total:

    slower(n) = 1 + drag * (n - 1)                    up to `knee` in work
    slower(n) = that * (n / knee) ** THRASH           above it

`DRAG` and `THRASH` are fitted to a vLLM-like server of 256 slots that gave 6.0, 14.0, 19.1 and 21.0
thousand tokens a second with 16, 64, 160 and 512 requests in flight, and 7.1 thousand with 512 once
its memory was too small for more than 160 (the formulas say 6.1, 14.1, 19.1, 21.0 and 7.1).
"""

import asyncio
import heapq
import itertools
import math
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from vicugna.errors import Refused, UserError

DRAG = 5.0  # for each slot: with all of them in work an answer takes about six times as long
THRASH = 2.3  # the power by which a server loses what it gained, once its memory is too small
THRASH_SLOTS = 1.6  # slots of a server that thrashes, for each request it can really hold
_ROUNDING = 1e-9  # seconds


@dataclass(frozen=True, slots=True)
class ServerCapacity:
    """What the server can take: answers in work at once, and how many more may wait.

    `full` names the error (`responses.ERRORS`) of those that find no place.
    """

    slots: int
    waiting: float = math.inf
    drag: float = 0.0
    knee: float = math.inf
    full: Literal["503", "429-bare"] = "503"

    def slower(self, working: int) -> float:
        """Return how many times as long an answer takes with so many in work."""
        crowded = max(1.0, working / self.knee) ** THRASH
        return (1.0 + self.drag * max(0, working - 1)) * crowded


UNLIMITED = ServerCapacity(sys.maxsize)


def parse_capacity(text: str) -> ServerCapacity:
    """Read what a server can take.

    "queue:256" has 256 slots and an endless queue, "thrash:160" slows down as a whole above 160,
    "refuse-queue:256:64" says 503 to those that find 64 waiting, "refuse:100" says 429 to all
    above 100 and is never slow.

    Raises:
        UserError: No such model, or a number that is missing, one too many or below its least.
    """
    model, *words = text.split(":")
    numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
    match model, numbers:
        case "queue", [slots] if slots:
            capacity = ServerCapacity(slots, drag=DRAG / slots)
        case "thrash", [knee] if knee:
            slots = math.ceil(THRASH_SLOTS * knee)
            capacity = ServerCapacity(slots, drag=DRAG / slots, knee=knee)
        case "refuse-queue", [slots, waiting] if slots:
            capacity = ServerCapacity(slots, waiting, drag=DRAG / slots)
        case "refuse", [slots] if slots:
            capacity = ServerCapacity(slots, waiting=0, full="429-bare")
        case _:
            capacity = None
    if capacity is None or len(numbers) != len(words):
        raise UserError(
            f"'--capacity' is \"{text}\", expected queue:SLOTS, thrash:KNEE, "
            "refuse-queue:SLOTS:WAITING or refuse:SLOTS in whole numbers, e.g. queue:256."
        )
    return capacity


class Engine:
    """Works at several answers at once, each at the same speed; told the time by every call.

    How far an answer is need not be kept for each: `_done` is the work that one would have done
    that was there from the beginning, and an answer ends when that has grown by its own.
    """

    def __init__(self, slower: Callable[[int], float], now: float) -> None:
        self._slower, self._now = slower, now
        self._done = 0.0
        self._goals: dict[int, float] = {}  # by ticket
        self._order: list[tuple[float, int]] = []
        self._tickets = itertools.count()

    def add(self, seconds: float, now: float) -> int:
        """Begin an answer that takes so long alone, and return its ticket."""
        self._go_on(now)
        ticket = next(self._tickets)
        self._goals[ticket] = self._done + seconds
        heapq.heappush(self._order, (self._goals[ticket], ticket))
        return ticket

    def drop(self, ticket: int, now: float) -> None:
        """Forget an answer, which may have ended."""
        self._go_on(now)
        self._goals.pop(ticket, None)

    def take_ended(self, now: float) -> list[int]:
        """Return the tickets of the answers that have ended since, and forget them."""
        self._go_on(now)
        ended: list[int] = []
        while self._first() is not None and self._order[0][0] <= self._done + _ROUNDING:
            ended.append(heapq.heappop(self._order)[1])
            del self._goals[ended[-1]]
        return ended

    def next_end(self) -> float | None:
        """Return when the next answer ends if none comes or goes until then."""
        first = self._first()
        if first is None:
            return None
        return self._now + max(0.0, first - self._done) * self._slower(len(self._goals))

    def _first(self) -> float | None:
        while self._order and self._order[0][1] not in self._goals:
            heapq.heappop(self._order)  # it was dropped
        return self._order[0][0] if self._order else None

    def _go_on(self, now: float) -> None:
        if self._goals:
            self._done += (now - self._now) / self._slower(len(self._goals))
        self._now = now


class Capacity:
    """The places of a server while it runs. Who is cancelled leaves his place to the next."""

    def __init__(self, limits: ServerCapacity) -> None:
        self.in_flight = 0
        self.most_in_flight = 0
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(limits.slots)
        self._engine = Engine(limits.slower, self._loop.time())
        self._ends: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None, None]:
        """Hold a place while the block runs; the block begins when a slot is free.

        Raises:
            Refused: As many wait as may; the cause is the error to answer with.
        """
        limits = self._limits
        if self.in_flight >= limits.slots + limits.waiting:
            raise Refused("no place is left", cause=limits.full)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with self._slots:
                yield
        finally:
            self.in_flight -= 1

    async def work(self, seconds: float) -> None:
        """Take the time of an answer: these seconds if it were alone, longer among others."""
        if seconds <= 0:
            return
        if self._limits.drag == 0:  # nobody slows anybody
            await asyncio.sleep(seconds)
            return
        ticket = self._engine.add(seconds, self._loop.time())
        self._ends[ticket] = self._loop.create_future()
        self._wind()
        try:
            await self._ends[ticket]
        finally:
            del self._ends[ticket]
            self._engine.drop(ticket, self._loop.time())
            self._wind()

    def _ring(self) -> None:
        for ticket in self._engine.take_ended(self._loop.time()):
            if not self._ends[ticket].done():
                self._ends[ticket].set_result(None)
        self._wind()

    def _wind(self) -> None:
        """Set the one timer to when the next answer ends."""
        if self._timer is not None:
            self._timer.cancel()
        end = self._engine.next_end()
        self._timer = None if end is None else self._loop.call_at(end, self._ring)
