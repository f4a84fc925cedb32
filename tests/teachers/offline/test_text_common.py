"""The marks of templates, lists, dates and times."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.teachers.offline.kinds.text_common import (
    Style,
    after,
    before,
    draw_days,
    draw_people,
    expand,
    join_items,
    say_day,
    say_money,
    say_time,
    say_weekday,
)

PLAIN = st.text(st.characters(blacklist_characters="[]<>|{}"))


@given(PLAIN)
def test_text_without_marks_stays_as_it_is(text: str) -> None:
    assert expand(Random(1), text) == before(text) == after(text) == text


@given(PLAIN, PLAIN, PLAIN, PLAIN)
def test_a_pair_has_two_sides(head: str, left: str, right: str, tail: str) -> None:
    text = f"{head}<{left}|{right}>{tail}"
    assert before(text) == head + left + tail
    assert after(text) == head + right + tail


@given(st.lists(PLAIN, min_size=2, max_size=5), st.integers())
def test_a_choice_gives_one_of_its_words(words: list[str], seed: int) -> None:
    assert expand(Random(seed), f"[{'|'.join(words)}]") in words


@pytest.mark.parametrize(
    ("style", "en", "zh"),
    [
        ("semicolons", "a; b; c", "a；b；c"),
        ("bullets", "- a\n- b\n- c", "- a\n- b\n- c"),
        ("numbered", "1. a\n2. b\n3. c", "1. a\n2. b\n3. c"),
        ("plain", "a, b and c", "a、b、c"),
    ],
)
def test_items_are_joined_in_the_style_of_the_language(style: Style, en: str, zh: str) -> None:
    items = ["a", "b", "c"]
    assert join_items("en", style, items) == en
    assert join_items("zh", style, items) == zh


@pytest.mark.parametrize(("items", "en"), [(["a"], "a"), (["a", "b"], "a and b")])
def test_short_lists_have_no_comma(items: list[str], en: str) -> None:
    assert join_items("en", "plain", items) == en


@pytest.mark.parametrize(
    ("minutes", "en", "zh"),
    [
        (0, "12:00 AM", "0:00"),
        (60, "1:00 AM", "1:00"),
        (719, "11:59 AM", "11:59"),
        (720, "12:00 PM", "12:00"),
        (1170, "7:30 PM", "19:30"),
        (1439, "11:59 PM", "23:59"),
    ],
)
def test_times_are_said_by_the_clock_of_the_language(minutes: int, en: str, zh: str) -> None:
    assert say_time("en", minutes) == en
    assert say_time("zh", minutes) == zh


def test_days_and_money_are_said_as_the_language_does() -> None:
    day = date(2025, 3, 4)
    assert [say_day("en", day), say_weekday("en", day)] == ["March 4", "Tuesday"]
    assert [say_day("zh", day), say_weekday("zh", day)] == ["3月4日", "周二"]
    assert [say_money("en", 45), say_money("zh", 45)] == ["$45", "45元"]


def test_days_rise_and_people_differ() -> None:
    for seed in range(100):
        days = draw_days(Random(seed), 5, gap=3)
        assert days == sorted(set(days))
        assert (days[-1] - days[0]).days <= 12
        assert len(set(draw_people(Random(seed), "en", 48))) == 48
