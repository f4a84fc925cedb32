"""Texts from a small generative grammar, so that wording is data and not code.

A data file maps names to lists. A list of strings is a rule: `{name}` in a text is replaced by one
choice of the rule `name`, and by the same choice wherever it stands in one task. `{Name}` is the
same with a capital first letter. A list of objects is a table, such as idioms with their meanings.
The rules of `grammar_shared` (people, times, ways to open) are known to every data file.
"""

import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, TypeAlias

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, load_words

Compose: TypeAlias = Callable[[Random, Lang], Composed]
Rules: TypeAlias = dict[str, list[str]]
Row: TypeAlias = dict[str, str]

_SLOT = re.compile(r"\{(\w+)\}")
_MAX_INSTANCES = 3


@cache
def rules_of(name: str, lang: Lang) -> Rules:
    """Return the rules of a data file, with the shared ones."""
    words: dict[str, list[Any]] = load_words("grammar_shared", lang) | load_words(name, lang)
    return {key: choices for key, choices in words.items() if isinstance(choices[0], str)}


@cache
def table_of(name: str, lang: Lang, table: str = "items") -> tuple[Row, ...]:
    """Return the rows of a table in a data file."""
    return tuple(load_words(name, lang)[table])


def write(rng: Random, rules: Rules, rule: str, slots: Row) -> str:
    """Write a text by a rule. `slots` holds what is fixed and receives what is drawn."""
    return fill(rng, rules, rng.choice(rules[rule]), slots)


def fill(rng: Random, rules: Rules, text: str, slots: Row) -> str:
    """Return a text with its `{name}` filled from `slots`, or else from the rules.

    Values in `slots` are put in as they are, so code with braces is safe there.
    """

    def value_of(match: re.Match[str]) -> str:
        key = match[1].lower()
        if key not in slots:
            slots[key] = write(rng, rules, key, slots)
        value = slots[key]
        return value if match[1] == key else value[:1].upper() + value[1:]

    return _SLOT.sub(value_of, text)


def draw_rows(rng: Random, rows: tuple[Row, ...]) -> list[Row]:
    """Draw one to three different rows, for the instances of one instruction."""
    return rng.sample(rows, 1 + rng.randrange(_MAX_INSTANCES))


def asks_about_row(name: str, *, check: str, say: str = "say", answer: str = "answer") -> Compose:
    """Make a composer that asks, without an input, about one row of the table of a data file.

    `check` names the column to compare with; `say` and `answer` name the rules. A row may use
    rules itself.
    """

    def compose(rng: Random, lang: Lang) -> Composed:
        rules, slots = rules_of(name, lang), Row()
        row = rng.choice(table_of(name, lang))
        slots |= {column: fill(rng, rules, text, slots) for column, text in row.items()}
        instruction = write(rng, rules, say, slots)
        output = write(rng, rules, answer, slots)
        return Composed(instruction, (Instance("", output, slots[check]),))

    return compose


def shows_rows(name: str, *, shown: str, check: str) -> Compose:
    """Make a composer that puts the column `shown` of one to three rows into the inputs.

    The instruction knows nothing of the rows, so it is right for all of them.
    """

    def compose(rng: Random, lang: Lang) -> Composed:
        rules = rules_of(name, lang)
        instruction = write(rng, rules, "say", {})
        instances = tuple(
            Instance(row[shown], write(rng, rules, "answer", dict(row)), row[check])
            for row in draw_rows(rng, table_of(name, lang))
        )
        return Composed(instruction, instances)

    return compose
