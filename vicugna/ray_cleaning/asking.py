"""What the kept rows of earlier blocks have near to the rows of a later one."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vicugna.pool import scope_text
from vicugna.ray_cleaning.rows import Table, load_more
from vicugna.ray_cleaning.rules import Rules
from vicugna.text.archive import Archive, build_archive
from vicugna.text.closest import Neighbour
from vicugna.text.digests import Digests, digest, digest_all
from vicugna.text.limit import Limit
from vicugna.text.ragged import Ints


class Texts(NamedTuple):
    """What is compared of the rows of a block, and their digests, if these are wanted.

    `texts` is an array of Arrow: Ray hands it to every task on a machine without a copy.
    """

    texts: Any
    digests: Digests | None


@dataclass(frozen=True, slots=True)
class Names:
    """What is kept of a block, when only exact duplicates are asked for."""

    ids: Sequence[str]
    digests: Digests


Kept = Archive | Names


class Found(NamedTuple):
    """What one earlier block has: for text `near[i]` the row `near_ids[i]`, with its F1.

    And for text `same[i]` the row `same_ids[i]`, which has the very same text.
    """

    near: Ints
    near_ids: list[str]
    f1: NDArray[np.float64]
    same: Ints
    same_ids: list[str]


def read_texts(table: Table, rules: Rules) -> Texts:
    """Return the texts of the rows of a block that no filter has dropped yet."""
    arrow: Any = importlib.import_module("pyarrow")
    passing = table.filter(table["passing"])
    columns = [passing[name].to_pylist() for name in ("instruction", "input", "output", "more")]
    texts = [
        scope_text(rules.scope, first, given, output, load_more(more).get("rounds", ()))
        for first, given, output, more in zip(*columns, strict=True)
    ]
    digests = digest_all(texts) if rules.wants_same else None
    return Texts(arrow.array(texts, arrow.large_string()), digests)


def keep_texts(ids: Sequence[str], texts: Sequence[str], rules: Rules) -> Kept:
    """Return rows that were kept, as later blocks ask them."""
    if rules.wants_near:
        return build_archive(ids, texts, Limit.of(rules.max_f1))
    return Names(ids, digest_all(texts))


def ask(kept: Kept, asking: Texts) -> Found:
    """Return what an earlier block has that is near to, or the same as, each text."""
    near, near_ids, f1 = list[int](), list[str](), list[float]()
    if isinstance(kept, Archive):
        for place, found in enumerate(kept.nearest(asking.texts.to_pylist())):
            if found is not None:
                near.append(place)
                near_ids.append(found.id)
                f1.append(found.f1)
    same, firsts = _find_same(kept.digests, asking.digests)
    same_ids = [kept.ids[first] for first in firsts]
    return Found(np.array(near, np.int32), near_ids, np.array(f1, np.float64), same, same_ids)


class Past:
    """All that earlier blocks have for a block: what a pool asks of an archive of them."""

    def __init__(self, asking: Texts, founds: Sequence[Found]) -> None:
        """Take what each earlier block has, the first block first."""
        texts: list[str] = asking.texts.to_pylist()
        self._near: dict[str, Neighbour] = {}
        self._same: dict[bytes, str] = {}
        for found in founds:
            places: list[int] = found.near.tolist()
            for place, near, f1 in zip(places, found.near_ids, found.f1.tolist(), strict=True):
                known = self._near.get(texts[place])
                if known is None or f1 > known.f1:  # of equals, the first block's
                    self._near[texts[place]] = Neighbour(near, f1)
            places = found.same.tolist()
            for place, first in zip(places, found.same_ids, strict=True):
                self._same.setdefault(digest(texts[place]), first)

    def first_same(self, name: bytes) -> str:
        """Return the id of the first row with this digest, or ""."""
        return self._same.get(name, "")

    def nearest(self, texts: Sequence[str]) -> list[Neighbour | None]:
        """Return what is known of texts of the block."""
        return [self._near.get(text) for text in texts]


def _find_same(kept: Digests, asking: Digests | None) -> tuple[Ints, list[int]]:
    """Return the texts that have a digest of a block, and for each the first row there."""
    if asking is None:
        return np.zeros(0, np.int32), []
    likely = np.flatnonzero(np.isin(asking.first, kept.first))
    names = np.stack([asking.first[likely], asking.second[likely]], axis=1).astype("<u8")
    firsts = [kept.find(name.tobytes()) for name in names]
    found = [place for place, first in enumerate(firsts) if first >= 0]
    return asking.texts[likely[found]], [firsts[place] for place in found]
