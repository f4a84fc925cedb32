"""Which texts are nearest to another, by ROUGE-L F1."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from vicugna.text.limit import Limit
from vicugna.text.tokens import tokens
from vicugna.text.vocabulary import Vocabulary


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


def top(text: str, pool: Mapping[str, str], k: int) -> list[Neighbour]:
    """Return the k nearest of some texts by id, nearest first, whatever a limit says.

    By brute force. Of texts equally near, the first comes first; fewer than k if there are fewer.

    >>> top("写一首关于秋天的诗", {"a": "画一棵树", "b": "写一首关于春天的诗"}, 1)
    [Neighbour(id='b', f1=0.8888888888888888)]
    """
    vocabulary = Vocabulary()
    asked = vocabulary.encode(tokens(text))
    members = [vocabulary.encode(tokens(member)) for member in pool.values()]
    common = process.cdist([asked], members, scorer=LCSseq.similarity, dtype=np.int32)[0]
    totals = np.array([len(asked) + len(member) for member in members], np.int64)
    f1 = 2 * common / np.maximum(totals, 1)
    nearest: list[int] = np.argsort(-f1, kind="stable")[:k].tolist()
    ids = list(pool)
    return [Neighbour(ids[place], float(f1[place])) for place in nearest]
