"""What a set lacks: of each language, or of each type in it."""

from collections.abc import Mapping

from vicugna.apportioning import apportion
from vicugna.records import Lang, Stratum
from vicugna.settings import Recipe


def find_missing(
    recipe: Recipe, rows: Mapping[Stratum, int], add: int | None
) -> dict[Stratum, int]:
    """Return how many rows of each stratum a night is to raise; those that lack none are left out.

    `rows` are those there are. Up to the target a stratum lacks what its own target says: rows of
    another type, or of none, do not stand for it. With `add` so many rows are shared out: by the
    shares of the languages, and in each so that its types come nearest to theirs.
    """
    missing: dict[Stratum, int] = {}
    if add is None:
        missing = {one: count - rows.get(one, 0) for one, count in recipe.strata.items()}
    else:
        for lang, count in recipe.model_copy(update={"target": add}).targets.items():
            if count:
                missing |= _level(recipe, lang, rows, count)
    return {stratum: count for stratum, count in missing.items() if count > 0}


def _level(
    recipe: Recipe, lang: Lang, rows: Mapping[Stratum, int], count: int
) -> dict[Stratum, int]:
    """Return `count` rows of a language, for the types that are furthest behind their shares."""
    weights = recipe.weights_of(lang)
    known = {type: rows.get((lang, type), 0) for type in weights}
    share = (sum(known.values()) + count) / sum(weights.values())
    behind = {type: max(weight * share - known[type], 0) for type, weight in weights.items()}
    return {(lang, type): part for type, part in apportion(count, behind).items()}
