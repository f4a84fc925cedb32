"""The pool: what has been kept so far, as the filters and the prompts see it."""

from dataclasses import dataclass

import numpy as np

from vicugna.draws import Hashes, draw, member_hash
from vicugna.records import Lang
from vicugna.text.novelty import Neighbour, NoveltyIndex


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

    def draw(self, lang: Lang, salt: str, *, seeds: int, machine: int) -> list[Member]:
        """Return `seeds` seed tasks and `machine` kept tasks of a language, in drawn order.

        While there are fewer kept tasks than asked for, seed tasks take their places, as in
        Self-Instruct (github.com/yizhongw/self-instruct, bootstrap_instructions.py).
        """
        kept = self._kept.get(lang, _EMPTY).draw(f"{salt}/machine", machine)
        missing = machine - len(kept)
        shown = self._seeds.get(lang, _EMPTY).draw(f"{salt}/seed", seeds + missing) + kept
        order = np.array([member_hash(member.id) for member in shown], dtype=np.uint64)
        return [shown[place] for place in draw(order, f"{salt}/order", len(shown))]


class _Urn:
    """Members of one language with their hashes, growing by doubling."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._hashes: Hashes = np.empty(256, dtype=np.uint64)

    def add(self, member: Member) -> None:
        count = len(self._members)
        if count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[count] = member_hash(member.id)
        self._members.append(member)

    def draw(self, salt: str, count: int) -> list[Member]:
        hashes = self._hashes[: len(self._members)]
        return [self._members[place] for place in draw(hashes, salt, count)]


_EMPTY = _Urn()
