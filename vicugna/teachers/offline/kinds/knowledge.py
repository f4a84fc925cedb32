"""Facts that do not change: capitals, dates, elements, animals, books, and why things are so."""

from itertools import pairwise
from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import (
    Row,
    asks_about_row,
    draw_rows,
    rules_of,
    table_of,
    write,
)

_MIN_YEARS_APART = 3
_OFFERED_GROUPS = 3
_COMMA = {"en": ", ", "zh": "、"}


def capital(rng: Random, lang: Lang) -> Composed:
    """Ask for a capital, for its country, for a correction, or for three capitals."""
    mode = rng.choice(("", "", "reverse_", "wrong_", "trip_"))
    rules = rules_of("knowledge_capitals", lang)
    rows = rng.sample(table_of("knowledge_capitals", lang), 3)
    slots = dict(rows[0])
    check = slots["country" if mode == "reverse_" else "capital"]
    if mode == "trip_":
        check = _listed([row["capital"] for row in rows], lang)
        slots = {name: row["country"] for name, row in zip("abc", rows, strict=True)}
        slots["cities"] = check
    instruction = write(rng, rules, f"{mode}say", slots)
    return Composed(instruction, (Instance("", write(rng, rules, f"{mode}answer", slots), check),))


def which_first(rng: Random, lang: Lang) -> Composed:
    """Ask which of two events came first, or for the order of three."""
    rules = rules_of("knowledge_timeline", lang)
    rows = rng.sample(table_of("knowledge_timeline", lang), 3)
    while not _far_apart(rows):
        rows = rng.sample(table_of("knowledge_timeline", lang), 3)
    if rng.random() < 0.6:
        return _which_of_two(rng, lang, rows[:2])
    slots = {name: row["event"] for name, row in zip("abc", rows, strict=True)}
    oldest_first = sorted(rows, key=_year)
    ordered = [f"{row['event']}{_bracketed(_year(row), lang)}" for row in oldest_first]
    slots["ordered"] = _listed(ordered, lang)
    instruction = write(rng, rules, "order_say", slots)
    output = write(rng, rules, "order_answer", slots)
    return Composed(instruction, (Instance("", output, slots["ordered"]),))


def animal_class(rng: Random, lang: Lang) -> Composed:
    """Ask which of three classes an animal belongs to, such as mammal, bird or reptile."""
    rules, rows = rules_of("knowledge_animals", lang), table_of("knowledge_animals", lang)
    groups = rng.sample(sorted({row["group"] for row in rows}), _OFFERED_GROUPS)
    fitting = tuple(row for row in rows if row["group"] in groups)
    named = groups if lang == "zh" else [_with_article(group) for group in groups]
    labels = f"{_COMMA[lang].join(named[:-1])}{'还是' if lang == 'zh' else ' or '}{named[-1]}"
    instruction = write(rng, rules, "say", {"labels": labels})
    instances: list[Instance] = []
    for row in draw_rows(rng, fitting):
        group = row["group"]
        slots = row | {"a_group": _with_article(group), "reason": rng.choice(rules[group])}
        instances.append(Instance(row["animal"], write(rng, rules, "answer", slots), group))
    return Composed(instruction, tuple(instances))


def odd_thing(rng: Random, lang: Lang) -> Composed:
    """Ask which of four things does not belong, and why."""
    rules = rules_of("knowledge_odd", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("knowledge_odd", lang, "sets")):
        comma = _COMMA[lang]
        odd = rng.choice(row["odd"].split(comma))
        things = [odd, *rng.sample(row["members"].split(comma), 3)]
        rng.shuffle(things)
        slots = {**row, "odd": odd}
        instances.append(Instance(comma.join(things), write(rng, rules, "answer", slots), odd))
    return Composed(instruction, tuple(instances))


def _which_of_two(rng: Random, lang: Lang, rows: list[Row]) -> Composed:
    """Compose the question which of two events came first."""
    rules = rules_of("knowledge_timeline", lang)
    first, second = sorted(rows, key=_year)
    slots = {"a": rows[0]["event"], "b": rows[1]["event"]}
    slots |= {"first": first["event"], "year1": _dated(_year(first), lang)}
    slots |= {"second": second["event"], "year2": _dated(_year(second), lang)}
    instruction = write(rng, rules, "say", slots)
    output = write(rng, rules, "answer", slots)
    # The check may open the sentence with a capital letter, so leave out its article.
    return Composed(instruction, (Instance("", output, first["event"].removeprefix("the ")),))


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _year(row: Row) -> int:
    return int(row["year"])


def _far_apart(rows: list[Row]) -> bool:
    years = sorted(map(_year, rows))
    return all(later - earlier >= _MIN_YEARS_APART for earlier, later in pairwise(years))


def _dated(year: int, lang: Lang) -> str:
    if lang == "zh":
        return f"公元前{-year}年" if year < 0 else f"{year}年"
    return str(year)


def _bracketed(year: int, lang: Lang) -> str:
    return f"（{_dated(year, lang)}）" if lang == "zh" else f" ({_dated(year, lang)})"


def _listed(things: list[str], lang: Lang) -> str:
    """Join things as a list in a sentence: "a, b and c"."""
    if lang == "zh":
        return "、".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"


KINDS: tuple[Kind, ...] = (
    Kind("capital", "open_qa", False, capital),
    Kind("which_first", "reasoning", False, which_first),
    Kind("science_why", "open_qa", False, asks_about_row("knowledge_science", check="key")),
    Kind("chemical_element", "open_qa", False, asks_about_row("knowledge_elements", check="name")),
    Kind("book_author", "open_qa", False, asks_about_row("knowledge_authors", check="author")),
    Kind("animal_class", "classification", True, animal_class),
    Kind("odd_thing", "closed_qa", False, odd_thing),
)
