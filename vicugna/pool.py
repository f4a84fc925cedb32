"""The pool: what has been kept so far, as the filters and the prompts see it."""

from dataclasses import dataclass

import numpy as np

from vicugna.draws import Hashes, draw, member_hash
from vicugna.records import Lang
from vicugna.text.novelty import Neighbour, NoveltyIndex

_BEFORE_ALL = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Member:
    """A task that can be shown in a prompt."""

    id: str
    instruction: str
    input: str = ""
    output: str = ""


class Pool:
    """Seed tasks and kept tasks: searched for near duplicates, drawn from for prompts.

    One novelty index serves both languages, so mixed text is compared with everything.
    """

    def __init__(self, max_f1: float) -> None:
        self.max_f1 = max_f1
        self._index = NoveltyIndex(max_f1)
        self._seeds: dict[Lang, _Urn] = {}
        self._kept: dict[Lang, _Urn] = {}

    def add_seed(self, lang: Lang, member: Member) -> None:
        """Add a seed task."""
        self._seeds.setdefault(lang, _Urn()).add(member)
        self._index.add(member.id, member.instruction)

    def add(self, lang: Lang, member: Member) -> None:
        """Add a kept task."""
        self._kept.setdefault(lang, _Urn()).add(member)
        self._index.add(member.id, member.instruction)

    def nearest(self, instruction: str) -> Neighbour | None:
        """Return the nearest member whose ROUGE-L F1 is above the limit, or None."""
        return self._index.nearest(instruction)

    def count(self, lang: Lang) -> int:
        """Return how many kept tasks of a language there are."""
        return self._kept.get(lang, _EMPTY).count

    def note_chain(self, lang: Lang, first: int, chain: int) -> None:
        """Say which chain of a language the kept tasks from the `first` one on came of."""
        self._kept.get(lang, _EMPTY).note_chain(first, chain)

    def draw(
        self, lang: Lang, salt: str, *, seeds: int, machine: int, before: int | None = None
    ) -> list[Member]:
        """Return `seeds` seed tasks and `machine` kept tasks of a language, in drawn order.

        Kept tasks of chains from `before` on are left out. While there are fewer than asked for,
        seed tasks take their places, as in Self-Instruct (github.com/yizhongw/self-instruct,
        bootstrap_instructions.py).
        """
        kept = self._kept.get(lang, _EMPTY).draw(f"{salt}/machine", machine, before)
        missing = machine - len(kept)
        shown = self._seeds.get(lang, _EMPTY).draw(f"{salt}/seed", seeds + missing) + kept
        order = np.array([member_hash(member.id) for member in shown], dtype=np.uint64)
        return [shown[place] for place in draw(order, f"{salt}/order", len(shown))]


class _Urn:
    """Members of one language with their hashes, growing by doubling."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._hashes: Hashes = np.empty(256, dtype=np.uint64)
        self._chains = np.full(256, _BEFORE_ALL)  # which chain of questions a member came of

    @property
    def count(self) -> int:
        return len(self._members)

    def add(self, member: Member) -> None:
        if self.count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
            self._chains = np.concatenate([self._chains, np.full(self.count, _BEFORE_ALL)])
        self._hashes[self.count] = member_hash(member.id)
        self._members.append(member)

    def note_chain(self, first: int, chain: int) -> None:
        self._chains[first : self.count] = chain

    def draw(self, salt: str, count: int, before: int | None = None) -> list[Member]:
        hashes = self._hashes[: self.count]
        if before is None:
            return [self._members[place] for place in draw(hashes, salt, count)]
        places = np.flatnonzero(self._chains[: self.count] < before)
        return [self._members[places[place]] for place in draw(hashes[places], salt, count)]


_EMPTY = _Urn()
