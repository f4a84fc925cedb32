"""Conversions, recipes, orders of size and classes worked out again."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from tests.teachers.offline.quantity_draws import figures, read, rows, value
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.measures import KINDS

both = pytest.mark.parametrize("lang", LANGS)


def convert(scene: dict[str, str], given: Decimal) -> Decimal:
    """Convert by the fact the task states ("1 mile = 1.609 km"), or between °C and °F."""
    if scene["rule"] == "fc":
        return (given - 32) / Decimal("1.8")
    if scene["rule"] == "cf":
        return given * Decimal("1.8") + 32
    factor = max(Decimal(found) for found in re.findall(r"\d+(?:\.\d+)?", scene["fact"]))
    small = min(Decimal(found) for found in re.findall(r"\d+(?:\.\d+)?", scene["fact"]))
    ratio = factor if factor != 1 else small
    return given * ratio if scene["rule"] == "mul" else given / ratio


@both
def test_a_conversion_follows_the_stated_fact(lang: Lang):
    words = load_words("measures_convert", lang)
    for instruction, _, _, check in rows(KINDS, "convert_units", lang):
        place, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        scene = words["scenes"][place]
        given = Decimal(slots["v"].replace(",", ""))
        step = Decimal(1).scaleb(-scene["places"])
        expected = convert(scene, given).quantize(step, ROUND_HALF_UP)
        assert check.replace(",", "") == str(expected)
        assert scene.get("fact", "") in instruction
        assert words["rounding"][scene["places"]] in instruction


@both
def test_a_scaled_recipe_keeps_its_proportions(lang: Lang):
    for instruction, given, output, check in rows(KINDS, "recipe_scale", lang):
        title, *lines = given.split("\n")
        base = figures(title)[0]
        (servings,) = set(figures(instruction))
        wanted = check.split("\n")
        assert len(wanted) == len(lines)
        for old, new in zip(lines, wanted, strict=True):
            assert re.sub(r"[\d,]+", "#", old) == re.sub(r"[\d,]+", "#", new)
            assert figures(new)[0] * base == figures(old)[0] * servings
            assert figures(new)[0].denominator == 1
        assert output.endswith(check)


UNITS = {
    **{"mm": 1, "cm": 10, "dm": 100, "m": 1000, "in": 1, "ft": 12, "g": 1, "kg": 1000},
    **{"oz": 1, "lb": 16, "ml": 1, "cl": 10, "l": 1000, "minutes": 1, "min": 1, "h": 60},
    **{"厘米": 1, "分米": 10, "米": 100, "克": 1, "斤": 500, "公斤": 1000, "毫升": 1, "升": 1000},
    **{"分钟": 1, "分": 1, "小时": 60},
}
ROADS = {"米": 1, "里": 500, "公里": 1000}


def size_of(text: str, units: dict[str, int]) -> Fraction:
    """Read a size in one or two units: "5 ft 3 in" is 63."""
    parts = re.findall(r"([\d.,]+) ?([a-z]+|[\u4e00-\u9fff]+)", text)
    return sum((value(number) * units[unit] for number, unit in parts), Fraction(0))


LARGEST = {"longest", "heaviest", "largest", "长", "重", "大", "远"}


@both
def test_sizes_are_put_in_order(lang: Lang):
    words = load_words("measures_order", lang)
    colon = ": " if lang == "en" else "："
    seen: set[bool] = set()
    for instruction, given, _, check in rows(KINDS, "order_sizes", lang):
        place, _ = read([scene["text"] for scene in words["scenes"]], instruction)
        units = ROADS if words["scenes"][place]["family"] == "distance" else UNITS
        entries = [line.rsplit(colon, 1) for line in given.split("\n")]
        sizes = {item: size_of(size, units) for item, size in entries}
        assert len(set(sizes.values())) == len(sizes)
        _, slots = read(words["frames"], instruction)
        falling = slots["first"] in LARGEST
        expected = sorted(sizes, key=lambda item: sizes[item], reverse=falling)
        assert check == words["separator"].join(expected)
        seen.add(falling)
    assert seen == {True, False}


# For each scene, read off its rule by hand: the labels just below, at and just above each limit.
LOW_LIMITS = {"mini", "S", "bronze", "soft", "A", "basic", "open", "repeat"} | {
    *("免票", "小号", "鼓励奖", "快组", "自付邮费", "重修", "榨汁"),
}
MIDDLE_LIMITS = {"few", "cold", "sail", "white", "零星", "偏冷", "通行", "白章"}


@both
def test_a_limit_belongs_where_the_rule_says(lang: Lang):
    words = load_words("measures_band", lang)
    at_limit = 0
    for instruction, given, _, check in rows(KINDS, "size_band", lang):
        place, slots = read([scene["rule"] for scene in words["scenes"]], instruction)
        scene = words["scenes"][place]
        low, middle, high = scene["labels"]
        a, b = value(slots["a"]), value(slots["b"])
        _, item = read(scene["item"], given)
        found = value(item["v"])
        above_a = found >= a if low in LOW_LIMITS | MIDDLE_LIMITS else found > a
        above_b = found >= b if low in LOW_LIMITS else found > b
        assert check == (low, middle, high)[above_a + above_b]
        at_limit += found in (a, b)
    assert at_limit > 50
