"""A draft as a row of `tasks.jsonl` and `rejected.jsonl`, and back, with every value checked.

    {"id", "lang", "instruction", "input", "output", "group", "is_classification", "check",
     "system", "reasoning", "rounds": [{"question", "answer", "reasoning"}],
     "alternatives": [{"answer", "reasoning", "score"}], "score", "type", "topic", "licence"}

What each one means is in `vicugna.records.Draft`, and in docs/task.schema.json. Schema 1 ended at
"check"; a row of it is read with nothing in the rest.
"""

import math
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar, cast

from vicugna.records import LANGS, Alternative, Draft, Round, Source, to_json

Row = dict[str, Any]
_Part = TypeVar("_Part", Round, Alternative)

_NAMES = [field.name for field in fields(Draft) if field.name != "source"]
_NEW = frozenset(_NAMES[_NAMES.index("check") + 1 :])  # in schema 2
_TEXTS = [name for name in _NAMES if name not in ("rounds", "alternatives", "score")]


def draft_row(draft: Draft | None) -> Row:
    """Return a draft without its source; of none, what an empty one would have."""
    row = to_json(draft or Draft("", "en", "", "", "", Source()))
    del row["source"]
    return row


def draft_from(row: Row, source: Source) -> Draft:
    """Return the draft in a row.

    Raises:
        KeyError: a key is missing.
        TypeError: a value is not what its key says.
    """
    old = row["schema"] == 1
    values = {name: row[name] for name in _NAMES if not (old and name in _NEW)}
    check_texts(values, (name for name in _TEXTS if name in values and name != "is_classification"))
    check_lang(values)
    if not isinstance(values["is_classification"], bool | None):
        raise TypeError('"is_classification" is neither true, false nor null')
    if not old:
        check_score(values)
        values["rounds"] = _parts(values["rounds"], "rounds", Round)
        values["alternatives"] = _parts(values["alternatives"], "alternatives", Alternative)
    return Draft(source=source, **values)


def check_texts(row: Row, names: Iterable[str]) -> None:
    """Raise TypeError when one of some values is not text."""
    for name in names:
        if not isinstance(row[name], str):
            raise TypeError(f'"{name}" is not text')


def check_lang(row: Row) -> None:
    """Raise TypeError when "lang" is no language of ours."""
    if row["lang"] not in LANGS:
        raise TypeError(f'"lang" is {row["lang"]!r:.40}')


def check_score(row: Row) -> None:
    """Raise TypeError when "score" is neither null nor a number."""
    score = row["score"]
    if score is not None and (type(score) not in (int, float) or not math.isfinite(score)):
        raise TypeError(f'"score" is {score!r:.40}, not a number')


def _parts(value: Any, name: str, kind: type[_Part]) -> tuple[_Part, ...]:  # noqa: ANN401 - JSON
    if not isinstance(value, list):
        raise TypeError(f'"{name}" is not a list')
    return tuple(_part(one, name, kind) for one in cast(list[Any], value))


def _part(value: Any, name: str, kind: type[_Part]) -> _Part:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise TypeError(f'"{name}" has {value!r:.40} in it')
    row = cast(Row, value)
    values = {field.name: row[field.name] for field in fields(kind)}
    check_texts(values, (one for one in values if one != "score"))
    if "score" in values:
        check_score(values)
    return kind(**values)
