"""Lists of figures in the input: averages, middle values, stock, tallies, match results."""

from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    fill,
    number,
    person,
    several,
)


def _series(rng: Random, words: dict[str, Any], scene: dict[str, Any], lang: Lang) -> Instance:
    """Draw 4, 5 or 8 labelled figures: their mean has at most three decimals."""
    labels: list[str] = words["labels"][scene["labels"]]
    n = rng.choice((4, 5, 5, 8 if len(labels) > 7 else 4))
    low, high = scene["range"]
    values = [rng.randrange(low, high + 1) for _ in range(n)]
    lines = [
        words["line"].format(label=label, value=value)
        for label, value in zip(labels[:n], values, strict=True)
    ]
    plus = " + " if lang == "en" else "+"
    slots: dict[str, Any] = {
        "n": n,
        "unit": scene["unit"],
        "sum": number(sum(values), lang),
        "mean": number(Fraction(sum(values), n), lang, 3),
        "working": plus.join(str(value) for value in values),
    }
    return Instance("\n".join(lines), fill(rng, words["answers"], slots), slots["mean"])


def _average(rng: Random, lang: Lang) -> Composed:
    """The mean of a labelled series."""
    words = load_words("tables_average", lang)
    scene = rng.choice(words["scenes"])
    slots = person(rng, lang) | {"unit": scene["unit"]}
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _series(rng, words, scene, lang)))


def _sample(rng: Random, mode: str, low: int, high: int) -> tuple[list[int], Fraction]:
    """Draw seven to ten numbers with one clear mode, and the figure that is asked for."""
    values = [rng.randrange(low, high + 1) for _ in range(rng.randrange(7, 11))]
    if mode == "mode":
        common = rng.randrange(low, high + 1)
        others = [n for n in range(low, high + 1) if n != common]
        values = rng.sample(others, min(5, len(others))) + [common] * rng.randrange(2, 5)
        rng.shuffle(values)
        return values, Fraction(common)
    if mode == "range":
        return values, Fraction(max(values) - min(values))
    ordered, half = sorted(values), len(values) // 2
    if len(values) % 2:
        return values, Fraction(ordered[half])
    return values, Fraction(ordered[half - 1] + ordered[half], 2)


def _middle(rng: Random, words: dict[str, Any], mode: str, scene: dict[str, Any]) -> Instance:
    """Draw one list of numbers with its median, mode or range."""
    values, result = _sample(rng, mode, *scene["range"])
    separator = rng.choice(words["separators"])
    slots: dict[str, Any] = {
        "result": number(result, "en"),
        "times": values.count(int(result)),
        "sorted": words["listing"].join(str(value) for value in sorted(values)),
        "top": max(values),
        "bottom": min(values),
    }
    text = separator.join(str(value) for value in values)
    return Instance(text, fill(rng, words["answers"][mode], slots), slots["result"])


def _middle_values(rng: Random, lang: Lang) -> Composed:
    """Median, mode or range of some numbers."""
    words = load_words("tables_middle", lang)
    scene, mode = rng.choice(words["scenes"]), rng.choice(("median", "mode", "range"))
    slots: dict[str, Any] = dict(person(rng, lang))
    slots["text"] = scene["text"].format_map(slots)
    slots["lower"] = slots["text"][0].lower() + slots["text"][1:]
    instruction = fill(rng, words["frames"][mode], slots)
    return Composed(instruction, several(rng, lambda: _middle(rng, words, mode, scene)))


def _shelf(rng: Random, words: dict[str, Any], scene: dict[str, Any], limit: int) -> Instance:
    """Draw a stock list and pick out what is below the limit: never nothing, never all."""
    items = rng.sample(scene["items"], rng.choice((5, 6)))
    low = rng.sample(range(len(items)), rng.choice((1, 2, 2, 3)))
    counts = [
        rng.randrange(0, limit) if index in low else rng.randrange(limit, scene["high"] + 1)
        for index in range(len(items))
    ]
    style = rng.choice(words["line"])
    lines = [style.format(item=i, count=n) for i, n in zip(items, counts, strict=True)]
    short = words["separator"].join(i for i, n in zip(items, counts, strict=True) if n < limit)
    return Instance("\n".join(lines), short, short)


def _stock_low(rng: Random, lang: Lang) -> Composed:
    """The items of a stock list below a limit."""
    words = load_words("tables_stock", lang)
    scene = rng.choice(words["scenes"])
    limit = rng.randrange(max(4, scene["high"] // 8), scene["high"] // 2)
    slots: dict[str, Any] = person(rng, lang) | {"t": limit}
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _shelf(rng, words, scene, limit)))


def _notes(rng: Random, words: dict[str, Any], scene: dict[str, Any]) -> Instance:
    """Draw raw notes in which every word occurs a different number of times."""
    items = rng.sample(scene["items"], min(len(scene["items"]), rng.choice((3, 4))))
    counts = rng.sample(range(1, 8), len(items))
    notes = [item for item, count in zip(items, counts, strict=True) for _ in range(count)]
    rng.shuffle(notes)
    ranked = sorted(zip(counts, items, strict=True), reverse=True)
    tally = "\n".join(words["line"].format(item=item, count=count) for count, item in ranked)
    return Instance(words["separator"].join(notes), tally, tally)


def _tally(rng: Random, lang: Lang) -> Composed:
    """Raw notes condensed to counts."""
    words = load_words("tables_tally", lang)
    scene = rng.choice(words["scenes"])
    slots: dict[str, Any] = dict(person(rng, lang))
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _notes(rng, words, scene)))


def _season(
    rng: Random, line: str, teams: list[str], goals: int, win: int
) -> tuple[list[str], dict[str, int]]:
    """Play every pair once: the result lines and the points of each team."""
    points = dict.fromkeys(teams, 0)
    lines: list[str] = []
    for a, b in combinations(teams, 2):
        x, y = rng.randrange(goals + 1), rng.randrange(goals + 1)
        points[a] += win if x > y else int(x == y)
        points[b] += win if y > x else int(x == y)
        lines.append(line.format(a=a, b=b, x=x, y=y))
    return lines, points


def _results(rng: Random, words: dict[str, Any], scene: dict[str, Any], win: int) -> Instance:
    """Draw results with a single leader by points."""
    teams = rng.sample(scene["teams"], rng.choice((3, 4)))
    while True:
        lines, points = _season(rng, words["line"], teams, scene["goals"], win)
        ranked = sorted(points.items(), key=lambda entry: -entry[1])
        if ranked[0][1] > ranked[1][1]:
            break
    rng.shuffle(lines)
    standings = [words["standing"].format(team=team, n=count) for team, count in ranked]
    slots: dict[str, Any] = {
        "winner": ranked[0][0],
        "points": ranked[0][1],
        "table": words["listing"].join(standings),
    }
    return Instance("\n".join(lines), fill(rng, words["answers"], slots), slots["winner"])


def _match_table(rng: Random, lang: Lang) -> Composed:
    """The winner of a round robin by points."""
    words = load_words("tables_match", lang)
    scene = rng.choice(words["scenes"])
    win = rng.choice((2, 3, 3))
    slots: dict[str, Any] = person(rng, lang) | {"rule": rng.choice(words["rules"]).format(w=win)}
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _results(rng, words, scene, win)))


KINDS: tuple[Kind, ...] = (
    Kind("average", "math", False, _average),
    Kind("middle_values", "math", False, _middle_values),
    Kind("stock_low", "extraction", False, _stock_low),
    Kind("tally", "formatting", False, _tally),
    Kind("match_table", "reasoning", False, _match_table),
)
