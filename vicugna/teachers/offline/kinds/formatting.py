"""Filling in forms from messages, and turning records into CSV, JSON, tables and back."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import orjson

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    draw_days,
    draw_person,
    enumerate_items,
    expand,
    instances,
    instruct,
    join_sentences,
    say_day,
    upper_first,
)

Record = Sequence[str | int]
Layout = Callable[[Lang, Sequence[str], Sequence[Record]], str]


def _fill_form(rng: Random, lang: Lang) -> Composed:
    """Fill the fields that are asked for from a message that tells them, and more, in any order."""
    words = load_words("formatting_forms", lang)
    form = rng.choice(words["forms"])
    asked = rng.sample([label for label, _, _ in form["fields"]], rng.choice((3, 4)))

    def make() -> Instance:
        values = {label: _form_value(rng, lang, spec) for label, spec, _ in form["fields"]}
        told = [
            upper_first(rng.choice(says).format(value=values[label]))
            for label, _, says in form["fields"]
        ]
        rng.shuffle(told)
        output = "\n".join(_labelled(lang, [label], [values[label]]) for label in asked)
        return Instance(join_sentences(lang, [rng.choice(form["openings"]), *told]), output, output)

    scene, ask = rng.choice(form["scenes"]), rng.choice(words["asks"])
    labels = enumerate_items(lang, asked)
    return Composed(instruct(rng, lang, scene, ask, labels=labels), instances(rng, make))


def _form_value(rng: Random, lang: Lang, spec: str) -> str:
    """Draw the value of a form field from what the form says about it."""
    if spec == "{person}":
        return draw_person(rng, lang)[0]
    if spec == "{day}":
        return say_day(lang, draw_days(rng, 1)[0])
    return expand(rng, spec).replace("{digits}", f"{rng.randrange(10000):04}")


def _draw_records(rng: Random, domain: Any) -> list[Record]:  # noqa: ANN401 - JSON
    """Draw three or four records of a domain: a name and two whole numbers."""
    names = rng.sample(domain["of"], rng.choice((3, 3, 4)))
    (low, high), (least, most) = domain["ranges"]
    first = rng.sample(range(low, high + 1), len(names))  # all different: some are numbers of bibs
    return [(*pair, rng.randrange(least, most + 1)) for pair in zip(names, first, strict=True)]


def _as_slashes(_lang: Lang, _columns: Sequence[str], records: Sequence[Record]) -> str:
    """Write records without their columns: "basil / 4 / 20"."""
    return "\n".join(" / ".join(map(str, record)) for record in records)


def _as_labels(lang: Lang, columns: Sequence[str], records: Sequence[Record]) -> str:
    """Write each record as a line of labels and values."""
    return "\n".join(_labelled(lang, columns, record) for record in records)


def _labelled(lang: Lang, columns: Sequence[str], record: Record) -> str:
    """Write one record as "plant: basil; price: 4"."""
    colon, semicolon = (": ", "; ") if lang == "en" else ("：", "；")
    pairs = zip(columns, record, strict=True)
    return semicolon.join(f"{column}{colon}{value}" for column, value in pairs)


def _as_csv(_lang: Lang, columns: Sequence[str], records: Sequence[Record]) -> str:
    """Write records as CSV. No value needs quoting."""
    return "\n".join(",".join(map(str, row)) for row in [columns, *records])


def _as_json(_lang: Lang, columns: Sequence[str], records: Sequence[Record]) -> str:
    """Write records as a JSON array of objects."""
    rows = [dict(zip(columns, record, strict=True)) for record in records]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def _as_markdown(_lang: Lang, columns: Sequence[str], records: Sequence[Record]) -> str:
    """Write records as a Markdown table."""
    rows = ["| " + " | ".join(map(str, row)) + " |" for row in [columns, *records]]
    return "\n".join([rows[0], "|" + " --- |" * len(columns), *rows[1:]])


def _convert(
    name: str, sources: Sequence[Layout], target: Layout
) -> Callable[[Random, Lang], Composed]:
    """Return the composer of the kind that turns one of the source layouts into the target."""

    def compose(rng: Random, lang: Lang) -> Composed:
        words = load_words("formatting_tables", lang)
        domain = rng.choice(words["domains"])
        columns, source = domain["columns"], rng.choice(sources)

        def make() -> Instance:
            records = _draw_records(rng, domain)
            output = target(lang, columns, records)
            return Instance(source(lang, columns, records), output, output)

        form = _labelled(lang, columns, _draw_records(rng, domain)[0])
        named = enumerate_items(lang, columns)
        ask = rng.choice(words[name])
        scene = rng.choice(domain["scenes"])
        return Composed(
            instruct(rng, lang, scene, ask, columns=named, form=form), instances(rng, make)
        )

    return compose


KINDS = (
    Kind("fill_form", "formatting", False, _fill_form),
    Kind("to_csv", "formatting", False, _convert("to_csv", (_as_slashes, _as_labels), _as_csv)),
    Kind("to_json", "formatting", False, _convert("to_json", (_as_csv, _as_labels), _as_json)),
    Kind(
        "to_markdown",
        "formatting",
        False,
        _convert("to_markdown", (_as_csv, _as_slashes, _as_labels), _as_markdown),
    ),
    Kind(
        "to_lines",
        "formatting",
        False,
        _convert("to_lines", (_as_csv, _as_markdown, _as_json), _as_labels),
    ),
)
