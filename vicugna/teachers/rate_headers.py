"""What response headers say of the quota of an endpoint, and of what is left of it.

Families of names, as documented and as seen in public logs in November 2026:

    x-ratelimit-limit-requests (-tokens)       OpenAI, Azure OpenAI, Groq, whoever follows them
    x-ratelimit-limit-tokens-minute (-day)     Cerebras, DigitalOcean; Mistral says "req-minute"
    anthropic-ratelimit-requests-limit         Anthropic
    ratelimit-limit                            RateLimit draft of the IETF: requests

Each has `remaining` and `reset` beside `limit`. OpenAI and Groq have buckets that fill steadily,
of a minute or of a day ("10000 requests, 9998 left, full in 14.98s": a day's), and do not say
which; others count in fixed windows.
"""

import re
import time
from collections.abc import Mapping
from datetime import datetime
from math import inf, isfinite

from vicugna.teachers.limits import Quota

_MINUTE = 60.0
_WINDOWS = (_MINUTE, 3600.0, 86400.0)  # seconds
_NAMED = {"second": 1.0, "minute": _MINUTE, "hour": 3600.0, "day": 86400.0}
_LIMIT = re.compile(
    r"x-ratelimit-limit-(requests|req|tokens)(?:-(?:per-)?(second|minute|hour|day))?"
    r"|anthropic-ratelimit-(requests|tokens)-limit"
    r"|(?:x-)?ratelimit-limit"
)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 40  # characters of a value that is read
_EPOCH, _EPOCH_IN_MS = 1e9, 1e11  # numbers from here on are times, not seconds to wait
_TOLERANCE = 0.03  # of a window that is worked out
_VOTES = 3  # responses in a row that must name another window before it is believed
# Seconds. A bucket that fills in less than this is none to slow down for, and the last moment of a
# fixed window is no reason to speed up or to stop.
_SHORTEST_RESET = 2.0
_SLOWEST = 1e-3  # share of the limit: whoever waits for the next window must see it begin
_LOOK_EVERY = 16  # responses, while none had such headers
_READ_EVERY = 0.01  # seconds between two responses whose headers are read


class LearnedQuota:
    """The quota of one endpoint as its responses tell it. Times are in seconds, of one clock."""

    def __init__(self) -> None:
        self._gauges: list[Gauge] = []
        self._responses = 0
        self._read_at = -inf

    def note(self, headers: Mapping[str, str], now: float) -> bool:
        """Take in the headers of a response, unless there was one a moment ago; return whether."""
        if not self._gauges:
            self._responses += 1
            # Looking at every name of every response would cost more than all else here.
            if self._responses > _LOOK_EVERY and self._responses % _LOOK_EVERY:
                return False
            self._gauges = find_gauges(headers)
        if not self._gauges or 0 <= now - self._read_at < _READ_EVERY:
            return False
        self._read_at = now
        for gauge in self._gauges:
            gauge.note(headers, now)
        return True

    def quota(self, now: float) -> Quota:
        """Return what may go out each second now."""
        return Quota(
            min((one.rate(now) for one in self._gauges if one.kind == "requests"), default=None),
            min((one.rate(now) for one in self._gauges if one.kind == "tokens"), default=None),
        )

    @property
    def counts_tokens(self) -> bool:
        """Whether there is a limit of tokens."""
        return any(one.kind == "tokens" for one in self._gauges)

    @property
    def usual(self) -> Quota:
        """What may go out each second while nobody else uses it; limits of a day say nothing."""
        found = [one for one in self._gauges if one.window <= _MINUTE]
        return Quota(
            min((one.limit / one.window for one in found if one.kind == "requests"), default=None),
            min((one.limit / one.window for one in found if one.kind == "tokens"), default=None),
        )


class Gauge:
    """One limit: so many requests or tokens in a window of some seconds, and what is left."""

    def __init__(self, name: str, kind: str, window: float | None, limit: float) -> None:
        self.kind = kind
        self.window = window or _MINUTE
        self.limit = limit
        self._names = tuple(
            name.replace("-limit", word) for word in ("-limit", "-remaining", "-reset")
        )
        self._told = window is not None
        self._fills = False  # steadily, as a bucket does
        self._votes = -_VOTES  # for another window; the first response is believed
        self._left, self._reset, self._at = limit, 0.0, -inf

    def note(self, headers: Mapping[str, str], now: float) -> None:
        """Take in the headers of a response; those that say nothing change nothing."""
        limit, left, reset = (headers.get(name) for name in self._names)
        number = read_number(limit)
        if not number:
            return
        self.limit = number
        remaining = read_number(left)
        if remaining is None:
            return
        remaining = min(remaining, number)
        seconds = read_seconds(reset)
        if not self._told:
            self._find_window(number - remaining, seconds)
        if seconds >= _SHORTEST_RESET or self.window > _MINUTE:
            self._left, self._reset, self._at = remaining, seconds, now

    def rate(self, now: float) -> float:
        """Return how much may go out each second now.

        Within a minute, never faster than what is left lasts until the reset: others may use the
        same key. What is left of an hour or a day may go out within a minute, because endpoints
        have further limits for the minute; when it is nearly used up, at its own steady rate.
        """
        steady = self.limit / self.window
        if self.window > _MINUTE:
            return max(steady, self._left / _MINUTE)
        gone = now - self._at
        rest = self._reset - gone
        if rest <= 0:
            return steady
        # One more, because what is left is rounded down: with 3 a minute that is half of the truth.
        left = self._left + 1.0 + (steady * gone if self._fills else 0.0)
        return min(steady, max(left / rest, steady * _SLOWEST))

    def _find_window(self, used: float, reset: float) -> None:
        if used <= 1 or reset <= 0:  # 1 may be a hundredth, rounded up
            return
        # A bucket is full again after `used / limit` of its window. What is left is rounded down.
        shortest, longest = self.limit * reset / used, self.limit * reset / (used - 1)
        for window in _WINDOWS:
            if shortest <= window * (1 + _TOLERANCE) and window <= longest * (1 + _TOLERANCE):
                self._vote(window, fills=True)
                return
        fitting = (window for window in _WINDOWS if reset <= window * (1 + _TOLERANCE))
        self._vote(next(fitting, _WINDOWS[-1]), fills=False)

    def _vote(self, window: float, *, fills: bool) -> None:
        if window == self.window:
            self._votes, self._fills = 0, fills
            return
        self._votes += 1
        if self._votes >= _VOTES or self._votes < 0:
            self.window, self._fills, self._votes = window, fills, 0


def find_gauges(headers: Mapping[str, str]) -> list[Gauge]:
    """Return a gauge for each limit that is named in the headers of a response.

    Zero or less is no limit: Azure says -1 where it does not count, Mistral 0 of a model that is
    not in the plan, which every request then is told anyway.
    """
    found: list[Gauge] = []
    for name, value in headers.items():
        match = _LIMIT.fullmatch(name.lower())
        number = read_number(value) if match else None
        if match and number:
            kind = "tokens" if "tokens" in match.groups() else "requests"
            found.append(Gauge(name.lower(), kind, _NAMED.get(match[2] or ""), number))
    return found


def read_number(value: str | None) -> float | None:
    """Return the first number of a header, None for anything that is no count.

    >>> [read_number(value) for value in ("1500", "100, 100;w=60", "-1", "many", None)]
    [1500.0, 100.0, None, None, None]
    """
    if value is None or len(value) > _LONGEST:
        return None
    try:
        number = float(value)
    except ValueError:
        head = re.match(r"\s*(\d+)\s*[,;]", value)
        number = float(head[1]) if head else -1.0
    return number if isfinite(number) and number >= 0 else None


def read_seconds(value: str | None, now: float | None = None) -> float:
    """Return the seconds until a limit is whole again: a duration, a number, a time; 0 is unknown.

    `now` is the time of day in seconds since 1970, of this machine where it is not given.

    >>> [read_seconds(value) for value in ("17ms", "1m30.951s", "6m0s", "11.4", "soon", None)]
    [0.017, 90.951, 360.0, 11.4, 0.0, 0.0]
    """
    if value is None or not 0 < len(value) <= _LONGEST:
        return 0.0
    parts = _PART.findall(value)
    if parts and _PART.sub("", value) == "":
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    number = read_number(value)
    if number is None:
        number = _read_time(value)
    if number >= _EPOCH_IN_MS:
        number /= 1000
    if number >= _EPOCH:
        number -= time.time() if now is None else now
    return max(0.0, number)


def _read_time(value: str) -> float:
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
