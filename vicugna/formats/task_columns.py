"""The columns of a published set, what each one holds, and parquet with exactly these types.

A row is that of `tasks.jsonl`, its source in columns of its own, before it `messages`: the whole
conversation, as trainers read it. Types are stated, so a column that is empty throughout is text
all the same, and the parts of a set that is published again have the same columns.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vicugna.formats.canonical import SCHEMA
from vicugna.formats.schema import words_of
from vicugna.layouts.turns import as_messages, to_turns
from vicugna.records import Task, to_json

Kind = Literal["text", "texts", "flag", "count", "number"]
_SOURCE = "source_"
_BATCH = 10_000  # rows that are Python objects at a time, and a row group of the file


class Column(NamedTuple):
    """A column: its kind, or the kinds of the parts of each object in its lists; what it holds."""

    name: str
    kind: Kind | Mapping[str, Kind]
    english: str
    chinese: str


KINDS: dict[str, Kind | Mapping[str, Kind]] = {
    "messages": {"role": "text", "content": "text"},
    "instruction": "text",
    "input": "text",
    "output": "text",
    "lang": "text",
    "id": "text",
    "group": "text",
    "is_classification": "flag",
    "check": "text",
    "system": "text",
    "reasoning": "text",
    "rounds": {"question": "text", "answer": "text", "reasoning": "text"},
    "alternatives": {"answer": "text", "reasoning": "text", "score": "number"},
    "score": "number",
    "type": "text",
    "topic": "text",
    "licence": "text",
    "source_request": "text",
    "source_file": "text",
    "source_position": "count",
    "source_teacher": "text",
    "source_model": "text",
    "source_prompt": "text",
    "source_shown": "texts",
}


def describe_columns() -> list[Column]:
    """Return the columns with what each one holds, in the words of the schema of `tasks.jsonl`."""
    return [_describe(name, kind) for name, kind in KINDS.items()]


def _describe(name: str, kind: Kind | Mapping[str, Kind]) -> Column:
    if name.startswith(_SOURCE):
        words = words_of("Source", name.removeprefix(_SOURCE))
    else:
        words = words_of("published" if name == "messages" else "Draft", name)
    return Column(name, kind, words["en"], words["zh"])


def to_row(task: Task) -> dict[str, Any]:
    """Return a task as a row with every column."""
    row = to_json(task.draft)
    source = {f"{_SOURCE}{name}": value for name, value in row.pop("source").items()}
    return {"messages": as_messages(to_turns(task.draft))} | row | source


def is_published(row: Mapping[str, Any]) -> bool:
    """Return whether a row of a file has the columns of a published set."""
    return {"messages", "rounds", "alternatives", "source_request"} <= row.keys()


def to_task_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of `tasks.jsonl` that a published row was made from, without its verdicts."""
    source: dict[str, Any] = {}
    known: dict[str, Any] = {"schema": SCHEMA, "verdicts": []}
    for name, value in row.items():
        if name.startswith(_SOURCE):
            source[name.removeprefix(_SOURCE)] = value
        elif name != "messages":
            known[name] = value
    return known | {"source": source}


def dump_parquet(tasks: Sequence[Task]) -> bytes:
    """Return tasks as a parquet file. The same tasks give the same bytes.

    Chunks are cut by content, so that of a set that grew the hub stores only what is new.
    """
    # Imported here, and by name: it takes a while, and ships no types.
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    schema = _make_schema(arrow)
    sink = arrow.BufferOutputStream()
    with parquet.ParquetWriter(
        sink, schema, use_content_defined_chunking=True, write_page_index=True
    ) as writer:
        for start in range(0, len(tasks), _BATCH):
            rows = [to_row(task) for task in tasks[start : start + _BATCH]]
            writer.write_table(arrow.Table.from_pylist(rows, schema))
    return sink.getvalue().to_pybytes()


def _make_schema(arrow: Any) -> Any:  # noqa: ANN401 - a module and an object of Arrow
    types: dict[Kind, Any] = {
        "text": arrow.string(),
        "texts": arrow.list_(arrow.string()),
        "flag": arrow.bool_(),
        "count": arrow.int64(),
        "number": arrow.float64(),
    }
    fields: list[tuple[str, Any]] = []
    for name, kind in KINDS.items():
        if isinstance(kind, str):
            fields.append((name, types[kind]))
        else:
            parts = [(part, types[one]) for part, one in kind.items()]
            fields.append((name, arrow.list_(arrow.struct(parts))))
    return arrow.schema(fields)
