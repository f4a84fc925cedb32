"""Choices made again from the input: offers, rankings, dishes, trains, free times."""

import re
from typing import Any

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    minutes,
    read_template,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.judgement_choice import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)


def read_entries(text: str, lang: Lang) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the domain that wrote the lines, and the three figures under each name."""
    colon, comma = (": ", ", ") if lang == "en" else ("：", "，")
    for domain in words_of("judgement_choice_options", lang)["domains"]:
        whole = comma.join(
            f"{fact['line']}".replace("{v}", f"{{v{i}}}") for i, fact in enumerate(domain["facts"])
        )
        parsed = {
            name: read_template(whole, facts, digits=("v0", "v1", "v2"))
            for name, _, facts in (line.partition(colon) for line in text.splitlines())
        }
        known = {name.lower() for name in domain["names"]}
        entries = {
            name: [int(found[f"v{i}"]) for i in range(3)] for name, found in parsed.items() if found
        }
        if len(entries) == len(parsed) and {name.lower() for name in entries} <= known:
            return domain, entries
    raise AssertionError(text)


def facts_named(domain: dict[str, Any], instruction: str) -> list[int]:
    """Return the numbers of the facts that an instruction prefers, in the order it names them."""
    places: dict[int, int] = {}
    for number, fact in enumerate(domain["facts"]):
        name = fact.get("best", fact.get("noun"))
        if name.lower() in instruction.lower():
            places[number] = instruction.lower().index(name.lower())
    return sorted(places, key=lambda number: places[number])


@each_language
def test_the_better_offer_passes_and_leads(lang: Lang):
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "better_offer", lang)):
        domain, entries = read_entries(text, lang)
        first, limit = next(
            (number, int(found["v"]))
            for number, fact in enumerate(domain["facts"])
            if (
                found := read_template(
                    fact["must"].lower(), instruction.lower(), whole=False, digits="v"
                )
            )
        )
        scale = [-1 if fact["up"] else 1 for fact in domain["facts"]]
        passing = {
            n: v for n, v in entries.items() if scale[first] * v[first] >= scale[first] * limit
        }
        assert passing
        if len(passing) == 2:
            hint = instruction.replace(domain["facts"][first]["must"].format(v=limit), "")
            (second,) = [n for n in facts_named(domain, hint) if n != first]
            best = max(passing, key=lambda n: scale[second] * passing[n][second])
            assert len({values[second] for values in passing.values()}) == 2
        else:
            (best,) = passing
        assert check.lower() == best.lower()


@each_language
def test_a_ranking_follows_both_criteria(lang: Lang):
    ties = 0
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "rank_four", lang)):
        domain, entries = read_entries(text, lang)
        named = facts_named(domain, instruction)
        assert len(named) == 2
        first, second = named
        scale = [1 if fact["up"] else -1 for fact in domain["facts"]]
        ranked = sorted(
            entries,
            key=lambda n: (scale[first] * entries[n][first], scale[second] * entries[n][second]),
        )
        keys = [(entries[n][first], entries[n][second]) for n in ranked]
        assert len(set(keys)) == 4
        ties += len({key[0] for key in keys}) < 4
        assert check.lower() == (", " if lang == "en" else "、").join(ranked).lower()
    assert ties > 100


@each_language
def test_one_dish_alone_is_possible(lang: Lang):
    words = words_of("judgement_choice_menu", lang)
    dishes = {dish[0].lower(): dish for dish in words["dishes"]}
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "possible_dish", lang)):
        avoid = next(set(n["avoid"]) for n in words["needs"] if n["text"] in instruction)
        (budget,) = {
            int(n) for n in re.findall(r"\$(\d+)" if lang == "en" else r"(\d+)元", instruction)
        }
        possible: list[str] = []
        for line in text.splitlines():
            found = read_template(words["line"], line, digits=("price",))
            assert found
            name, parts, tags = dishes[found["dish"].lower()]
            assert parts == found["parts"]
            if not set(tags) & avoid and int(found["price"]) <= budget:
                possible.append(name)
        assert possible == [check]


@each_language
def test_the_best_train_arrives_in_time(lang: Lang):
    words = words_of("judgement_choice_trains", lang)
    goals = {template: goal for goal, templates in words["goals"].items() for template in templates}
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "best_train", lang)):
        goal = next(
            goal
            for template, goal in goals.items()
            if read_template(template, instruction, whole=False) is not None
        )
        by = minutes(instruction)
        rows: list[tuple[list[int], str]] = []
        for line in text.splitlines():
            found = read_template(words["line"], line, digits=("price",))
            assert found
            if minutes(found["arrive"]) <= by:
                changes = words["changes"].index(found["changes"])
                rows.append(
                    ([int(found["price"]), -minutes(found["leave"]), changes], found["train"])
                )
        column = ("cheapest", "latest", "direct").index(goal)
        rows.sort(key=lambda row: row[0][column])
        assert rows[0][0][column] < rows[1][0][column]
        assert rows[0][1] == check


@each_language
def test_one_slot_alone_suits_everybody(lang: Lang):
    for _, text, _, check in inputs_of(compose_all(KINDS, "common_slot", lang)):
        colon, comma = (": ", ", ") if lang == "en" else ("：", "、")
        free = [set(line.partition(colon)[2].split(comma)) for line in text.splitlines()]
        assert free[0].intersection(*free) == {check}
