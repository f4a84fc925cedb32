"""Rewriting dates and times in another style, tidying typed text, and masking digits."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.extraction import message, topics
from vicugna.teachers.offline.kinds.notices import FACTS, draw_facts, events, say_notice
from vicugna.teachers.offline.kinds.text_common import (
    instances,
    instruct,
    say_day,
    upper_first,
)

DateStyle = Callable[[date], str]

_DATE_STYLES: dict[Lang, tuple[DateStyle, ...]] = {
    "en": (
        date.isoformat,
        lambda day: f"{say_day('en', day)}, {day.year}",
        lambda day: f"{day.day} {say_day('en', day).split()[0]} {day.year}",
    ),
    "zh": (
        date.isoformat,
        lambda day: f"{day.year}年{say_day('zh', day)}",
        lambda day: f"{day.year}/{day.month}/{day.day}",
        lambda day: f"{day:%Y%m%d}",
    ),
}
_HALF_WIDTH = str.maketrans("，。：！？（）；", ",.:!?();")


def _words(lang: Lang) -> Any:  # noqa: ANN401 - JSON
    """Return the asks and scenes of this module."""
    return load_words("formatting_text_words", lang)


def _reformat_dates(rng: Random, lang: Lang) -> Composed:
    """Write the dates of a list in another style, shown by an example."""
    scene = rng.choice(load_words("formatting_lists_dates", lang))
    source, target = rng.sample(_DATE_STYLES[lang], 2)

    def make() -> Instance:
        names = rng.sample(scene["items"], rng.choice((2, 3, 4)))
        lines = [(name, _draw_date(rng)) for name in names]
        output = _date_lines(lang, target, lines)
        return Instance(_date_lines(lang, source, lines), output, output)

    instruction = instruct(
        rng,
        lang,
        rng.choice(scene["scenes"]),
        rng.choice(_words(lang)["dates"]),
        example=target(_draw_date(rng)),
    )
    return Composed(instruction, instances(rng, make))


def _draw_date(rng: Random) -> date:
    """Draw a date from 2019 to 2026."""
    return date(2019, 1, 1) + timedelta(rng.randrange(2900))


def _date_lines(lang: Lang, style: DateStyle, lines: list[tuple[str, date]]) -> str:
    """Write lines of a name and a date."""
    colon = ": " if lang == "en" else "："
    return "\n".join(f"{name}{colon}{style(day)}" for name, day in lines)


def _reformat_times(rng: Random, lang: Lang) -> Composed:
    """Change a schedule between the 12-hour and the 24-hour clock."""
    words = _words(lang)
    schedule = rng.choice(words["schedules"])
    way = rng.choice(("to_24", "to_12"))

    def make() -> Instance:
        numbers = sorted(rng.sample(range(len(schedule["items"])), rng.choice((4, 5, 6))))
        lines = [
            (schedule["hours"][i] * 60 + 5 * rng.randrange(12), schedule["items"][i])
            for i in numbers
        ]
        short, full = _clock_lines(lang, lines)
        return Instance(short, full, full) if way == "to_24" else Instance(full, short, short)

    scene, ask = rng.choice(schedule["scenes"]), rng.choice(words["times"][way])
    return Composed(instruct(rng, lang, scene, ask), instances(rng, make))


def _clock_lines(lang: Lang, lines: list[tuple[int, str]]) -> tuple[str, str]:
    """Write lines of a time and an activity by the 12-hour and by the 24-hour clock."""
    short: list[str] = []
    full: list[str] = []
    for minutes, item in lines:
        hour, minute = divmod(minutes, 60)
        small = (hour - 1) % 12 + 1
        if lang == "en":
            short.append(f"{small}:{minute:02} {'AM' if hour < 12 else 'PM'} - {item}")
            full.append(f"{hour:02}:{minute:02} - {item}")
        else:
            short.append(f"{'上午' if hour < 12 else '下午'}{small}:{minute:02} {item}")
            full.append(f"{hour}:{minute:02} {item}")
    return "\n".join(short), "\n".join(full)


def _tidy_text(rng: Random, lang: Lang) -> Composed:
    """Undo one habit of bad typing."""
    words = _words(lang)["tidy"]
    modes = ("spaces", "titles", "caps") if lang == "en" else ("spaces", "punctuation", "repeats")
    mode = rng.choice(modes)

    def make() -> Instance:
        given, output = _MESSES[mode](rng, lang)
        return Instance(given, output, output)

    scene, ask = rng.choice(words[mode]["scenes"]), rng.choice(words[mode]["asks"])
    return Composed(instruct(rng, lang, scene, ask), instances(rng, make))


def _clean_notice(rng: Random, lang: Lang) -> str:
    """Compose a short notice."""
    event = rng.choice(events(lang))
    told = rng.sample([name for name in FACTS[2:] if name != "fee"], 3)
    return say_notice(rng, lang, draw_facts(rng, lang, event), told, rng.choice(event["extras"]))


def _mess_spaces(rng: Random, lang: Lang) -> tuple[str, str]:
    """Return a notice with too many spaces, and the notice."""
    clean = _clean_notice(rng, lang)
    if lang == "zh":
        spaced = "".join(f"{mark} " if rng.random() < 0.25 else mark for mark in clean)
        return spaced.rstrip(), clean
    doubled = "  ".join(clean.split(" ", 1))
    return "".join(
        _SPACED.get(mark, mark) if rng.random() < 0.6 else mark for mark in doubled
    ), clean


_SPACED = {" ": "  ", ",": " ,", ".": " ."}


def _mess_titles(rng: Random, lang: Lang) -> tuple[str, str]:
    """Return titles in small letters, and with a capital at each word."""
    titles = rng.sample(_words(lang)["tidy"]["titles_pool"], rng.choice((2, 3, 4)))
    given = "\n".join(titles)
    return given, "\n".join(" ".join(map(upper_first, title.split())) for title in titles)


def _mess_caps(rng: Random, lang: Lang) -> tuple[str, str]:
    """Return lines in capitals, and with a capital at the start of each."""
    scene = rng.choice(load_words("formatting_lists_words", lang)["scenes"])
    names = [item[0] for item in rng.sample(scene["items"], rng.choice((3, 4, 5)))]
    return "\n".join(map(str.upper, names)), "\n".join(map(upper_first, names))


def _mess_punctuation(rng: Random, lang: Lang) -> tuple[str, str]:
    """Return a notice with half-width punctuation, and the notice."""
    clean = _clean_notice(rng, lang)
    return clean.translate(_HALF_WIDTH), clean


def _mess_repeats(rng: Random, lang: Lang) -> tuple[str, str]:
    """Return a notice with repeated punctuation, and the notice."""
    clean = _clean_notice(rng, lang)
    given = clean.replace("。", "。" * rng.choice((2, 3)))
    return given.replace("，", "，，").replace("！", "！！！"), clean


_MESSES: dict[str, Callable[[Random, Lang], tuple[str, str]]] = {
    "spaces": _mess_spaces,
    "titles": _mess_titles,
    "caps": _mess_caps,
    "punctuation": _mess_punctuation,
    "repeats": _mess_repeats,
}


def _redact_digits(rng: Random, lang: Lang) -> Composed:
    """Put a mark in place of every digit of a message."""
    topic = rng.randrange(len(topics(lang)))
    mark, named = rng.choice(_MARKS[lang])
    masks = str.maketrans("0123456789", mark * 10)

    def make() -> Instance:
        text, _ = message(rng, lang, topic, rng.choice(("amount", "code", "date")))
        output = text.translate(masks)
        return Instance(text, output, output)

    scene, ask = rng.choice(topics(lang)[topic]["scenes"]), rng.choice(_words(lang)["redact"])
    return Composed(instruct(rng, lang, scene, ask, mark=named), instances(rng, make))


_MARKS: dict[Lang, tuple[tuple[str, str], ...]] = {
    "en": (("*", "an asterisk (*)"), ("#", "a number sign (#)"), ("_", "an underscore (_)")),
    "zh": (("*", "星号“*”"), ("#", "井号“#”"), ("□", "方框“□”")),
}

KINDS = (
    Kind("reformat_dates", "formatting", False, _reformat_dates),
    Kind("reformat_times", "formatting", False, _reformat_times),
    Kind("tidy_text", "formatting", False, _tidy_text),
    Kind("redact_digits", "formatting", False, _redact_digits),
)
