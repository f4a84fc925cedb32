"""Clock questions: durations, time zones, regular departures, plans that end on time.

Times are minutes since midnight of day 0 (a Monday when a weekday matters).
"""

from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    capital,
    fill,
    person,
    posed,
    problem,
    several,
)


def _time(minutes: int, lang: Lang) -> str:
    """Write a time of day: "3:05 pm" in English, "15:05" in Chinese."""
    hour, minute = divmod(minutes % 1440, 60)
    if lang == "zh":
        return f"{hour}:{minute:02d}"
    return f"{hour % 12 or 12}:{minute:02d} {'am' if hour < 12 else 'pm'}"


def _span(minutes: int, lang: Lang) -> str:
    """Write a duration: "2 hours and 5 minutes", "2小时5分钟"."""
    names = load_words("clock_names", lang)
    hour, minute = divmod(minutes, 60)
    hours = names["hours"][0 if hour == 1 else 1].format(h=hour)
    rest = names["minutes"][0 if minute == 1 else 1].format(m=minute)
    if not hour:
        return rest
    return names["joint"].format(hours=hours, minutes=rest) if minute else hours


def _sheet(rng: Random, words: dict[str, Any], scene: dict[str, Any], lang: Lang) -> Instance:
    """Draw a log of three to five periods and add them up."""
    style = rng.choice(words["line"])
    lines: list[str] = []
    spans: list[int] = []
    for label in words["labels"][scene["labels"]][: rng.choice((3, 4, 5))]:
        start = 60 * rng.randrange(scene["from"][0], scene["from"][1]) + 5 * rng.randrange(12)
        spans.append(5 * rng.randrange(scene["span"][0], scene["span"][1] + 1))
        times = {"start": _time(start, lang), "end": _time(start + spans[-1], lang)}
        lines.append(style.format(label=label, **times))
    slots = {
        "list": words["separator"].join(_span(span, lang) for span in spans),
        "total": _span(sum(spans), lang),
    }
    return Instance("\n".join(lines), fill(rng, words["answers"], slots), slots["total"])


def _time_sheet(rng: Random, lang: Lang) -> Composed:
    """The total of some periods given by start and end."""
    words = load_words("clock_sheet", lang)
    scene = rng.choice(words["scenes"])
    slots: dict[str, Any] = dict(person(rng, lang))
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _sheet(rng, words, scene, lang)))


def _moment(words: dict[str, Any], minutes: int, lang: Lang) -> str:
    """Write a time with its weekday."""
    days = load_words("clock_names", lang)["days"]
    return words["moment"].format(time=_time(minutes, lang), day=days[minutes // 1440 % 7])


def _time_zone(rng: Random, lang: Lang) -> Composed:
    """A time in another zone, or the local arrival time of a flight."""
    words = load_words("clock_zone", lang)
    mode = rng.choice(("call", "call", "back", "flight"))
    west, east, hours, flying = rng.choice(words["pairs"])
    shift, whole = int(60 * hours), int(hours)
    difference = words["differences"]["whole" if whole == hours else "half"].format(d=whole)
    now = 1440 * rng.randrange(7) + 60 * rng.randrange(7, 23) + 5 * rng.randrange(12)
    flight = flying // 5 * 5 + 5 * rng.randrange(-3, 8) if mode == "flight" else 0
    there = now - shift if mode == "back" else now + shift + flight
    slots: dict[str, Any] = person(rng, lang) | {
        "a": west,
        "b": east,
        "d": difference,
        "t": _time(now, lang),
        "day": load_words("clock_names", lang)["days"][now // 1440],
        "span": _span(flight, lang),
        "there": _moment(words, there, lang),
        "moved": _moment(words, now + shift, lang),
    }
    slots["There"] = capital(slots["there"])
    slots["text"] = rng.choice(words["scenes"][mode]).format_map(slots)
    slots["difference"] = rng.choice(words["difference"]).format_map(slots)
    return problem(rng, lang, words, mode, slots, slots["there"])


def _next_departure(rng: Random, lang: Lang) -> Composed:
    """The next of some regular departures, and the wait for it."""
    words = load_words("clock_every", lang)
    first = 60 * rng.randrange(6, 11) + 5 * rng.randrange(12)
    every = rng.choice((7, 8, 9, 11, 12, 13, 14, 16, 18, 22, 24, 25, 35, 40))
    rounds, wait = rng.randrange(4, max(6, 540 // every)), rng.randrange(2, every)
    upcoming = first + every * rounds
    slots: dict[str, Any] = person(rng, lang) | {
        "first": _time(first, lang),
        "k": every,
        "now": _time(upcoming - wait, lang),
        "next": _time(upcoming, lang),
        "wait": wait,
    }
    slots["text"] = rng.choice(words["scenes"]).format_map(slots)
    answer = fill(rng, words["answers"], slots)
    body = posed(rng, lang, fill(rng, words["frames"], slots))
    return Composed(body, (Instance("", answer, slots["next"]),))


def _steps(
    rng: Random, words: dict[str, Any], scene: dict[str, Any], end: int, lang: Lang
) -> Instance:
    """Draw durations near the usual ones and plan the steps backward from the end."""
    style = rng.choice(words["line"])
    steps: list[str] = [step for step, _ in scene["steps"]]
    spans = [max(1, m * rng.randrange(65, 145) // 500) * 5 for _, m in scene["steps"]]
    given = [style.format(step=s, m=m) for s, m in zip(steps, spans, strict=True)]
    clock = end - sum(spans)
    start = _time(clock, lang)
    plan: list[str] = []
    for step, span in zip(steps, spans, strict=True):
        plan.append(words["plan_line"].format(time=_time(clock, lang), step=step))
        clock += span
    plan.append(words["done"].format(time=_time(clock, lang)))
    slots = {"start": start, "plan": "\n".join(plan), "total": sum(spans)}
    return Instance("\n".join(given), fill(rng, words["answers"], slots), start)


def _latest_start(rng: Random, lang: Lang) -> Composed:
    """A plan of steps in a row that ends on time."""
    words = load_words("clock_start", lang)
    scene = rng.choice(words["scenes"])
    end = 60 * rng.randrange(10, 20) + 15 * rng.randrange(4)
    slots: dict[str, Any] = person(rng, lang) | {"end": _time(end, lang)}
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _steps(rng, words, scene, end, lang)))


KINDS: tuple[Kind, ...] = (
    Kind("time_sheet", "math", False, _time_sheet),
    Kind("time_zone", "reasoning", False, _time_zone),
    Kind("next_departure", "math", False, _next_departure),
    Kind("latest_start", "planning", False, _latest_start),
)
