"""Facts: the answers are looked up again in the tables, by what the instruction names."""

import random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import knowledge
from vicugna.teachers.offline.kinds.grammar import table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in knowledge.KINDS}
COMMA = {"en": ", ", "zh": "、"}


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


def named_in(text: str, names: list[str]) -> list[str]:
    """Return the names that a text contains, in the order of the text."""
    return sorted((name for name in names if name in text), key=text.index)


@BY_LANG
def test_capitals_belong_to_the_countries_named(lang: Lang):
    capital_of = {row["country"]: row["capital"] for row in table_of("knowledge_capitals", lang)}
    country_of = {capital: country for country, capital in capital_of.items()}
    for task in tasks("capital", lang):
        countries = named_in(task.instruction, list(capital_of))
        (instance,) = task.instances
        if countries:
            assert all(capital_of[country] in instance.check for country in countries)
        else:
            # 都柏林 contains 柏林, so the longest name is the one meant.
            capital = max(named_in(task.instruction, list(country_of)), key=len)
            assert instance.check == country_of[capital]


@BY_LANG
def test_events_are_ordered_by_year(lang: Lang):
    year_of = {row["event"]: int(row["year"]) for row in table_of("knowledge_timeline", lang)}
    for task in tasks("which_first", lang):
        events = named_in(task.instruction, list(year_of))
        assert len(events) in (2, 3)
        in_order = sorted(events, key=year_of.__getitem__)
        check = task.instances[0].check
        if len(events) == 2:
            assert check == in_order[0].removeprefix("the ")
        else:
            assert named_in(check, events) == in_order


@BY_LANG
def test_animals_get_a_class_that_was_offered(lang: Lang):
    group_of = {row["animal"]: row["group"] for row in table_of("knowledge_animals", lang)}
    for task in tasks("animal_class", lang):
        for instance in task.instances:
            assert instance.check == group_of[instance.input]
            assert instance.check in task.instruction


@BY_LANG
def test_exactly_one_thing_is_the_odd_one(lang: Lang):
    sets = table_of("knowledge_odd", lang, "sets")
    for task in tasks("odd_thing", lang):
        for instance in task.instances:
            things = instance.input.split(COMMA[lang])
            assert len(set(things)) == 4
            rest = [thing for thing in things if thing != instance.check]
            assert any(
                set(rest) <= set(row["members"].split(COMMA[lang]))
                and instance.check in row["odd"].split(COMMA[lang])
                for row in sets
            )


@BY_LANG
@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("knowledge_capitals", "items", "country"),
        ("knowledge_timeline", "items", "event"),
        ("knowledge_elements", "items", "symbol"),
        ("knowledge_animals", "items", "animal"),
        ("knowledge_authors", "items", "title"),
        ("knowledge_science", "items", "question"),
        ("knowledge_odd", "sets", "category"),
    ],
)
def test_tables_say_nothing_twice(name: str, table: str, column: str, lang: Lang):
    values = [row[column] for row in table_of(name, lang, table)]
    assert len(set(values)) == len(values)


@BY_LANG
def test_no_odd_thing_is_a_member_of_its_set(lang: Lang):
    for row in table_of("knowledge_odd", lang, "sets"):
        members = row["members"].split(COMMA[lang])
        assert len(members) >= 4
        assert not set(members) & set(row["odd"].split(COMMA[lang]))
