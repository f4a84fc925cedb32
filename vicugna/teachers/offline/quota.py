"""A quota of requests and tokens per minute, as an endpoint holds its clients to one.

Meters are told the time by every call. Headers are OpenAI's: 5,000 requests a minute of which one
was used are "5000", "4999" and "12ms", the time until the meter is full again, as Go writes it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from vicugna.errors import Refused, UserError

WINDOW = 60.0  # seconds of a fixed window


@dataclass(frozen=True, slots=True)
class ServerQuota:
    """What the server allows each minute.

    `burst_seconds` is how long a bucket takes to fill, so how much may come at once: 60 lets a
    whole minute out, 1 is as strict as DashScope. A "fixed" window forgets everything each minute
    and has no burst. `counts` says what a request is worth in tokens: what it "used" in the end,
    or what it "asked" for, which is its prompt and its `max_tokens`, used or not.

    Raises:
        UserError: A number that is not above 0, or has no end.
    """

    rpm: float | None = None
    tpm: float | None = None
    burst_seconds: float = 60.0
    counts: Literal["used", "asked"] = "used"
    headers: bool = True
    window: Literal["bucket", "fixed"] = "bucket"

    def __post_init__(self) -> None:
        numbers = {"rpm": self.rpm, "tpm": self.tpm, "burst_seconds": self.burst_seconds}
        for name, number in numbers.items():
            if number is not None and not 0 < number < math.inf:
                raise UserError(f"The quota's {name} is {number:g}, expected a number above 0.")


@dataclass(slots=True)
class Bucket:
    """A store that fills steadily up to its size. It starts full.

    More than a full store is let through when it is full, or it never would be; the debt is
    worked off before the next. Needs and levels are in requests or tokens, times in seconds.
    """

    per_minute: float
    size: float
    now: float
    _level: float = field(init=False)

    def __post_init__(self) -> None:
        self._level = self.size

    def level(self, now: float) -> float:
        """Return what is there; below 0 is a debt."""
        grown = (now - self.now) * self.per_minute / 60
        self._level, self.now = min(self.size, self._level + grown), now
        return self._level

    def wait(self, need: float, now: float) -> float:
        """Return the seconds until there is room for this much: 0 when there is now."""
        return self._fill_time(min(need, self.size), now)

    def take(self, need: float, now: float) -> None:
        """Take this much out."""
        self._level = self.level(now) - need

    def reset(self, now: float) -> float:
        """Return the seconds until it is full again."""
        return self._fill_time(self.size, now)

    def _fill_time(self, goal: float, now: float) -> float:
        missing = goal - self.level(now)
        # A store that was refilled by sums of many small steps is full but for the rounding.
        return 0.0 if missing <= 1e-9 * self.size else missing * 60 / self.per_minute


@dataclass(slots=True)
class FixedWindow:
    """A count that starts anew at whole minutes from the start, whatever came before."""

    per_minute: float
    start: float
    _minute: int = 0
    _used: float = 0.0

    def level(self, now: float) -> float:
        """Return what is left of this minute."""
        minute = math.floor((now - self.start) / WINDOW)
        if minute > self._minute:
            self._minute, self._used = minute, 0.0
        return self.per_minute - self._used

    def wait(self, need: float, now: float) -> float:
        """Return the seconds until there is room for this much: 0 when there is now."""
        fits = self.level(now) >= min(need, self.per_minute)
        return 0.0 if fits else self.reset(now)

    def take(self, need: float, now: float) -> None:
        """Take this much out."""
        self.level(now)
        self._used += need

    def reset(self, now: float) -> float:
        """Return the seconds until the minute is over."""
        self.level(now)
        return self.start + (self._minute + 1) * WINDOW - now


Meter = Bucket | FixedWindow


class QuotaMeter:
    """Admits requests as long as every limit has room, and tells what is left."""

    def __init__(self, quota: ServerQuota, clock: Callable[[], float]) -> None:
        self._quota, self._clock = quota, clock
        limits = {"requests": quota.rpm, "tokens": quota.tpm}
        self._meters = {
            name: _open_meter(quota, limit, clock()) for name, limit in limits.items() if limit
        }

    def admit(self, *, read: int, written: int, longest: int | None) -> None:
        """Take a request into account.

        `read` and `written` are the tokens of prompt and answer, `longest` is the request's
        `max_tokens`.

        Raises:
            Refused: A limit has no room for it, with the seconds until all have; nothing is taken.
        """
        asked = written if longest is None else longest
        tokens = read + (written if self._quota.counts == "used" else asked)
        needs = {"requests": 1.0, "tokens": float(tokens)}
        now = self._clock()
        waits = {name: meter.wait(needs[name], now) for name, meter in self._meters.items()}
        last = max(waits, key=lambda name: waits[name], default="")
        if last and waits[last] > 0:
            raise Refused(
                f"Rate limit reached for {last}.",
                cause="rate_limit_exceeded",
                retry_after=waits[last],
            )
        for name, meter in self._meters.items():
            meter.take(needs[name], now)

    def headers(self) -> dict[str, str]:
        """Return limit, remaining and reset of every limit, as headers of a response."""
        if not self._quota.headers:
            return {}
        now, found = self._clock(), dict[str, str]()
        for name, meter in self._meters.items():
            found[f"x-ratelimit-limit-{name}"] = str(math.floor(meter.per_minute))
            found[f"x-ratelimit-remaining-{name}"] = str(max(0, math.floor(meter.level(now))))
            found[f"x-ratelimit-reset-{name}"] = say_duration(meter.reset(now))
        return found


def say_duration(seconds: float) -> str:
    """Return a time as OpenAI's headers write it: milliseconds below a second, rounded up.

    >>> [say_duration(seconds) for seconds in (0, 0.25, 1, 7.66, 360)]
    ['0s', '250ms', '1s', '7.66s', '6m0s']
    """
    milliseconds = in_milliseconds(seconds)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    lead = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{lead}{rest / 1000:g}s"


def in_milliseconds(seconds: float) -> int:
    """Return whole milliseconds, rounded up, but not for the last bit of a sum of fractions."""
    return math.ceil(round(seconds * 1000, 6))


def _open_meter(quota: ServerQuota, limit: float, now: float) -> Meter:
    if quota.window == "fixed":
        return FixedWindow(limit, now)
    return Bucket(limit, max(1.0, limit * quota.burst_seconds / 60), now)
