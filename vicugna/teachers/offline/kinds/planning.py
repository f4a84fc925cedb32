"""Kinds that make a plan: steps in order, shopping lists, timetables, shifts, portions."""

from itertools import pairwise
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    Words,
    capitalise,
    clock,
    draw_instances,
    draw_people,
    listing,
)

_COMMA: dict[Lang, str] = {"en": ", ", "zh": "、"}


def order_steps(rng: Random, lang: Lang) -> Composed:
    """Ask for the right order of the shuffled steps of a procedure."""
    words = load_words("planning_steps", lang)
    procedure = rng.choice(words["procedures"])
    instruction = rng.choice(words["asks"]).format(
        goal=procedure["goal"], scene=rng.choice(procedure["scenes"])
    )
    steps: list[str] = procedure["steps"]
    letters = "ABCDEF"[: len(steps)]

    def make() -> Instance:
        shuffled = rng.sample(steps, len(steps))
        while shuffled == steps:
            shuffled = rng.sample(steps, len(steps))
        lettered = [f"{a}. {step}" for a, step in zip(letters, shuffled, strict=True)]
        order = _COMMA[lang].join(letters[shuffled.index(step)] for step in steps)
        answer = rng.choice(words["answers"]).format(
            order=order, steps="\n".join(lettered[shuffled.index(step)] for step in steps)
        )
        return Instance("\n".join(lettered), answer, order)

    return Composed(capitalise(instruction), draw_instances(rng, make))


def shopping_list(rng: Random, lang: Lang) -> Composed:
    """Ask what is missing for two dishes, given what is in the kitchen."""
    words = load_words("planning_shopping", lang)
    pantry = rng.sample(words["staples"], 3)
    person = draw_people(rng, lang, 1)[0]
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(words["scenes"]).format(**person),
        pantry=listing(pantry, lang),
        Name=person["name"],
        **person,
    )
    fitting = [dish for dish in words["dishes"] if any(part in pantry for part in dish[1])]

    def make() -> Instance:
        dishes = rng.sample(fitting, 2) if len(fitting) > 1 else rng.sample(words["dishes"], 2)
        comma = _COMMA[lang]
        text = "\n".join(
            words["line"].format(dish=dish, parts=comma.join(parts)) for dish, parts in dishes
        )
        wanted = dict.fromkeys(part for _, parts in dishes for part in parts)
        missing = comma.join(part for part in wanted if part not in pantry)
        answer = rng.choice(words["answers"]).format(list=missing, name=person["name"])
        return Instance(text, answer, missing)

    return Composed(capitalise(instruction), draw_instances(rng, make))


def _chain_clues(rng: Random, words: Words, tasks: list[str]) -> list[str]:
    """Say of every two neighbouring tasks that one comes first, in any order."""
    clues = [
        rng.choice(words["clues"]).format(a=a, b=b, A=capitalise(a), B=capitalise(b))
        for a, b in pairwise(tasks)
    ]
    return rng.sample(clues, len(clues))


def task_timetable(rng: Random, lang: Lang) -> Composed:
    """Ask for the only order of four tasks that waits for each other, with times."""
    words = load_words("planning_schedule", lang)
    project = rng.choice(words["projects"])
    tasks = rng.sample(project["tasks"], 4)
    minutes = [rng.choice((15, 20, 25, 30, 35, 40, 45, 50)) for _ in tasks]
    start = rng.choice(range(480, 901, 30))
    person = draw_people(rng, lang, 1)[0]
    named = [words["task"].format(task=t, n=n) for t, n in zip(tasks, minutes, strict=True)]
    gap = " " if lang == "en" else ""
    instruction = rng.choice(words["asks"]).format(
        intro=rng.choice(project["intros"]).format(**person),
        He=capitalise(person["he"]),
        start=clock(start, lang),
        tasks=listing(rng.sample(named, 4), lang),
        clues=gap.join(_chain_clues(rng, words, tasks)),
        **person,
    )
    moments = [start + sum(minutes[:i]) for i in range(5)]
    lines = [
        words["line"].format(**{"from": clock(moment, lang), "task": task})
        for moment, task in zip(moments, tasks, strict=False)
    ]
    end = clock(moments[4], lang)
    answer = rng.choice(words["answers"]).format(lines="\n".join(lines), end=end)
    return Composed(instruction, (Instance("", answer, end),))


def _wishes(rng: Random, lang: Lang, words: Words, pairs: list[tuple[str, str]]) -> list[str]:
    """Say what each person can take: the own turn, and some of those before it in the list.

    The first person has no choice, the second can only lose the first one's turn, and so on:
    so the arrangement is the only one.
    """
    wishes: list[str] = []
    for number, (name, slot) in enumerate(pairs):
        extra = rng.sample([other for _, other in pairs[:number]], min(number, rng.choice((1, 2))))
        options = rng.sample([slot, *extra], len(extra) + 1)
        key = ("only", "two", "three")[len(extra)]
        slots = dict(zip("abc", options, strict=False))
        wish = rng.choice(words[key]).format(name=name, **slots)
        wishes.append(capitalise(wish) if lang == "en" else wish)
    return rng.sample(wishes, len(wishes))


def shift_plan(rng: Random, lang: Lang) -> Composed:
    """Ask for the only way to give four people one turn each."""
    words = load_words("planning_shifts", lang)
    room = rng.choice(words["rooms"])
    names = [person["name"] for person in draw_people(rng, lang, 4)]
    pairs = list(zip(names, rng.sample(room["slots"], 4), strict=True))
    gap = " " if lang == "en" else ""
    instruction = rng.choice(words["asks"]).format(
        intro=rng.choice(room["intros"]), clues=gap.join(_wishes(rng, lang, words, pairs))
    )
    holder = {slot: name for name, slot in pairs}
    colon = ": " if lang == "en" else "："
    lines = "\n".join(capitalise(slot) + colon + holder[slot] for slot in room["slots"])
    answer = rng.choice(words["answers"]).format(lines=lines)
    return Composed(instruction, (Instance("", answer, lines),))


def _portions(total: int, days: int) -> list[tuple[int, int]]:
    """Cut 1..total into days runs, the longer ones first, and return their ends.

    >>> _portions(7, 3)
    [(1, 3), (4, 5), (6, 7)]
    """
    size, extra = divmod(total, days)
    ends: list[tuple[int, int]] = []
    first = 1
    for day in range(days):
        last = first + size - (day >= extra)
        ends.append((first, last))
        first = last + 1
    return ends


def even_portions(rng: Random, lang: Lang) -> Composed:
    """Ask to spread chapters, letters or exercises evenly over some days of a week."""
    words = load_words("planning_portions", lang)
    domain: dict[str, Any] = rng.choice(words["domains"])
    person = draw_people(rng, lang, 1)[0]
    chosen = sorted(rng.sample(range(7), rng.choice((3, 4, 5))))
    days = [words["days"][day] for day in chosen]
    slots = {
        "n": rng.randrange(domain["low"], domain["high"] + 1),
        "units": domain["units"],
        "count": domain.get("count", ""),
    }
    instruction = rng.choice(words["asks"]).format(
        intro=rng.choice(domain["intros"]).format(**person),
        days=listing(days, lang),
        **person,
        **slots,
    )
    lines = "\n".join(
        words["line"].format(day=day, first=first, last=last, **slots)
        for day, (first, last) in zip(days, _portions(slots["n"], len(days)), strict=True)
    )
    answer = rng.choice(words["answers"]).format(lines=lines, **slots)
    return Composed(instruction, (Instance("", answer, lines),))


KINDS = (
    Kind("order_steps", "planning", False, order_steps),
    Kind("shopping_list", "planning", False, shopping_list),
    Kind("task_timetable", "planning", False, task_timetable),
    Kind("shift_plan", "planning", False, shift_plan),
    Kind("even_portions", "planning", False, even_portions),
)
