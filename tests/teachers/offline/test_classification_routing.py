"""Places worked out again: sections, departments, odd words, groups, aisles."""

import re

import pytest

from tests.teachers.offline.judgement_templates import compose_all, inputs_of, numbers_in, words_of
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.classification_routing import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)


def words_in(text: str, items: list[str]) -> list[str]:
    """Return the items that stand in a text, ignoring case; "fork" is not in "cake fork"."""
    rest, found = text.lower(), list[str]()
    for item in sorted(items, key=len, reverse=True):
        shorter = re.sub(rf"(?<![a-z]){re.escape(item.lower())}(?![a-z])", "#", rest)
        if shorter != rest:
            found.append(item.lower())
        rest = shorter
    return found


@each_language
def test_a_line_is_in_one_section_only(lang: Lang):
    sections = words_of("classification_routing_news", lang)["sections"]
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "news_section", lang)):
        found = [name for name, lines in sections.items() if any(x in instruction for x in lines)]
        assert found == [check]


@each_language
def test_a_message_belongs_to_one_department_of_the_place(lang: Lang):
    places = words_of("classification_routing_departments", lang)["places"]
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "responsible_department", lang)):
        place = next(p for p in places if p["place"] in instruction)
        found = [
            d for d, texts in place["departments"].items() if any(t in instruction for t in texts)
        ]
        assert found == [check]
        assert all(name in instruction for name in place["departments"])


@each_language
def test_no_word_is_in_two_categories(lang: Lang):
    categories = words_of("classification_routing_categories", lang)["categories"]
    items = [item for category in categories for item in category["items"]]
    assert len(set(items)) == len(items)


@each_language
def test_the_odd_one_is_alone_in_its_category(lang: Lang):
    categories = words_of("classification_routing_categories", lang)["categories"]
    home = {item.lower(): c["name"] for c in categories for item in c["items"]}
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "odd_one_out", lang)):
        names = [home[item] for item in words_in(instruction, list(home))]
        assert sorted(names.count(name) for name in set(names)) == [1, 4], instruction
        assert names.count(home[check.lower()]) == 1


@each_language
def test_every_word_is_put_into_its_group_once(lang: Lang):
    categories = words_of("classification_routing_categories", lang)["categories"]
    home = {item: c["name"] for c in categories for item in c["items"]}
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "group_words", lang)):
        sorted_words: list[str] = []
        for line in check.splitlines():
            name, _, listed = line.partition(": " if lang == "en" else "：")
            items = listed.split(", " if lang == "en" else "、")
            assert {home[item].lower() for item in items} == {name.lower()}
            positions = [instruction.lower().index(item.lower()) for item in items]
            assert len(items) >= 2
            assert all(position >= 0 for position in positions)
            sorted_words += items
        assert len(set(sorted_words)) == len(sorted_words)


@each_language
def test_the_aisle_is_the_one_in_the_guide(lang: Lang):
    sections = words_of("classification_routing_aisles", lang)["sections"]
    home = {item.lower(): s["name"] for s in sections for item in s["items"]}
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "aisle_guide", lang)):
        pattern = r"Aisle (\d+): (.+)" if lang == "en" else r"(\d+)号货架：(.+)"
        numbers = {name: int(number) for number, name in re.findall(pattern, text)}
        for line in check.splitlines():
            item, _, where = line.partition(": " if lang == "en" else "：")
            assert item.lower() in instruction.lower()
            assert numbers_in(where) == [numbers[home[item.lower()]]]
