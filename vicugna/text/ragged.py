"""Lists of unlike lengths, one after the other in one array."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger[Any]]


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Return the numbers from each start on, as many as its count, one range after the other.

    They are of the type of `starts`, and so must the sum of the counts be.

    >>> ranges(np.array([5, 0]), np.array([3, 2])).tolist()
    [5, 6, 7, 0, 1]
    """
    ends = np.cumsum(counts, dtype=starts.dtype)
    found = np.arange(ends[-1] if len(ends) else 0, dtype=starts.dtype)
    found += np.repeat(starts - ends + counts, counts)
    return found


def tables(starts: Ints) -> Iterator[Ints]:
    """Yield the places of all lists of one length as the rows of a table, length by length.

    List i has the places from `starts[i]` to `starts[i + 1]`; empty lists are left out.

    >>> [table.tolist() for table in tables(np.array([0, 2, 3, 3, 5]))]
    [[[2]], [[0, 1], [3, 4]]]
    """
    sizes = np.diff(starts)
    order = np.argsort(sizes, kind="stable")
    for lists in np.split(order, np.flatnonzero(np.diff(sizes[order])) + 1):
        if len(lists) and sizes[lists[0]]:
            yield starts[lists, None] + np.arange(int(sizes[lists[0]]))
