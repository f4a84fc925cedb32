"""Members of like size: found by their rare elements, then sifted by signature."""

from array import array

import numpy as np

from vicugna.text.limit import Limit
from vicugna.text.prefix_trie import PrefixTrie


class Shelf:
    """Members of at least `least` elements, each with a signature of `width` 64-bit words.

    Each element of a text flips one bit of its signature. Elements that two texts share flip the
    same bits in both, so at most as many bits differ as there are elements in only one of them:
    m + n - 2 * shared, which is at most m + n - 2 * LCS. Above the limit p/q that is less than
    (1 - p/q) * (m + n), so a text with more differing bits cannot pass. Long texts need wide
    signatures: with half of the bits set at random, unlike texts look alike.
    """

    def __init__(self, limit: Limit, least: int, width: int) -> None:
        self._limit = limit
        self._least = least
        self._trie = PrefixTrie(limit, self._rank)
        self._members = array("I")
        self._allowances = array("d")  # minus what a text of this size allows to differ
        self._signatures = [array("Q") for _ in range(width)]  # word by word, for numpy
        self._elements = array("I")
        self._ends = array("Q", [0])

    def add(self, member: int, ranked: list[int]) -> None:
        """Put a member of the pool on the shelf; `ranked` is not empty."""
        self._members.append(member)
        self._allowances.append(-self._limit.slack * len(ranked))
        for words, word in zip(self._signatures, self._sign(ranked), strict=True):
            words.append(word)
        self._elements.extend(ranked)
        self._ends.append(len(self._elements))
        self._trie.add(len(self._members) - 1)

    def near(self, ranked: list[int], least: int) -> list[int]:
        """Return every member of at least `least` elements above the limit, and some below it."""
        packed = self._trie.find(ranked, max(least, self._least))
        if not packed:
            return []
        places = np.frombuffer(packed, np.uint32)
        if len(places) > len(self._members):  # families of like texts are met on many paths
            places = np.arange(len(self._members), dtype=np.uint32)
        excess = np.frombuffer(self._allowances).take(places)
        for words, word in zip(self._signatures, self._sign(ranked), strict=True):
            excess += np.bitwise_count(np.frombuffer(words, np.uint64).take(places) ^ word)
        kept = places[excess <= self._limit.slack * len(ranked)]
        return [self._members[place] for place in set(kept.tolist())]

    def _sign(self, ranked: list[int]) -> list[int]:
        width = len(self._signatures)
        signature = [0] * width
        for element in ranked:
            signature[element // 64 % width] ^= 1 << element % 64
        return signature

    def _rank(self, place: int) -> "array[int]":
        return self._elements[self._ends[place] : self._ends[place + 1]]
