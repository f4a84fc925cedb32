"""Sifts the texts that meet in a bucket, many at a time, before any LCS is computed.

Whoever is larger than a text's largest partner there (`paths.py`) is passed over, and whoever has
too unlike a signature (`Shelf` tells why that is safe).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vicugna.text.columns import Columns, Numbers
from vicugna.text.limit import Limit
from vicugna.text.paths import MAX_SIZE
from vicugna.text.ragged import Ints, ranges

Words = NDArray[np.uint64]

_NARROW, _WIDE = 2, 16  # words of a signature
_LONG = 16  # elements: half as many as fill a narrow one, so that both of a pair have a wide one
_TOGETHER = 1 << 16  # texts that are signed together
_BLOCK = 1 << 16  # meetings looked at together: what is held of them stays in the cache
_GUARDS = np.uint32(0x8000_8000)
_SHORT, _LOW = np.uint32(16), np.uint32(MAX_SIZE)


class Signed(NamedTuple):
    """Texts as they are sifted: their sizes, and signatures in 64-bit words, side by side.

    All have a narrow one: word w of a text is `narrow[w, text]`. Those of `_LONG` elements and more
    have a wide one too, row `rows[text]` of `wide`; -1 is none.
    """

    sizes: Ints
    narrow: Words
    wide: Words
    rows: Ints


def sign(columns: Columns) -> Signed:
    """Return the signatures of texts: each element flips one bit of its text's."""
    long = np.flatnonzero(columns.sizes >= _LONG)
    rows = np.full(len(columns), -1, np.int32)
    rows[long] = np.arange(len(long))
    everyone = np.arange(len(columns))
    narrow = np.ascontiguousarray(_flip(columns, everyone, _NARROW).T)
    return Signed(columns.sizes, narrow, _flip(columns, long, _WIDE), rows)


def _flip(columns: Columns, texts: Ints, width: int) -> Words:
    """Return signatures of so many words: a row for each of the texts."""
    signatures = np.zeros((len(texts), width), np.uint64)
    for first in range(0, len(texts), _TOGETHER):
        some = texts[first : first + _TOGETHER]
        sizes = columns.sizes[some]
        elements = columns.ranked[ranges(columns.starts[some], sizes)]
        bits = np.left_shift(np.uint64(1), elements & np.uint32(63), dtype=np.uint64)
        words = np.repeat(np.arange(len(some)) * width, sizes)
        words += (elements >> np.uint32(6)) % np.uint32(width)
        np.bitwise_xor.at(signatures[first : first + _TOGETHER].reshape(-1), words, bits)
    return signatures


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
        unlike = np.zeros(len(who), np.uint8)
        for left, right in zip(asking.narrow, asked.narrow, strict=True):
            unlike += np.bitwise_count(left[who] ^ right[member])
            alike = np.flatnonzero(unlike <= most)
            who, member, most, unlike = who[alike], member[alike], most[alike], unlike[alike]
        alike = np.flatnonzero(_count_unlike(asking, who, asked, member) <= most)
        who, member = who[alike], member[alike]
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


def _count_unlike(asking: Signed, who: Ints, asked: Signed, member: Ints) -> Ints:
    """Return how many bits of wide signatures differ; 0 where one of both texts has none."""
    left, right = asking.rows[who], asked.rows[member]
    both = np.flatnonzero((left >= 0) & (right >= 0))
    unlike = np.bitwise_count(asking.wide[left[both]] ^ asked.wide[right[both]])
    counts = np.zeros(len(who), np.int32)
    counts[both] = unlike.sum(axis=1, dtype=np.int32)
    return counts
