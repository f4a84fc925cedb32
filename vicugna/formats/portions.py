"""Files in portions that can be read apart: what a file of ten million rows is read by.

A row has the number that `read_rows` gives it. Parquet is split at row groups, JSON lines at line
ends; a JSON array and what is gzipped cannot be split, and is one portion.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vicugna.errors import UserError
from vicugna.formats.parquet_rows import count_groups, is_parquet, read_parquet_rows
from vicugna.formats.reading import Row, read_json_rows, read_rows

_PORTION = 1 << 26  # bytes of JSON lines, about
_BLOCK = 1 << 22
_MARK = b"\xef\xbb\xbf"


class Portion(NamedTuple):
    """A part of a file. What `start` and `end` count is bytes or row groups; -1 is the whole file.

    `before` is how many rows, or lines, come before it.
    """

    path: str
    start: int = -1
    end: int = -1
    before: int = 0


def split_file(path: Path, size: int = _PORTION) -> list[Portion]:
    """Return the portions of a file, in order.

    Raises:
        UserError: it cannot be read.
    """
    if is_parquet(path):
        return _split_groups(path)
    try:
        return _split_lines(path, size)
    except (OSError, ValueError):  # what is wrong with it is told when it is read
        return [Portion(str(path))]


def read_portion(portion: Portion) -> Iterator[Row]:
    """Yield (row number in the file, object) of each row of a portion.

    Raises:
        UserError: as of `read_rows`.
    """
    path = Path(portion.path)
    if portion.start < 0:
        yield from read_rows(path)
    elif is_parquet(path):
        groups = range(portion.start, portion.end)
        for number, row in read_parquet_rows(path, groups):
            yield portion.before + number, row
    else:
        yield from _read_lines(portion, path)


def _split_groups(path: Path) -> list[Portion]:
    portions: list[Portion] = []
    before = 0
    for group, rows in enumerate(count_groups(path)):
        portions.append(Portion(str(path), group, group + 1, before))
        before += rows
    # Of the first portion the layout is checked too, and an empty file has none.
    return [Portion(str(path))] if len(portions) < 2 else portions


def _split_lines(path: Path, size: int) -> list[Portion]:
    with path.open("rb") as file:
        head = file.read(_BLOCK).removeprefix(_MARK).lstrip()
        if not head.startswith(b"{") or path.stat().st_size <= size:
            return [Portion(str(path))]
        portions: list[Portion] = []
        start = before = 0
        file.seek(0)
        while block := file.read(size):
            block += file.readline()  # to the end of the line
            while not portions and not block.removeprefix(_MARK).strip():
                block += file.readline()  # the first portion has a row, whose layout is checked
            portions.append(Portion(str(path), start, start + len(block), before))
            start += len(block)
            before += block.count(b"\n")
        return portions


def _read_lines(portion: Portion, path: Path) -> Iterator[Row]:
    try:
        with path.open("rb") as file:
            # From the line end before: a byte order mark is one at the start of a file only.
            start = max(portion.start - 1, 0)
            file.seek(start)
            data = file.read(portion.end - start)
        earlier = portion.before - (portion.start - start)
        for number, row in read_json_rows(data, path, first=portion.start == 0):
            yield earlier + number, row
    except (OSError, UserError):
        for _ in read_rows(path):  # which tells what is wrong, with the line in the whole file
            pass
        raise
