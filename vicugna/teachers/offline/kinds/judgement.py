"""Kinds that decide whether something holds: by a rule, a sentence, a table, opening hours."""

from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    Words,
    capitalise,
    draw_instances,
    draw_people,
)


def _measure(rng: Random, condition: Words, passes: bool) -> tuple[int, int]:
    """Draw a limit and a value that keeps to it or not; the limit itself keeps to it."""
    limit, span = rng.choice(condition["limits"]), condition["span"]
    up = rng.randrange(span + 1) if passes else -rng.randrange(1, span + 1)
    return limit, limit + (up if condition["sense"] == "min" else -up)


def _ruling(rng: Random, words: Words, join: str, said: list[str], passes: list[bool]) -> str:
    """Say yes or no to a case, with what speaks for it and against it."""
    met = [text for text, passed in zip(said, passes, strict=True) if passed]
    unmet = [text for text, passed in zip(said, passes, strict=True) if not passed]
    if join == "all":
        case = "all_yes" if not unmet else "all_half" if met else "all_no"
    else:
        case = "any_yes" if met else "any_no"
    slots = {"first": said[0], "second": said[1]}
    return rng.choice(words["answers"][case]).format(
        met=met[0] if met else "", unmet=unmet[0] if unmet else "", **slots
    )


def eligible_or_not(rng: Random, lang: Lang) -> Composed:
    """Ask whether a person meets a rule with two limits, joined by "and" or by "or"."""
    words = load_words("judgement_eligibility", lang)
    schema = rng.choice(words["schemas"])
    join = schema["join"]
    even = [[True, True], [True, False], [False, True]] if join == "all" else [[False, False]]
    passes = rng.choice([*even, [False, False], [True, True], [True, False], [False, True]])
    a, x = _measure(rng, schema["a"], passes[0])
    b, y = _measure(rng, schema["b"], passes[1])
    person = draw_people(rng, lang, 1)[0]
    slots = {**person, "a": a, "b": b, "x": x, "y": y}
    said = [
        schema["met" if passed else "unmet"][i].format(**slots) for i, passed in enumerate(passes)
    ]
    parts = {key: schema[key].format(**slots) for key in ("rule", "facts", "question")}
    instruction = rng.choice(words["asks"]).format(**parts, **person)
    answer = _ruling(rng, words, join, said, passes)
    if lang == "en":
        answer = ". ".join(capitalise(part) for part in answer.split(". "))
    check = words["yes" if (all if join == "all" else any)(passes) else "no"]
    return Composed(instruction, (Instance("", answer, check),))


def second_sentence(rng: Random, lang: Lang) -> Composed:
    """Ask whether a second sentence follows from the first, contradicts it, or neither."""
    words = load_words("judgement_entailment", lang)
    frame = rng.choice(words["frames"])
    relation = rng.randrange(3)
    key = ("follow", "against", "open")[relation]
    slots = {**draw_people(rng, lang, 1)[0], "n": rng.choice((8, 9, 12, 14, 16))}
    claim = rng.choice(frame[key]).format(**slots)
    labels = rng.choice(words["label_sets"])
    instruction = rng.choice(words["asks"]).format(
        premise=frame["premise"].format(**slots),
        claim=claim,
        bare=claim.rstrip(".。"),
        first=labels[0],
        second=labels[1],
        third=labels[2],
    )
    answer = rng.choice(words["answers"]).format(
        label=labels[relation], why=rng.choice(words["why"][key])
    )
    return Composed(instruction, (Instance("", answer, labels[relation]),))


def _rulebook(rng: Random, words: Words, place: Words, asked: list[Any]) -> Instance:
    """List four or five rules, with the one that was asked about or without it."""
    others = [rule for rule in place["rules"] if rule is not asked]
    shown = rng.sample(others, 4)
    stated = rng.random() < 0.67
    if stated:
        shown.insert(rng.randrange(5), asked)
    text = "\n".join(f"{number}. {rule[0]}" for number, rule in enumerate(shown, start=1))
    label = ("allowed" if asked[2] else "forbidden") if stated else "silent"
    number = shown.index(asked) + 1 if stated else 0
    answer = rng.choice(words["answers"][label]).format(number=number, rule=asked[0])
    return Instance(text, answer, words["labels"][label])


def allowed_or_not(rng: Random, lang: Lang) -> Composed:
    """Ask whether the rules of a place allow something, forbid it, or do not mention it."""
    words = load_words("judgement_rules", lang)
    place = rng.choice(words["places"])
    asked = rng.choice(place["rules"])
    instruction = rng.choice(words["asks"]).format(
        question=asked[1], place=place["place"], situation=rng.choice(place["situations"])
    )
    return Composed(instruction, draw_instances(rng, lambda: _rulebook(rng, words, place, asked)))


KINDS = (
    Kind("eligible_or_not", "reasoning", True, eligible_or_not),
    Kind("second_sentence", "classification", True, second_sentence),
    Kind("allowed_or_not", "closed_qa", True, allowed_or_not),
)
