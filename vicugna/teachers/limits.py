"""How much may go out under a quota: a bucket of requests and tokens that may be in debt.

Pure. It fills at the rate of the quota and holds no more than `BURST` seconds of it, however long
nothing was taken: some endpoints hold a quota per minute to its sixtieth in every second (Alibaba
Cloud Model Studio, "Rate limits", looked at in November 2026).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

BURST = 0.5  # seconds of the rate; but one request always
_ROUNDING = 1e-6  # what sums of many small steps may lack


@dataclass(frozen=True, slots=True)
class Quota:
    """What an endpoint allows each second; None is no limit."""

    requests: float | None = None
    tokens: float | None = None

    @property
    def known(self) -> bool:
        """Whether there is any limit."""
        return self.requests is not None or self.tokens is not None

    def scale(self, share: float) -> "Quota":
        """Return a share of it."""
        return Quota(
            None if self.requests is None else self.requests * share,
            None if self.tokens is None else self.tokens * share,
        )

    def lower(self, other: "Quota") -> "Quota":
        """Return the lower of both, for requests and for tokens."""
        return Quota(_lower(self.requests, other.requests), _lower(self.tokens, other.tokens))


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket holds, in requests and tokens; below 0 is a debt."""

    requests: float = 0.0
    tokens: float = 0.0

    def add(self, other: "Level") -> "Level":
        """Return the sum of both."""
        return Level(self.requests + other.requests, self.tokens + other.tokens)


@dataclass(frozen=True, slots=True)
class Want:
    """Asks for room for some requests, which will use about so many tokens together.

    `owed` is what earlier ones used beyond their room; it is taken in any case. Below 0 it is what
    they left, and is given back.
    """

    requests: int
    tokens: float
    owed: Level = Level()


@dataclass(frozen=True, slots=True)
class Granted:
    """Room for so many requests and their share of the tokens; the next is in `wait` seconds."""

    requests: int
    tokens: float
    wait: float


Lease = Callable[[Quota, Want], Awaitable[Granted]]
"""Grants what there is of what is wanted, at once; it does not wait for room."""


def full(quota: Quota) -> Level:
    """Return what a bucket holds at most; 0 of what has no limit, which is not counted."""
    return Level(_size(quota.requests, 1.0), _size(quota.tokens, 0.0))


def grant(level: Level, quota: Quota, seconds: float, want: Want) -> tuple[Granted, Level]:
    """Return what is granted some seconds after a bucket held this much, and what it holds then.

    A request that needs more tokens than the bucket holds goes out when it is full, and the bucket
    works off the debt. A clock that went back (`seconds` below 0) fills nothing.
    """
    each, size = want.tokens / max(want.requests, 1), full(quota)
    requests = _Side(quota.requests, size.requests, 1.0, level.requests)
    tokens = _Side(quota.tokens, size.tokens, each, level.tokens)
    requests = requests.fill(seconds).add(-want.owed.requests)
    tokens = tokens.fill(seconds).add(-want.owed.tokens)
    number = min(requests.fitting(want.requests), tokens.fitting(want.requests))
    requests, tokens = requests.add(-float(number)), tokens.add(-number * each)
    wait = 0.0 if number == want.requests else max(requests.wait, tokens.wait)
    return Granted(number, number * each, wait), Level(requests.level, tokens.level)


def lease_alone(clock: Callable[[], float]) -> Lease:
    """Return the lease of a process that shares its quota with no other."""
    level: Level | None = None
    at = clock()

    async def lease(quota: Quota, want: Want) -> Granted:
        nonlocal level, at
        now = clock()
        before = full(quota) if level is None else level
        granted, level = grant(before, quota, now - at, want)
        at = now
        return granted

    return lease


class _Side(NamedTuple):
    """Requests or tokens: how they fill, what each request needs of them, what is there."""

    rate: float | None
    size: float
    need: float
    level: float

    def fill(self, seconds: float) -> "_Side":
        """Let some time pass; what is above the size already stays."""
        if self.rate is None:
            return self
        filled = min(self.size, self.level + self.rate * max(seconds, 0.0))
        return self._replace(level=max(self.level, filled))

    def add(self, amount: float) -> "_Side":
        """Give back or take. There is place for the need of one request, though it is larger."""
        if self.rate is None:
            return self
        return self._replace(level=min(max(self.size, self.need), self.level + amount))

    def fitting(self, number: int) -> int:
        """Return for how many of the requests there is enough: the last one finds all it needs."""
        if self.rate is None or not number:
            return number
        over = self.level + _ROUNDING - min(self.need, self.size)
        if over < 0 or self.need <= 0:
            return number if over >= 0 else 0
        return min(number, floor(over / self.need) + 1)

    @property
    def wait(self) -> float:
        """The seconds until there is enough for one."""
        if self.rate is None:
            return 0.0
        return max(0.0, min(self.need, self.size) - self.level) / self.rate


def _size(rate: float | None, least: float) -> float:
    return 0.0 if rate is None else max(least, rate * BURST)


def _lower(one: float | None, other: float | None) -> float | None:
    return min((rate for rate in (one, other) if rate is not None), default=None)
