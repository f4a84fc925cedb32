"""Calendar questions: weekdays, spans between dates, leap years, ages."""

from datetime import date, timedelta
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    capital,
    counted,
    fill,
    number,
    person,
    problem,
    several,
)


def _written(day: date, lang: Lang) -> str:
    """Write a date: "March 3, 2025" or "2025年3月3日"."""
    names = load_words("calendar_names", lang)
    month = names["months"][day.month - 1]
    return names["date"].format(year=day.year, month=month, day=day.day)


def _some_day(rng: Random) -> date:
    """Draw a date of 2019 to 2032."""
    return date(2019, 1, 1) + timedelta(days=rng.randrange(14 * 365))


def _weekday(rng: Random, lang: Lang) -> Composed:
    """The weekday some days after a known one, or of a date."""
    words, names = load_words("calendar_weekday", lang), load_words("calendar_names", lang)
    mode = rng.choice(("after", "date"))
    known, n = _some_day(rng), rng.randrange(16, 180)
    if n % 7 == 0:
        n += rng.randrange(1, 7)
    target = known + timedelta(days=n)
    slots: dict[str, Any] = person(rng, lang) | {
        "known": _written(known, lang),
        "target": _written(target, lang),
        "first": names["days"][known.weekday()],
        "day": names["days"][target.weekday()],
        "n": n,
        "weeks": n // 7,
        "rest": n % 7,
        "rest_days": "1 day" if n % 7 == 1 else f"{n % 7} days",
    }
    slots["text"] = rng.choice(words["scenes"][mode]).format_map(slots)
    slots["reference"] = rng.choice(words["reference"]).format_map(slots)
    answer = fill(rng, words["answers"][mode], slots)
    instruction = fill(rng, words["frames"][mode], slots)
    return Composed(instruction, (Instance("", answer, slots["day"]),))


def _days_between(rng: Random, lang: Lang) -> Composed:
    """The days between two dates, or the date some days later."""
    words = load_words("calendar_days", lang)
    mode = rng.choice(("between", "due"))
    one = _some_day(rng)
    n = rng.randrange(31, 250) if mode == "between" else rng.randrange(10, 100)
    slots: dict[str, Any] = person(rng, lang) | {
        "one": _written(one, lang),
        "two": _written(one + timedelta(days=n), lang),
        "n": n,
    }
    slots["text"] = rng.choice(words["scenes"][mode]).format_map(slots)
    check = str(n) if mode == "between" else slots["two"]
    answer = fill(rng, words["answers"][mode], slots)
    return Composed(fill(rng, words["frames"][mode], slots), (Instance("", answer, check),))


def _year(rng: Random, labels: list[str]) -> Instance:
    """Draw a year, centuries and multiples of four more often, and label it."""
    year = rng.choice(
        (
            rng.randrange(1601, 2200),
            4 * rng.randrange(401, 550),
            100 * rng.randrange(16, 25),
            rng.randrange(1950, 2060),
        )
    )
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    label = labels[0 if leap else 1]
    return Instance(str(year), label, label)


def _leap_year(rng: Random, lang: Lang) -> Composed:
    """Whether a year is a leap year."""
    words = load_words("calendar_leap", lang)
    index = rng.randrange(len(words["labels"]))
    labels: list[str] = words["labels"][index]
    mode = "yes" if index == len(words["labels"]) - 1 else "label"
    slots: dict[str, Any] = person(rng, lang) | {"yes": labels[0], "no": labels[1]}
    slots["scene"] = rng.choice(words["scenes"]).format_map(slots)
    instruction = fill(rng, words["frames"][mode], slots)
    return Composed(instruction, several(rng, lambda: _year(rng, labels)))


def _two_ages(rng: Random, mode: str, pair: dict[str, Any]) -> dict[str, int]:
    """Draw two ages that fit the pair and the relation; every named figure is whole."""
    low, high = pair["years"]
    while True:
        gap = rng.randrange(pair["gap"][0], pair["gap"][1] + 1)
        k, shift = rng.randrange(2, 7), rng.randrange(2, 11)
        younger = {
            "times": gap // (k - 1),
            "gap": rng.randrange(low, high + 1),
            "past": gap // (k - 1) + shift,
            "future": gap - shift,
        }[mode]
        whole = mode in ("gap", "future") or gap % (k - 1) == 0
        if whole and low <= younger <= high:
            return {"gap": gap, "k": k, "shift": shift, "younger": younger}


def _ages(rng: Random, lang: Lang) -> Composed:
    """An age from a relation between two ages."""
    words = load_words("calendar_ages", lang)
    mode = rng.choice(("times", "gap", "past", "future"))
    fitting = [p for p in words["pairs"] if mode != "future" or p["gap"][0] - 10 <= p["years"][1]]
    pair = rng.choice(fitting)
    drawn = _two_ages(rng, mode, pair)
    younger, older, shift = drawn["younger"], drawn["younger"] + drawn["gap"], drawn["shift"]
    slots: dict[str, Any] = {key: number(value, lang) for key, value in drawn.items()} | {
        "old": pair["old"],
        "Old": capital(pair["old"]),
        "young": pair["young"],
        "short": pair["short"],
        "times": words["times"][str(drawn["k"])],
        "shares": drawn["k"] + 1,
        "older": older,
        "sum": older + younger,
        "back": shift,
        "Back": capital(counted(shift, lang)),
        "ahead": shift,
        "then_old": older - shift,
        "then_young": younger - shift,
        "later_old": older + shift,
        "later_young": younger + shift,
    }
    slots["text"] = rng.choice(words["scenes"][mode]).format_map(slots)
    modes = {"frames": {mode: words["frames"]}, "answers": words["answers"]}
    return problem(rng, lang, modes, mode, slots, str(younger))


KINDS: tuple[Kind, ...] = (
    Kind("weekday_of_date", "reasoning", False, _weekday),
    Kind("days_between", "math", False, _days_between),
    Kind("leap_year", "classification", True, _leap_year),
    Kind("age_puzzle", "reasoning", False, _ages),
)
