"""Puzzles: the clues are read back from the text, and trying everything leaves one solution."""

import random
import re
from itertools import permutations, product

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import logic
from vicugna.teachers.offline.kinds.grammar import rules_of, table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in logic.KINDS}


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


def pattern_of(template: str, names: list[str]) -> re.Pattern[str]:
    """Return a regular expression that reads a template's people and numbers back."""
    text = re.escape(template)
    for slot in "ab":
        text = text.replace(rf"\{{{slot}\}}", f"(?P<{slot}>{'|'.join(names)})", 1)
    return re.compile(text.replace(r"\{k\}", r"(?P<k>\d)"))


def read(text: str, template: str, names: list[str]) -> list[dict[str, str]]:
    return [match.groupdict() for match in pattern_of(template, names).finditer(text)]


def theme_of(task: Composed, name: str, table: str, lang: Lang) -> dict[str, str]:
    (theme,) = (row for row in table_of(name, lang, table) if row["scene"] in task.instruction)
    return theme


@BY_LANG
def test_ordering_has_one_solution(lang: Lang):
    names = rules_of("logic_ordering", lang)["name"]
    gap, end = ("", "。") if lang == "zh" else (" ", ".")
    for task in tasks("ordering", lang):
        theme = theme_of(task, "logic_ordering", "themes", lang)
        pairs = [
            (clue["a"], clue["b"]) if word == "more" else (clue["b"], clue["a"])
            for word in ("more", "less")
            for clue in read(task.instruction, "{a}" + gap + theme[word] + end, names)
        ]
        people = sorted({name for pair in pairs for name in pair})
        assert (len(people), len(pairs)) == (4, 3)
        fitting = [
            order
            for order in permutations(people)
            if all(order.index(upper) < order.index(lower) for upper, lower in pairs)
        ]
        (order,) = fitting
        asked = [word for word in ("second", "least", "most") if theme[word] in task.instruction]
        place = {"most": 0, "second": 1, "least": 3}[asked[0]]
        assert task.instances[0].check == order[place]


@BY_LANG
def test_seating_has_one_solution(lang: Lang):
    names = rules_of("logic_seating", lang)["name"]
    for task in tasks("seating", lang):
        theme = theme_of(task, "logic_seating", "themes", lang)
        text = task.instruction
        people = [name for name in names if name in task.instances[0].output]
        assert len(people) == 4
        clues = {
            key: read(text, theme[key], names)
            for key in ("at", "not_at", "next", "before", "apart")
        }
        fitting: list[dict[str, int]] = []
        for order in permutations(range(1, 5)):
            seat = dict(zip(people, order, strict=True))
            if (
                all(seat[c["a"]] == int(c["k"]) for c in clues["at"])
                and all(seat[c["a"]] != int(c["k"]) for c in clues["not_at"])
                and all(seat[c["a"]] - seat[c["b"]] == 1 for c in clues["next"])
                and all(seat[c["a"]] < seat[c["b"]] for c in clues["before"])
                and all(abs(seat[c["a"]] - seat[c["b"]]) != 1 for c in clues["apart"])
            ):
                fitting.append(seat)
        (seat,) = fitting
        who = read(text, theme["ask_who"], names)
        if who:
            assert seat[task.instances[0].check] == int(who[0]["k"])
        else:
            (where,) = read(text, theme["ask_where"], names)
            assert task.instances[0].check == str(seat[where["a"]])


@BY_LANG
def test_the_culprit_is_the_only_one_possible(lang: Lang):
    rules = rules_of("logic_culprit", lang)
    holds = {
        "denies": lambda who, claim: who != claim["a"],
        "accuses": lambda who, claim: who == claim["b"],
        "clears": lambda who, claim: who != claim["b"],
    }
    for task in tasks("culprit", lang):
        claims = [
            (key, claim)
            for key in holds
            for template in rules[key]
            for claim in read(task.instruction, template, rules["name"])
        ]
        assert len(claims) == 4
        one_true = any(rule in task.instruction for rule in rules["rule_one_true"])
        fitting = [
            who
            for who in (claim["a"] for _, claim in claims)
            if sum(holds[key](who, claim) for key, claim in claims) == (1 if one_true else 3)
        ]
        assert fitting == [task.instances[0].check]


@BY_LANG
def test_truth_tellers_have_one_solution(lang: Lang):
    rules = rules_of("logic_knights", lang)
    keys = ("is_liar", "is_truthful", "same", "different", "one_liar")
    for task in tasks("truth_tellers", lang):
        theme = theme_of(task, "logic_knights", "themes", lang)
        remarks = [
            (key, remark["a"], remark["b"])
            for key in keys
            for template in rules[key]
            for remark in read(
                task.instruction,
                template.replace("{liar}", theme["liar"]).replace("{truthful}", theme["truthful"]),
                rules["name"],
            )
        ]
        people = sorted({speaker for _, speaker, _ in remarks})
        assert len(people) == len(remarks) == 3
        fitting: list[dict[str, bool]] = []
        for honest in product((True, False), repeat=3):
            is_honest = dict(zip(people, honest, strict=True))
            said = {
                "is_liar": lambda a, b, t=is_honest: not t[b],
                "is_truthful": lambda a, b, t=is_honest: t[b],
                "same": lambda a, b, t=is_honest: t[a] == t[b],
                "different": lambda a, b, t=is_honest: t[a] != t[b],
                "one_liar": lambda a, b, t=is_honest: not t[a] or not t[b],
            }
            if all(said[key](a, b) == is_honest[a] for key, a, b in remarks):
                fitting.append(is_honest)
        (is_honest,) = fitting
        copula = "是" if lang == "zh" else " is "
        for person, honest in is_honest.items():
            kind = theme["truthful" if honest else "liar"]
            assert f"{person}{copula}{kind}" in task.instances[0].check
