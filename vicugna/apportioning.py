"""A whole number divided by weights."""

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def apportion(count: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """Return `count` divided by weights, in whole numbers: largest remainders (Hamilton).

    Of equal remainders the first in order wins. The sum is `count`; weights that are counts of
    their own sum come back as they are.

    >>> apportion(10, {"math": 2, "coding": 1})
    {'math': 7, 'coding': 3}
    """
    total = sum(map(Fraction, weights.values()))
    exact = {key: count * Fraction(weight) / total for key, weight in weights.items()}
    whole = {key: int(share) for key, share in exact.items()}
    left = sorted(exact, key=lambda key: whole[key] - exact[key])  # stable: the first of equals
    for key in left[: count - sum(whole.values())]:
        whole[key] += 1
    return whole
