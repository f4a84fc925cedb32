"""Commands and patterns: the shell, git, and regular expressions."""

import re
from functools import cache
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

_SHOWN_STRINGS = 4


def matching_strings(rng: Random, lang: Lang) -> Composed:
    """Ask which of four strings a regular expression matches from beginning to end."""
    rules = rules_of("code_regex", lang)
    instruction = write(rng, rules, "match_say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("code_regex", lang)):
        strings = _some_of_both(rng, row)
        fitting = [text for text in strings if _compiled(row["pattern"]).fullmatch(text)]
        check = ", ".join(fitting)
        slots = row | {"strings": "\n".join(strings), "fitting": check}
        shown = write(rng, rules, "match_input", slots)
        instances.append(Instance(shown, write(rng, rules, "match_answer", slots), check))
    return Composed(instruction, tuple(instances))


def pattern_for(rng: Random, lang: Lang) -> Composed:
    """Ask for a regular expression that matches a described format."""
    rules = rules_of("code_regex", lang)
    slots = dict(rng.choice(table_of("code_regex", lang)))
    slots["yes"] = rng.choice(slots["good"].split(", "))
    slots["no"] = rng.choice(slots["bad"].split(", "))
    instruction = write(rng, rules, "write_say", slots)
    output = write(rng, rules, "write_answer", slots)
    return Composed(instruction, (Instance("", output, slots["pattern"]),))


def _some_of_both(rng: Random, row: Row) -> list[str]:
    """Draw four strings: at least one that matches and one that does not."""
    good, bad = row["good"].split(", "), row["bad"].split(", ")
    first, second = rng.choice(good), rng.choice(bad)
    rest = [text for text in (*good, *bad) if text not in (first, second)]
    strings = [first, second, *rng.sample(rest, _SHOWN_STRINGS - 2)]
    rng.shuffle(strings)
    return strings


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


KINDS: tuple[Kind, ...] = (
    Kind("shell_command", "coding", False, asks_about_row("code_shell", check="command")),
    Kind("git_command", "coding", False, asks_about_row("code_git", check="command")),
    Kind("matching_strings", "coding", False, matching_strings),
    Kind("pattern_for", "coding", False, pattern_for),
)
