"""Weekdays, spans, leap years and ages worked out again."""

import calendar
import re
from datetime import date, timedelta

import pytest

from tests.teachers.offline.quantity_draws import (
    count_of,
    figures,
    read,
    read_mode,
    renamed,
    rows,
    value,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.calendar import KINDS

both = pytest.mark.parametrize("lang", LANGS)
DATE = {"en": r"[A-Z][a-z]+ \d{1,2}, \d{4}", "zh": r"\d{4}年\d{1,2}月\d{1,2}日"}


def day_of(text: str, lang: Lang) -> date:
    """Read a date as the tasks write it."""
    if lang == "zh":
        year, month, day = (int(n) for n in re.findall(r"\d+", text))
        return date(year, month, day)
    month, day, year = re.fullmatch(r"([A-Z][a-z]+) (\d+), (\d+)", text).groups()
    return date(int(year), list(calendar.month_name).index(month), int(day))


@both
def test_the_weekday_is_that_of_the_calendar(lang: Lang):
    words = load_words("calendar_weekday", lang)
    days: list[str] = load_words("calendar_names", lang)["days"]
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "weekday_of_date", lang):
        mode, _, _ = read_mode(words["frames"], instruction)
        if mode == "after":
            _, slots = read(words["scenes"]["after"], instruction)
            assert check == days[(days.index(slots["first"]) + int(slots["n"])) % 7]
        else:
            _, reference = read(words["reference"], instruction)
            known = day_of(reference["known"], lang)
            assert reference["first"] == days[known.weekday()]
            (target,) = {day_of(d, lang) for d in re.findall(DATE[lang], instruction)} - {known}
            assert check == days[target.weekday()]
        seen.add(mode)
    assert seen == {"after", "date"}


@both
def test_spans_do_not_count_the_first_day(lang: Lang):
    words = load_words("calendar_days", lang)
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "days_between", lang):
        mode, _, _ = read_mode(words["frames"], instruction)
        dates = sorted({day_of(found, lang) for found in re.findall(DATE[lang], instruction)})
        if mode == "between":
            first, second = dates
            assert value(check) == (second - first).days > 0
        else:
            _, slots = read(renamed(words["scenes"]["due"], one="start"), instruction)
            assert day_of(check, lang) == dates[0] + timedelta(days=int(slots["n"]))
        seen.add(mode)
    assert seen == {"between", "due"}


@both
def test_a_leap_year_is_one_by_the_gregorian_rules(lang: Lang):
    labels = load_words("calendar_leap", lang)["labels"]
    centuries = 0
    for instruction, year, output, check in rows(KINDS, "leap_year", lang):
        yes, no = next(pair for pair in labels if check in pair)
        assert check == (yes if calendar.isleap(int(year)) else no) == output
        assert yes in instruction
        assert no in instruction
        centuries += int(year) % 100 == 0
    assert centuries > 50


@both
def test_ages_satisfy_what_is_said(lang: Lang):
    words = load_words("calendar_ages", lang)
    names = words["times"].items()
    scenes = {
        mode: renamed(texts, old="elder", Old="elder", young="child")
        for mode, texts in words["scenes"].items()
    }
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "age_puzzle", lang):
        mode, _, slots = read_mode(scenes, instruction)
        younger = int(check)
        k = next((int(k) for k, text in names if slots.get("times", "").endswith(text)), 0)
        if mode == "times":
            assert younger * (k + 1) == int(slots["sum"])
        elif mode == "gap":
            assert 2 * younger + int(slots["gap"]) == int(slots["sum"])
        elif mode == "past":
            back = count_of(slots["back"])
            then = int(slots["older"]) - back
            assert then == k * (younger - back)
            assert younger > back
        else:
            ahead = int(slots["ahead"])
            assert int(slots["older"]) + ahead == 2 * (younger + ahead)
        seen.add(mode)
    assert seen == {"times", "gap", "past", "future"}


@both
def test_an_answer_names_the_age(lang: Lang):
    for _, _, output, check in rows(KINDS, "age_puzzle", lang):
        assert int(check) in figures(output)
