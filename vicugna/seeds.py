"""The hand-written seed tasks of a language, read and checked."""

from pathlib import Path
from typing import Any

from vicugna.content import SEED_TASKS
from vicugna.errors import UserError
from vicugna.jsonl import read_jsonl
from vicugna.records import TASK_TYPES, TOPICS, Lang, SeedTask

_FIELDS = {
    "id": str,
    "lang": str,
    "type": str,
    "topic": str,
    "is_classification": bool,
    "instruction": str,
    "input": str,
    "output": str,
    "licence": str,
}


def load_seeds(lang: Lang, folder: Path = SEED_TASKS) -> tuple[SeedTask, ...]:
    """Return the seed tasks of `<folder>/<lang>.jsonl`, sorted by id.

    So the order of the lines decides nothing: moving them changes no prompt, and re-bills none.

    Raises:
        UserError: a line lacks a field, has one too many, or a value that cannot be; the message
            names file, line and field.
    """
    path = folder / f"{lang}.jsonl"
    seeds: dict[str, SeedTask] = {}
    for number, row in read_jsonl(path):
        seed = _parse(row, f"{path}:{number}", lang)
        if seed.id in seeds:
            raise UserError(f'{path}:{number}: id "{seed.id}" is used twice. Give it another.')
        seeds[seed.id] = seed
    if not seeds:
        raise UserError(f"{path}: no seed tasks. Add at least one line.")
    return tuple(seeds[identity] for identity in sorted(seeds))


def _parse(row: dict[str, Any], place: str, lang: Lang) -> SeedTask:
    for field, kind in _FIELDS.items():
        if field not in row:
            raise UserError(f'{place}: "{field}" is missing.')
        if not isinstance(row[field], kind):
            raise UserError(f'{place}: "{field}" is {row[field]!r:.40}, expected {kind.__name__}.')
    if unknown := sorted(row.keys() - _FIELDS.keys()):
        raise UserError(f'{place}: unknown field "{unknown[0]}". Fields are {", ".join(_FIELDS)}.')
    _check_values(row, place, lang)
    return SeedTask(**row)


def _check_values(row: dict[str, Any], place: str, lang: Lang) -> None:
    for field, allowed in (("lang", (lang,)), ("type", TASK_TYPES), ("topic", TOPICS)):
        if row[field] not in allowed:
            wanted = ", ".join(allowed)
            raise UserError(f'{place}: "{field}" is "{row[field]}", expected one of: {wanted}.')
    for field in ("id", "instruction", "output", "licence"):
        if not row[field].strip():
            raise UserError(f'{place}: "{field}" is empty.')
