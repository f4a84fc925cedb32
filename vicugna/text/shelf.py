"""Members of like size: found by their rare elements, then sifted by signature."""

from array import array
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vicugna.text.limit import Limit
from vicugna.text.prefix_trie import PrefixTrie

# What lies of a member at the end of each of its paths: all that decides about most candidates.
# Read in a row a candidate takes 4 ns; looked up by its place in arrays it took 13.
_ENTRY = np.dtype([("place", np.uint32), ("allowed", np.float32), ("folded", np.uint64)])
_pack = Struct("=IfQ").pack

_ROUNDING = 1 + 1e-5  # float32 is off by less, even when 16 words are taken off, one by one
_FEW = 16  # candidates that are compared as fast as sifted a second time


class Shelf:
    """Members of at least `least` elements, each with a signature.

    Each element of a text flips one bit of its signature. Elements that two texts share flip the
    same bits in both, so at most as many bits differ as there are elements in only one of them:
    m + n - 2 * shared, which is at most m + n - 2 * LCS. Above the limit p/q that is less than
    (1 - p/q) * (m + n), so a text with more differing bits cannot pass. That is so for signatures
    of any width: one of 64 bits sifts all candidates, and if many are left, one of `width` 64-bit
    words those. Long texts need the wide one: with half of the bits set at random, unlike texts
    look alike.
    """

    def __init__(self, limit: Limit, least: int, width: int) -> None:
        self._slack = limit.slack * _ROUNDING
        self._least = least
        self._trie = PrefixTrie(limit, self._rank, _ENTRY.itemsize)
        self._members = array("I")
        self._signatures = [array("Q") for _ in range(width)]  # word by word, for numpy
        self._elements = array("I")
        self._ends = array("Q", [0])
        self._latest: tuple[list[int], int] = ([], 0)

    def add(self, member: int, ranked: list[int]) -> None:
        """Put a member of the pool on the shelf; `ranked` is not empty."""
        place = len(self._members)
        self._members.append(member)
        for words, word in zip(self._signatures, self._sign(ranked), strict=True):
            words.append(word)
        self._elements.extend(ranked)
        self._ends.append(len(self._elements))
        self._trie.add(place, _pack(place, self._slack * len(ranked), self._fold(ranked)))

    def near(self, ranked: list[int], least: int) -> list[int]:
        """Return every member of at least `least` elements above the limit, and some below it."""
        packed = self._trie.find(ranked, max(least, self._least))
        if not packed:
            return []
        met = np.frombuffer(packed, _ENTRY)
        allowed = met["allowed"] + self._slack * len(ranked)
        likely = np.bitwise_count(met["folded"] ^ self._fold(ranked)) <= allowed
        places = met["place"][likely]
        if self._signatures and len(places) > _FEW:
            places = self._sift(places, allowed[likely], ranked)
        members = self._members
        return [members[place] for place in set(places.tolist())]

    def _sift(
        self, places: NDArray[np.uint32], allowed: NDArray[np.floating[Any]], ranked: list[int]
    ) -> NDArray[np.uint32]:
        """Return the places whose wide signature does not differ in more bits than allowed."""
        for words, word in zip(self._signatures, self._sign(ranked), strict=True):
            allowed -= np.bitwise_count(np.frombuffer(words, np.uint64).take(places) ^ word)
        return places[allowed >= 0]

    def _sign(self, ranked: list[int]) -> list[int]:
        width = len(self._signatures)
        signature = [0] * width
        if width:
            for element in ranked:
                signature[element // 64 % width] ^= 1 << element % 64
        return signature

    def _fold(self, ranked: list[int]) -> int:
        """Return the 64-bit signature."""
        latest, folded = self._latest
        if ranked is not latest:  # else it is added right after it was asked about
            folded = 0
            for element in ranked:
                folded ^= 1 << (element & 63)
            self._latest = ranked, folded
        return folded

    def _rank(self, place: int) -> "array[int]":
        return self._elements[self._ends[place] : self._ends[place + 1]]
