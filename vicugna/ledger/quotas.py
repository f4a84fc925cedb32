"""The quota of an endpoint as processes share it: one bucket for each address and model.

Room is lent in the transactions of the ledger, so that no two processes are lent the same. What
was lent is not held for anybody: a process that dies has used it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from vicugna.ledger.tables import QUOTA
from vicugna.teachers.limits import Granted, Level, Quota, Want, full, grant

# Seconds. A clock that was set back by less fills nothing until it is where it was; one that was
# set back by more is believed, or nothing would be lent for as long.
_FORGOTTEN = 5.0


@dataclass(frozen=True, slots=True)
class Lend:
    """Wants room under the quota of an endpoint. `scope` is its address and its model."""

    scope: str
    quota: Quota
    want: Want


@dataclass(frozen=True, slots=True)
class _Bucket:
    level: Level
    at: float  # seconds since 1970, by the clock of the database


def lend_all(connection: Connection, group: Sequence[object]) -> list[Granted | None]:
    """Lend what there is, in the order in which it is wanted; the caller holds the lock.

    Returns what is granted for each of the group, None for what is no `Lend`.
    """
    scopes = sorted({one.scope for one in group if isinstance(one, Lend)})
    if not scopes:
        return [None] * len(group)
    now = _read_clock(connection)
    rows = connection.execute(select(QUOTA).where(QUOTA.c.scope.in_(scopes)))
    buckets = {row.scope: _Bucket(Level(row.requests, row.tokens), row.at) for row in rows}
    granted = [_lend(one, buckets, now) if isinstance(one, Lend) else None for one in group]
    connection.execute(delete(QUOTA).where(QUOTA.c.scope.in_(scopes)))
    connection.execute(insert(QUOTA), [_row(scope, buckets[scope]) for scope in scopes])
    return granted


def _lend(one: Lend, buckets: dict[str, _Bucket], now: float) -> Granted:
    bucket = buckets.get(one.scope) or _Bucket(full(one.quota), now)
    seconds = now - bucket.at
    granted, level = grant(bucket.level, one.quota, seconds, one.want)
    buckets[one.scope] = _Bucket(level, bucket.at if -_FORGOTTEN < seconds < 0 else now)
    return granted


def _row(scope: str, bucket: _Bucket) -> dict[str, Any]:
    level = bucket.level
    return {"scope": scope, "requests": level.requests, "tokens": level.tokens, "at": bucket.at}


def _read_clock(connection: Connection) -> float:
    """Return the time of the database, in seconds since 1970.

    SQLite has none of its own: its processes are on one machine. `now()` of PostgreSQL would be
    the time at which the transaction began, before it waited for the lock.
    """
    if connection.dialect.name != "postgresql":
        return time.time()
    return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
