"""Who is at work on something that only one process may be at work on, as a set that grows.

A lease ends when its process leaves it, or is dead (`vicugna.ledger.presence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from vicugna.ledger.tables import LEASE


@dataclass(frozen=True, slots=True)
class Take:
    """Wants to be the only process at work on something."""

    name: str
    process: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Is at work on it no longer."""

    name: str
    process: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Another process is at work on it, since a time (UTC, ISO 8601)."""

    process: str
    since: str


def lease_all(connection: Connection, group: Sequence[object]) -> list[Taken | None]:
    """Give leases and end them, in their order; the caller holds the lock.

    Returns for each of the group who has what it wants; None when it has it now, or wants nothing.
    """
    outcomes: list[Taken | None] = [None] * len(group)
    for place, one in enumerate(group):
        if isinstance(one, Take):
            outcomes[place] = _take(connection, one)
        elif isinstance(one, Leave):
            connection.execute(
                delete(LEASE).where(LEASE.c.name == one.name, LEASE.c.process == one.process)
            )
    return outcomes


def _take(connection: Connection, wanted: Take) -> Taken | None:
    row = connection.execute(select(LEASE).where(LEASE.c.name == wanted.name)).first()
    if row is not None:
        return None if row.process == wanted.process else Taken(row.process, row.since)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    values = {"name": wanted.name, "process": wanted.process, "since": since}
    connection.execute(insert(LEASE), values)
    return None


def bury(connection: Connection, processes: set[str]) -> None:
    """End every lease of processes that are dead."""
    connection.execute(delete(LEASE).where(LEASE.c.process.in_(processes)))
