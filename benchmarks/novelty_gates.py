"""The ways to gate texts that are compared: through the index, and by the LCS of every pair."""

from collections.abc import Callable, Sequence
from time import process_time
from typing import TypeVar

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from vicugna.text.limit import Limit
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.tokens import tokens

T = TypeVar("T")

WHOLE, SINGLE, DENSE = "vicugna, whole file", "vicugna, row by row", "rapidfuzz, every pair"
BLOCK = 256


def gate(texts: Sequence[str], max_f1: float, *, whole: bool) -> tuple[list[int], NoveltyIndex]:
    """Return the rows that have no earlier kept neighbour above the limit, and the index.

    With `whole` the index is told of all texts before the first, as `vicugna clean` does.
    """
    index, kept = NoveltyIndex(max_f1), list[int]()
    if whole:
        index.expect(texts)
    for row, text in enumerate(texts):
        if index.nearest(text) is None:
            index.add(str(row), text)
            kept.append(row)
    return kept, index


def gate_densely(texts: Sequence[str], max_f1: float) -> list[int]:
    """Return the same rows by the LCS of every pair, a block of rows against all before it."""
    codes: dict[str, str] = {}
    coded = ["".join(codes.setdefault(t, chr(len(codes))) for t in tokens(x)) for x in texts]
    sizes = np.array([len(code) for code in coded], np.int32)
    limit = Limit.of(max_f1)
    kept = np.zeros(len(texts), bool)
    for first in range(0, len(texts), BLOCK):
        last = min(first + BLOCK, len(texts))
        common = process.cdist(
            coded[first:last], coded[:last], scorer=LCSseq.similarity, dtype=np.int32
        )
        totals = sizes[first:last, None] + sizes[None, :last]
        above = common * (2 * limit.denominator) > totals * limit.numerator
        for row in range(first, last):
            kept[row] = not (above[row - first, :row] & kept[:row]).any()
    return np.flatnonzero(kept).tolist()


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds that it takes, and its result."""
    started = process_time()
    result = work()
    return process_time() - started, result


def compare_kept(kept: object, expected: object) -> str:
    """Return a word on whether two ways keep the same rows."""
    return "same rows kept" if kept == expected else "OTHER ROWS KEPT: this is a bug"


def short(number: float) -> str:
    """Return a number as a table shows it."""
    return f"{number:,.2f}" if number < 100 else f"{number:,.0f}"


def spread(numbers: Sequence[float]) -> str:
    """Return the least and the greatest of some numbers."""
    return f"{short(min(numbers))} to {short(max(numbers))}"
