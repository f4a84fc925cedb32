"""`tasks.jsonl`, `rejected.jsonl`, `replies.jsonl`: everything that is known, one object a line.

Schema 2 has in a task what schema 1 had, and conversations, reasoning, preferences and labels
(`draft_rows`). Rows of schema 1 are read as well.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from vicugna.errors import UserError
from vicugna.formats.draft_rows import check_lang, check_texts, draft_from, draft_row
from vicugna.formats.lines import write_lines
from vicugna.jsonl import read_jsonl
from vicugna.records import Asked, Rejected, Source, Task, Verdict, to_json
from vicugna.text.hygiene import show_plain

SCHEMA = 2
_KNOWN = (1, SCHEMA)
_ASKED_TEXTS = ("request", "purpose", "prompt", "about", "teacher", "model", "finish_reason")
_ASKED_NUMBERS = ("sample", "input_tokens", "output_tokens", "cached_tokens")
_Row = dict[str, Any]
_Record = TypeVar("_Record")


def write_tasks(tasks: Sequence[Task], path: Path) -> None:
    """Write kept tasks with their source and verdicts."""
    write_lines(path, (_task_row(task) for task in tasks))


def write_rejected(rejected: Iterable[Rejected], path: Path) -> None:
    """Write dropped pieces with the verdict that dropped them."""
    write_lines(path, (_rejected_row(piece) for piece in rejected))


def write_replies(asked: Iterable[Asked], path: Path) -> None:
    """Write what was asked and what it cost, a line for each reply, in the order of consumption."""
    write_lines(path, ({"schema": SCHEMA} | to_json(line) for line in asked))


def read_tasks(path: Path) -> list[Task]:
    """Read `tasks.jsonl` back.

    Raises:
        UserError: a line is not a task of a schema this version knows.
    """
    return _read(path, "task", task_from)


def is_task_row(row: _Row) -> bool:
    """Return whether a row of a file is one of `tasks.jsonl`."""
    return {"schema", "verdicts", "source"} <= row.keys()


def task_from(row: _Row) -> Task:
    """Return the task in a row of `tasks.jsonl`.

    Raises:
        KeyError: a key is missing.
        TypeError: a value is not what its key says.
    """
    draft = draft_from(row, _source_from(row))
    return Task(draft, tuple(Verdict(**verdict) for verdict in row["verdicts"]))


def read_rejected(path: Path) -> list[Rejected]:
    """Read `rejected.jsonl` back.

    Raises:
        UserError: a line is not a rejected piece of a schema this version knows.
    """
    return _read(path, "rejected piece", _rejected_from)


def read_replies(path: Path) -> list[Asked]:
    """Read `replies.jsonl` back.

    Raises:
        UserError: a line is not a reply of a schema this version knows.
    """
    return _read(path, "reply", _asked_from)


def _task_row(task: Task) -> _Row:
    # A verdict without a measure says only that the filter was asked; the manifest says that.
    verdicts = [to_json(verdict) for verdict in task.verdicts if verdict.measure is not None]
    known = {"source": to_json(task.draft.source), "verdicts": verdicts}
    return {"schema": SCHEMA} | draft_row(task.draft) | known


def _rejected_row(piece: Rejected) -> _Row:
    named = {"id": piece.id, "lang": piece.lang, "verdict": to_json(piece.verdict)}
    known = {"text": piece.text, "source": to_json(piece.source)}
    return {"schema": SCHEMA} | named | draft_row(piece.draft) | named | known


def _read(path: Path, noun: str, build: Callable[[_Row], _Record]) -> list[_Record]:
    records: list[_Record] = []
    for number, row in read_jsonl(path):
        if type(row.get("schema")) is not int or row["schema"] not in _KNOWN:
            raise UserError(
                f'{path}:{number}: "schema" is {row.get("schema")!r:.40}, this version knows '
                f"{' and '.join(map(str, _KNOWN))}."
            )
        try:
            records.append(build(row))
        except (KeyError, TypeError) as error:
            raise UserError(
                f"{path}:{number}: not a {noun} of schema {row['schema']}: "
                f"{show_plain(str(error))}."
            ) from error
    return records


def _rejected_from(row: _Row) -> Rejected:
    source = _source_from(row)
    draft = draft_from(row, source)
    check_texts(row, ("text",))
    # What could not be read as a task has neither; a draft is at least in a group of its own.
    known = draft if draft.instruction or draft.group else None
    return Rejected(
        draft.id, draft.lang, Verdict(**row["verdict"]), source, known, text=row["text"]
    )


def _asked_from(row: _Row) -> Asked:
    fields = {name: row[name] for name in Asked.__dataclass_fields__}
    check_texts(fields, _ASKED_TEXTS)
    check_lang(fields)
    priced = () if fields["price_nusd"] is None else ("price_nusd",)
    _check_numbers(fields, (*_ASKED_NUMBERS, *priced))
    return Asked(**fields)


def _source_from(row: _Row) -> Source:
    shown = row["source"]["shown"]
    if not isinstance(shown, list):
        raise TypeError('"shown" is not a list')
    source = Source(**(row["source"] | {"shown": tuple(cast(list[str], shown))}))
    check_texts({"request": source.request}, ("request",))
    _check_numbers({"position": source.position}, ("position",))
    return source


def _check_numbers(row: _Row, names: Iterable[str]) -> None:
    for name in names:
        if type(row[name]) is not int or row[name] < 0:  # true and false are ints too
            raise TypeError(f'"{name}" is {row[name]!r:.40}, not a count')
