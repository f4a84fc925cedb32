"""Kinds that draw on written ideas and explanations: exact counts, constraints, children."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import Words, capitalise, draw_people


def _write_list(rng: Random, ideas: list[str]) -> str:
    """Write ideas one per line, numbered or with dashes."""
    if rng.random() < 0.5:
        return "\n".join(f"{number}. {idea}" for number, idea in enumerate(ideas, start=1))
    return "\n".join(f"- {idea}" for idea in ideas)


def exact_ideas(rng: Random, lang: Lang) -> Composed:
    """Ask for an exact number of ideas on a topic."""
    words = load_words("planning_ideas_bank", lang)
    topic = rng.choice(words["topics"])
    count = rng.choice((3, 4, 5, 6))
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(topic["scenes"]), topic=topic["topic"], n=words["numbers"][str(count)]
    )
    ideas = rng.sample(topic["ideas"], count)
    return Composed(instruction, (Instance("", _write_list(rng, ideas), ideas[0]),))


def fitting_activities(rng: Random, lang: Lang) -> Composed:
    """Ask for two to four activities that meet two constraints."""
    words = load_words("planning_ideas_activities", lang)
    constraints: dict[str, str] = words["constraints"]
    fitting: list[str] = []
    chosen: list[str] = []
    while len(fitting) < 4:
        chosen = rng.sample(list(constraints), 2)
        fitting = [text for text, tags in words["activities"] if set(chosen) <= set(tags)]
    count = rng.choice((2, 3, 4))
    number = words["numbers"][str(count)]
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(words["scenes"]).format(**draw_people(rng, lang, 1)[0]),
        n=number,
        N=capitalise(number),
        one=constraints[chosen[0]],
        two=constraints[chosen[1]],
    )
    ideas = rng.sample(fitting, count)
    return Composed(instruction, (Instance("", _write_list(rng, ideas), ideas[0]),))


def child_question(rng: Random, lang: Lang) -> Composed:
    """Ask for a simple answer to a child's question."""
    words: Words = load_words("planning_ideas_children", lang)
    question, check, answer = rng.choice(words["questions"])
    instruction = rng.choice(words["asks"]).format(
        question=question,
        child=rng.choice(words["children"]),
        age=rng.choice(words["ages"]),
        situation=rng.choice(words["situations"]),
    )
    return Composed(instruction, (Instance("", answer, check),))


KINDS = (
    Kind("exact_ideas", "brainstorming", False, exact_ideas),
    Kind("fitting_activities", "brainstorming", False, fitting_activities),
    Kind("child_question", "open_qa", False, child_question),
)
