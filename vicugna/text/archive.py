"""Texts that do not change, as columns that can lie on a disk: many are looked up at a time.

What is looked up are the paths of `paths.py`, each by its hash, so nothing is missed; who is met
there is sifted, and compared exactly.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np

from vicugna.text.closest import Neighbour, closest
from vicugna.text.columns import (
    Columns,
    Numbers,
    number_by_frequency,
    read_columns,
    renumber,
)
from vicugna.text.digests import Digests, digest_all
from vicugna.text.limit import Limit
from vicugna.text.paths import Hashes, LargestPartners, Mask, begin, reaches, step, walk_all
from vicugna.text.ragged import Ints
from vicugna.text.sift import Meetings, Signed, pack_asked, pack_member, sift, sign
from vicugna.text.vocabulary import Vocabulary

_CHUNK = 8192  # texts that are looked up together, if they do not meet too many
_MEETINGS = 1 << 24  # the most of them, but for one text's: what is archived may be all alike


class Buckets(NamedTuple):
    """Who is at the end of each path: path i has `members[heads[i]:heads[i + 1]]`.

    `keys` are the hashes of the paths, ascending; those that are `full` go on. `packed` is what a
    member shows (`pack_member`).
    """

    keys: Hashes
    full: Mask
    heads: Ints
    members: Ints
    packed: Numbers


@dataclass(frozen=True, slots=True)
class Archive:
    """Texts with their ids, in order, and what they are found by.

    Text i has the tokens `words[starts[i]:starts[i + 1]]`. `numbers` is the number that an element
    of the vocabulary has in the buckets; elements that came later keep theirs.
    """

    limit: Limit
    ids: Sequence[str]
    vocabulary: Vocabulary
    numbers: Numbers
    words: Numbers
    starts: Ints
    signed: Signed
    buckets: Buckets
    digests: Digests

    def __len__(self) -> int:
        return len(self.ids)

    def first_same(self, name: bytes) -> str:
        """Return the id of the first text with this digest, or ""."""
        place = self.digests.find(name)
        return "" if place < 0 else self.ids[place]

    def nearest(self, texts: Sequence[str]) -> list[Neighbour | None]:
        """Return, for each text, the nearest of the archive above the limit, or None.

        Of those equally near, the first is returned.
        """
        columns = read_columns(texts, self.vocabulary)  # which gets to know their tokens
        found: list[Neighbour | None] = [None] * len(columns)
        for text, members in self._near(columns):
            asked = array(
                "I", columns.words[columns.starts[text] : columns.starts[text + 1]].tobytes()
            )
            nearest, f1 = closest(asked, members, self._words_of, self.limit)
            if nearest >= 0:
                found[text] = Neighbour(self.ids[nearest], f1)
        return found

    def _near(self, columns: Columns) -> Iterator[tuple[int, list[int]]]:
        """Yield each text that may be above the limit to some, and those, in order."""
        if not len(self.buckets.keys) or not len(columns.words):
            return
        later = np.arange(len(self.numbers), int(columns.ranked.max()) + 1, dtype=np.uint32)
        columns = renumber(columns, np.concatenate([self.numbers, later]))
        asking = sign(columns)
        asked = self.signed
        members, packed = self.buckets.members, self.buckets.packed
        first = 0
        while first < len(columns):
            last = min(first + _CHUNK, len(columns))
            while True:
                meetings = self._meet(columns, first, last)
                if last == first + 1 or meetings.counts.sum(dtype=np.int64) <= _MEETINGS:
                    break
                last = first + (last - first) // 2
            first = last
            pairs = [np.zeros(0, np.uint64)]
            for who, member in sift(meetings, members, packed, asking, asked, self.limit):
                pairs.append(who.astype(np.uint64) << np.uint64(32) | member.astype(np.uint64))
            found = np.unique(np.concatenate(pairs))
            texts, near = (found >> np.uint64(32)).astype(np.int64), found & np.uint64(0xFFFFFFFF)
            for group in np.split(np.arange(len(found)), np.flatnonzero(np.diff(texts)) + 1):
                if len(group):
                    yield int(texts[group[0]]), near[group].tolist()

    def _meet(self, columns: Columns, first: int, last: int) -> Meetings:
        extents, _ = reaches(columns, self.limit)
        largest = LargestPartners(columns, self.limit)
        keys, full, heads = self.buckets.keys, self.buckets.full, self.buckets.heads
        walk = begin(columns, first, last)
        parts: list[Meetings] = []
        for length in count(1):
            walk = step(columns, walk, extents + (length - 1))
            places = np.minimum(np.searchsorted(keys, walk.hashes), len(keys) - 1)
            known = np.flatnonzero(keys[places] == walk.hashes)
            walk, places = walk.select(known), places[known]
            asked = pack_asked(columns.sizes[walk.texts], largest.of(walk, length))
            starts = heads[places]
            parts.append(Meetings(walk.texts, asked, starts, heads[places + 1] - starts))
            walk = walk.select(np.flatnonzero(full[places]))
            if not len(walk):
                return Meetings(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        raise AssertionError("paths end")

    def _words_of(self, member: int) -> "array[int]":
        return array("I", self.words[self.starts[member] : self.starts[member + 1]].tobytes())


def build_archive(ids: Sequence[str], texts: Sequence[str], limit: Limit) -> Archive:
    """Return the archive of some texts for a limit."""
    vocabulary = Vocabulary()
    read = read_columns(texts, vocabulary)
    numbers = number_by_frequency(read)
    columns = renumber(read, numbers)
    return Archive(
        limit,
        ids,
        vocabulary,
        numbers,
        columns.words,
        columns.starts,
        sign(columns),
        _fill(columns, limit),
        digest_all(texts),
    )


def _fill(columns: Columns, limit: Limit) -> Buckets:
    partners = LargestPartners(columns, limit)
    hashes, texts, largest = (
        [np.zeros(0, np.uint64)],
        [np.zeros(0, np.int32)],
        [np.zeros(0, np.uint16)],
    )
    full = [np.zeros(0, np.uint64)]
    for level in walk_all(columns, limit, _CHUNK):
        for place, walk in enumerate(level.walks):
            filed = walk.select(np.flatnonzero(level.filed(place)))
            hashes.append(filed.hashes)
            texts.append(filed.texts)
            largest.append(partners.of(filed, level.length))
            full.append(np.unique(walk.hashes[level.ahead[place]]))
    paths = np.concatenate(hashes)
    order = np.argsort(paths, kind="stable")
    paths, members = paths[order], np.concatenate(texts)[order]
    going_on = np.unique(np.concatenate(full))
    keys = np.union1d(paths, going_on)
    flags = np.zeros(len(keys), bool)
    flags[np.searchsorted(keys, going_on)] = True
    heads = np.append(np.searchsorted(paths, keys), len(paths))
    packed = pack_member(columns.sizes[members], np.concatenate(largest)[order])
    return Buckets(keys, flags, heads, members, packed)
