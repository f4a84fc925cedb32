"""The pool as an index: which member is nearest to a text, by ROUGE-L F1, above a limit.

Exact, not approximate: it answers as comparing with every member would. Pairs are skipped only
where they cannot be above the limit: by length (`limit.py`), by the rare tokens two texts must
share (`prefix_trie.py`), by a bit signature (`shelves.py`); each says there why that is so. What is
left is a few texts, and their longest common subsequence is computed.

Texts that come one at a time are looked up in shelves of tries. Those of a whole file are known
before the first is asked about, and then thousands are looked up together (`ordered_join.py`).
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from vicugna.text.closest import Neighbour, closest
from vicugna.text.expected import Expected
from vicugna.text.limit import Limit
from vicugna.text.shelves import Shelves
from vicugna.text.tokens import tokens
from vicugna.text.vocabulary import Vocabulary


class _Text(NamedTuple):
    """A text as the index reads it: its tokens as numbers, and as a ranked set."""

    words: "array[int]"
    ranked: list[int]


class NoveltyIndex:
    """Texts with their ids, in the order they were added.

    >>> index = NoveltyIndex(max_f1=0.7)
    >>> index.add("a", "写一首关于春天的诗")
    >>> index.nearest("写一首关于秋天的诗")
    Neighbour(id='a', f1=0.8888888888888888)
    """

    def __init__(self, max_f1: float = 0.7) -> None:
        """Start empty. 0.7 is the limit of Self-Instruct (Wang et al. 2023, section 2.2).

        Raises:
            UserError: `max_f1` is not above 0 and at most 1.
        """
        self._limit = Limit.of(max_f1)
        self._vocabulary = Vocabulary()
        self._shelves = Shelves(self._limit)
        self._ids: list[str] = []
        self._words = array("I")
        self._ends = array("Q", [0])
        self._latest = ("", _Text(array("I"), []))
        self._expected: Expected | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def expect(self, texts: Sequence[str]) -> None:
        """Say which texts will be asked about next, in their order; some may be left out.

        The answers are the same and come several times as fast, `add` right after `nearest`.
        """
        self._forget_expected()
        self._expected = Expected(texts, self._vocabulary, self._limit)

    def nearest(self, text: str) -> Neighbour | None:
        """Return the nearest member with an F1 above the limit, or None: the text is new.

        Exactly at the limit is not above it. Of members equally near, the first added is
        returned. A text without a token is near to nothing.
        """
        if self._expected is not None and not self._expected.find(text):
            self._forget_expected()
        asked, ranked = self._read(text)
        candidates = self._candidates(ranked)
        nearest, best = closest(asked, candidates, self._words_of, self._limit)
        return None if nearest < 0 else Neighbour(self._ids[nearest], best)

    def add(self, id: str, text: str) -> None:
        """Add a member. Right after `nearest(text)` the text is not read again."""
        words, ranked = self._read(text)
        if self._expected is not None and self._expected.is_next(text):
            self._expected.keep(len(self._ids))
        elif words:
            self._shelves.add(len(self._ids), ranked)
        self._ids.append(id)
        self._words.extend(words)
        self._ends.append(len(self._words))

    def _words_of(self, member: int) -> "array[int]":
        return self._words[self._ends[member] : self._ends[member + 1]]

    def _candidates(self, ranked: list[int]) -> list[int]:
        """Return the members that may be above the limit, in order."""
        found = [] if self._expected is None else self._expected.near()
        return sorted(found + self._shelves.near(ranked))

    def _forget_expected(self) -> None:
        """File what was kept of the expected texts as if they had come one at a time."""
        if self._expected is not None:
            for member, ranked in self._expected.kept():
                if ranked:
                    self._shelves.add(member, ranked)
            self._expected = None

    def _read(self, text: str) -> _Text:
        if self._latest[0] != text:
            if self._expected is not None and self._expected.is_next(text):
                read = _Text(self._expected.words, self._expected.ranked)
            else:
                words = self._vocabulary.encode(tokens(text))
                read = _Text(words, self._vocabulary.rank(words))
            self._latest = (text, read)
        return self._latest[1]
