"""Reading back what a template wrote, so that tests can work an answer out again."""

import random
import re
from collections.abc import Collection
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Kind, load_words

DRAWS = 300


def compose_all(
    kinds: tuple[Kind, ...], name: str, lang: Lang, count: int = DRAWS
) -> list[Composed]:
    """Compose the same tasks of one kind every time."""
    kind = next(kind for kind in kinds if kind.name == name)
    return [kind.compose(random.Random(f"{name}/{lang}/{i}"), lang) for i in range(count)]


def read_template(
    template: str, text: str, *, whole: bool = True, digits: Collection[str] = ()
) -> dict[str, str] | None:
    """Return what stands in the slots of a template, or None if the text is another.

    The slots named in `digits` hold a number.
    """
    pattern, seen = "", set[str]()
    for literal, slot in re.findall(r"([^{}]*)(?:\{(\w+)\})?", template):
        pattern += re.escape(literal)
        if slot:
            shape = r"\d+" if slot in digits else ".+?"
            pattern += f"(?P={slot})" if slot in seen else f"(?P<{slot}>{shape})"
            seen.add(slot)
    match = (re.fullmatch if whole else re.search)(pattern, text, re.DOTALL)
    return match.groupdict() if match else None


def words_of(name: str, lang: Lang) -> Any:
    """Return the words of a kind."""
    return load_words(name, lang)


def inputs_of(tasks: list[Composed]) -> list[tuple[str, str, str, str]]:
    """Return instruction, input, output and check of every instance."""
    return [
        (task.instruction, x.input, x.output, x.check) for task in tasks for x in task.instances
    ]


def numbers_in(text: str) -> list[int]:
    """Return the whole numbers in a text."""
    return [int(number) for number in re.findall(r"\d+", text)]


def minutes(text: str) -> int:
    """Read "2:30 pm" or "14:30" as minutes after midnight."""
    found = re.search(r"(\d+):(\d\d)(?: (am|pm))?", text)
    assert found, text
    hour, minute, half = int(found[1]), int(found[2]), found[3]
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return 60 * hour + minute
