"""How long answers to questions of one kind take, and from when on a missing one is late."""

from bisect import bisect_left, insort
from collections import deque
from math import ceil, sqrt

# Answers before anything is said of those that are missing. A small window gives no more before it
# must wait for the first one, and that may be the one that hangs.
LEAST = 5
_NEWEST = 500
_QUANTILE = 0.99
# Chosen so that of healthy answers 0.5 % or fewer are called late: with 1 to 8 s, with short labels
# beside long answers, and with servers that get slower (simulated in `test_latencies.py`).
_FACTOR = 1.5
_DOUBT = 2.0  # so many times more if there is one answer, falling with the root of their number
_SHORTEST = 1.0  # seconds


class Latencies:
    """The seconds that the newest answers of one kind took.

    An answer that was waited for in vain is not among them: it would make the next one be waited
    for longer.
    """

    def __init__(self) -> None:
        self._newest: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, seconds: float) -> None:
        """Add an answer; the oldest is forgotten when there are 500."""
        if len(self._newest) == _NEWEST:
            del self._sorted[bisect_left(self._sorted, self._newest.popleft())]
        self._newest.append(seconds)
        insort(self._sorted, seconds)

    @property
    def late_after(self) -> float | None:
        """Seconds after which an answer is late; None when that is not known yet.

        1.6 times the 99th percentile of 500 answers, 2.8 times that of 5.
        """
        count = len(self._sorted)
        if count < LEAST:
            return None
        factor = _FACTOR * (1 + _DOUBT / sqrt(count))
        return max(_SHORTEST, factor * self._sorted[ceil(_QUANTILE * count) - 1])
