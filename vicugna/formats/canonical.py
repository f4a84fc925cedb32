"""`tasks.jsonl` and `rejected.jsonl`: everything that is known of a row, one object a line.

Schema 1 holds single tasks. Earlier turns, reasoning and rejected answers will be further keys
beside these (`history`, `reasoning`, `alternatives`), so what reads schema 1 will go on reading.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vicugna.errors import UserError
from vicugna.formats.lines import write_lines
from vicugna.jsonl import read_jsonl
from vicugna.records import LANGS, Draft, Rejected, Source, Task, Verdict, to_json

SCHEMA = 1
_TEXTS = ("id", "instruction", "input", "output", "group", "check")


def write_tasks(tasks: Sequence[Task], path: Path) -> None:
    """Write kept tasks with their source and verdicts."""
    write_lines(path, (_task_row(task) for task in tasks))


def write_rejected(rejected: Iterable[Rejected], path: Path) -> None:
    """Write dropped pieces with the verdict that dropped them."""
    write_lines(path, (_rejected_row(piece) for piece in rejected))


def read_tasks(path: Path) -> list[Task]:
    """Read `tasks.jsonl` back.

    Raises:
        UserError: a line is not a task of a schema this version knows.
    """
    return [_task_from(row, f"{path}:{number}") for number, row in read_jsonl(path)]


def _task_row(task: Task) -> dict[str, Any]:
    row = {"schema": SCHEMA} | to_json(task.draft)
    source = row.pop("source")
    # A verdict without a measure says only that the filter was asked; the manifest says that.
    verdicts = [to_json(verdict) for verdict in task.verdicts if verdict.measure is not None]
    return row | {"source": source, "verdicts": verdicts}


def _rejected_row(piece: Rejected) -> dict[str, Any]:
    draft = piece.draft
    return {
        "schema": SCHEMA,
        "id": piece.id,
        "lang": piece.lang,
        "verdict": to_json(piece.verdict),
        "instruction": draft.instruction if draft else "",
        "input": draft.input if draft else "",
        "output": draft.output if draft else "",
        "text": piece.text,
        "source": to_json(piece.source),
    }


def _task_from(row: dict[str, Any], place: str) -> Task:
    if row.get("schema") != SCHEMA:
        raise UserError(f'{place}: "schema" is {row.get("schema")!r}, expected {SCHEMA}.')
    try:
        source = Source(**(row["source"] | {"shown": tuple(row["source"]["shown"])}))
        verdicts = tuple(Verdict(**verdict) for verdict in row["verdicts"])
        fields = {name: row[name] for name in Draft.__dataclass_fields__ if name != "source"}
        for name in _TEXTS:
            if not isinstance(fields[name], str):
                raise TypeError(f'"{name}" is not text')
        if fields["lang"] not in LANGS:
            raise TypeError(f'"lang" is {fields["lang"]!r:.40}')
        return Task(Draft(source=source, **fields), verdicts)
    except (KeyError, TypeError) as error:
        raise UserError(f"{place}: not a task of schema {SCHEMA}: {error}.") from error
