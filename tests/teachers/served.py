"""A server and its clients in virtual time: what a controller of the concurrency is tried on.

The server is the model of the offline one (`capacity.py`), so that what is simulated here can be
measured over HTTP as well. Clients do as the real ones: a slot is held from before the first
attempt until the answer, refusals are retried after a random pause, and one limiter may hold
attempts back. Nothing waits, and nothing reads a clock.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from vicugna.errors import Refused
from vicugna.teachers.concurrency import Climber
from vicugna.teachers.offline.capacity import Engine, ServerCapacity
from vicugna.teachers.retry import RULES

TOKENS = 400.0


@dataclass(slots=True)
class Attempt:
    """One request, from its slot to its answer."""

    begun: float = 0.0
    level: int = 0  # how many were with the server then, this one included
    alone: float = 0.0  # seconds it takes alone
    refusals: int = 0


@dataclass(slots=True)
class Second:
    """What came in one second, and the limit at its end."""

    tokens: float = 0.0
    answers: int = 0
    refusals: int = 0
    limit: int = 0
    most: int = 0  # with the server at once


@dataclass
class Simulation:
    """Clients of one server. `fixed` is a limit; without it a `Climber` finds one.

    `seconds` draws how long an answer takes alone, `tokens` how long it is, from the same random
    numbers; `demand` says how many requests there are at a time; `rate` is that of a limiter,
    in attempts a second; `unlucky` is the share of attempts refused for no reason of ours.
    """

    capacity: ServerCapacity
    fixed: int | None = None
    start: int = 32
    seconds: Callable[[Random], float] = lambda rng: rng.lognormvariate(-0.35, 0.5)
    tokens: Callable[[Random, float], float] = lambda rng, _: (
        TOKENS * rng.lognormvariate(-0.08, 0.4)
    )
    demand: Callable[[float], int] = lambda now: 2000
    rate: float | None = None
    unlucky: float = 0.0
    seed: int = 1
    make: Callable[..., Climber] = Climber
    trace: list[Second] = field(default_factory=list[Second])

    def __post_init__(self) -> None:
        self.now = 0.0
        self.rng = Random(self.seed)
        self.climber = self.make(self.start, lambda: self.now)
        self.engine = Engine(lambda working: self.capacity.slower(working), 0.0)
        self.working: dict[int, Attempt] = {}
        self.queue: deque[Attempt] = deque()
        self.paused: list[tuple[float, int, Attempt]] = []
        self.numbers = itertools.count()
        self.in_use = 0
        self.free_at = 0.0  # when the limiter lets the next attempt go

    @property
    def limit(self) -> int:
        return self.fixed or self.climber.limit

    @property
    def with_server(self) -> int:
        return len(self.working) + len(self.queue)

    def run(self, until: float) -> "Simulation":
        """Go on until then."""
        while True:
            self._begin_more()
            end = self.engine.next_end()
            pause = self.paused[0][0] if self.paused else None
            then = min((one for one in (end, pause) if one is not None), default=until)
            tick = int(self.now) + 1.0
            if min(then, tick) >= until:
                self.now = until
                self._second()
                return self
            self.now = max(self.now, min(then, tick))
            self._second().limit = self.limit
            if then > tick:
                continue
            if pause is not None and pause <= self.now:
                self._attempt(heapq.heappop(self.paused)[2])
            for ticket in self.engine.take_ended(self.now):
                self._answer(self.working.pop(ticket))

    def change(self, capacity: ServerCapacity) -> "Simulation":
        """Make it another server from now on."""
        for ticket in self.engine.take_ended(self.now):
            self._answer(self.working.pop(ticket))
        self.capacity = capacity
        return self

    def speed(self, first: float, last: float) -> float:
        """Return tokens a second between two times."""
        return sum(one.tokens for one in self.trace[int(first) : int(last)]) / (last - first)

    def refusals(self, first: float = 0, last: float | None = None) -> int:
        return sum(one.refusals for one in self.trace[int(first) : last and int(last)])

    def limits(self, first: float, last: float) -> list[int]:
        return [one.limit for one in self.trace[int(first) : int(last)]]

    def _second(self) -> Second:
        while len(self.trace) <= int(self.now):
            self.trace.append(Second(limit=self.limit))
        return self.trace[-1]

    def _begin_more(self) -> None:
        wanted = self.demand(self.now)
        while self.in_use < min(self.limit, wanted):
            self.in_use += 1
            self._attempt(Attempt(), paced=True)

    def _attempt(self, attempt: Attempt, *, paced: bool = False) -> None:
        if self.rate is not None and paced and self.free_at > self.now:
            self._pause(attempt, self.free_at - self.now)
            self.free_at += 1 / self.rate
            return
        if self.rate is not None and paced:
            self.free_at = self.now + 1 / self.rate
        attempt.begun = self.now
        attempt.level = self.with_server + 1
        if (
            self.with_server >= self.capacity.slots + self.capacity.waiting
            or self.rng.random() < self.unlucky
        ):
            self._refuse(attempt)
            return
        if len(self.working) < self.capacity.slots:
            self._work(attempt)
        else:
            self.queue.append(attempt)
        second = self._second()
        second.most = max(second.most, self.with_server)

    def _refuse(self, attempt: Attempt) -> None:
        self._second().refusals += 1
        self.climber.refused(attempt.level)
        rule = RULES[Refused]
        longest = min(rule.longest, rule.first * 2.0**attempt.refusals)
        attempt.refusals += 1
        self._pause(attempt, self.rng.uniform(0, longest))

    def _pause(self, attempt: Attempt, seconds: float) -> None:
        heapq.heappush(self.paused, (self.now + seconds, next(self.numbers), attempt))

    def _work(self, attempt: Attempt) -> None:
        attempt.alone = self.seconds(self.rng)
        self.working[self.engine.add(attempt.alone, self.now)] = attempt

    def _answer(self, attempt: Attempt) -> None:
        tokens = self.tokens(self.rng, attempt.alone)
        second = self._second()
        second.tokens += tokens
        second.answers += 1
        if self.queue and len(self.working) < self.capacity.slots:
            self._work(self.queue.popleft())
        full = self.in_use >= 0.9 * self.limit
        seconds = self.now - attempt.begun
        self.climber.answered(tokens, seconds, full=full)
        self.in_use -= 1
        self._begin_more()
