"""A whole ledger as one file, that any other ledger can take in: `vicugna ledger export`.

    {"kind": "ledger", "format": 1, "schema": 3, "version": "0.1.0", "answers": 52, "charges": 1}
    {"kind": "answer", "key": "0f3e...", "teacher": "openai", ..., "request": {...}, ...}
    {"kind": "charge", "id": "51c0...", ..., "state": "lost", ...}
    {"kind": "end", "answers": 52, "charges": 1, "sha256": "9b1d..."}

Answers are in the order of their keys, then charges of their ids, so the same rows are the same
bytes. The first line says how many there are, the last one how many were written and the hash of
all lines before it: without it the file was cut. Money is in 1e-9 USD, times are UTC.
"""

import gzip
import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from sqlalchemy import Connection, Engine, RowMapping, Select, func, select

import vicugna
from vicugna.errors import UserError
from vicugna.ledger.damage import find_charge_damage, find_damage, try_request
from vicugna.ledger.scanning import Scanned, Unreadable, attempt, open_snapshot, scan
from vicugna.ledger.tables import CHARGE, REPLY, SCHEMA
from vicugna.ledger.whole_file import whole_file

FORMAT = 1  # raised when the lines change
MAX_LINE = 64 * 2**20  # bytes; so that a file made to do harm cannot fill the memory
SUFFIXES = (".jsonl", ".jsonl.gz")
_TOLD = 20  # rows left out that are told one by one
_NOT_OPEN = CHARGE.c.state != "open"
_ANSWER_COLUMNS = tuple(str(column.name) for column in REPLY.c)
_CHARGE_COLUMNS = tuple(str(column.name) for column in CHARGE.c)


@dataclass(slots=True)
class Exported:
    """What an export wrote, and what it had to leave out: (key, what is wrong) of the first 20."""

    answers: int = 0
    charges: int = 0
    left_out: int = 0
    told: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def leave_out(self, key: str, wrong: str) -> None:
        """Note a row that is not written."""
        self.left_out += 1
        if len(self.told) < _TOLD:
            self.told.append((key, wrong))


def export_ledger(engine: Engine, path: Path, *, force: bool) -> Exported:
    """Write a ledger, as it is at one moment, to a file that appears whole.

    Open charges are left out: they end with their runs. Damaged rows are left out and counted.

    Raises:
        UserError: the name does not end in .jsonl or .jsonl.gz, the file is there already (and
            `force` is not given), or it cannot be written.
        DBAPIError: the database is out of reach.
    """
    if not path.name.endswith(SUFFIXES):
        raise UserError(f"{path}: the name must end in .jsonl or .jsonl.gz.")
    exported = Exported()
    with whole_file(path, force=force) as raw, _packed(raw, path) as file:
        digest = hashlib.sha256()
        with open_snapshot(engine) as connection:
            for line in _write_lines(connection, exported):
                digest.update(line)
                file.write(line)
        counts = {"answers": exported.answers, "charges": exported.charges}
        file.write(_dump({"kind": "end", **counts, "sha256": digest.hexdigest()}))
    return exported


@contextmanager
def _packed(raw: BinaryIO, path: Path) -> Generator[BinaryIO]:
    if path.suffix != ".gz":
        yield raw
        return
    # Neither name nor time in it: the same rows are the same bytes.
    with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packing:
        yield cast("BinaryIO", packing)


def _write_lines(connection: Connection, exported: Exported) -> Iterator[bytes]:
    yield _dump(_describe(connection))
    for line in _write_rows(scan(connection, REPLY), "key", _answer_line, exported):
        exported.answers += 1
        yield line
    for line in _write_rows(scan(connection, CHARGE, _NOT_OPEN), "id", _charge_line, exported):
        exported.charges += 1
        yield line


def _write_rows(
    rows: Iterable[Scanned],
    key: str,
    to_line: Callable[[RowMapping], bytes | str],
    exported: Exported,
) -> Iterator[bytes]:
    """Yield a line for each row that is sound; note the others."""
    last = ""
    for row in rows:
        if isinstance(row, Unreadable):
            exported.leave_out(row.key, f"cannot be read: {row.why}")
            continue
        line = to_line(row)
        if isinstance(line, str):
            exported.leave_out(str(row[key]), line)
        elif row[key] <= last:  # a damaged index may lead to a row twice
            exported.leave_out(str(row[key]), "it is there again")
        else:
            last = row[key]
            yield line


def _describe(connection: Connection) -> Mapping[str, Any]:
    """Return the first line. A count is null when the database is too damaged to count."""
    answers = attempt(
        connection, lambda: _count(connection, select(func.count()).select_from(REPLY))
    )
    charges = attempt(connection, lambda: _count(connection, select(func.count()).where(_NOT_OPEN)))
    return {
        "kind": "ledger",
        "format": FORMAT,
        "schema": SCHEMA,
        "version": vicugna.__version__,
        "answers": None if isinstance(answers, str) else answers,
        "charges": None if isinstance(charges, str) else charges,
    }


def _count(connection: Connection, query: Select[Any]) -> int:
    return connection.execute(query).scalar_one()


def _answer_line(row: RowMapping) -> bytes | str:
    """Return an answer as a line, or what is wrong with it."""
    request = try_request(row["request"])
    wrong = find_damage(row, request)
    if wrong:
        return wrong
    columns = {name: row[name] for name in _ANSWER_COLUMNS}
    line = _dump({"kind": "answer", **columns, "request": request})
    return line if len(line) <= MAX_LINE else f"it is longer than {MAX_LINE:,} bytes"


def _charge_line(row: RowMapping) -> bytes | str:
    columns = {name: row[name] for name in _CHARGE_COLUMNS}
    return find_charge_damage(row) or _dump({"kind": "charge", **columns})


def _dump(line: Mapping[str, Any]) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
