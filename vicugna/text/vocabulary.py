"""Numbers for tokens, in the order they are first seen, so that a late number is a rare token.

Numbers never change: what is built on their order stays valid while the pool grows. Against an
order by true frequency this one cost 15 % more candidates on 52,002 English instructions.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from itertools import count


class Vocabulary:
    """The numbers given so far."""

    def __init__(self) -> None:
        number = count().__next__  # one counter for both, so that no two things share a number
        self._words: defaultdict[str, int] = defaultdict(number)
        self._repeats: defaultdict[tuple[int, int], int] = defaultdict(number)

    def encode(self, tokens: Iterable[str]) -> "array[int]":
        """Return the number of each token, in the order of the text."""
        return array("I", map(self._words.__getitem__, tokens))

    def rank(self, words: "array[int]") -> list[int]:
        """Return a text's elements, rarest first: its words, and each repeat of a word apart.

        The second use of a word is one element in every text, the third another. So two texts
        share as many elements as they have tokens in common, counted with repeats.
        """
        elements = set(words)
        if len(elements) < len(words):
            uses: dict[int, int] = {}
            for word in words:
                earlier = uses.get(word, 0)
                if earlier:
                    elements.add(self._repeats[word, earlier])
                uses[word] = earlier + 1
        return sorted(elements, reverse=True)
