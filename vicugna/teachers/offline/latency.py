"""How long an answer of the server takes when it is alone."""

import math
from collections.abc import Callable
from random import Random

from vicugna.errors import UserError

Latency = float | Callable[[], float]
"""Seconds an answer takes: always the same, or drawn anew for each."""

# Of a lognormal: 95 % of the draws are between the median / 2.7 and the median * 2.7.
SIGMA = 0.5


def parse_latency(text: str, *, seed: int) -> Latency:
    """Read seconds, or "lognormal:MEDIAN:LOW:HIGH" in seconds, cut off at LOW and HIGH.

    Raises:
        UserError: Not a number, below 0, or a median that is not between LOW and HIGH.
    """
    model, *words = text.split(":")
    try:
        numbers = [float(word) for word in (words or [model])]
    except ValueError:
        numbers = []
    if not all(0 <= number < math.inf for number in numbers):
        numbers = []
    match model, numbers:
        case "lognormal", [median, low, high] if low <= median <= high and median > 0:
            return lognormal(median, low, high, seed=seed)
        case _, [seconds] if not words:
            return seconds
        case _:
            raise UserError(
                f"'--latency' is \"{text}\", expected seconds from 0, or "
                "lognormal:MEDIAN:LOW:HIGH with the median between the two, "
                "e.g. lognormal:2.5:1:8."
            )


def lognormal(median: float, low: float, high: float, *, seed: int) -> Callable[[], float]:
    """Return a source of seconds around a median, most of them near it and some far above."""
    rng, mu = Random(seed), math.log(median)
    return lambda: min(high, max(low, rng.lognormvariate(mu, SIGMA)))
