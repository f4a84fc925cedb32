"""Durations, time zones, departures and plans worked out again."""

import re
from itertools import pairwise

import pytest

from tests.teachers.offline.quantity_draws import figures, minutes, read, read_mode, renamed, rows
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.clock import KINDS

both = pytest.mark.parametrize("lang", LANGS)
TIME = {"en": r"\d{1,2}:\d{2} [ap]m", "zh": r"\d{1,2}:\d{2}"}


def clock(text: str) -> int:
    """Read a time of day in minutes: "12:05 am" is 5, "15:05" is 905."""
    hour, minute, half = re.fullmatch(r"(\d+):(\d+)(?: ([ap]m))?", text).groups()
    shift = {None: 0, "am": 0, "pm": 12}[half]
    return 60 * ((int(hour) % 12 if half else int(hour)) + shift) + int(minute)


@pytest.mark.parametrize(
    ("text", "expected"), [("12:05 am", 5), ("12:05 pm", 725), ("1:00 pm", 780), ("15:05", 905)]
)
def test_clock(text: str, expected: int):
    assert clock(text) == expected


@both
def test_the_total_is_the_sum_of_the_periods(lang: Lang):
    for _, given, _, check in rows(KINDS, "time_sheet", lang):
        total = 0
        for line in given.split("\n"):
            start, end = (clock(found) for found in re.findall(TIME[lang], line))
            assert start < end
            total += end - start
        assert minutes(check) == total


@both
def test_a_time_in_another_zone_shifts_by_the_difference(lang: Lang):
    words = load_words("clock_zone", lang)
    days: list[str] = load_words("clock_names", lang)["days"]
    shifts = {(west, east): int(60 * hours) for west, east, hours, _ in words["pairs"]}
    moment = r"(?P<time>.+) on (?P<day>.+)" if lang == "en" else r"(?P<day>星期.)(?P<time>.+)"
    scenes = {
        mode: renamed(texts, a="west", b="east", t="now") for mode, texts in words["scenes"].items()
    }
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "time_zone", lang):
        mode, _, slots = read_mode(scenes, instruction)
        shift = next(n for pair, n in shifts.items() if all(city in instruction for city in pair))
        (day,) = re.findall(rf"({'|'.join(days)})(?!s)", instruction)
        start = 1440 * days.index(day) + clock(slots["now"])
        found = re.fullmatch(moment, check)
        there = 1440 * days.index(found["day"]) + clock(found["time"])
        passed = {"call": shift, "back": -shift}.get(mode)
        if mode == "flight":
            passed = shift + minutes(slots["span"])
        assert (start + passed - there) % (7 * 1440) == 0
        written = f"{shift / 60:g}".replace(".5", "个半" if lang == "zh" else ".5")
        assert written in instruction
        seen.add(mode)
    assert seen == {"call", "back", "flight"}


@both
def test_the_next_departure_is_the_first_one_after_now(lang: Lang):
    words = load_words("clock_every", lang)
    scenes = renamed(words["scenes"], first="begin")
    for instruction, _, output, check in rows(KINDS, "next_departure", lang):
        _, slots = read(scenes, instruction)
        first, now, following = (clock(t) for t in (slots["begin"], slots["now"], check))
        every = int(slots["k"])
        assert (following - first) % every == 0
        assert 0 < following - now < every
        assert following - now in figures(output)


@both
def test_a_plan_has_no_gaps_and_ends_on_time(lang: Lang):
    words = load_words("clock_start", lang)
    for instruction, given, output, check in rows(KINDS, "latest_start", lang):
        lengths = [
            minutes(line) if lang == "zh" else int(figures(line)[0]) for line in given.split("\n")
        ]
        end = clock(re.search(TIME[lang], instruction)[0])
        assert clock(check) == end - sum(lengths)
        plan = [line for line in output.split("\n") if re.match(rf"{TIME[lang]}[: ]", line)]
        times = [clock(re.match(TIME[lang], line)[0]) for line in plan]
        assert len(times) == len(lengths) + 1
        assert [b - a for a, b in pairwise(times)] == lengths
        assert times[-1] == end
        done = words["done"].split("{time}")[1]
        assert plan[-1].endswith(done)
