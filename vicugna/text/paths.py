"""The paths of many texts as numbered buckets: two texts above the limit share one.

A path is some of a text's elements, rarest first; which paths a text has, and why two texts above
the limit walk that of their first shared elements together until one of them stops, is told in
`prefix_trie.py`. There one text at a time is filed; here all are, a step of every path at once, and
a path is known by a hash. Paths of one hash share a bucket: a few more texts meet, none is missed.

**Largest partner.** Let the first k elements that x shares with y be the path of a bucket, the last
of them at position s in x, from 0. Whatever else they share comes after it, so they share at most
m - s - 1 + k, and above the limit needed(m, n) is not more than that: in each bucket x has a
largest partner, and so has y. Whoever is larger need not be looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vicugna.text.columns import Columns
from vicugna.text.limit import Limit
from vicugna.text.prefix_trie import reach
from vicugna.text.ragged import Ints, ranges

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

MAX_SIZE = (1 << 15) - 1  # the largest size of a partner that is told from a larger one
_FULL = 256  # texts that share a path before it goes on; from 128 to 512 it hardly matters
_ONE = np.uint32(1)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio (Knuth, volume 3, section 6.4)


@dataclass(frozen=True, slots=True)
class Entries:
    """Which texts are in which buckets.

    `largest` is the size of a text's largest partner there, at most `MAX_SIZE`. One that is not
    `filed` only looks who is: its own path goes on, or has ended before.
    """

    texts: Ints
    buckets: Ints
    largest: NDArray[np.uint16]
    filed: Mask

    def select(self, chosen: Ints | Mask) -> "Entries":
        """Return some of them."""
        return Entries(
            self.texts[chosen], self.buckets[chosen], self.largest[chosen], self.filed[chosen]
        )

    @staticmethod
    def join(parts: "Sequence[Entries]") -> "Entries":
        """Return those of all parts."""
        return Entries(
            np.concatenate([part.texts for part in parts]),
            np.concatenate([part.buckets for part in parts]),
            np.concatenate([part.largest for part in parts]),
            np.concatenate([part.filed for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """Paths of one length: whose, its hash, the position of its last step, and whether it files."""

    texts: Ints
    hashes: Hashes
    positions: Ints
    files: Mask

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, chosen: Ints) -> "Walk":
        """Return some of them."""
        return Walk(
            self.texts[chosen], self.hashes[chosen], self.positions[chosen], self.files[chosen]
        )


@dataclass(frozen=True, slots=True)
class Level:
    """All paths of one length, by chunk of texts: their walks, and the slot of each path.

    At a slot that is `ahead` paths go on; who is `stopping` there files all the same, because it
    has come as far as a text of its size files. `used` is by slot: where a bucket is worth its
    place, since one text is filed there and another one comes by.
    """

    length: int
    walks: list[Walk]
    slots: list[Ints]
    ahead: list[Mask]
    stopping: list[Mask]
    used: Mask

    def filed(self, chunk: int) -> Mask:
        """Return who of a chunk files at the end of its path."""
        return self.walks[chunk].files & (~self.ahead[chunk] | self.stopping[chunk])


def enter(columns: Columns, limit: Limit, chunk: int) -> tuple[list[Entries], int]:
    """Return the entries of each `chunk` texts, and the number of buckets.

    A bucket that only one text is in is left out. Of two texts above the limit, at least one is
    filed in a bucket where both are.
    """
    largest = LargestPartners(columns, limit)
    found: list[list[Entries]] = [[] for _ in range(0, len(columns), chunk)]
    buckets = 0
    for level in walk_all(columns, limit, chunk):
        numbers = np.cumsum(level.used, dtype=np.int32) + (buckets - 1)
        buckets += int(np.count_nonzero(level.used))
        for place, (walk, slots) in enumerate(zip(level.walks, level.slots, strict=True)):
            entered = np.flatnonzero(level.used[slots])
            found[place].append(
                Entries(
                    walk.texts[entered],
                    numbers[slots[entered]],
                    largest.of(walk.select(entered), level.length),
                    level.filed(place)[entered],
                )
            )
    return [Entries.join(parts) for parts in found], buckets


def walk_all(columns: Columns, limit: Limit, chunk: int) -> Iterator[Level]:
    """Yield the paths of all texts, length by length, until none goes on.

    All is done chunk by chunk: new arrays of many megabytes cost more than what is done in them.
    """
    extents, stops = reaches(columns, limit)
    walks = [begin(columns, first, first + chunk) for first in range(0, len(columns), chunk)]
    for length in count(1):
        walks = [step(columns, walk, extents + (length - 1)) for walk in walks]
        bits = max(sum(map(len, walks)) - 1, 1).bit_length()  # one to two slots for each path
        slots = [(walk.hashes >> np.uint64(64 - bits)).astype(np.int32) for walk in walks]
        walkers, filers = np.zeros((2, 1 << bits), np.uint32)
        for walk, slot in zip(walks, slots, strict=True):
            np.add.at(walkers, slot, _ONE)
            np.add.at(filers, slot[walk.files], _ONE)
        full = filers > _FULL
        filers[full] = 0
        ahead = [full[slot] for slot in slots]
        stopping = [
            on & walk.files & (stops[columns.sizes[walk.texts]] <= length)
            for walk, on in zip(walks, ahead, strict=True)
        ]
        for slot, stops_here in zip(slots, stopping, strict=True):
            np.add.at(filers, slot[stops_here], _ONE)
        yield Level(length, walks, slots, ahead, stopping, (filers > 0) & (walkers > 1))
        for walk, stops_here in zip(walks, stopping, strict=True):
            walk.files[stops_here] = False
        walks = [walk.select(np.flatnonzero(on)) for walk, on in zip(walks, ahead, strict=True)]
        if not any(map(len, walks)):
            return


def begin(columns: Columns, first: int, last: int) -> Walk:
    """Return the empty path of every text that has an element, from `first` to `last`."""
    texts = (first + np.flatnonzero(columns.sizes[first:last])).astype(np.int32)
    nowhere = np.full(len(texts), -1, np.int32)
    return Walk(texts, np.zeros(len(texts), np.uint64), nowhere, np.ones(len(texts), bool))


def step(columns: Columns, walk: Walk, ends: Ints) -> Walk:
    """Return the paths that go on by one element before the end for a text of its size."""
    sizes = columns.sizes[walk.texts]
    counts = np.maximum(np.minimum(sizes, ends[sizes]) - walk.positions - 1, 0)
    positions = ranges(walk.positions + 1, counts)
    texts = np.repeat(walk.texts, counts)
    hashes = np.repeat(walk.hashes, counts)
    hashes += columns.ranked[np.repeat(columns.starts[walk.texts], counts) + positions]
    hashes += np.uint64(1)  # in place: at millions of paths a new array costs more than the sum
    hashes *= _MULTIPLIER
    hashes ^= hashes >> np.uint64(32)
    return Walk(texts, hashes, positions, np.repeat(walk.files, counts))


def reaches(columns: Columns, limit: Limit) -> tuple[Ints, Ints]:
    """Return extent and greatest length of the paths of a text, by its size."""
    longest = int(columns.sizes.max(initial=0))
    extents, stops = np.zeros(longest + 1, np.int32), np.zeros(longest + 1, np.int32)
    for size in np.unique(columns.sizes).tolist():
        if size:
            extents[size], stops[size] = reach(size, limit)
    return extents, stops


class LargestPartners:
    """The size of the largest partner of a text at the end of one of its paths."""

    def __init__(self, columns: Columns, limit: Limit) -> None:
        self._sizes = columns.sizes
        shared = np.arange(int(columns.sizes.max(initial=0)) + 1)
        small = limit.small
        # needed(m, n) <= shared, solved for m + n
        together = (2 * small.denominator * shared - 1) // small.numerator
        self._together = np.minimum(together, 1 << 30).astype(np.int32)

    def of(self, walk: Walk, length: int) -> NDArray[np.uint16]:
        """Return them for paths of one length, at most `MAX_SIZE`."""
        sizes = self._sizes[walk.texts]
        shared = sizes - walk.positions + (length - 1)
        return np.clip(self._together[shared] - sizes, 0, MAX_SIZE).astype(np.uint16)
