"""The pool: what has been kept so far, as the filters and the prompts see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vicugna.draws import Hashes, draw, member_hash, shuffle
from vicugna.records import Draft, Lang, Round, Scope, SeedTask, Stratum
from vicugna.text.closest import Neighbour
from vicugna.text.digests import digest
from vicugna.text.novelty import NoveltyIndex

_BEFORE_ALL = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Member:
    """A task that can be shown in a prompt."""

    id: str
    instruction: str
    input: str = ""
    output: str = ""
    type: str = ""


def member_of(task: Draft | SeedTask) -> Member:
    """Return a draft or a seed task as a member."""
    return Member(task.id, task.instruction, task.input, task.output, task.type)


def draft_text(scope: Scope, draft: Draft) -> str:
    """Return what of a draft is compared, its further rounds too."""
    return scope_text(scope, draft.instruction, draft.input, draft.output, draft.rounds)


def scope_text(
    scope: Scope,
    instruction: str,
    input: str = "",
    output: str = "",
    rounds: Sequence[Round] = (),
) -> str:
    r"""Return what of a task is compared, a line for each part that is not empty.

    Of a conversation the instruction is all that is asked, the output all that is answered: the
    first question may be a greeting.

    >>> scope_text("conversation", "Add 1 and 2.", "", "3")
    'Add 1 and 2.\n3'
    """
    if scope == "instruction" and not rounds:  # as nearly always: asked thrice of each draft
        return instruction
    asked = [later.question for later in rounds]
    answered = [later.answer for later in rounds]
    turns = [text for later in rounds for text in (later.question, later.answer)]
    parts = {
        "instruction": (instruction, *asked),
        "instruction+input": (instruction, input, *asked),
        "output": (output, *answered),
        "conversation": (instruction, input, output, *turns),
    }[scope]
    return "\n".join(part for part in parts if part)


class Past(Protocol):
    """Texts that do not change and are compared with: an `Archive`, or what is known of one."""

    def first_same(self, name: bytes) -> str:
        """Return the id of the first text with this digest, or ""."""
        ...

    def nearest(self, texts: Sequence[str]) -> Sequence[Neighbour | None]:
        """Return, for each text, the nearest above the limit, the first of equals, or None."""
        ...


class Pool:
    """Seed tasks and kept tasks: searched for duplicates, drawn from for prompts.

    `scope` says what of a task is compared. One novelty index serves both languages, so mixed
    text is compared with everything. `earlier` are texts of that scope, archived for this limit,
    that are compared with too, as if they had been added first.
    """

    def __init__(
        self, max_f1: float, scope: Scope = "instruction", earlier: Past | None = None
    ) -> None:
        self.max_f1 = max_f1
        self.scope: Scope = scope
        self._index = NoveltyIndex(max_f1)
        self._earlier = earlier
        self._awaited: list[str] = []  # expected, and not looked up yet
        self._looked_up: dict[str, Neighbour | None] = {}  # what the earlier texts say of a text
        self._firsts: dict[bytes, str] = {}  # id of the first member, by the digest of its text
        self._seeds: dict[Stratum, _Urn] = {}
        self._kept: dict[Stratum, _Urn] = {}
        self._drawn: dict[tuple[Lang, str], str] = {}  # ids of kept tasks by their instructions

    def add_seed(self, lang: Lang, member: Member) -> None:
        """Add a seed task: to be drawn, for its type or for any, and compared with."""
        for type in {"", member.type}:
            self._seeds.setdefault((lang, type), _Urn()).add(member)
        self.add_compared(member)

    def add(self, lang: Lang, member: Member) -> None:
        """Add a kept task: to be drawn, and compared with."""
        self.add_drawn(lang, member)
        self.add_compared(member)

    def add_drawn(self, lang: Lang, member: Member) -> None:
        """Add a task that prompts for its type can show, and nothing is compared with."""
        self._kept.setdefault((lang, member.type), _Urn()).add(member)
        self._drawn.setdefault((lang, member.instruction), member.id)

    def find_drawn(self, lang: Lang, instruction: str) -> str:
        """Return the id of the first kept task with this very instruction, or ""."""
        return self._drawn.get((lang, instruction), "")

    def add_compared(self, task: Member | Draft) -> None:
        """Add a task that drafts are compared with, and no prompt shows."""
        text = self._text(task)
        self._index.add(task.id, text)
        name = digest(text)
        if name:
            self._firsts.setdefault(name, task.id)

    def first_same(self, draft: Draft) -> str:
        """Return the id of the first member with the same text, or "" when there is none.

        Texts are the same when their `normal_form` is. A blank text is the same as no other.
        """
        name = digest(self._text(draft))
        earlier = "" if self._earlier is None else self._earlier.first_same(name)
        return earlier or self._firsts.get(name, "")

    def expect(self, drafts: Sequence[Draft]) -> None:
        """Say which drafts will be judged next, in their order; some may be left out.

        They are judged as they would be anyway, and several times as fast.
        """
        self._awaited = [self._text(draft) for draft in drafts]

    def nearest(self, draft: Draft) -> Neighbour | None:
        """Return the nearest member whose ROUGE-L F1 is above the limit, or None."""
        if self._awaited:  # now that a filter asks for what is near
            self._index.expect(self._awaited)
            if self._earlier is not None:
                found = self._earlier.nearest(self._awaited)
                self._looked_up = dict(zip(self._awaited, found, strict=True))
            self._awaited = []
        text = self._text(draft)
        own, earlier = self._index.nearest(text), self._nearest_earlier(text)
        if earlier is None or (own is not None and own.f1 > earlier.f1):
            return own
        return earlier

    def count(self, stratum: Stratum) -> int:
        """Return how many kept tasks of a stratum can be drawn."""
        return self._kept.get(stratum, _EMPTY).count

    def note_chain(self, stratum: Stratum, first: int, chain: int) -> None:
        """Say which chain of a stratum its kept tasks from the `first` one on came of."""
        self._kept.get(stratum, _EMPTY).note_chain(first, chain)

    def draw(
        self, stratum: Stratum, salt: str, *, seeds: int, machine: int, before: int | None = None
    ) -> list[Member]:
        """Return `seeds` seed tasks and `machine` kept tasks of a stratum, in drawn order.

        Kept tasks of chains from `before` on are left out. While there are fewer than asked for,
        seed tasks take their places, as in Self-Instruct (github.com/yizhongw/self-instruct,
        bootstrap_instructions.py).
        """
        kept = self._kept.get(stratum, _EMPTY).draw(f"{salt}/machine", machine, before)
        missing = machine - len(kept)
        shown = self._seeds.get(stratum, _EMPTY).draw(f"{salt}/seed", seeds + missing) + kept
        return [shown[place] for place in shuffle([one.id for one in shown], f"{salt}/order")]

    def _nearest_earlier(self, text: str) -> Neighbour | None:
        if self._earlier is None or text in self._looked_up:
            return self._looked_up.get(text)
        return self._earlier.nearest([text])[0]

    def _text(self, task: Member | Draft) -> str:
        if isinstance(task, Draft):
            return draft_text(self.scope, task)
        return scope_text(self.scope, task.instruction, task.input, task.output)


class _Urn:
    """Members of one stratum with their hashes, growing by doubling."""

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
