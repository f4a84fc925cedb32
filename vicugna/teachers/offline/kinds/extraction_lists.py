"""Picking to-do items out of a message, ingredients out of a recipe, and jobs out of notes."""

import re
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    draw_people,
    draw_style,
    expand,
    instances,
    instruct,
    join_items,
    join_sentences,
    upper_first,
)

_INGREDIENT = re.compile(r"<([^<>]+)>")


def _extract_todos(rng: Random, lang: Lang) -> Composed:
    """Find the tasks in a chatty message."""
    words = load_words("extraction_lists_todos", lang)
    topic = rng.choice(words["topics"])
    style, clause = draw_style(rng, lang)
    ask = join_sentences(lang, [rng.choice(words["asks"]), clause])
    answer = rng.choice(words["answers"]) if style == "plain" else "{items}"

    def make() -> Instance:
        tasks = rng.sample(topic["tasks"], rng.choice((2, 3, 3, 4)))
        text = _chatty(rng, lang, topic["asides"], tasks, words["wrappers"])
        check = join_items(
            lang, style, tasks if style == "plain" else list(map(upper_first, tasks))
        )
        return Instance(text, answer.format(items=check), check)

    return Composed(instruct(rng, lang, rng.choice(topic["scenes"]), ask), instances(rng, make))


def _chatty(rng: Random, lang: Lang, asides: list[str], tasks: list[str], wraps: list[str]) -> str:
    """Wrap each task in a sentence of its own, with two asides among them."""
    wrapped = zip(rng.sample(wraps, len(tasks)), tasks, strict=True)
    parts = [wrapper.format(task=task) for wrapper, task in wrapped]
    for aside in rng.sample(asides, 2):
        parts.insert(rng.randrange(len(parts)), aside)
    return join_sentences(lang, parts)


def _extract_ingredients(rng: Random, lang: Lang) -> Composed:
    """Find the ingredients and their amounts in a recipe told as prose."""
    words = load_words("extraction_lists_recipes", lang)
    dish, method = rng.choice(words["recipes"])
    style, clause = draw_style(rng, lang)
    ask = join_sentences(lang, [rng.choice(words["asks"]), clause])
    instruction = instruct(
        rng, lang, rng.choice(words["scenes"]), ask, dish=dish, Dish=upper_first(dish)
    )
    marked = expand(rng, method)
    check = join_items(lang, style, _INGREDIENT.findall(marked))
    answer = rng.choice(words["answers"]) if style == "plain" else "{items}"
    text = _INGREDIENT.sub(r"\1", marked)
    return Composed(instruction, (Instance(text, answer.format(items=check), check),))


def _notes(rng: Random, lang: Lang, topic: Any, jobs: list[tuple[str, str]]) -> str:  # noqa: ANN401 - JSON
    """Compose meeting notes in which each person takes on a task."""
    words = load_words("extraction_lists_meetings", lang)
    wrappers = rng.sample(words["wrappers"], len(jobs))
    parts = [
        upper_first(wrapper.format(person=person, task=task))
        for wrapper, (person, task) in zip(wrappers, jobs, strict=True)
    ]
    parts.insert(rng.randrange(len(parts)), rng.choice(topic["asides"]))
    return join_sentences(lang, [rng.choice(words["openings"]), *parts])


def _draw_jobs(rng: Random, lang: Lang, tasks: list[str]) -> list[tuple[str, str]]:
    """Give each task to a person of their own; English speakers use first names."""
    people = draw_people(rng, lang, len(tasks))
    names = [name.split()[0] for name in people] if lang == "en" else people
    return list(zip(names, tasks, strict=True))


def _list_jobs(rng: Random, lang: Lang) -> Composed:
    """Write who does what, one line a person."""
    words = load_words("extraction_lists_meetings", lang)
    topic = rng.choice(words["topics"])
    colon = ": " if lang == "en" else "："

    def make() -> Instance:
        jobs = _draw_jobs(rng, lang, rng.sample(topic["tasks"], rng.choice((3, 3, 4))))
        lines = "\n".join(f"{person}{colon}{task}" for person, task in jobs)
        return Instance(_notes(rng, lang, topic, jobs), lines, lines)

    scene, ask = rng.choice(topic["scenes"]), rng.choice(words["list_asks"])
    return Composed(instruct(rng, lang, scene, ask), instances(rng, make))


def _who_does_it(rng: Random, lang: Lang) -> Composed:
    """Say who took on one task."""
    words = load_words("extraction_lists_meetings", lang)
    topic = rng.choice(words["topics"])
    wanted = rng.choice(topic["tasks"])
    others = [task for task in topic["tasks"] if task != wanted]
    answer = rng.choice(words["who_answers"])

    def make() -> Instance:
        tasks = [wanted, *rng.sample(others, rng.choice((2, 3)))]
        rng.shuffle(tasks)
        jobs = _draw_jobs(rng, lang, tasks)
        person = next(person for person, task in jobs if task == wanted)
        output = upper_first(answer.format(person=person, task=wanted))
        return Instance(_notes(rng, lang, topic, jobs), output, person)

    scene, ask = rng.choice(topic["scenes"]), rng.choice(words["who_asks"])
    return Composed(instruct(rng, lang, scene, ask, task=wanted), instances(rng, make))


KINDS = (
    Kind("extract_todos", "extraction", False, _extract_todos),
    Kind("extract_ingredients", "extraction", False, _extract_ingredients),
    Kind("list_jobs", "extraction", False, _list_jobs),
    Kind("who_does_it", "closed_qa", False, _who_does_it),
)
