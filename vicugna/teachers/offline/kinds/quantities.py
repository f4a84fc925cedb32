"""Quantities that hang together: trips, joint work, mixtures, areas and volumes, chances."""

from fractions import Fraction
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    capital,
    counted,
    listed,
    number,
    person,
    problem,
)


def _span(words: dict[str, Any], minutes: int) -> str:
    """Write a duration in hours and minutes."""
    hours, rest = divmod(minutes, 60)
    parts = {
        "hours": words["hours"][0 if hours == 1 else 1].format(h=hours),
        "minutes": words["minutes"].format(m=rest),
    }
    if not hours:
        return parts["minutes"]
    return words["joint"].format_map(parts) if rest else parts["hours"]


def _trip(rng: Random, lang: Lang) -> Composed:
    """Distance, time or speed of a steady movement, or when two of them meet.

    Speeds are multiples of 4 and durations of 15 minutes, so distances are whole.
    """
    words = load_words("quantities_trip", lang)
    mode = rng.choice(("distance", "time", "speed", "meet"))
    scene = rng.choice(words["scenes"][mode])
    speed = 4 * rng.randrange(scene["v"][0], scene["v"][1] + 1)
    other = 4 * rng.randrange(scene["w"][0], scene["w"][1] + 1) if mode == "meet" else 0
    quarters = rng.randrange(scene["t"][0], scene["t"][1] + 1)
    distance = (speed + other) * quarters // 4
    span = _span(words, 15 * quarters)
    slots: dict[str, Any] = person(rng, lang) | {
        "v": number(speed, lang),
        "w": number(other, lang),
        "sum": number(speed + other, lang),
        "t": span,
        "span": span,
        "d": number(distance, lang),
        "unit": scene.get("unit", ""),
        "hours": number(Fraction(quarters, 4), lang),
    }
    slots["text"] = scene["text"].format_map(slots)
    check = {"distance": slots["d"], "speed": slots["v"]}.get(mode, span)
    return problem(rng, lang, words, mode, slots, check)


def _crew(rng: Random) -> dict[str, int]:
    """Draw m people taking d units, and another n for whom the time is a whole number."""
    while True:
        m, d, n = rng.randrange(4, 13), rng.randrange(3, 13), rng.randrange(3, 16)
        if n != m and m * d % n == 0 and m * d // n > 1:
            return {"m": m, "d": d, "n": n, "work": m * d, "r": m * d // n}


def _pair(rng: Random, words: dict[str, Any], mode: str, most: int) -> dict[str, int]:
    """Draw two single times whose joint (or net) time is a whole number."""
    while True:
        a, b = rng.choice(words["pairs"])
        rate = a + b if mode == "together" else b - a
        if a * b % rate == 0 and b <= most:
            return {"a": a, "b": b, "r": a * b // rate}


def _work_rate(rng: Random, lang: Lang) -> Composed:
    """Two workers together, another number of workers, or filling against a leak."""
    words = load_words("quantities_work", lang)
    mode = rng.choice(("together", "together", "crew", "leak"))
    scene = rng.choice(words["scenes"][mode])
    drawn = _crew(rng) if mode == "crew" else _pair(rng, words, mode, scene.get("most", 60))
    slots: dict[str, Any] = person(rng, lang) | {"unit": scene["unit"]}
    slots |= {key: counted(value, lang) if key in "mn" else value for key, value in drawn.items()}
    slots |= {
        "each": scene["unit"][:-1],
        "task": scene.get("task", ""),
        "who": scene.get("who", ""),
    }
    slots["text"] = capital(scene["text"].format_map(slots))
    if mode == "crew":
        slots |= {"m": drawn["m"], "count": drawn["n"]}
    return problem(rng, lang, words, mode, slots, str(drawn["r"]))


def _ratio_mix(rng: Random, lang: Lang) -> Composed:
    """Two ingredients in a ratio: both parts of a total, one from the other, or the total."""
    words = load_words("quantities_mix", lang)
    mode = rng.choice(("part", "other", "whole"))
    scene = rng.choice(words["scenes"])
    (a, b), low, high = rng.choice(words["ratios"]), *scene["k"]
    k = rng.randrange(low, high + 1)
    slots: dict[str, Any] = person(rng, lang) | {
        "a": a,
        "b": b,
        "x": scene["x"],
        "y": scene["y"],
        "unit": scene["unit"],
        "k": number(k, lang),
        "parts": a + b,
        "big": number(a * k, lang),
        "small": number(b * k, lang),
        "total": number((a + b) * k, lang),
    }
    slots["text"] = scene["text"].format_map(slots)
    check = {"part": words["check"].format_map(slots), "other": slots["small"]}
    return problem(rng, lang, words, mode, slots, check.get(mode, slots["total"]))


def _shape(rng: Random, words: dict[str, Any], mode: str, scene: dict[str, Any]) -> dict[str, int]:
    """Draw the measures of a shape and compute the figures its answer names."""
    drawn = {
        key: rng.randrange(
            scene[key][0], scene[key][1] + 1, scene["step"] if key == "c" and "step" in scene else 1
        )
        for key in ("a", "b", "g", "h", "c")
        if key in scene
    }
    a, b = drawn["a"], drawn["b"]
    if mode == "fence":
        around = 2 * (a + b)
        gap = drawn["g"] if scene.get("plus") else -drawn["g"]
        return drawn | {"around": around, "result": around + gap}
    if mode == "tiles":
        side = rng.choice(scene["sides"])
        rows, columns = a * scene["scale"] // side, b * scene["scale"] // side
        return drawn | {"s": side, "rows": rows, "columns": columns, "result": rows * columns}
    if mode == "paint":
        surface = a * b - drawn["h"]
        return drawn | {"surface": surface, "result": -(-surface // drawn["c"])}
    if mode == "tank":
        return drawn | {"cubic": a * b * drawn["h"]}
    return drawn | {"surface": a * b, "result": a * b * drawn["c"]}


def _geometry(rng: Random, lang: Lang) -> Composed:
    """A length, a number of tiles, cans of paint, liters or a price by the area."""
    words = load_words("quantities_geometry", lang)
    mode = rng.choice(("fence", "tiles", "paint", "tank", "carpet"))
    scene = rng.choice(words["scenes"][mode])
    shape = _shape(rng, words, mode, scene)
    slots: dict[str, Any] = dict(person(rng, lang))
    slots |= {key: number(value, lang) for key, value in shape.items()}
    slots |= {"unit": scene.get("unit", ""), "area": scene.get("area", "")}
    sign = "+" if scene.get("plus") else "-"
    slots |= {"sign": sign, "sign_word": words["sign_words"][sign]}
    if mode == "paint":
        exact = 100 * shape["surface"] % shape["c"] == 0
        slots["ratio"] = number(Fraction(shape["surface"], shape["c"]), lang)
        slots["equals"] = words["equals"][0 if exact else 1]
    if mode == "tank":
        slots["result"] = number(Fraction(shape["cubic"], 1000), lang, 3)
    slots["text"] = scene["text"].format_map(slots)
    return problem(rng, lang, words, mode, slots, slots["result"])


def _odds(mode: str, n: int, total: int) -> tuple[int, int]:
    """Return favourable and all outcomes: n of the total, none of the n, or two of the n."""
    if mode == "both":
        return n * (n - 1), total * (total - 1)
    return (n if mode == "one" else total - n), total


def _chance(rng: Random, lang: Lang) -> Composed:
    """The probability of one draw, of not drawing something, or of two alike."""
    words = load_words("quantities_chance", lang)
    scene, mode = rng.choice(words["scenes"]), rng.choice(("one", "not", "both"))
    counts = [rng.randrange(2, 13) for _ in scene["kinds"]]
    chosen = rng.randrange(len(counts))
    n, total, x = counts[chosen], sum(counts), scene["kinds"][chosen]
    top, bottom = _odds(mode, n, total)
    value, unit = Fraction(top, bottom), scene.get("u", "")
    kinds = zip(counts, scene["kinds"], strict=True)
    parts = [words["pair"].format(n=count, x=kind, u=unit) for count, kind in kinds]
    slots: dict[str, Any] = person(rng, lang) | {
        "x": x,
        "u": unit,
        "what": scene["what"],
        "one": scene.get("one", "").format(x=x),
        "list": listed(parts, lang),
        "n": n,
        "total": total,
        "rest": total - n,
        "n1": n - 1,
        "total1": total - 1,
        "raw": f"{top}/{bottom}",
    }
    reduced = words["reduced"].format(value=value)
    slots["reduced"] = reduced if str(value) != slots["raw"] else ""
    slots["text"] = scene["text"].format_map(slots)
    return problem(rng, lang, words, mode, slots, str(value))


KINDS: tuple[Kind, ...] = (
    Kind("trip", "math", False, _trip),
    Kind("work_rate", "reasoning", False, _work_rate),
    Kind("ratio_mix", "math", False, _ratio_mix),
    Kind("geometry", "math", False, _geometry),
    Kind("chance", "math", False, _chance),
)
