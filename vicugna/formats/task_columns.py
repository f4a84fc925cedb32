"""The columns of a published set, what each one holds, and parquet with exactly these types.

A row is that of `tasks.jsonl`, its source in columns of its own, before it `messages`: the whole
conversation, as trainers read it. Types are stated, so a column that is empty throughout is text
all the same, and the parts of a set that is published again have the same columns.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vicugna.formats.canonical import SCHEMA
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


COLUMNS: tuple[Column, ...] = (
    Column(
        "messages",
        {"role": "text", "content": "text"},
        "the whole conversation, as OpenAI messages",
        "整段对话，OpenAI messages 格式",
    ),
    Column("instruction", "text", "the first question", "第一轮的指令"),
    Column("input", "text", 'what it is about; "" for nothing', "指令的输入，没有则为空"),
    Column("output", "text", "the first answer", "第一轮的回答"),
    Column("lang", "text", "en or zh", "语言：en 或 zh"),
    Column("id", "text", "name of the row", "行的编号"),
    Column("group", "text", "shared by instances of one instruction", "同一指令的多个实例共用"),
    Column(
        "is_classification",
        "flag",
        "whether it is classification; null when not known",
        "是否分类任务，不详为 null",
    ),
    Column(
        "check", "text", 'answer for a program to compare; "" for none', "供程序核对的答案，可为空"
    ),
    Column("system", "text", "the system turn", "系统提示"),
    Column("reasoning", "text", "what was thought before `output`", "得出 `output` 之前的思考"),
    Column(
        "rounds",
        {"question": "text", "answer": "text", "reasoning": "text"},
        "further questions and answers",
        "后续各轮的提问与回答",
    ),
    Column(
        "alternatives",
        {"answer": "text", "reasoning": "text", "score": "number"},
        "rejected answers to the last question",
        "最后一问的落选回答",
    ),
    Column("score", "number", "score of the last answer", "最后一个回答的评分"),
    Column("type", "text", "kind of task", "任务类型"),
    Column("topic", "text", "what it is about", "主题"),
    Column("licence", "text", "licence of the row, where it has its own", "该行单独的许可（如有）"),
    Column("source_request", "text", "hash of the question to the teacher", "发给教师的请求的哈希"),
    Column("source_file", "text", "file the row comes from", "来源文件名"),
    Column("source_position", "count", "place in reply or file", "在回复或文件中的位置"),
    Column("source_teacher", "text", "who answered", "教师"),
    Column("source_model", "text", "model that answered", "教师所用的模型"),
    Column("source_prompt", "text", "prompt and its hash", "提示词及其哈希"),
    Column(
        "source_shown", "texts", "ids of the tasks shown to the teacher", "展示给教师的任务编号"
    ),
)


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
    for name, kind, _, _ in COLUMNS:
        if isinstance(kind, str):
            fields.append((name, types[kind]))
        else:
            parts = [(part, types[one]) for part, one in kind.items()]
            fields.append((name, arrow.list_(arrow.struct(parts))))
    return arrow.schema(fields)
