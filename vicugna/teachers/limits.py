"""How much may go out under a quota: a bucket of requests and tokens that may be in debt.

Pure. It fills at the rate of the quota and holds no more than `BURST` seconds of it, however long
nothing was taken: some endpoints hold a quota per minute to its sixtieth in every second (Alibaba
Cloud Model Studio, "Rate limits", looked at in November 2026).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import floor, inf

BURST = 0.75  # seconds of the rate; but one request always
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
    """Return what a bucket holds at most; without a limit, endlessly much."""
    requests = inf if quota.requests is None else max(1.0, quota.requests * BURST)
    return Level(requests, inf if quota.tokens is None else quota.tokens * BURST)


def grant(level: Level, quota: Quota, seconds: float, want: Want) -> tuple[Granted, Level]:
    """Return what is granted some seconds after a bucket held this much, and what it holds then.

    A request that needs more tokens than the bucket holds goes out when it is full, and the bucket
    works off the debt. A clock that went back (`seconds` below 0) fills nothing.
    """
    most = full(quota)
    each = want.tokens / max(want.requests, 1)
    least = min(each, most.tokens)
    gained = quota.scale(max(seconds, 0.0))
    requests = _add(level.requests, gained.requests, -want.owed.requests, most.requests)
    # What is given back must not be lost where one request is more than the bucket holds.
    tokens = _add(
        level.tokens, gained.tokens, -want.owed.tokens, most.tokens, max(most.tokens, each)
    )
    number = want.requests
    if quota.requests is not None:
        number = min(number, floor(requests + _ROUNDING))
    if quota.tokens is not None:
        number = min(number, _fitting(tokens, each, least, most=want.requests))
    number = max(number, 0)
    left = Level(requests - number, tokens - number * each)
    wait = 0.0 if number == want.requests else _wait(left, quota, least)
    return Granted(number, number * each, wait), left


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


def _add(
    level: float, gained: float | None, given_back: float, filled: float, most: float | None = None
) -> float:
    """Return what is there after some time: as much as `filled` by that, as `most` at all."""
    grown = max(level, min(filled, level + (gained or 0.0)))
    return min(filled if most is None else most, grown + given_back)


def _fitting(level: float, each: float, least: float, *, most: int) -> int:
    """Return for how many requests there are tokens: the last one finds `least`."""
    if level + _ROUNDING < least:
        return 0
    return most if each <= 0 else min(most, floor((level + _ROUNDING - least) / each) + 1)


def _wait(level: Level, quota: Quota, least: float) -> float:
    requests = 0.0 if quota.requests is None else (1.0 - level.requests) / quota.requests
    tokens = 0.0 if quota.tokens is None else (least - level.tokens) / quota.tokens
    return max(0.0, requests, tokens)


def _lower(one: float | None, other: float | None) -> float | None:
    return min((rate for rate in (one, other) if rate is not None), default=None)
