"""Sifts the texts that meet in a bucket, many at a time, before any LCS is computed.

Whoever is larger than a text's largest partner there (`paths.py`) is passed over, and whoever has
too unlike a signature (`Shelf` tells why that is safe).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vicugna.text.columns import Columns, Numbers
from vicugna.text.limit import Limit
from vicugna.text.paths import MAX_SIZE
from vicugna.text.ragged import Ints, ranges

Words = NDArray[np.uint64]

WIDTH = 2  # words of a signature
_BLOCK = 1 << 16  # meetings looked at together: what is held of them stays in the cache
_GUARDS = np.uint32(0x8000_8000)
_SHORT, _LOW = np.uint32(16), np.uint32(MAX_SIZE)


@dataclass(frozen=True, slots=True)
class Signed:
    """Texts as they are sifted: signatures, word by word, and sizes."""

    words: tuple[Words, ...]
    sizes: Ints


def sign(columns: Columns) -> Signed:
    """Return the signatures of texts: each element flips one bit of its text's."""
    whole = np.flatnonzero(columns.sizes)
    bits = np.left_shift(np.uint64(1), columns.ranked & np.uint32(63), dtype=np.uint64)
    turns = (columns.ranked >> np.uint32(6)) % np.uint32(WIDTH)
    words: list[Words] = []
    for word in range(WIDTH):
        signature = np.zeros(len(columns), np.uint64)
        flipped = np.where(turns == word, bits, np.uint64(0))
        signature[whole] = np.bitwise_xor.reduceat(flipped, columns.starts[:-1][whole])
        words.append(signature)
    return Signed(tuple(words), columns.sizes)


def pack_member(sizes: Ints, largest: NDArray[np.uint16]) -> Numbers:
    """Return what a member shows in its bucket: its size, and that of its largest partner.

    Two numbers of 15 bits, with a guard bit above each, so that one subtraction compares both:
    `pack_member(n, b) - pack_asked(m, a)` keeps both guards if and only if m <= b and n <= a.
    """
    shown = _LOW - np.minimum(sizes, MAX_SIZE).astype(np.uint32)
    return (largest.astype(np.uint32) << _SHORT) | shown | _GUARDS


def pack_asked(sizes: Ints, largest: NDArray[np.uint16]) -> Numbers:
    """Return what is subtracted from it: the size of who asks, and that of its largest partner."""
    size = np.minimum(sizes, MAX_SIZE).astype(np.uint32)
    return (size << _SHORT) | (_LOW - largest)


class Meetings(NamedTuple):
    """Texts that ask, and where in a list of members those of their bucket begin; how many."""

    asking: Ints
    packed: Numbers
    starts: Ints
    counts: Ints


def sift(
    meetings: Meetings,
    members: Ints,
    packed: Numbers,
    asking: Signed,
    asked: Signed,
    limit: Limit,
) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs (who asks, member) that may be above the limit, in blocks, with repeats.

    `members` are the texts of all buckets, one bucket after the other; `packed` is what they show.
    """
    allowed = _allowed(asking, asked, limit.small)
    ends = np.cumsum(meetings.counts, dtype=np.int64)
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, side="right")))
        block = slice(first, last)
        counts = meetings.counts[block]
        places = ranges(meetings.starts[block], counts)
        fits = (packed[places] - np.repeat(meetings.packed[block], counts)) & _GUARDS
        met = np.flatnonzero(fits == _GUARDS)
        who = np.repeat(meetings.asking[block], counts)[met]
        member = members[places[met]]
        most = allowed[asking.sizes[who] + asked.sizes[member]]
        differing = np.zeros(len(who), np.uint16)
        for left, right in zip(asking.words, asked.words, strict=True):
            differing += np.bitwise_count(left[who] ^ right[member])
            alike = np.flatnonzero(differing <= most)
            who, member = who[alike], member[alike]
            most, differing = most[alike], differing[alike]
        yield who, member
        first = last


def _allowed(asking: Signed, asked: Signed, limit: Limit) -> Ints:
    """Return how many bits may differ, by the sizes of both texts together, below 65,536.

    Fewer than (1 - p/q) * (m + n), as it is above the limit p/q.
    """
    most = int(asking.sizes.max(initial=0)) + int(asked.sizes.max(initial=0))
    apart = limit.denominator - limit.numerator
    together = np.arange(most + 1)
    return np.minimum((apart * together - 1) // limit.denominator, 65_535).astype(np.int32)
