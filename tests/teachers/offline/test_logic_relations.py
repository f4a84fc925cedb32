"""Short inferences, worked out a second time from the text alone."""

import random
import re

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import logic_relations
from vicugna.teachers.offline.kinds.grammar import rules_of, table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in logic_relations.KINDS}
COMPASS = {
    "en": {"north": 1j, "east": 1, "south": -1j, "west": -1},
    "zh": {"北": 1j, "东": 1, "南": -1j, "西": -1},
}
TURNS = {
    "en": {"to the left": 1j, "to the right": -1j, "right around": -1, "half turn": -1},
    "zh": {
        "向左转": 1j,
        "左转四分之一": 1j,
        "向右转": -1j,
        "右转四分之一": -1j,
        "向后转": -1,
        "半圈": -1,
    },
}
LEGS = {
    "en": r"(\d+) (?:meters|yards) (north|east|south|west)",
    "zh": r"[向往]([东南西北])\D{1,2}(\d+)",
}


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


@BY_LANG
def test_a_relative_has_the_word_of_its_row(lang: Lang):
    rows = table_of("logic_family", lang)
    for task in tasks("relative", lang):
        (instance,) = task.instances
        assert instance.check in {row["term"] for row in rows}
        chains = [row for row in rows if row["chain"] in task.instruction.lower()]
        if chains and lang == "en":
            longest = max(chains, key=lambda row: len(row["chain"]))
            assert instance.check == longest["term"]


def test_turns_end_where_the_answer_says():
    for lang in LANGS:
        for task in tasks("direction", lang):
            text = task.instruction
            if re.search(LEGS[lang], text):
                continue
            words = "|".join((*TURNS[lang], *COMPASS[lang]))
            facing = 0j
            for word in re.findall(words, text):
                if word in COMPASS[lang]:
                    facing = complex(COMPASS[lang][word])
                else:
                    facing *= TURNS[lang][word]
            assert COMPASS[lang][task.instances[0].check] == facing


def test_walks_end_where_the_answer_says():
    for lang in LANGS:
        for task in tasks("direction", lang):
            walked = legs(task.instruction, lang)
            if walked:
                assert len(walked) == 3
                there = re.findall(r"以([东南西北])(\d+)", task.instances[0].check)
                pairs = (
                    legs(task.instances[0].check, "en")
                    if lang == "en"
                    else [int(length) * COMPASS["zh"][way] for way, length in there]
                )
                assert sum(walked) == sum(pairs) != 0


def legs(text: str, lang: Lang) -> list[complex]:
    found = re.findall(LEGS[lang], text)
    if lang == "zh":
        found = [(length, way) for way, length in found]
    return [int(length) * complex(COMPASS[lang][way]) for length, way in found]


@BY_LANG
def test_a_claim_is_judged_by_all_cases(lang: Lang):
    rows = {row["rule"]: row for row in table_of("logic_conditional", lang)}
    verdict_of = {
        label: verdict
        for labels in table_of("logic_conditional", lang, "labels")
        for verdict, label in labels.items()
    }
    cases = [(p, q) for p in (True, False) for q in (True, False) if q or not p]
    for task in tasks("conditional", lang):
        for instance in task.instances:
            rule, fact, claim = (
                re.split("[:：]", line, maxsplit=1)[1].strip()
                for line in instance.input.split("\n")
            )
            meaning = {
                rows[rule]["p"]: [p for p, _ in cases],
                rows[rule]["not_p"]: [not p for p, _ in cases],
                rows[rule]["q"]: [q for _, q in cases],
                rows[rule]["not_q"]: [not q for _, q in cases],
            }
            pairs = zip(meaning[fact], meaning[claim], strict=True)
            possible = {says for holds, says in pairs if holds}
            expected = "unknown" if len(possible) == 2 else "yes" if True in possible else "no"
            assert verdict_of[instance.check] == expected
            assert instance.check in task.instruction


@BY_LANG
def test_overlaps_are_found_by_trying_all_sizes(lang: Lang):
    rules = rules_of("logic_overlap", lang)
    rows = table_of("logic_overlap", lang)
    for task in tasks("overlap", lang):
        text = task.instruction
        total, first, second, neither = (int(number) for number in re.findall(r"\d+", text))
        (both,) = (k for k in range(total + 1) if first + second - k + neither == total)
        (row,) = (row for row in rows if row["where_at"] in text and row["first"] in text)
        asked = {
            question.replace("{first}", row["first"]).replace("{second}", row["second"]): size
            for key, size in (
                ("both", both),
                ("only", first + second - 2 * both),
                ("first_only", first - both),
            )
            for question in rules[f"{key}_question"]
        }
        (size,) = (size for question, size in asked.items() if question in text)
        assert task.instances[0].check == str(size)
        assert min(both, neither, first - both, second - both) > 0
