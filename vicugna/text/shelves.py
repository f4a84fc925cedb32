"""Members in shelves by their size; those that may be near to a text are sifted by signature."""

import numpy as np

from vicugna.text.limit import Limit
from vicugna.text.shelf import ENTRY, FEW, Shelf

# Bit length of the sizes on the first shelf, 1-31 tokens; each further shelf doubles the sizes,
# and with them the wide signatures: from 128 bits. Above 0.65 the first shelf does without: at 0.7
# they spared it 4 comparisons a text and cost as much, at 0.6 they made it a fifth faster.
_SHORT = 5
_MIN_WIDTH, _MAX_WIDTH = 2, 16
_STRICT = 0.35  # slack
_ROUNDING = 1 + 1e-5  # float32 is off by less
_BITS = tuple(1 << place for place in range(64))


class Shelves:
    """All shelves of a limit, and signatures of their members.

    Each element of a text flips one bit of its signature. Elements that two texts share flip the
    same bits in both, so at most as many bits differ as there are elements in only one of them:
    m + n - 2 * shared, which is at most m + n - 2 * LCS. Above the limit p/q that is less than
    (1 - p/q) * (m + n), so a text with more differing bits cannot pass. That is so for signatures
    of any width: one of 64 bits sifts all candidates, and if many of a shelf are left, a wide one
    those.
    """

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._slack = limit.slack * _ROUNDING
        self._shelves: dict[int, Shelf] = {}
        self._latest: tuple[list[int], int] = ([], 0)

    def add(self, member: int, ranked: list[int]) -> None:
        """Put a member in its shelf, that has come after those in it; `ranked` is not empty."""
        n = len(ranked)
        self._shelf(n).add(member, ranked, self._slack * n, self._fold(ranked))

    def near(self, ranked: list[int]) -> list[int]:
        """Return every member above the limit, and some below it, unordered."""
        m = len(ranked)
        least, most = self._limit.shortest(m), self._limit.longest(m)
        if least > m:
            return []
        sizes = range(_shelf_of(least), _shelf_of(most) + 1)
        shelves = [self._shelves[size] for size in sizes if size in self._shelves]
        found = [shelf.find(ranked, least) for shelf in shelves]
        met = np.frombuffer(b"".join(found), ENTRY)  # all at once: a look at one costs as much
        if not len(met):
            return []
        members = met["member"]
        allowed = met["allowed"] + self._slack * m
        likely = np.bitwise_count(met["folded"] ^ self._fold(ranked)) <= allowed
        near = members[likely]
        if len(near) > FEW:
            start = 0
            for shelf, packed in zip(shelves, found, strict=True):
                part = slice(start, start + len(packed) // ENTRY.itemsize)
                shelf.sift(members[part], allowed[part], likely[part], ranked)
                start = part.stop
            near = members[likely]
        return list(set(near.tolist()))

    def _fold(self, ranked: list[int]) -> int:
        """Return the 64-bit signature."""
        latest, folded = self._latest
        if ranked is not latest:  # else it is added right after it was asked about
            folded = 0
            for element in ranked:
                folded ^= _BITS[element & 63]
            self._latest = ranked, folded
        return folded

    def _shelf(self, n: int) -> Shelf:
        size = _shelf_of(n)
        if size not in self._shelves:
            least = 1 if size == _SHORT else 1 << (size - 1)
            width = min(_MIN_WIDTH << (size - _SHORT), _MAX_WIDTH)
            if size == _SHORT and self._limit.slack < _STRICT:
                width = 0
            self._shelves[size] = Shelf(self._limit, least, width)
        return self._shelves[size]


def _shelf_of(n: int) -> int:
    return max(n.bit_length(), _SHORT)
