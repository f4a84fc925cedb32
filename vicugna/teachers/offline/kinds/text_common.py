"""What the text-work kinds share: choosing words, drawing people and days, joining lists.

Templates use three marks: `[a|b]` is one of the words, `{name}` is a slot, and `<a|b>` is what
stands there before and after a rewriting.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Literal

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Instance, load_words

Style = Literal["semicolons", "bullets", "numbered", "plain"]
Sex = Literal["women", "men"]

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_PAIR = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}


def expand(rng: Random, text: str) -> str:
    """Replace every `[a|b|c]` by one of its words."""
    if "[" not in text:
        return text
    return _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)


def before(text: str) -> str:
    """Return the text with every `<a|b>` replaced by `a`."""
    return _PAIR.sub(r"\1", text)


def after(text: str) -> str:
    """Return the text with every `<a|b>` replaced by `b`."""
    return _PAIR.sub(r"\2", text)


def upper_first(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def join_sentences(lang: Lang, parts: Sequence[str]) -> str:
    """Join the sentences that are not empty as the language does."""
    return (" " if lang == "en" else "").join(part for part in parts if part)


def instruct(rng: Random, lang: Lang, scene: str, ask: str, **slots: str) -> str:
    """Compose an instruction of a scene and an ask, in either order.

    Both are templates, and neither may need the other to be understood. An ask that ends with its
    material comes last, so that the scene is not taken for a part of the material.
    """
    parts = [scene, ask] if ask.endswith("}") or rng.random() < 0.5 else [ask, scene]
    text = join_sentences(lang, [expand(rng, part) for part in parts])
    return text.format_map(slots)


def instances(rng: Random, make: Callable[[], Instance]) -> tuple[Instance, ...]:
    """Make one to three instances whose inputs differ."""
    made: dict[str, Instance] = {}
    for _ in range(rng.randrange(1, 4)):
        instance = make()
        made.setdefault(instance.input, instance)
    return tuple(made.values())


def draw_people(rng: Random, lang: Lang, count: int) -> list[str]:
    """Draw full names, all different."""
    people = load_words("text_common_people", lang)
    return rng.sample(people["women"] + people["men"], count)


def draw_person(rng: Random, lang: Lang) -> tuple[str, Sex]:
    """Draw a full name, and whether it is a woman's or a man's."""
    sex: Sex = "women" if rng.random() < 0.5 else "men"
    return rng.choice(load_words("text_common_people", lang)[sex]), sex


def draw_days(rng: Random, count: int, gap: int = 6) -> list[date]:
    """Draw days in rising order, at most `gap` days apart."""
    day = date(2025, 1, 1) + timedelta(rng.randrange(700))
    days = [day]
    for _ in range(count - 1):
        day += timedelta(rng.randrange(1, gap + 1))
        days.append(day)
    return days


def say_day(lang: Lang, day: date) -> str:
    """Say month and day: "March 4" or "3月4日"."""
    if lang == "en":
        return f"{_MONTHS[day.month - 1]} {day.day}"
    return f"{day.month}月{day.day}日"


def say_weekday(lang: Lang, day: date) -> str:
    """Say the day of the week."""
    return _WEEKDAYS[lang][day.weekday()]


def say_time(lang: Lang, minutes: int) -> str:
    """Say the time of day, in minutes since midnight: "7:30 PM" or "19:30"."""
    hour, minute = divmod(minutes, 60)
    if lang == "zh":
        return f"{hour}:{minute:02}"
    return f"{(hour - 1) % 12 + 1}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def say_money(lang: Lang, amount: int) -> str:
    """Say a whole amount: "$45" or "45元"."""
    return f"${amount}" if lang == "en" else f"{amount}元"


def draw_style(rng: Random, lang: Lang) -> tuple[Style, str]:
    """Draw how a list is wanted, and the sentence that asks for it ("" is possible)."""
    style: Style = rng.choice(("semicolons", "bullets", "numbered", "plain", "plain"))
    return style, rng.choice(load_words("text_common_styles", lang)[style])


def join_items(lang: Lang, style: Style, items: Sequence[str]) -> str:
    """Join items in the wanted style."""
    if style == "bullets":
        return "\n".join(f"- {item}" for item in items)
    if style == "numbered":
        return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    if style == "semicolons":
        return ("; " if lang == "en" else "；").join(items)
    return enumerate_items(lang, items)


def enumerate_items(lang: Lang, items: Sequence[str]) -> str:
    """Join items as in a sentence: "a, b and c" or "a、b、c"."""
    if lang == "zh" or len(items) < 2:
        return "、".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
