"""Measures: units converted, recipes scaled, sizes put in order or into classes."""

from fractions import Fraction
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    fill,
    number,
    person,
    posed,
    several,
)


def _converted(scene: dict[str, Any], value: int) -> Fraction:
    """Apply a scene's rule: Fahrenheit and Celsius by formula, the rest by the given factor."""
    if scene["rule"] == "fc":
        return Fraction(5 * (value - 32), 9)
    if scene["rule"] == "cf":
        return Fraction(9 * value, 5) + 32
    factor = Fraction(scene["factor"])
    return value * factor if scene["rule"] == "mul" else value / factor


def _convert_units(rng: Random, lang: Lang) -> Composed:
    """A measure from a scene in another unit, rounded as asked."""
    words = load_words("measures_convert", lang)
    scene = rng.choice(words["scenes"])
    value = rng.randrange(*scene["range"])
    exact, places = _converted(scene, value), scene["places"]
    slots: dict[str, Any] = person(rng, lang) | {
        "v": number(value, lang),
        "to": scene["to"],
        "factor": scene.get("factor", ""),
        "rounding": words["rounding"][places],
        "using": words["using"].format_map(scene) if "fact" in scene else "",
        "exact": number(exact, lang, 4),
        "result": number(exact, lang, places, padded=True),
    }
    slots["steps"] = words["steps"][scene["rule"]].format_map(slots)
    slots["text"] = scene["text"].format_map(slots)
    answer = fill(rng, words["answers"], slots)
    body = fill(rng, words["frames"], slots)
    return Composed(posed(rng, lang, body), (Instance("", answer, slots["result"]),))


def _recipe(rng: Random, words: dict[str, Any], servings: int, lang: Lang) -> Instance:
    """Draw a recipe for an even number of people and scale it to another even number."""
    recipe = rng.choice(words["recipes"])
    base = rng.choice([n for n in (2, 4, 6, 8) if n != servings])
    given: list[str] = [words["title"].format(dish=recipe["dish"], n=base)]
    wanted: list[str] = []
    for thing, for_two, unit in recipe["items"]:
        line = words["line"] if unit else words["bare"]
        for people, lines in ((base, given), (servings, wanted)):
            count = number(for_two * people // 2, lang)
            lines.append(line.format(thing=thing, count=count, unit=unit))
    slots: dict[str, Any] = {
        "dish": recipe["dish"],
        "n": servings,
        "ratio": str(Fraction(servings, base)),
        "lines": "\n".join(wanted),
    }
    return Instance("\n".join(given), fill(rng, words["answers"], slots), slots["lines"])


def _recipe_scale(rng: Random, lang: Lang) -> Composed:
    """The ingredients of a recipe for another number of people."""
    words = load_words("measures_recipe", lang)
    servings = 2 * rng.randrange(2, 13)
    slots: dict[str, Any] = person(rng, lang) | {"n": servings}
    slots["scene"] = rng.choice(words["scenes"]).format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _recipe(rng, words, servings, lang)))


def _written(rng: Random, family: dict[str, Any], value: int, lang: Lang) -> str:
    """Write a size in one of the units of its family, exactly."""
    forms = [
        (factor, form, places)
        for factor, form, places in family["forms"]
        if value >= factor and (value % factor or "{b}" not in form)
    ]
    factor, form, places = rng.choice(forms)
    whole, rest = divmod(value, factor)
    return form.format(v=number(Fraction(value, factor), lang, places), a=whole, b=rest)


def _sizes(
    rng: Random, words: dict[str, Any], scene: dict[str, Any], falling: bool, lang: Lang
) -> Instance:
    """Draw four to six different sizes in mixed units and put them in order."""
    family = words["families"][scene["family"]]
    count = rng.choice((4, 5, 6))
    low, high = scene["range"]
    step = family["step"]
    values = [step * n for n in rng.sample(range(low // step, high // step + 1), count)]
    items = rng.sample(scene["items"], count)
    lines = [
        words["line"].format(item=item, size=_written(rng, family, value, lang))
        for item, value in zip(items, values, strict=True)
    ]
    ranked = sorted(zip(values, items, strict=True), reverse=falling)
    order = words["separator"].join(item for _, item in ranked)
    return Instance("\n".join(lines), order, order)


def _order_sizes(rng: Random, lang: Lang) -> Composed:
    """Things in mixed units, in order of size."""
    words = load_words("measures_order", lang)
    scene = rng.choice(words["scenes"])
    falling = rng.random() < 0.4
    ends = words["families"][scene["family"]]["asc"]
    first, last = reversed(ends) if falling else ends
    slots: dict[str, Any] = person(rng, lang) | {"first": first, "last": last}
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _sizes(rng, words, scene, falling, lang)))


def _entry(rng: Random, scene: dict[str, Any], a: int, b: int) -> Instance:
    """Draw a value, often close to a limit, and find its class.

    A limit belongs to the class below it, with `low` to the class above it; with `mixed` both
    limits belong to the middle.
    """
    value = rng.choice(
        (a - 1, a, a + 1, b - 1, b, b + 1, (a + b) // 2, max(1, a - (b - a) // 3), b + (b - a) // 3)
    )
    above_a = value >= a if "low" in scene or "mixed" in scene else value > a
    above_b = value >= b if "low" in scene else value > b
    label = scene["labels"][above_a + above_b]
    return Instance(rng.choice(scene["item"]).format(v=value), label, label)


def _size_band(rng: Random, lang: Lang) -> Composed:
    """The class of a measured value by a rule with two limits."""
    words = load_words("measures_band", lang)
    scene = rng.choice(words["scenes"])
    a = rng.randrange(scene["a"][0], scene["a"][1] + 1)
    b = a + rng.randrange(scene["gap"][0], scene["gap"][1] + 1)
    slots: dict[str, Any] = person(rng, lang) | {"rule": scene["rule"].format(a=a, b=b)}
    return Composed(
        fill(rng, words["frames"], slots), several(rng, lambda: _entry(rng, scene, a, b))
    )


KINDS: tuple[Kind, ...] = (
    Kind("convert_units", "math", False, _convert_units),
    Kind("recipe_scale", "formatting", False, _recipe_scale),
    Kind("order_sizes", "formatting", False, _order_sizes),
    Kind("size_band", "classification", True, _size_band),
)
