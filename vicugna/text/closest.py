"""Which of a few texts is nearest to another, by ROUGE-L F1, above a limit."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from vicugna.text.limit import Limit


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member of the pool and its ROUGE-L F1 to the text asked about."""

    id: str
    f1: float


def closest(
    asked: "array[int]",
    members: Iterable[int],
    words_of: "Callable[[int], array[int]]",
    limit: Limit,
) -> tuple[int, float]:
    """Return the member nearest to a text, and its F1; (-1, 0.0) when none is above the limit.

    Of members equally near, the first is returned. Texts are the numbers of their tokens.
    """
    nearest, best = -1, 0.0
    for member in members:
        words = words_of(member)
        total = len(asked) + len(words)
        needed = limit.needed(len(asked), len(words))
        common = LCSseq.similarity(asked, words, score_cutoff=needed)  # below the cutoff it is 0
        # Quotients of integers below 2**26 differ as doubles whenever they differ, so comparing
        # them is exact.
        f1 = 2 * common / total
        if f1 > best:
            nearest, best = member, f1
            if f1 == 1.0:  # the first of equals: nothing can follow
                break
    return nearest, best
