"""Finds the texts that may be above the limit by the rare tokens they share.

A text is the set of its elements (`Vocabulary.rank`), held rarest first: x of m elements and y of
n. Their LCS is at most the number of elements they share, so a pair above the limit shares at
least a = needed(m, n) of them.

**What is skipped, and why no pair above the limit is.** Let c(1), c(2), ... be the elements x and
y share, in the common order. At least a - l of them come after c(l) in x, so for every l <= a

    position of c(l) in x, from 0   <=   m - 1 - (a - l)   <   m - a + l

and likewise in y with n: the l-th shared element lies in the (m - a + l)-prefix (the l-prefix
scheme of AdaptJoin, Wang, Li, Feng 2012). a grows with m and n, so the least a that any partner
allows makes these prefixes longest, and one bound then holds for all partners:

    extent of x   =   m - needed(m, least n to be found) + 1        l-th element before extent + l-1

The trie branches on elements. A text is filed along every path p(1), p(2), ... of its own elements
in their order whose l-th step keeps to that bound, each path only as far as a leaf. The search
walks every path of the asked text's elements in the same way and takes all it meets. Both walk
c(1), c(2), ... among others: the filing until a leaf, or until it stops at an inner node, whose
stopped texts every search through that node takes as well. It must not go past c(a), since there
may be no c(a + 1); `reach` sees to that with the least a.

**What it costs.** A leaf is split by the next element only when it is full, so only paths of
common elements grow long, and most texts lie under few paths. A text stops early enough that it
can never lie under more than `_MAX_PATHS` paths of one length.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import comb
from sys import byteorder
from typing import NamedTuple

from vicugna.text.limit import Limit

_LEAF_TEXTS = 512  # before a leaf is split; 256 took 20 % more memory and no less time
_MAX_PATHS = 200  # 1,000 doubled the entries of long texts and spared them few candidates
_MAX_STEPS = 8  # bounds the recursion where texts are long and limits are close to 1


@dataclass(slots=True)
class _Node:
    """A full leaf, split: its texts by their next element, and those that went no further."""

    children: "dict[int, bytearray | _Node]" = field(default_factory=dict[int, "bytearray | _Node"])
    stopped: bytearray = field(default_factory=bytearray)


class _Filing(NamedTuple):
    """A text on its way into the trie."""

    entry: bytes
    ranked: Sequence[int]
    extent: int
    stop: int


class PrefixTrie:
    """Texts, known by numbers below 2**32, filed under paths of their rarest elements.

    What is filed is an entry of `size` bytes: the number as a uint32, then what the caller likes.
    """

    def __init__(self, limit: Limit, rank: Callable[[int], Sequence[int]], size: int) -> None:
        """Start empty. `rank` returns the elements of a text that was added, rarest first."""
        self._limit = limit
        self._size = size
        self._full = size * _LEAF_TEXTS
        self._rank = rank
        self._root = _Node()
        self._reaches: dict[int, tuple[int, int]] = {}

    def add(self, ranked: Sequence[int], entry: bytes) -> None:
        """File a text with its elements, rarest first; `entry` begins with its number."""
        self._file(self._root, self._filing(ranked, entry), 0, 0)

    def find(self, ranked: list[int], least: int) -> bytes:
        """Return the texts of at least `least` elements that may be above the limit.

        The answer is their entries in a row, unordered, with repeats; most are below the limit.
        `least` must be one that the limit allows: `needed(m, least) <= min(m, least)`.
        """
        extent = len(ranked) - self._limit.needed(len(ranked), least) + 1
        found: list[bytearray] = []
        _walk(self._root, ranked, 0, extent, found)
        return b"".join(found)

    def _filing(self, ranked: Sequence[int], entry: bytes) -> _Filing:
        n = len(ranked)
        known = self._reaches.get(n)
        if known is None:
            known = self._reaches[n] = reach(n, self._limit)
        return _Filing(entry, ranked, *known)

    def _file(self, node: _Node, filing: _Filing, start: int, depth: int) -> None:
        entry, ranked, extent, stop = filing
        if depth == stop:
            node.stopped += entry
            return
        children = node.children
        for position, element in enumerate(ranked[start : extent + depth], start + 1):
            child = children.get(element)
            if child is None:
                children[element] = bytearray(entry)
            elif isinstance(child, bytearray):
                child += entry
                if len(child) > self._full:
                    children[element] = self._split(child, element, depth + 1)
            else:
                self._file(child, filing, position, depth + 1)

    def _split(self, leaf: bytearray, element: int, depth: int) -> _Node:
        node = _Node()
        for start in range(0, len(leaf), self._size):
            entry = bytes(leaf[start : start + self._size])
            filing = self._filing(self._rank(int.from_bytes(entry[:4], byteorder)), entry)
            self._file(node, filing, filing.ranked.index(element) + 1, depth)
        return node


def reach(n: int, limit: Limit) -> tuple[int, int]:
    """Return the extent and the greatest length of the paths of a text of n elements."""
    needed = limit.needed(n, limit.shortest(n))
    extent = n - needed + 1
    stop = 1
    while stop < min(needed, _MAX_STEPS) and comb(extent + stop, stop + 1) <= _MAX_PATHS:
        stop += 1
    return extent, stop


def _walk(node: _Node, ranked: list[int], start: int, end: int, found: list[bytearray]) -> None:
    found.append(node.stopped)
    position = start
    for child in map(node.children.get, ranked[start:end]):
        position += 1
        if isinstance(child, bytearray):
            found.append(child)
        elif child is not None:
            _walk(child, ranked, position, end + 1, found)
