"""Texts that an index was told of before it is asked about them."""

from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from vicugna.text.columns import read_columns
from vicugna.text.limit import Limit
from vicugna.text.ordered_join import OrderedJoin
from vicugna.text.vocabulary import Vocabulary


class Expected:
    """Expected texts, those of them that became members, and which comes next."""

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary, limit: Limit) -> None:
        columns = read_columns(texts, vocabulary)
        self._texts = texts
        self._words = array("I", columns.words.tobytes())
        self._ranked = columns.ranked
        self._starts: list[int] = columns.starts.tolist()
        self._join = OrderedJoin(columns, limit)
        self._members = np.full(len(texts), -1)
        self._next = 0
        self._asked = -1  # the last text that was looked up

    def find(self, text: str) -> bool:
        """Go to a text; those before it are left out. Return whether it is still expected."""
        for place in range(self._next, len(self._texts)):
            if self._texts[place] == text:
                self._next = place
                return True
        return False

    @property
    def words(self) -> "array[int]":
        """The tokens of the text that was found."""
        return self._words[self._starts[self._next] : self._starts[self._next + 1]]

    @property
    def ranked(self) -> list[int]:
        """Its elements, rarest first."""
        return self._rank(self._next)

    def near(self) -> list[int]:
        """Return the members kept before it that may be above the limit to it, in order."""
        near = self._join.near(self._next)
        self._asked = self._next
        return self._members[near].tolist() if near else near

    def is_next(self, text: str) -> bool:
        """Return whether this is the text that was found, or that comes next."""
        return self._next < len(self._texts) and self._texts[self._next] == text

    def keep(self, member: int) -> None:
        """Make the text that was found a member, and go on."""
        if self._asked != self._next:
            self.near()  # the join knows of a text only when it was asked about it
        self._join.keep(self._next)
        self._members[self._next] = member
        self._next += 1

    def kept(self) -> Iterator[tuple[int, list[int]]]:
        """Yield each member with its elements, rarest first."""
        for place in np.flatnonzero(self._members >= 0).tolist():
            yield int(self._members[place]), self._rank(place)

    def _rank(self, place: int) -> list[int]:
        return self._ranked[self._starts[place] : self._starts[place + 1]].tolist()
