"""The JSON Schema of a row of `tasks.jsonl`, made from the records, and the table of its fields.

    python -m vicugna.formats.schema > docs/task.schema.json
    python -m vicugna.formats.schema zh        # the table in docs/layouts.zh.md; en for the other

What each field means is in `task_fields.json`, in both languages; a schema has one `description`,
the English one, and the Chinese under "x-description-zh". The schema says what is written. What
`canonical.read_tasks` refuses is refused by it too, but that 1.0 is an integer to JSON. The reader
takes more: rows of schema 1, keys of somebody else, and what it does not look at.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from vicugna.formats.canonical import SCHEMA
from vicugna.records import Draft, Lang, Task

Schema = dict[str, Any]

_FIELDS = Path(__file__).with_name("task_fields.json")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}
_HEADS: dict[Lang, tuple[str, str, str]] = {
    "en": ("field", "type", "what it is"),
    "zh": ("字段", "类型", "含义"),
}
_TITLE = "A row of tasks.jsonl: a task with its source and verdicts."


def task_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a row of `tasks.jsonl`, schema 2."""
    known = _describe_fields(Draft)
    source = known.pop("source")
    verdicts = _describe_type(get_type_hints(Task)["verdicts"])
    fields = {
        "schema": _with_words("row", "schema", {"const": SCHEMA}),
        **known,
        "source": source,
        "verdicts": _with_words("row", "verdicts", verdicts),
    }
    told = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLE}
    return told | _describe_object(fields)


def field_table(lang: Lang) -> str:
    """Return the fields of a row as a table in Markdown, parts of objects below them."""
    lines = ["| " + " | ".join(_HEADS[lang]) + " |", "|---|---|---|"]
    for name, part in _walk(task_schema()):
        words = part["description" if lang == "en" else "x-description-zh"]
        lines.append(f"| `{name}` | {_name_type(part)} | {words} |")
    return "\n".join(lines) + "\n"


@cache
def _read_words() -> dict[str, dict[str, dict[str, str]]]:
    return json.loads(_FIELDS.read_text(encoding="utf-8"))


def words_of(record: str, name: str) -> dict[str, str]:
    """Return what a field means, by language: of a record, of the row, or of a published one."""
    return _read_words()[record][name]


def _with_words(record: str, name: str, part: Schema) -> Schema:
    """Return a part of a schema with what it means, of a field of a record or of the row itself."""
    words = words_of(record, name)
    return {"description": words["en"], "x-description-zh": words["zh"]} | part


def _describe_fields(record: Any) -> dict[str, Schema]:  # noqa: ANN401 - any record's class
    hints = get_type_hints(record).items()
    return {name: _with_words(record.__name__, name, _describe_type(hint)) for name, hint in hints}


def _describe_type(hint: Any) -> Schema:  # noqa: ANN401 - a type of a field
    if is_dataclass(hint):
        return _describe_object(_describe_fields(hint))
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _describe_type(get_args(hint)[0])}
    names = [_TYPES[one] for one in get_args(hint) or (hint,)]
    part: Schema = {"type": names if len(names) > 1 else names[0]}
    return part | ({"minimum": 0} if hint is int else {})  # all of them are counts


def _describe_object(fields: dict[str, Schema]) -> Schema:
    known = {"properties": fields, "required": list(fields), "additionalProperties": False}
    return {"type": "object"} | known


def _walk(schema: Schema, before: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield the fields of an object by name, each before its own: "rounds", "rounds[].answer"."""
    for name, part in schema["properties"].items():
        yield before + name, part
        inside = part.get("items", part)
        if "properties" in inside:
            yield from _walk(inside, f"{before}{name}{'[]' if 'items' in part else ''}.")


def _name_type(part: Schema) -> str:
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f'`"{one}"`' for one in part["enum"])
    kinds = part["type"]
    names = [kinds] if isinstance(kinds, str) else list[str](kinds)
    return ", ".join(f"`{name}`" for name in names)


def main(words: list[str]) -> None:
    """Print the schema, or the table of fields in the language that is named."""
    shown = json.dumps(task_schema(), indent=2, ensure_ascii=False) + "\n"
    for lang in ("en", "zh"):
        if words == [lang]:
            shown = field_table(lang)
    sys.stdout.buffer.write(shown.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
