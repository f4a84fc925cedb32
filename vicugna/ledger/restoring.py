"""Taking a file that `export` wrote into a ledger, all of it or nothing: `vicugna ledger import`.

A file may come from anybody. Every line is checked before it is used: its columns, their types and
sizes, the key against the request, the checksum, and that budgets can still be added up.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
from sqlalchemy import Connection, Engine, Table, insert, select

from vicugna.errors import UserError
from vicugna.ledger.accounts import Use, read_accounts, scopes_of, write_accounts
from vicugna.ledger.damage import find_charge_damage, find_damage, try_unpack
from vicugna.ledger.tables import CHARGE, REPLY, SCHEMA, lock_for_writing
from vicugna.ledger.transfer import FORMAT, MAX_LINE

_BATCH = 500  # rows that are written at once, or fewer when they are
_BATCH_BYTES = 2**24
_MOST = 2**62  # half of what a column of an account holds: the rest is for what comes later
_SCHEMAS = (2, 3, SCHEMA)  # of files that can be read; 2 had no reasoning, 4 the same as 3
_Row = dict[str, Any]


@dataclass(slots=True)
class Imported:
    """What an import added, and what was there already."""

    answers: int = 0
    known_answers: int = 0
    charges: int = 0
    known_charges: int = 0


def import_ledger(engine: Engine, path: Path) -> Imported:
    """Add the answers and charges of a file to a ledger, in one transaction.

    An answer or a charge that is there already stays as it is. Accounts grow by what is added.

    Raises:
        UserError: a line is wrong (with file and line), or the file was cut; nothing was added.
        DBAPIError: the database is out of reach.
    """
    imported = Imported()
    with engine.execution_options(writes=True).begin() as connection:
        lock_for_writing(connection)
        for table, rows in _gather(read_export(path)):
            if table is REPLY:
                added = _add_answers(connection, rows, path)
                imported.answers += added
                imported.known_answers += len(rows) - added
            else:
                added = _add_charges(connection, rows, path)
                imported.charges += added
                imported.known_charges += len(rows) - added
    return imported


def read_export(path: Path) -> Iterator[tuple[Table, _Row, int]]:
    """Yield (table, row as it is inserted, bytes of its line) of a file that `export` wrote.

    Raises:
        UserError: a line is not as `export` writes it, with file and line.
    """
    digest = hashlib.sha256()
    last = {"answer": "", "charge": ""}
    counts = {"answers": 0, "charges": 0}
    number, kind, schema = 0, "", SCHEMA
    for number, line in _read_lines(path):
        place = f"{path}:{number}"
        if kind == "end":
            raise UserError(f"{place}: there is something after the last line.")
        row = _parse(line, place)
        kind = row.pop("kind", None)
        if number == 1:
            schema = _check_head(kind, row, place)
        elif kind == "end":
            _check_end(row, counts | {"sha256": digest.hexdigest()}, place)
        elif kind in ("answer", "charge"):
            table = REPLY if kind == "answer" else CHARGE
            if kind == "answer" and schema < 3:
                row.setdefault("reasoning", "")
            row = _check_answer(row, place) if kind == "answer" else _check_charge(row, place)
            last[kind] = _check_order(row[table.c[0].name], last[kind], place)
            counts[f"{kind}s"] += 1
            yield table, row, len(line)
        else:
            raise UserError(f'{place}: "kind" is {kind!r:.40}, expected answer, charge or end.')
        digest.update(line)
    if kind != "end":
        raise UserError(f"{path}:{number}: the file ends here, without its last line: it was cut.")


def _read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            file = (
                io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))) if packed else raw
            )
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise UserError(f"{path}:{number}: the line is longer than {MAX_LINE:,} bytes.")
                yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            f"{path}:{number + 1}: the gzip file is damaged or cut off: {error}."
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error


def _parse(line: bytes, place: str) -> _Row:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        cut = "" if line.endswith(b"\n") else " The file ends here: it was cut."
        raise UserError(f"{place}: not valid JSON ({error}).{cut}") from error
    if not isinstance(row, dict):
        raise UserError(f"{place}: expected a JSON object, got {row!r:.40}.")
    return cast(_Row, row)


def _check_head(kind: object, row: _Row, place: str) -> int:
    """Return the schema of the rows."""
    if kind != "ledger":
        raise UserError(f"{place}: not an export of a ledger: its first line says what it is.")
    for name, known in (("format", (FORMAT,)), ("schema", _SCHEMAS)):
        if row.get(name) not in known:
            knows = " and ".join(map(str, known))
            raise UserError(
                f'{place}: "{name}" is {row.get(name)!r:.40}, this version knows {knows}.'
            )
    return int(row["schema"])


def _check_end(row: _Row, expected: _Row, place: str) -> None:
    for name, value in expected.items():
        if row.get(name) != value:
            raise UserError(
                f'{place}: "{name}" is {row.get(name)!r:.80}, the lines before it give {value}: '
                "the file was changed."
            )


def _check_columns(row: _Row, table: Table, place: str) -> None:
    names = {column.name for column in table.c}
    for name in sorted(names ^ row.keys()):
        what = "is missing" if name in names else "is not known"
        raise UserError(f"{place}: column {name!r:.40} {what}.")


def _check_answer(row: _Row, place: str) -> _Row:
    _check_columns(row, REPLY, place)
    if isinstance(row["seconds"], float):
        row["seconds"] += 0.0  # -0.0, which SQLite does not keep
    request = try_unpack(row["request"])
    wrong = find_damage(row, request)
    if wrong:
        raise UserError(f"{place}: {wrong}.")
    return row | {"request": zlib.compress(orjson.dumps(request))}


def _check_charge(row: _Row, place: str) -> _Row:
    _check_columns(row, CHARGE, place)
    wrong = find_charge_damage(row) or ("it is open" if row["state"] == "open" else "")
    if wrong:
        raise UserError(f"{place}: {wrong}.")
    return row


def _check_order(key: str, last: str, place: str) -> str:
    if key <= last:
        raise UserError(f"{place}: {key} comes after {last}: the lines are not in order.")
    return key


def _gather(rows: Iterable[tuple[Table, _Row, int]]) -> Iterator[tuple[Table, list[_Row]]]:
    """Yield the rows in groups of one table."""
    gathered: list[_Row] = []
    table, size = REPLY, 0
    for kind, row, length in rows:
        if gathered and (kind is not table or len(gathered) == _BATCH or size > _BATCH_BYTES):
            yield table, gathered
            gathered, size = [], 0
        table = kind
        gathered.append(row)
        size += length
    if gathered:
        yield table, gathered


def _add_answers(connection: Connection, rows: Sequence[_Row], path: Path) -> int:
    """Insert the answers that are not there, and count them; return how many."""
    keys = [row["key"] for row in rows]
    known = set(connection.execute(select(REPLY.c.key).where(REPLY.c.key.in_(keys))).scalars())
    new = [row for row in rows if row["key"] not in known]
    if new:
        connection.execute(insert(REPLY), new)
    uses = [
        Use(row["charged_nusd"] or 0, row["charged_tokens"], 1, int(row["charged_nusd"] is None))
        for row in new
    ]
    _spend(connection, new, uses, path)
    return len(new)


def _add_charges(connection: Connection, rows: Sequence[_Row], path: Path) -> int:
    """Insert the charges that are not there, and count them; return how many.

    One whose answer came after all, and is here, is not needed any more.
    """
    ids = [row["id"] for row in rows]
    known = set(connection.execute(select(CHARGE.c.id).where(CHARGE.c.id.in_(ids))).scalars())
    keys = [row["key"] for row in rows]
    paid = select(REPLY.c.charge).where(REPLY.c.key.in_(keys), REPLY.c.charge.in_(ids))
    known |= set(connection.execute(paid).scalars())
    new = [row for row in rows if row["id"] not in known]
    if new:
        connection.execute(insert(CHARGE), new)
    uses = [Use(row["nusd"] or 0, row["tokens"], row["requests"], row["unpriced"]) for row in new]
    _spend(connection, new, uses, path)
    return len(new)


def _spend(connection: Connection, rows: Sequence[_Row], uses: Sequence[Use], path: Path) -> None:
    scopes = [scopes_of(row["run"], row["month"]) for row in rows]
    accounts = read_accounts(connection, [scope for both in scopes for scope in both])
    for both, use in zip(scopes, uses, strict=True):
        for scope in both:
            accounts[scope].spend(use)
    for scope, account in accounts.items():
        if max(account.nusd, account.tokens, account.requests, account.unpriced) > _MOST:
            raise UserError(f"{path}: with it {scope!r:.40} would be more than a ledger can hold.")
    write_accounts(connection, accounts)
