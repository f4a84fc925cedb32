"""Short names for texts: two have one name when their normal form is the same."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from struct import unpack
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vicugna.text.ragged import Ints
from vicugna.text.tokens import normal_form

_SIZE = 16  # bytes: of a billion texts no two that differ are likely to share one


@lru_cache(maxsize=1)  # what is added was asked about a moment ago
def digest(text: str) -> bytes:
    """Return 16 bytes that are the same for the same text; b"" for a blank one."""
    normal = normal_form(text)
    return hashlib.blake2b(normal.encode(), digest_size=_SIZE).digest() if normal else b""


class Digests(NamedTuple):
    """The digests of many texts, each as two numbers, ordered by the first; and whose they are."""

    first: NDArray[np.uint64]
    second: NDArray[np.uint64]
    texts: Ints

    def find(self, wanted: bytes) -> int:
        """Return the first text with this digest, or -1."""
        if wanted:
            first, second = unpack("<QQ", wanted)
            start = int(np.searchsorted(self.first, np.uint64(first)))
            end = int(np.searchsorted(self.first, np.uint64(first), side="right"))
            for place in range(start, end):
                if self.second[place] == second:
                    return int(self.texts[place])
        return -1


def digest_all(texts: Sequence[str]) -> Digests:
    """Return the digests of texts. Those of equal texts stay in order; blank ones have none."""
    named = [(place, name) for place, text in enumerate(texts) if (name := digest(text))]
    numbers = np.frombuffer(b"".join(name for _, name in named), "<u8").reshape(-1, 2)
    order = np.argsort(numbers[:, 0], kind="stable")
    places = np.array([place for place, _ in named], np.int32)
    return Digests(numbers[order, 0], numbers[order, 1], places[order])
