"""Removing answers from a ledger, without forgetting what they cost: `vicugna ledger gc`.

What is removed stays in the accounts: a charge with the sums of it, one for each run and month, is
written in the transaction that deletes it. So nothing that was deleted can be spent again.
"""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    select,
    union,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from vicugna.errors import UserError
from vicugna.ledger.scanning import open_snapshot, scan
from vicugna.ledger.tables import CHARGE, PROCESS, REPLY, lock_for_writing
from vicugna.ledger.verifying import find_alive, judge_answer
from vicugna.ledger.writing import now

_TOGETHER = 500  # keys that are written at once
# Keys in tables of this connection alone, which end with it: no memory holds a million of them.
_OURS = MetaData()
_NEEDED = Table("needed", _OURS, Column("key", Text), prefixes=["TEMPORARY"])
_DOOMED = Table("doomed", _OURS, Column("key", Text), prefixes=["TEMPORARY"])
_NEEDED_KEYS = Index("needed_key", _NEEDED.c.key)
_CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"  # what was committed is in the file itself
Mark = Callable[[Connection], None]


class Pile(NamedTuple):
    """Answers of one run and month that go: how many, what they hold, and what budgets count."""

    run: str
    month: str
    answers: int
    text_bytes: int
    nusd: int  # 1e-9 USD
    tokens: int
    unpriced: int  # answers whose price is unknown: they are not in `nusd`


def remove(engine: Engine, mark: Mark, *, really: bool) -> list[Pile]:
    """Remove what `mark` marks, in one transaction; return what goes, by run and month.

    Unless `really`, nothing is changed.

    Raises:
        DBAPIError: the database is out of reach, or too damaged to delete from.
    """
    with engine.execution_options(writes=really).begin() as connection:
        if really:
            lock_for_writing(connection)
        for table in (_NEEDED, _DOOMED):
            connection.execute(CreateTable(table))
        mark(connection)
        piles = _weigh(connection)
        if really and piles:
            connection.execute(delete(REPLY).where(REPLY.c.key.in_(select(_DOOMED.c.key))))
            connection.execute(insert(CHARGE), [_charge_row(pile) for pile in piles])
        for table in (_NEEDED, _DOOMED):
            connection.execute(DropTable(table))
    return piles


def mark_unneeded(needed: Iterable[str], before: str) -> Mark:
    """Return a mark on the answers from before a time (UTC, ISO 8601) whose key is not needed.

    One that came exactly then is not marked.
    """

    def mark(connection: Connection) -> None:
        _insert_keys(connection, _NEEDED, needed)
        connection.execute(CreateIndex(_NEEDED_KEYS))
        _refuse_stranger(connection)
        is_needed = select(_NEEDED.c.key).where(_NEEDED.c.key == REPLY.c.key).exists()
        found = select(REPLY.c.key).where(_bytewise(connection) < before, ~is_needed)
        connection.execute(insert(_DOOMED).from_select(["key"], found))

    return mark


def _refuse_stranger(connection: Connection) -> None:
    """Raise when no answer of the ledger is needed: then what needs them is somewhere else."""
    known = select(REPLY.c.key).where(REPLY.c.key.in_(select(_NEEDED.c.key))).limit(1)
    if connection.execute(known).first() is None:
        raise UserError(
            "ledger: the runs that are here used none of its answers, so what needs them is not "
            "known. Is this the right folder, and VICUGNA_LEDGER the right ledger?"
        )


def mark_keys(keys: Iterable[str]) -> Mark:
    """Return a mark on the answers with these keys."""
    return lambda connection: _insert_keys(connection, _DOOMED, keys)


def time_before(days: int) -> str:
    """Return the time (UTC, ISO 8601) that many days ago, as the ledger writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


def find_damaged(engine: Engine) -> tuple[list[str], int]:
    """Return the keys of the damaged answers, and how many more have no key that can be read."""
    with open_snapshot(engine) as connection:
        keys = [key for key, wrong in map(judge_answer, scan(connection, REPLY)) if wrong]
    return [key for key in keys if key], keys.count("")


def refuse_at_work(engine: Engine) -> None:
    """Raise when a run is at work on the ledger: its folder does not say yet what it needs.

    Raises:
        UserError: a process is alive.
    """
    query = union(select(PROCESS.c.id), select(CHARGE.c.process).where(CHARGE.c.state == "open"))
    with engine.connect() as connection:
        processes = list(connection.execute(query).scalars())
    alive = [process for process, lives in find_alive(engine, processes).items() if lives]
    if alive:
        more = f" and {len(alive) - 1} more" if len(alive) > 1 else ""
        raise UserError(
            f"ledger: a run is at work on it (process {alive[0]}{more}), and what it needs is not "
            "known yet. Wait for its end."
        )


def give_back(engine: Engine) -> int:
    """Let SQLite give the room of what was deleted back to the disk; return how many bytes.

    Raises:
        DBAPIError: another process is at work on the ledger, or the disk is full.
    """
    path = Path(engine.url.database or "")
    with engine.connect() as connection:
        cursor = connection.connection.cursor()  # past SQLAlchemy, which would begin a transaction
        try:
            cursor.execute(_CHECKPOINT)
            before = path.stat().st_size
            cursor.execute("VACUUM")
            cursor.execute(_CHECKPOINT)
        except sqlite3.Error as error:
            raise OperationalError("VACUUM", None, error) from error
        finally:
            cursor.close()
    return before - path.stat().st_size


def _insert_keys(connection: Connection, table: Table, keys: Iterable[str]) -> None:
    keys = iter(keys)
    while some := list(islice(keys, _TOGETHER)):
        connection.execute(insert(table), [{"key": key} for key in some])


def _weigh(connection: Connection) -> list[Pile]:
    query = (
        select(
            REPLY.c.run,
            REPLY.c.month,
            func.count(),
            func.sum(_count_bytes(connection)),
            func.coalesce(func.sum(REPLY.c.charged_nusd), 0),
            func.sum(REPLY.c.charged_tokens),
            func.count() - func.count(REPLY.c.charged_nusd),
        )
        .where(REPLY.c.key.in_(select(_DOOMED.c.key)))
        .group_by(REPLY.c.run, REPLY.c.month)
        .order_by(REPLY.c.month, REPLY.c.run)
    )
    return [
        Pile(str(run), str(month), *map(int, amounts))
        for run, month, *amounts in connection.execute(query)
    ]


def _count_bytes(connection: Connection) -> ColumnElement[Any]:
    if connection.dialect.name == "sqlite":
        return func.length(cast(REPLY.c.text, LargeBinary))
    return func.octet_length(REPLY.c.text)


def _bytewise(connection: Connection) -> ColumnElement[Any]:
    """Return when an answer came, in an order that depends on no language."""
    if connection.dialect.name == "sqlite":
        return REPLY.c.created
    return REPLY.c.created.collate("C")


def _charge_row(pile: Pile) -> dict[str, Any]:
    return {
        "id": uuid4().hex,
        "key": "",  # of many answers
        "run": pile.run,
        "month": pile.month,
        "process": "",
        "state": "removed",
        "nusd": None if pile.unpriced == pile.answers else pile.nusd,
        "tokens": pile.tokens,
        "requests": pile.answers,
        "unpriced": pile.unpriced,
        "created": now(),
    }
