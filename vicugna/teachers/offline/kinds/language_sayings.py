"""Sayings and verse that are known by heart: idioms, proverbs, poems."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import (
    asks_about_row,
    draw_rows,
    rules_of,
    table_of,
    write,
)

_OTHER_OPTIONS = 2


def idiom_fit(rng: Random, lang: Lang) -> Composed:
    """Ask which of three idioms fits a scene. The others are of another theme."""
    rules, rows = rules_of("language_idioms", lang), table_of("language_idioms", lang)
    instruction = write(rng, rules, "fit_say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, rows):
        others = [other["idiom"] for other in rows if other["theme"] != row["theme"]]
        options = [row["idiom"], *rng.sample(others, _OTHER_OPTIONS)]
        rng.shuffle(options)
        slots = row | {"options": ("、" if lang == "zh" else "; ").join(options)}
        shown = write(rng, rules, "fit_input", slots)
        instances.append(Instance(shown, write(rng, rules, "fit_answer", slots), row["idiom"]))
    return Composed(instruction, tuple(instances))


KINDS: tuple[Kind, ...] = (
    Kind(
        "idiom_meaning",
        "open_qa",
        False,
        asks_about_row(
            "language_idioms", check="meaning", say="meaning_say", answer="meaning_answer"
        ),
    ),
    Kind("idiom_fit", "closed_qa", False, idiom_fit),
    Kind("proverb_end", "open_qa", False, asks_about_row("language_proverbs", check="second")),
    Kind("poem_next_line", "open_qa", False, asks_about_row("language_poems", check="next")),
)
