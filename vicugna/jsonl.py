"""Reading lines of JSON, with the file and the line in every complaint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number from 1, object) for each non-empty line.

    Raises:
        UserError: the file is missing or not UTF-8, or a line is not a JSON object.
    """
    return read_jsonl_text(read_text(path), path)


def read_jsonl_text(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what `read_jsonl` yields, from the text of `path`."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UserError(
                f"{path}:{number}: not valid JSON ({error}). Mend or delete the line."
            ) from error
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: expected a JSON object, got {row!r:.40}.")
        yield number, cast(dict[str, Any], row)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark.

    Raises:
        UserError: the file is missing, unreadable, or not UTF-8 (with line and byte).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:  # NUL, or half a character
        raise UserError(f"{str(path)!r}: is not the name of a file.") from error
    return decode(data, path)


def decode(data: bytes, path: Path) -> str:
    """Decode the bytes of `path` as UTF-8.

    Raises:
        UserError: they are not UTF-8; the message says where, and how to convert.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}:{line}: not UTF-8 (byte 0x{data[error.start]:02x}). "
            f"If it is GBK, convert it: iconv -f GB18030 -t UTF-8 IN > OUT."
        ) from error
