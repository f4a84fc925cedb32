"""Puzzles with one solution: orderings, seats, culprits, truth-tellers and liars.

A puzzle is drawn together with its solution. Clues are added, or drawn again, until trying every
possibility leaves that solution alone.
"""

from collections.abc import Callable
from itertools import pairwise, permutations, product
from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import fill, rules_of, table_of, write

Seats = tuple[int, ...]  # the place of each person, counted from 0
Clue = tuple[str, int, int]  # its name, and the persons (or person and place) it is about

_GAP = {"en": " ", "zh": ""}
_SEAT_ORDERS = tuple(permutations(range(4)))
_SEAT_CLUES: dict[str, Callable[[Seats, int, int], bool]] = {
    "at": lambda seats, a, k: seats[a] == k,
    "not_at": lambda seats, a, k: seats[a] != k,
    "next": lambda seats, a, b: seats[a] == seats[b] + 1,
    "before": lambda seats, a, b: seats[a] < seats[b],
    "apart": lambda seats, a, b: abs(seats[a] - seats[b]) > 1,
}
# Bit i of a mask says whether the clue holds in order i, so that clues combine with "&".
_SEAT_MASKS: dict[Clue, int] = {
    (name, a, b): sum(1 << i for i, seats in enumerate(_SEAT_ORDERS) if holds(seats, a, b))
    for name, holds in _SEAT_CLUES.items()
    for a, b in product(range(4), repeat=2)
}
_DRAWN_SEAT_CLUES = ("at", "not_at", "next", "next", "before", "before", "apart")
_TESTIMONY: dict[str, Callable[[int, int, int], bool]] = {
    "denies": lambda culprit, speaker, _: culprit != speaker,
    "accuses": lambda culprit, _, other: culprit == other,
    "clears": lambda culprit, _, other: culprit != other,
}
_REMARKS: dict[str, Callable[[bool, bool], bool]] = {
    "is_liar": lambda _, other: not other,
    "is_truthful": lambda _, other: other,
    "same": lambda speaker, other: speaker == other,
    "different": lambda speaker, other: speaker != other,
    "one_liar": lambda speaker, other: not (speaker and other),
}


def ordering(rng: Random, lang: Lang) -> Composed:
    """Ask for the first, second or last of four people who are compared two by two."""
    rules = rules_of("logic_ordering", lang)
    theme = rng.choice(table_of("logic_ordering", lang, "themes"))
    people = rng.sample(rules["name"], 4)
    clues: list[str] = []
    for upper, lower in pairwise(people):
        more = rng.random() < 0.5
        subject, other = (upper, lower) if more else (lower, upper)
        clues.append(_comparison(subject, theme["more" if more else "less"], other, lang))
    rng.shuffle(clues)
    place, asked = rng.choice(((0, "most"), (1, "second"), (3, "least")))
    who = people[place]
    if lang == "zh":
        question, verdict = f"{theme[asked]}是谁？", f"{theme[asked]}是{who}。"
    else:
        question, verdict = f"Who {theme[asked]}?", f"{who} {theme[asked]}."
    slots = {"scene": theme["scene"], "clues": _GAP[lang].join(clues), "question": question}
    slots |= {"order": _joined(people, lang), "direction": theme["direction"], "verdict": verdict}
    instruction = write(rng, rules, "say", slots)
    return Composed(instruction, (Instance("", write(rng, rules, "answer", slots), who),))


def seating(rng: Random, lang: Lang) -> Composed:
    """Ask who has which of four numbered places."""
    rules = rules_of("logic_seating", lang)
    theme = rng.choice(table_of("logic_seating", lang, "themes"))
    people = rng.sample(rules["name"], 4)
    seats = rng.choice(_SEAT_ORDERS)
    clues = _seat_clues(rng, seats)
    told = [_seat_text(theme[name], people, name, a, b) for name, a, b in clues]
    given_away = {a for name, a, _ in clues if name == "at"}
    asked = rng.choice([person for person in range(4) if person not in given_away])
    place = {"a": people[asked], "k": str(seats[asked] + 1)}
    ask_who = rng.random() < 0.5
    in_order = sorted(range(4), key=seats.__getitem__)
    slots = {
        "scene": theme["scene"],
        "clues": _GAP[lang].join(told),
        "question": fill(rng, rules, theme["ask_who" if ask_who else "ask_where"], place),
        "verdict": fill(rng, rules, theme["is_at"], place),
        "order": _joined([f"{people[i]}{_bracketed(seats[i] + 1, lang)}" for i in in_order], lang),
    }
    instruction = write(rng, rules, "say", slots)
    check = place["a" if ask_who else "k"]
    return Composed(instruction, (Instance("", write(rng, rules, "answer", slots), check),))


def culprit(rng: Random, lang: Lang) -> Composed:
    """Ask who did it, when exactly one of four statements is true, or exactly one is false."""
    rules = rules_of("logic_culprit", lang)
    scene = rng.choice(table_of("logic_culprit", lang, "scenes"))
    people = rng.sample(rules["name"], 4)
    mode, true_ones = rng.choice((("one_true", 1), ("one_false", 3)))
    claims, who = _testimonies(rng, true_ones)
    statements = [
        write(rng, rules, name, {"a": people[speaker], "b": people[other]})
        for name, speaker, other in claims
    ]
    odd = next(
        speaker
        for name, speaker, other in claims
        if _TESTIMONY[name](who, speaker, other) == (true_ones == 1)
    )
    slots = scene | {"statements": _GAP[lang].join(statements)}
    slots |= {"rule": rng.choice(rules[f"rule_{mode}"]), "who": people[who], "odd": people[odd]}
    instruction = write(rng, rules, "say", slots)
    output = write(rng, rules, f"answer_{mode}", slots)
    return Composed(instruction, (Instance("", output, people[who]),))


def truth_tellers(rng: Random, lang: Lang) -> Composed:
    """Ask which of three speakers always tell the truth and which always lie."""
    rules = rules_of("logic_knights", lang)
    theme = rng.choice(table_of("logic_knights", lang, "themes"))
    people = rng.sample(rules["name"], 3)
    remarks, truthful = _remarks(rng)
    statements = [
        write(rng, rules, name, theme | {"a": people[speaker], "b": people[other]})
        for name, speaker, other in remarks
    ]
    kinds = [theme["truthful" if honest else "liar"] for honest in truthful]
    copula = "是" if lang == "zh" else " is "
    solution = [f"{who}{copula}{kind}" for who, kind in zip(people, kinds, strict=True)]
    if lang == "zh":
        check = "，".join(solution)
        end = "。"
    else:
        check = f"{solution[0]}, {solution[1]} and {solution[2]}"
        end = "."
    slots = {"scene": theme["scene"], "statements": _GAP[lang].join(statements)}
    slots |= {"listed": _joined(people, lang), "solution": check + end}
    instruction = write(rng, rules, "say", slots)
    return Composed(instruction, (Instance("", write(rng, rules, "answer", slots), check),))


def _comparison(subject: str, phrase: str, other: str, lang: Lang) -> str:
    end = "。" if lang == "zh" else "."
    return f"{subject}{_GAP[lang]}{phrase.replace('{b}', other)}{end}"


def _joined(things: list[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(things)


def _bracketed(number: int, lang: Lang) -> str:
    return f"（{number}）" if lang == "zh" else f" ({number})"


def _seat_clues(rng: Random, seats: Seats) -> list[Clue]:
    """Draw true clues, each of which excludes something, until only `seats` is left."""
    clues: list[Clue] = []
    solution = 1 << _SEAT_ORDERS.index(seats)
    left = (1 << len(_SEAT_ORDERS)) - 1
    while left != solution:
        name = rng.choice(_DRAWN_SEAT_CLUES)
        a, b = rng.sample(range(4), 2)
        if name == "at":
            b = seats[a]
        fitting = left & _SEAT_MASKS[name, a, b]
        if fitting & solution and fitting != left:
            clues.append((name, a, b))
            left = fitting
    return clues


def _seat_text(text: str, people: list[str], name: str, a: int, b: int) -> str:
    if name in ("at", "not_at"):
        return text.replace("{a}", people[a]).replace("{k}", str(b + 1))
    return text.replace("{a}", people[a]).replace("{b}", people[b])


def _testimonies(rng: Random, true_ones: int) -> tuple[list[Clue], int]:
    """Draw one statement per suspect until one culprit alone makes `true_ones` of them true."""
    while True:
        claims: list[Clue] = []
        for speaker in range(4):
            other = rng.choice([person for person in range(4) if person != speaker])
            claims.append((rng.choice(tuple(_TESTIMONY)), speaker, other))
        fitting = [
            who
            for who in range(4)
            if sum(_TESTIMONY[name](who, a, b) for name, a, b in claims) == true_ones
        ]
        if len(fitting) == 1:
            return claims, fitting[0]


def _remarks(rng: Random) -> tuple[list[Clue], tuple[bool, ...]]:
    """Draw one remark per speaker until one assignment alone fits. True means truthful."""
    while True:
        remarks: list[Clue] = []
        for speaker in range(3):
            other = rng.choice([person for person in range(3) if person != speaker])
            remarks.append((rng.choice(tuple(_REMARKS)), speaker, other))
        fitting = [
            truthful
            for truthful in product((True, False), repeat=3)
            if all(
                _REMARKS[name](truthful[a], truthful[b]) == truthful[a] for name, a, b in remarks
            )
        ]
        if len(fitting) == 1:
            return remarks, fitting[0]


KINDS: tuple[Kind, ...] = (
    Kind("ordering", "reasoning", False, ordering),
    Kind("seating", "reasoning", False, seating),
    Kind("culprit", "reasoning", False, culprit),
    Kind("truth_tellers", "reasoning", False, truth_tellers),
)
