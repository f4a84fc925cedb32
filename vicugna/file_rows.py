"""Rows of files that people have, as drafts, and how files and rows are named."""

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.formats.canonical import is_task_row, task_from
from vicugna.formats.reading import read_rows
from vicugna.formats.task_columns import is_published, to_task_row
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Content, Located, Problem
from vicugna.layouts.texts import dump_row
from vicugna.records import Draft, Lang, Rejected, Source, Verdict
from vicugna.text.hygiene import show_plain
from vicugna.text.script import language_of

UNKNOWN = "in no layout that is known"
_LONGEST_ID = 200  # characters


def read_file(path: Path, name: str, taken: set[str] | None = None) -> Iterator[Draft | Rejected]:
    """Yield what is in a file, in any layout: each task, and each piece that is none.

    Ids are "name:row", and "name:row#2" for the second of a row. With `taken`, a set of ids to
    which new ones are added, a row keeps an id of its own that nobody has yet, and a row of a
    `tasks.jsonl` its group and source too. Rows that belong together (the answers to one question)
    are one task, and come after the rest.

    Raises:
        UserError: as of `read_rows`.
    """
    return read_drafts(read_rows(path), name, taken)


def read_drafts(
    rows: Iterable[tuple[int, dict[str, Any]]],
    name: str,
    taken: set[str] | None = None,
    *,
    whole: bool = True,
) -> Iterator[Draft | Rejected]:
    """Yield what is in numbered rows of a file, as `read_file` does.

    Raises:
        UserError: they are not the `whole` file, and may belong together with others of it.
    """
    waiting: dict[str, list[Located]] = {}
    for number, row in rows:
        kind = "" if is_task_row(row) or is_published(row) else find_layout(row)
        if not kind or LAYOUTS[kind].join is None:
            yield from _read_row(number, row, kind, name, taken)
        elif not whole:
            raise UserError(
                f"{name}: row {number} is in the layout {kind}, whose rows belong together, and a "
                "part of the file cannot tell with which. Clean it without --ray."
            )
        else:
            pieces = LAYOUTS[kind].read(row)
            waiting.setdefault(kind, []).extend((number, piece) for piece in pieces)
    for kind, located in waiting.items():
        yield from _join(kind, located, name)


def _read_row(
    number: int, row: dict[str, Any], kind: str, name: str, taken: set[str] | None
) -> Iterator[Draft | Rejected]:
    """Yield what is in a row of a layout, or of ours, or of none."""
    if is_published(row):
        row = to_task_row(row)
    if is_task_row(row):
        yield _read_task(number, row, name, taken)
        return
    pieces = LAYOUTS[kind].read(row) if kind else [Problem(UNKNOWN, dump_row(row))]
    for place, piece in enumerate(pieces):
        yield _keep_id(_build(number, place, piece, name), row.get("id"), taken)


def _join(kind: str, located: list[Located], name: str) -> Iterator[Draft | Rejected]:
    join = LAYOUTS[kind].join
    seen: dict[int, int] = {}
    for number, piece in located if join is None else join(located):
        place = seen[number] = seen.get(number, -1) + 1
        yield _build(number, place, piece, name)


def _build(number: int, place: int, piece: Content | Problem, name: str) -> Draft | Rejected:
    row = f"{name}:{number}"
    identity = f"{row}#{place + 1}" if place else row
    source = Source(file=name, position=number)
    if isinstance(piece, Problem):
        lang = language_of(" ".join(_texts(piece.text))) or "en"
        verdict = Verdict("parse", False, detail=piece.reason)
        return Rejected(identity, lang, verdict, source, None, piece.text)
    fields: Any = {**piece, "group": f"{name}:{piece['group']}" if "group" in piece else row}
    return Draft(id=identity, lang=_language(piece), source=source, **fields)


def _keep_id(piece: Draft | Rejected, own: object, taken: set[str] | None) -> Draft | Rejected:
    """Return a draft with the id its row has, when that is a name and nobody has it yet."""
    if taken is None or isinstance(piece, Rejected) or not isinstance(own, str | int):
        return piece
    identity = str(own)
    if not identity or identity != show_plain(identity, _LONGEST_ID) or identity in taken:
        return piece
    taken.add(identity)
    return replace(piece, id=identity)


def _read_task(
    number: int, row: dict[str, Any], name: str, taken: set[str] | None
) -> Draft | Rejected:
    """Return the draft in a row of `tasks.jsonl`."""
    try:
        draft = task_from(row).draft
    except (KeyError, TypeError, AttributeError) as error:
        problem = Problem("not a task of its schema", f"{error}: {dump_row(row)}")
        return _build(number, 0, problem, name)
    place = f"{name}:{number}"
    known = _keep_id(replace(draft, id=place), draft.id, taken)
    if taken is not None:
        return known
    return replace(draft, id=place, group=place, source=Source(file=name, position=number))


def _language(content: Content) -> Lang:
    """Return the language of what is asked, else of everything, else English."""
    texts = [content["instruction"], content.get("input", ""), content["output"]]
    return language_of(texts[0]) or language_of("\n".join(texts)) or "en"


def _texts(text: str) -> list[str]:
    """Return the texts in a row that is written as JSON, without its keys; else the text itself."""
    try:
        waiting: list[Any] = [orjson.loads(text)]
    except orjson.JSONDecodeError:
        return [text]
    texts: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict | list):
            waiting += cast(dict[str, Any], value).values() if isinstance(value, dict) else value
    return texts


def hash_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error


def name_files(paths: Iterable[Path]) -> list[str]:
    """Return the names of files as ids hold them, each different."""
    names: list[str] = []
    for path in paths:
        names.append(unused_name(plain_name(path), names))
    return names


def plain_name(path: Path) -> str:
    """Return a file's name as ids and the card hold it: no name can be no text, or end a code."""
    return show_plain(path.name).replace("`", "'")


def unused_name(name: str, taken: Container[str]) -> str:
    """Return a name for a file that tells it from another of the same name."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}#{number}"
        number += 1
    return unique
