"""JSON files as trainers want them: UTF-8, unescaped, no BOM; an array, or one object a line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

Row = Mapping[str, Any]


def write_array(path: Path, rows: Iterable[Row]) -> None:
    """Write one JSON array, one row a line, so that files can be compared line by line."""
    with path.open("wb") as file:
        file.write(b"[")
        for number, row in enumerate(rows):
            file.write(b",\n" if number else b"\n")
            file.write(orjson.dumps(row))
        file.write(b"\n]\n")


def write_lines(path: Path, rows: Iterable[Row]) -> None:
    """Write one JSON object a line."""
    with path.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
