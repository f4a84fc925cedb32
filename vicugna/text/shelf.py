"""Members of like size: found by their rare elements, then sifted by a signature."""

from array import array
from bisect import bisect_left
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vicugna.text.limit import Limit
from vicugna.text.prefix_trie import PrefixTrie

# What lies of a member at the end of each of its paths: all that decides about most candidates.
# Read in a row a candidate takes 4 ns; looked up by its place in arrays it took 13.
ENTRY = np.dtype([("member", np.uint32), ("allowed", np.float32), ("folded", np.uint64)])
_pack = Struct("=IfQ").pack

FEW = 16  # candidates that are compared as fast as sifted a second time


class Shelf:
    """Members of at least `least` elements, with signatures of `width` 64-bit words, 0 for none.

    `Shelves` tells what a signature is. Long texts need a wide one: with half of the bits set at
    random, unlike texts look alike.
    """

    def __init__(self, limit: Limit, least: int, width: int) -> None:
        self._least = least
        self._width = width
        self._trie = PrefixTrie(limit, self._rank, ENTRY.itemsize)
        self._members = array("I")  # ascending
        self._signatures = array("Q")  # `width` words of each
        self._elements = array("I")
        self._ends = array("Q", [0])

    def add(self, member: int, ranked: list[int], allowed: float, folded: int) -> None:
        """Put a member on the shelf, that has come after those on it; `ranked` is not empty."""
        self._members.append(member)
        self._signatures.extend(self._sign(ranked))
        self._elements.extend(ranked)
        self._ends.append(len(self._elements))
        self._trie.add(ranked, _pack(member, allowed, folded))

    def find(self, ranked: list[int], least: int) -> bytes:
        """Return the entries of members of at least `least` elements that may be above the limit.

        They stand in a row, unordered, with repeats; most are below it.
        """
        return self._trie.find(ranked, max(least, self._least))

    def sift(
        self,
        members: NDArray[np.uint32],
        allowed: NDArray[np.floating[Any]],
        likely: NDArray[np.bool_],
        ranked: list[int],
    ) -> None:
        """Leave those likely whose wide signature differs in no more bits than allowed."""
        chosen = np.flatnonzero(likely)
        if not self._width or len(chosen) <= FEW:
            return
        places = np.searchsorted(np.frombuffer(self._members, np.uint32), members[chosen])
        signatures = np.frombuffer(self._signatures, np.uint64).reshape(-1, self._width)
        unlike = signatures.take(places, axis=0) ^ np.array(self._sign(ranked), np.uint64)
        likely[chosen] = np.bitwise_count(unlike).sum(axis=1) <= allowed[chosen]

    def _sign(self, ranked: list[int]) -> list[int]:
        width = self._width
        signature = [0] * width
        if width:
            for element in ranked:
                signature[element // 64 % width] ^= 1 << element % 64
        return signature

    def _rank(self, member: int) -> "array[int]":
        place = bisect_left(self._members, member)
        return self._elements[self._ends[place] : self._ends[place + 1]]
