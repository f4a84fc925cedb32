"""Texts that are asked about in a known order: their candidates are found thousands at a time.

What is found is what one question after the other finds (`paths.py` says why nothing is missed),
but a question costs a few numpy operations on columns instead of a walk in Python.
"""

from dataclasses import dataclass

import numpy as np

from vicugna.text.columns import Columns, number_by_frequency, renumber
from vicugna.text.limit import Limit
from vicugna.text.paths import Entries, Mask, enter
from vicugna.text.ragged import Ints
from vicugna.text.sift import Meetings, pack_asked, pack_member, sift, sign

# The most texts that are looked up together: with fewer, a million take a fifth longer, because
# what one of them has brought into the cache is gone before the next one needs it.
CHUNK = 1 << 15
_AT_FIRST = 2048  # of them; each time twice as many, since those of one look-up meet each other
_MEETINGS = 2048  # the most of a text with others of its look-up, on average: like texts all meet
_ONE, _LOW = np.uint32(1), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Filing:
    """Filed entries of some texts, bucket by bucket."""

    entries: Entries
    heads: Ints  # where the entries of each bucket begin
    buckets: Ints
    before: Ints  # how many each of these buckets held


@dataclass(frozen=True, slots=True)
class _Found:
    """What texts `first` to `last` are near to: text i has `near[bounds[i]:bounds[i + 1]]`."""

    first: int
    last: int
    near: Ints
    bounds: list[int]


class OrderedJoin:
    """Which earlier texts, of those that were kept, may be above the limit to each text."""

    def __init__(self, columns: Columns, limit: Limit) -> None:
        self._limit = limit
        columns = renumber(columns, number_by_frequency(columns))
        self._signed = sign(columns)
        self._entries, buckets = enter(columns, limit, CHUNK)
        rooms = np.zeros(buckets, np.uint32)
        for entries in self._entries:
            np.add.at(rooms, entries.buckets[entries.filed], _ONE)
        total = int(rooms.sum(dtype=np.int64))
        kind = np.int32 if total < 1 << 31 else np.int64
        self._starts = np.cumsum(rooms, dtype=kind) - rooms.astype(kind)
        self._counts = np.zeros(buckets, np.int32)
        self._members = np.zeros(total, np.int32)
        self._packed = np.zeros(total, np.uint32)
        self._kept: Mask = np.zeros(len(columns), bool)
        self._size = _AT_FIRST  # how many are tried together next
        self._filing: _Filing | None = None
        self._found = _Found(0, 0, np.zeros(0, np.int32), [0])

    def near(self, text: int) -> list[int]:
        """Return the kept texts before this one that may be above the limit, in order.

        Texts are asked about in their order; some may be left out.
        """
        found = self._found
        if text >= found.last:
            if self._filing is not None:
                self._file(self._filing, self._kept[self._filing.entries.texts])
            found = self._found = self._look_up(text)
        start, end = found.bounds[text - found.first], found.bounds[text - found.first + 1]
        if start == end:
            return []
        near = found.near[start:end]
        return near[self._kept[near]].tolist()

    def keep(self, text: int) -> None:
        """Let later texts be compared with this one, which was asked about last."""
        self._kept[text] = True

    def _look_up(self, first: int) -> _Found:
        """Look up some texts, as long as they hardly meet each other, filed as if all were kept."""
        chunk = self._entries[first // CHUNK]
        end = min(first - first % CHUNK + CHUNK, len(self._kept))
        last = min(first + self._size, end)
        while True:
            entries = chunk.select((chunk.texts >= first) & (chunk.texts < last))
            entries = entries.select(_order(entries.buckets))
            filed = entries.select(entries.filed)
            heads = np.flatnonzero(np.diff(filed.buckets, prepend=-1))
            buckets = filed.buckets[heads]
            self._filing = filing = _Filing(filed, heads, buckets, self._counts[buckets])
            before = self._counts[entries.buckets]
            self._file(filing, np.ones(len(filed.texts), bool))
            counts = self._counts[entries.buckets]
            if last == first + 1 or (counts - before).sum() <= _MEETINGS * (last - first):
                self._size = 2 * (last - first)
                return self._sift(first, last, entries, counts)
            self._file(filing, np.zeros(len(filed.texts), bool))
            last = first + (last - first) // 2

    def _sift(self, first: int, last: int, entries: Entries, counts: Ints) -> _Found:
        asked = pack_asked(self._signed.sizes[entries.texts], entries.largest)
        meetings = Meetings(entries.texts, asked, self._starts[entries.buckets], counts)
        pairs = [np.zeros(0, np.uint64)]
        for who, near in sift(
            meetings, self._members, self._packed, self._signed, self._signed, self._limit
        ):
            earlier = np.flatnonzero(near < who)
            texts = (who[earlier] - first).astype(np.uint64)
            pairs.append(texts << np.uint64(32) | near[earlier].astype(np.uint64))
        found = np.unique(np.concatenate(pairs))
        bounds = np.searchsorted(
            found, np.arange(last - first + 1, dtype=np.uint64) << np.uint64(32)
        )
        return _Found(first, last, (found & _LOW).astype(np.int32), bounds.tolist())

    def _file(self, filing: _Filing, chosen: Mask) -> None:
        """Put the chosen entries in their buckets, after what was there before; no others."""
        if not len(chosen):
            return
        entries, heads, buckets = filing.entries, filing.heads, filing.buckets
        sizes = np.diff(heads, append=len(chosen))
        order = np.cumsum(chosen, dtype=np.int64)
        earlier = np.repeat(order[heads] - chosen[heads].astype(np.int64), sizes)
        places = np.repeat(self._starts[buckets] + filing.before, sizes) + order - 1 - earlier
        texts = entries.texts[chosen]
        self._members[places[chosen]] = texts
        shown = pack_member(self._signed.sizes[texts], entries.largest[chosen])
        self._packed[places[chosen]] = shown
        self._counts[buckets] = filing.before + np.add.reduceat(chosen, heads, dtype=np.int32)


def _order(buckets: Ints) -> Ints:
    """Return the order that sorts them: by halves, which numpy sorts by counting."""
    low = np.argsort(buckets.astype(np.uint16), kind="stable")
    high = np.argsort((buckets[low] >> 16).astype(np.uint16), kind="stable")
    return low[high]
