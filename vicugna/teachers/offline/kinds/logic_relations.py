"""Short inferences: relatives, directions, rules with conditions, overlapping groups."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import (
    Rules,
    draw_rows,
    fill,
    rules_of,
    table_of,
    write,
)

_COMPASS = ("north", "east", "south", "west")  # clockwise, so a right turn adds one
_TURNS = {"right": 1, "around": 2, "left": 3}
# What the fact and the claim say of the rule "if p then q", the form of inference, the verdict.
_INFERENCES = (
    ("p", "q", "modus_ponens", "yes"),
    ("p", "not_q", "modus_ponens", "no"),
    ("not_q", "not_p", "modus_tollens", "yes"),
    ("not_q", "p", "modus_tollens", "no"),
    ("q", "p", "affirmed", "unknown"),
    ("q", "not_p", "affirmed", "unknown"),
    ("not_p", "q", "denied", "unknown"),
    ("not_p", "not_q", "denied", "unknown"),
)


def relative(rng: Random, lang: Lang) -> Composed:
    """Ask for the word for a relative, such as the son of one's father's sister."""
    rules = rules_of("logic_family", lang)
    slots = dict(rng.choice(table_of("logic_family", lang)))
    slots["x"] = rng.choice(rules["men" if slots["g"] == "m" else "women"])
    slots["a"] = rng.choice(rules["egos"])
    slots["story"] = fill(rng, rules, slots["story"], slots)
    mode = rng.choice(("story", "chain"))
    instruction = write(rng, rules, f"{mode}_say", slots)
    output = write(rng, rules, f"{mode}_answer", slots)
    return Composed(instruction, (Instance("", output, slots["term"]),))


def direction(rng: Random, lang: Lang) -> Composed:
    """Ask for the direction faced after some turns, or the place reached after a walk."""
    rules = rules_of("logic_direction", lang)
    return _turning(rng, lang, rules) if rng.random() < 0.5 else _walking(rng, lang, rules)


def conditional(rng: Random, lang: Lang) -> Composed:
    """Ask whether a claim is true, false or open, given a rule with "if" and a fact."""
    rules = rules_of("logic_conditional", lang)
    labels = rng.choice(table_of("logic_conditional", lang, "labels"))
    named = [label if lang == "zh" else f'"{label}"' for label in labels.values()]
    rng.shuffle(named)
    comma, last_or, last_and = ("、", "还是", "和") if lang == "zh" else (", ", " or ", " and ")
    head = comma.join(named[:-1])
    slots = {"labels": head + last_or + named[-1], "label_list": head + last_and + named[-1]}
    instruction = write(rng, rules, "say", slots)
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("logic_conditional", lang)):
        fact, claim, form, verdict = rng.choice(_INFERENCES)
        case = {"rule": row["rule"], "fact": row[fact], "claim": row[claim]}
        case |= {"label": labels[verdict], "reason": rng.choice(rules[form])}
        shown = write(rng, rules, "input", case)
        instances.append(Instance(shown, write(rng, rules, "answer", case), case["label"]))
    return Composed(instruction, tuple(instances))


def overlap(rng: Random, lang: Lang) -> Composed:
    """Ask how many belong to both of two groups, to one only, or to the first only."""
    rules = rules_of("logic_overlap", lang)
    both, first_only = 3 + rng.randrange(8), 4 + rng.randrange(12)
    second_only, neither = 4 + rng.randrange(12), 2 + rng.randrange(7)
    either = both + first_only + second_only
    numbers = {
        "total": either + neither,
        "a": both + first_only,
        "b": both + second_only,
        "sum": 2 * both + first_only + second_only,
        "neither": neither,
        "either": either,
        "both": both,
        "only": first_only + second_only,
        "first_only": first_only,
    }
    asked = rng.choice(("both", "only", "first_only"))
    slots = rng.choice(table_of("logic_overlap", lang)) | {k: str(n) for k, n in numbers.items()}
    slots["question"] = write(rng, rules, f"{asked}_question", slots)
    instruction = write(rng, rules, "say", slots)
    output = write(rng, rules, f"{asked}_answer", slots)
    return Composed(instruction, (Instance("", output, slots[asked]),))


def _turning(rng: Random, lang: Lang, rules: Rules) -> Composed:
    """Compose a task about turning on the spot."""
    facing = rng.randrange(4)
    names = [rules[name][0] for name in _COMPASS]
    trail, steps = [names[facing]], list[str]()
    for _ in range(3 + rng.randrange(2)):
        turn = rng.choice(tuple(_TURNS))
        steps.append(rng.choice(rules[f"step_{turn}"]))
        facing = (facing + _TURNS[turn]) % 4
        trail.append(names[facing])
    slots = {"friend": rng.choice(rules["friend"]), "start": trail[0], "end": trail[-1]}
    if lang == "zh":
        slots["turns"] = f"接着{'，再'.join(steps[:-1])}，最后{steps[-1]}。"
        slots["trail"] = "、".join(trail)
    else:
        slots["turns"] = f"{slots['friend']} {', then '.join(steps[:-1])}, and finally {steps[-1]}."
        slots["trail"] = ", then ".join(trail)
    instruction = write(rng, rules, "turn_say", slots)
    output = write(rng, rules, "turn_answer", slots)
    return Composed(instruction, (Instance("", output, slots["end"]),))


def _walking(rng: Random, lang: Lang, rules: Rules) -> Composed:
    """Compose a task about a walk in three legs, the second at a right angle to the first."""
    first = rng.randrange(4)
    second = (first + rng.choice((1, 3))) % 4
    third = rng.choice([way for way in range(4) if way != second])
    lengths = [10 * number for number in rng.sample(range(2, 16), 3)]
    north = east = 0
    for way, length in zip((first, second, third), lengths, strict=True):
        north += {0: length, 2: -length}.get(way, 0)
        east += {1: length, 3: -length}.get(way, 0)
    slots = {f"n{i}": str(length) for i, length in enumerate(lengths, 1)}
    slots |= {f"d{i}": rules[_COMPASS[way]][0] for i, way in enumerate((first, second, third), 1)}
    slots["unit"] = rng.choice(rules["unit"])
    parts = [(east, "east", "west"), (north, "north", "south")]
    offsets = [(abs(n), plus if n > 0 else minus) for n, plus, minus in parts if n]
    if lang == "zh":
        slots["place"] = "、".join(f"以{rules[way][0]}{n}{slots['unit']}" for n, way in offsets)
    else:
        slots["place"] = " and ".join(f"{n} {slots['unit']} {way}" for n, way in offsets)
    instruction = write(rng, rules, "walk_say", slots)
    output = write(rng, rules, "walk_answer", slots)
    return Composed(instruction, (Instance("", output, slots["place"]),))


KINDS: tuple[Kind, ...] = (
    Kind("relative", "reasoning", False, relative),
    Kind("direction", "reasoning", False, direction),
    Kind("conditional", "classification", True, conditional),
    Kind("overlap", "reasoning", False, overlap),
)
