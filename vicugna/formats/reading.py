"""Rows of files that people have: JSON array, JSON lines or LMFlow's object (.gz too), parquet."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.formats.parquet_rows import is_parquet, read_parquet_rows
from vicugna.jsonl import decode, read_jsonl_text
from vicugna.layouts import find_layout
from vicugna.text.hygiene import show_plain

Row = tuple[int, dict[str, Any]]
# The escapes of a JSON text, one after the other: two halves that make a character, a half alone,
# any other.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield (row number from 1, object) of a file.

    Raises:
        UserError: the file cannot be read, is not UTF-8, is not JSON (with the line), or its first
            row is in no layout that is known.
    """
    if is_parquet(path):
        return _check_first(read_parquet_rows(path), path)
    return read_json_rows(_read_bytes(path), path)


def read_json_rows(data: bytes, path: Path, *, first: bool = True) -> Iterator[Row]:
    """Yield what `read_rows` yields, from the bytes of `path`, or of JSON lines in it.

    Unless these are the `first` ones there may be none, and the layout is not checked.

    Raises:
        UserError: as of `read_rows`.
    """
    text = _mend_halves(decode(data, path))
    if not first:
        return read_jsonl_text(text, path)
    return _check_first(_read_text(text, path), path)


def _read_text(text: str, path: Path) -> Iterator[Row]:
    start = text.lstrip()
    if start.startswith("["):
        lines = _try_lines(start)
        return _read_array(text, path) if lines is None else lines
    return read_jsonl_text(text, path) if (rows := _try_object(start)) is None else rows


def _try_object(text: str) -> Iterator[Row] | None:
    """Return the rows of LMFlow's {"type", "instances"}, each with the type; None when it is none.

    A file that is one JSON object, over many lines, is a row.
    """
    try:
        whole: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(whole, dict):
        return None
    row = cast(dict[str, Any], whole)
    if not isinstance(row.get("instances"), list) or not isinstance(row.get("type"), str):
        # On one line it is JSON lines, and has the number of its line.
        return iter([(1, row)]) if "\n" in text.strip() else None
    instances = cast(list[Any], row["instances"])
    known = (cast(dict[str, Any], one) if isinstance(one, dict) else {} for one in instances)
    return iter([(number, one | {"type": row["type"]}) for number, one in enumerate(known, 1)])


def _try_lines(text: str) -> Iterator[Row] | None:
    """Return rows that are bare lists of messages, one a line; None when that is not what it is."""
    first, _, rest = text.partition("\n")
    if not rest.strip() or not first.rstrip().endswith("]"):
        return None
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(value, list):
            return None
        rows.append((number, {"messages": value}))
    return iter(rows)


def _check_first(rows: Iterator[Row], path: Path) -> Iterator[Row]:
    first = True
    for number, row in rows:
        if first:
            _check_layout(row, f"{path}: row {number}")
            first = False
        yield number, row
    if first:
        raise UserError(f"{path}: no rows.")


def _mend_halves(text: str) -> str:
    r"""Return JSON with "\ufffd" for an escape that is half a character, which orjson refuses.

    One such row, cut inside an emoji, would cost the whole file.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape["half"] else escape[0], text)


def _read_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: the gzip file is damaged or cut off: {error}.") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:  # NUL, or half a character
        raise UserError(f"{str(path)!r}: is not the name of a file.") from error


def _read_array(text: str, path: Path) -> Iterator[Row]:
    try:
        rows = cast(list[Any], orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: not valid JSON: {error.msg}.") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UserError(f"{path}: row {number}: expected a JSON object, got {row!r:.40}.")
        yield number, cast(dict[str, Any], row)


def _check_layout(row: dict[str, Any], place: str) -> None:
    if not find_layout(row):
        found = show_plain(", ".join(list(row)[:8]), 120)
        raise UserError(
            f"{place} is in no layout that is known (its keys: {found}). Expected one of "
            "docs/layouts.md: instruction, input, output; conversations; messages; or another."
        )
