"""Wording that the judging and planning kinds share: people, scenes, lists, clock times."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Instance, load_words

Words = dict[str, Any]


def draw_people(rng: Random, lang: Lang, count: int) -> list[dict[str, str]]:
    """Draw different people: `name` and `he` in both languages, `his` and `him` in English."""
    return rng.sample(load_words("judgement_common_people", lang), count)


def draw_question(rng: Random, words: Words, **slots: object) -> tuple[str, bool]:
    """Draw one of the `scenes` and put it into one of the `asks` or `brief_asks`.

    Returns the instruction, and whether it is a brief one, which wants the label alone.
    """
    brief: list[str] = words.get("brief_asks", [])
    asks: list[str] = words["asks"] + brief
    number = rng.randrange(len(asks))
    scene = rng.choice(words["scenes"]).format(**slots)
    return asks[number].format(scene=scene, **slots), number >= len(asks) - len(brief)


def draw_instances(rng: Random, make: Callable[[], Instance]) -> tuple[Instance, ...]:
    """Make one to three instances with different inputs, one half of the time."""
    made = [make()]
    for _ in range(rng.choice((0, 0, 1, 2))):
        instance = make()
        if all(instance.input != other.input for other in made):
            made.append(instance)
    return tuple(made)


def listing(items: Sequence[str], lang: Lang, word: str = "") -> str:
    """Join items as prose. `word` stands before the last one, by default "and" or "和".

    >>> listing(["tea", "milk", "rice"], "en")
    'tea, milk and rice'
    """
    last = word or ("and" if lang == "en" else "和")
    comma, joint = (", ", f" {last} ") if lang == "en" else ("、", last)
    if len(items) == 1:
        return items[0]
    return comma.join(items[:-1]) + joint + items[-1]


def capitalise(text: str) -> str:
    """Put the first letter into upper case and leave the rest alone."""
    return text[:1].upper() + text[1:]


def clock(minutes: int, lang: Lang) -> str:
    """Write minutes after midnight as people do: "2:30 pm" in English, "14:30" in Chinese."""
    hour, minute = divmod(minutes, 60)
    if lang == "zh":
        return f"{hour}:{minute:02d}"
    return f"{(hour - 1) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}"
