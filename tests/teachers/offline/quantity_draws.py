"""Draws of the kinds about quantities, and the reading of numbers out of their text."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed, Kind, load_words

NUMBER_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)


def draw(kind: Kind, lang: Lang, count: int = 300) -> Iterator[Composed]:
    """Compose tasks from fixed serial numbers."""
    for number in range(count):
        yield kind.compose(Random(f"{kind.name}/{lang}/{number}"), lang)


def rows(kinds: tuple[Kind, ...], name: str, lang: Lang) -> Iterator[tuple[str, str, str, str]]:
    """Draw instruction, input, output and check of every instance of the named kind."""
    kind = next(kind for kind in kinds if kind.name == name)
    for task in draw(kind, lang):
        for instance in task.instances:
            yield task.instruction, instance.input, instance.output, instance.check


def figures(text: str) -> list[Fraction]:
    """Read the numbers written in digits, in order: "$1,234.50" is 1234.5."""
    return [Fraction(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def value(text: str) -> Fraction:
    """Read a text that is one number."""
    return Fraction(text.replace(",", ""))


def count_of(text: str) -> int:
    """Read a small count, in digits or as an English word: "three" and "3" are 3."""
    return int(text) if text.isdigit() else NUMBER_WORDS.index(text.lower())


def minutes(text: str) -> int:
    """Read a duration: "2 hours and 5 minutes", "45分钟", "3小时"."""
    hours = re.search(r"(\d+) ?(?:hour|小时)", text)
    rest = re.search(r"(\d+) ?(?:minute|分钟)", text)
    assert hours or rest, text
    return 60 * int(hours[1] if hours else 0) + int(rest[1] if rest else 0)


NAMES = [
    person["name"]
    for lang in LANGS
    for people in load_words("quantities_people", lang).values()
    for person in people
]
NUMERIC = set("abcdeghkmnpqrsvw") | {
    *("old", "new", "goal", "have", "step", "price", "total", "big", "small", "sum", "gap"),
    *("older", "back", "ahead", "qz", "pz"),
}


def group(slot: str) -> str:
    """Return the pattern of what a slot holds: a number, a time of day, a name, or anything."""
    if slot.lower() in NUMERIC:
        return rf"(?P<{slot}>-?\d+(?:,\d{{3}})*(?:\.\d+)?|\b(?:{'|'.join(NUMBER_WORDS)})\b)"
    if slot in ("now", "begin"):
        return rf"(?P<{slot}>\d{{1,2}}:\d{{2}}(?: [ap]m)?)"
    if slot == "name":
        return f"(?P<name>{'|'.join(map(re.escape, NAMES))})"
    return f"(?P<{slot}>.+?)"


@cache
def as_pattern(template: str) -> re.Pattern[str]:
    """Turn a template into a pattern with a group for each slot."""
    seen: set[str] = set()
    pattern = ""
    for literal, slot in re.findall(r"([^{}]*)(?:\{(\w+)\})?", template):
        pattern += re.escape(literal).replace(r"\.", r"\.(?!\d)")  # not the point of a number
        if slot:
            pattern += f"(?P={slot})" if slot in seen else group(slot)
            seen.add(slot)
    if template.endswith("}"):
        pattern += r"(?=[,.;?!，。；？！]|$)"
    return re.compile(pattern, re.I | re.S)


def read(templates: Iterable[str], text: str) -> tuple[int, dict[str, str]]:
    """Find the template that the text was filled from: its place and what its slots hold.

    A slot for the start of a sentence counts as the plain one: `Deal` is `deal`. Of several
    templates that match, the one with the most words of its own is taken.
    """
    own = {}
    for place, template in enumerate(templates):
        if found := as_pattern(template).search(text):
            own[place] = (
                len(re.sub(r"\{\w+\}", "", template)),
                {slot.lower(): held for slot, held in found.groupdict().items()},
            )
    assert own, text
    place = max(own, key=lambda place: own[place][0])
    return place, own[place][1]


def renamed(entries: Iterable[str], **names: str) -> list[str]:
    """Give slots of templates other names, so that `read` takes them for what they hold."""
    pattern = rf"\{{({'|'.join(names)})\}}"
    return [re.sub(pattern, lambda m: "{" + names[m[1]] + "}", entry) for entry in entries]


def read_mode(by_mode: dict[str, list[Any]], text: str) -> tuple[str, Any, dict[str, str]]:
    """Find the mode and the entry (a template, or a dict with a `text`) behind a text."""
    entries = [(mode, entry) for mode, entries in by_mode.items() for entry in entries]
    templates = [entry if isinstance(entry, str) else entry["text"] for _, entry in entries]
    place, slots = read(templates, text)
    return *entries[place], slots
