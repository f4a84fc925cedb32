"""Plans made again: orders by trying them all, lists by subtraction, portions by counting."""

import re
from itertools import pairwise, permutations

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    minutes,
    numbers_in,
    read_template,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.judgement_common import capitalise, clock
from vicugna.teachers.offline.kinds.planning import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)
COMMA = {"en": ", ", "zh": "、"}


@each_language
def test_the_letters_spell_the_procedure(lang: Lang):
    procedures = words_of("planning_steps", lang)["procedures"]
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "order_steps", lang)):
        steps = dict(line.split(". ", 1) for line in text.splitlines())
        in_order = [steps[letter] for letter in check.split(COMMA[lang])]
        (procedure,) = [p for p in procedures if p["steps"] == in_order]
        assert procedure["goal"].lower() in instruction.lower()
        assert list(steps) != check.split(COMMA[lang])
        if "\n" in output:
            assert [line.split(". ", 1)[1] for line in output.splitlines()[1:]] == in_order


@each_language
def test_the_list_is_what_the_kitchen_lacks(lang: Lang):
    words = words_of("planning_shopping", lang)
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "shopping_list", lang)):
        parts = [
            part
            for line in text.splitlines()
            for part in line.partition(": " if lang == "en" else "：")[2].split(COMMA[lang])
        ]
        pantry = [
            item
            for item in words["staples"]
            if re.search(rf"(?<![a-z]){item}(?![a-z])", instruction, re.IGNORECASE)
        ]
        missing = check.split(COMMA[lang])
        assert len(set(missing)) == len(missing)
        assert {part for part in parts if part not in pantry} == set(missing)


@each_language
def test_only_one_order_waits_for_everything(lang: Lang):
    words = words_of("planning_schedule", lang)
    for instruction, _, output, check in inputs_of(compose_all(KINDS, "task_timetable", lang)):
        lasts = {
            task: int(found["n"])
            for project in words["projects"]
            for task in project["tasks"]
            if (
                found := read_template(
                    words["task"].replace("{task}", task), instruction, whole=False, digits="n"
                )
            )
        }
        assert len(lasts) == 4

        def said(first: str, then: str, text: str = instruction) -> bool:
            slots = {"a": first, "b": then, "A": capitalise(first), "B": capitalise(then)}
            return any(clue.format(**slots) in text for clue in words["clues"])

        before = [(a, b) for a in lasts for b in lasts if a != b and said(a, b)]
        orders = [
            order
            for order in permutations(lasts)
            if all(order.index(a) < order.index(b) for a, b in before)
        ]
        assert len(orders) == 1
        start = minutes(instruction)
        assert clock(start + sum(lasts.values()), lang) == check
        for task in orders[0]:
            assert words["line"].format(**{"from": clock(start, lang), "task": task}) in output
            start += lasts[task]


@each_language
def test_only_one_arrangement_respects_the_wishes(lang: Lang):
    words = words_of("planning_shifts", lang)
    colon = ": " if lang == "en" else "："
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "shift_plan", lang)):
        plan = dict(line.split(colon) for line in check.splitlines())
        slots = next(
            room["slots"]
            for room in words["rooms"]
            if any(intro in instruction for intro in room["intros"])
        )
        names = list(plan.values())
        wishes: dict[str, set[str]] = {}
        for sentence in re.findall(r"[^.。:：]+[.。]", instruction):
            who = [name for name in names if name in sentence]
            if len(who) == 1:
                wishes[who[0]] = {s for s in slots if s.lower() in sentence.lower()}
        assert all(wishes[name] for name in names)
        right = [
            order
            for order in permutations(names)
            if all(slot in wishes[name] for slot, name in zip(slots, order, strict=True))
        ]
        assert [list(order) for order in right] == [names]
        assert list(plan) == [capitalise(slot) for slot in slots]


@each_language
def test_portions_are_even_and_complete(lang: Lang):
    days = words_of("planning_portions", lang)["days"]
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "even_portions", lang)):
        total = numbers_in(instruction)[0]
        lines = check.splitlines()
        spans = [numbers_in(line) for line in lines]
        sizes = [last - first + 1 for first, last in spans]
        assert spans[0][0] == 1
        assert spans[-1][1] == total
        assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(spans))
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] - sizes[-1] <= 1
        named = [day for day in days if any(line.startswith(day) for line in lines)]
        assert [day for day in days if day in instruction] == named
        assert len(named) == len(lines)
