"""The quota of a stratum: how many tasks of a language, or of one type in it, and how far it is.

What is asked for a stratum depends on its own numbers alone, so it does not depend on how fast the
others get on.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from vicugna.records import Lang, Stratum
from vicugna.settings import EXPECTED_YIELD, Recipe


@dataclass(slots=True)
class Quota:
    """The tasks wanted of one stratum, and what has been asked and kept so far.

    A chain is a question and those that follow from it; chains are numbered from 0.
    """

    stratum: Stratum
    target: int
    asked: int  # tasks that one chain asks for
    ahead: int  # chains that are begun before the first of them must have been read
    kept: int = 0
    begun: int = 0  # chains: the number of the next one
    open: int = 0  # chains with a question still to be consumed
    done: int = 0
    unread: set[int] = field(default_factory=set[int])
    recent: deque[bool] = field(default_factory=deque[bool])  # latest pieces: kept or not
    saturated: bool = False

    @property
    def name(self) -> str:
        """The stratum in words: "zh", or "zh math"."""
        return " ".join(filter(None, self.stratum))

    @property
    def missing(self) -> float:
        """The tasks still to be asked for, when what is in flight gives what is expected."""
        return self.target - self.kept - self.open * self.expected_yield

    @property
    def expected_yield(self) -> float:
        """The tasks a chain of questions is expected to give, from those that ended."""
        return max((self.kept + self.asked * EXPECTED_YIELD) / (self.done + 1), 0.05)

    def known_before(self, number: int) -> int:
        """Return the first chain whose tasks the `number`-th one cannot show.

        It is a matter of numbers, not of what happens to be there.
        """
        return number - self.ahead + 1

    def begin(self) -> None:
        """Note that the next chain is begun."""
        self.unread.add(self.begun)
        self.begun += 1
        self.open += 1

    def close(self) -> None:
        """Note that a chain has no question left to be consumed."""
        self.open -= 1
        self.done += 1

    @property
    def is_ahead(self) -> bool:
        """Whether an answer must be read before the next chain can be drawn."""
        return bool(self.unread) and min(self.unread) < self.known_before(self.begun)

    def note(self, *, kept: bool, window: int, min_accepted: float) -> None:
        """Note what became of a piece; too few kept of the latest `window` is saturation."""
        self.recent.append(kept)
        if len(self.recent) > window:
            self.recent.popleft()
        if len(self.recent) == window and sum(self.recent) < window * min_accepted:
            self.saturated = True


def open_quotas(recipe: Recipe, targets: Mapping[Stratum, int]) -> dict[Stratum, Quota]:
    """Return the quotas of a run, or of a part of it, before its first question."""
    whole = Counter[Lang]()
    for (lang, _), target in targets.items():
        whole[lang] += target
    return {
        stratum: Quota(
            stratum,
            target,
            _count_asked(recipe, target) if stratum[1] else recipe.tasks_per_request,
            _count_ahead(recipe, target, whole[stratum[0]]),
        )
        for stratum, target in targets.items()
    }


def _count_asked(recipe: Recipe, target: int) -> int:
    """Return how many tasks of a type a chain asks for.

    A type may want so few that the answers to two questions would be half thrown away: so many
    questions as it takes ask for equal parts.
    """
    needed = ceil(target / EXPECTED_YIELD)
    chains = ceil(needed / recipe.tasks_per_request)
    return ceil(needed / chains) if chains else recipe.tasks_per_request


def _count_ahead(recipe: Recipe, target: int, whole: int) -> int:
    """Return a stratum's part of the chains that a language begins before one must be read."""
    return max(ceil(recipe.chains_ahead * target / whole), 1) if whole else 1
