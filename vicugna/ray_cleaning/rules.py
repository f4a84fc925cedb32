"""What rows are judged by, as it is sent to other machines."""

from dataclasses import dataclass
from functools import cache

from vicugna.content import load_filters
from vicugna.filtering import Chain
from vicugna.records import Scope


@dataclass(frozen=True, slots=True)
class Rules:
    """Names of filters (None for all), limit and scope; and the names of the files."""

    filters: tuple[str, ...] | None
    max_f1: float
    scope: Scope
    files: tuple[str, ...]

    @property
    def chain(self) -> Chain:
        """The filters themselves, which are made where they are asked."""
        return _make_chain(self.filters)

    @property
    def wants_same(self) -> bool:
        """Whether a filter asks for exact duplicates."""
        return bool(self._novelty - {"near_duplicate"})

    @property
    def wants_near(self) -> bool:
        """Whether a filter asks for the nearest."""
        return bool(self._novelty - {"exact_duplicate"})

    @property
    def _novelty(self) -> set[str]:
        return {ask.__qualname__.split(".")[0] for ask in self.chain.novelty}


@cache
def _make_chain(filters: tuple[str, ...] | None) -> Chain:
    return load_filters().chain(filters)
