"""Lists are sorted, cleaned and laid out without losing or adding a line."""

import re
from collections import Counter
from datetime import datetime
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Instance, load_words
from vicugna.teachers.offline.kinds.formatting_lists import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)
DOWN = re.compile(
    r"most expensive|go down|costliest|dear to cheap|highest|latest|reverse|Newest|backward"
    r"|from the end|Z to A|高到低|最贵的写|先看贵|降序|晚到早|倒序|倒过来|从Z到A|逆序"
)


def instances(name: str, lang: Lang, count: int = 300) -> list[tuple[str, Instance]]:
    return [
        (task.instruction, instance)
        for task in (KIND[name].compose(Random(seed), lang) for seed in range(count))
        for instance in task.instances
    ]


def day(line: str) -> datetime:
    text = re.split(r": |：", line)[0]
    form = "%Y-%m-%d" if "-" in text else "%Y年%m月%d日" if "年" in text else "%B %d, %Y"
    return datetime.strptime(text, form)


def price(line: str) -> datetime | int:
    found = re.search(r"(?:: \$|：)(\d+)", line)
    assert found
    return int(found[1])


@BOTH
@pytest.mark.parametrize(("name", "key"), [("sort_by_price", price), ("sort_by_date", day)])
def test_lines_are_sorted_in_the_direction_asked_for(name: str, key: object, lang: Lang) -> None:
    for instruction, instance in instances(name, lang):
        given, output = instance.input.splitlines(), instance.output.splitlines()
        assert callable(key)
        assert output == sorted(given, key=key, reverse=bool(DOWN.search(instruction)))
        assert len(set(map(key, given))) == len(given) >= 2


@BOTH
def test_words_are_sorted_by_their_first_letters(lang: Lang) -> None:
    scenes = load_words("formatting_lists_words", lang)["scenes"]
    letter = {
        item[0]: item[0][0] if lang == "en" else item[1]
        for scene in scenes
        for item in scene["items"]
    }
    for instruction, instance in instances("sort_by_name", lang):
        output = re.split(r"\n|, |、", instance.output)
        letters = [letter[name] for name in output]
        assert letters == sorted(letters, reverse=bool(DOWN.search(instruction)))
        assert len(set(letters)) == len(letters) >= 4
        assert all(name.lower() in instruction.lower() for name in output)


@BOTH
def test_only_the_first_of_equal_lines_stays(lang: Lang) -> None:
    for _, instance in instances("remove_repeats", lang):
        given = instance.input.splitlines()
        assert instance.output.splitlines() == list(dict.fromkeys(given))
        assert max(Counter(given).values()) == 2


@BOTH
def test_exactly_one_line_is_foreign_to_the_list(lang: Lang) -> None:
    scenes = load_words("formatting_lists_words", lang)["scenes"]
    for _, instance in instances("odd_line", lang):
        lines = instance.input.splitlines()
        odd = instance.check.lower()
        rest = {line for line in lines if line != odd}
        assert len(rest) == len(lines) - 1
        homes = [scene for scene in scenes if rest <= {item[0] for item in scene["items"]}]
        assert len(homes) == 1
        assert odd not in {item[0] for item in homes[0]["items"]}


@BOTH
def test_a_new_layout_keeps_items_and_order(lang: Lang) -> None:
    for instruction, instance in instances("restyle_list", lang):
        output = [
            re.sub(r"^(?:- |\d\. )", "", item) for item in re.split(r"\n|; |；", instance.output)
        ]
        assert " / ".join(output) in instruction
