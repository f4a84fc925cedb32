"""The log of paid answers, in SQLite by default, in PostgreSQL by URL.

One row is one answer, known by the hash of what was sent (`Request.key`). Before a request is sent
it is claimed: the most it can cost is held back from the budgets, and no other process sends it.
When the answer comes it is written, and the claim with what it really cost, in one transaction.
Both happen in groups, in one thread: while a group commits, the next one gathers.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from threading import Event
from time import monotonic
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from vicugna.errors import UserError
from vicugna.ledger.accounts import Purse
from vicugna.ledger.batches import Batch, batch_row, read_batch, read_open_batches
from vicugna.ledger.database import connect, explain, patiently
from vicugna.ledger.groups import Groups
from vicugna.ledger.leases import Leave, Take, Taken
from vicugna.ledger.presence import BEAT, LEASE, Presence, Watch, is_alive
from vicugna.ledger.quotas import Lend
from vicugna.ledger.rescue import rescue
from vicugna.ledger.rows import REPLY_FIELDS, Stored, checksum, reply_from, stored_from
from vicugna.ledger.tables import CHARGE, PROCESS, REPLY
from vicugna.ledger.writing import (
    HOLDER,
    Beat,
    Bury,
    Busy,
    Charge,
    Claim,
    Drop,
    Full,
    Keep,
    Operation,
    Outcome,
    Settle,
    write_group,
)
from vicugna.records import Bound, Reply, Request
from vicugna.teachers.limits import Granted, Quota, Want

_LOOK_EVERY = 1.0  # seconds between two looks at whether a process is alive
_TOGETHER = 500  # keys or operations of one transaction
_T = TypeVar("_T")


class Ledger:
    """Look up, claim and append paid answers. Open it with `open_ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = Event()
        self._presence = Presence()
        self._watch = Watch()
        self._was_away = False
        self._reads: Groups[str, Reply | None] = Groups("ledger-read", self._read, _TOGETHER)
        self._writes: Groups[Operation, Outcome] = Groups("ledger", self._write, _TOGETHER)
        self._beating: asyncio.Task[None] | None = None
        self._unwritten: list[Settle] = []  # answers that the database did not take in time

    async def get(self, key: str) -> Reply | None:
        """Return the answer to the request with this key, or None.

        Raises:
            UserError: it is damaged, or the database cannot be read.
        """
        return await self._reads.do(key)

    async def claim(
        self,
        key: str,
        bound: Bound,
        purse: Purse,
        again: Charge | None = None,
        charge: Charge | None = None,
    ) -> Charge | Reply | Busy | Full:
        """Claim the right to send a request: a charge, or why there is none.

        A reply is there already; another process is busy with it; or a budget is full. `again` is
        the charge of an attempt that failed after it may have been paid for: it is lost. `charge`
        is one that a batch is to hold: claimed twice, it is the same.
        """
        self._begin_beating()
        claim = Claim(key, self._presence.id, bound, purse, again)
        if charge is not None:
            claim = replace(claim, process=charge.process, id=charge.id)
        outcome = await self._writes.do(claim)
        if outcome is None or isinstance(outcome, Granted | Taken):
            raise AssertionError("a claim has an outcome")
        return outcome

    def settle(self, charge: Charge, request: Request, reply: Reply) -> Awaitable[Reply]:
        """Write the answer that a charge paid for; the stored one comes when it is committed.

        The first answer to a key stays: when another process was faster, that is the other's. It
        is in line when this returns: what is claimed later is not committed before it.
        """
        return _settled(self._writes.put(Settle(charge, request, reply)))

    async def drop(self, charge: Charge, *, lost: bool) -> None:
        """Give a charge back when nothing was paid; keep it as `lost` when it may have been."""
        await self._writes.do(Drop(charge, lost))

    async def lend(self, scope: str, quota: Quota, want: Want) -> Granted:
        """Lend room under the quota that all processes share: what there is, at once.

        `scope` is the address of an endpoint and its model.
        """
        granted = await self._writes.do(Lend(scope, quota, want))
        if not isinstance(granted, Granted):
            raise AssertionError("something is granted, if it is nothing")
        return granted

    async def take(self, name: str) -> Taken | None:
        """Become the only process at work on something until `leave`, or return who is.

        Whether one on another machine is alive is known after `LEASE` seconds at the most.
        """
        self._begin_beating()
        while True:
            taken = await self._writes.do(Take(name, self.process))
            if not isinstance(taken, Taken):
                return None
            if not await self._dies(taken.process):
                return taken
            await self._writes.do(Bury(taken.process))

    async def leave(self, name: str) -> None:
        """Be at work on it no longer."""
        await self._writes.do(Leave(name, self.process))

    async def keep_batch(self, batch: Batch) -> None:
        """Write how a batch stands now."""
        await self._writes.do(Keep(batch_row(batch)))

    async def open_batches(self, teacher: str) -> list[Batch]:
        """Return the batches at an address that nobody has taken in yet."""
        return await self._look(lambda connection: read_open_batches(connection, teacher))

    async def find_batch(self, identity: str) -> Batch | None:
        """Return a batch as it stands; None when there is none."""
        return await self._look(lambda connection: read_batch(connection, identity))

    @property
    def process(self) -> str:
        """The name of this process at work on this ledger."""
        return self._presence.id

    async def is_dead(self, process: str) -> bool:
        """Return whether another process is dead; asked again and again (`Watch`)."""
        if process == self._presence.id:
            return False
        beats = await asyncio.get_running_loop().run_in_executor(None, self._read_beats)
        return process in self._watch.find_dead(beats | {process: beats.get(process)})

    async def _dies(self, process: str) -> bool:
        """Return whether a process is dead, or turns out to be by not beating any more."""
        until = monotonic() + LEASE + BEAT
        while monotonic() < until:
            if is_alive(process):
                return False
            if await self.is_dead(process):
                return True
            await asyncio.sleep(_LOOK_EVERY)
        return False

    async def sweep(self) -> None:
        """Let go of what dead processes had with the teacher."""
        if self._was_away:
            self._was_away = False
            self._watch.forget()
        loop = asyncio.get_running_loop()
        beats = await loop.run_in_executor(None, self._read_beats)
        dead = self._watch.find_dead(beats)
        await asyncio.gather(*(self._writes.do(Bury(process)) for process in dead))

    async def close(self) -> None:
        """Finish what is being written and close the database.

        Answers that it did not take are saved to a file (`rescue`).
        """
        self._closing.set()
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError, UserError):
                await self._beating
            with suppress(UserError):  # others will find out by themselves
                await self._writes.do(Bury(self._presence.id))
        await self._writes.close()
        await self._reads.close()
        if self._unwritten:
            rescue(self._unwritten)
        self._presence.end()
        self._engine.dispose()

    def _begin_beating(self) -> None:
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        await self.sweep()  # what was held back for dead ones is settled before a cap is met
        while True:
            await self._writes.do(Beat(self._presence.id))
            await asyncio.sleep(BEAT)

    def _read(self, keys: Sequence[str]) -> list[Reply | Exception | None]:
        columns = [REPLY.c[name] for name in REPLY_FIELDS]
        query = select(*columns, REPLY.c.digest).where(REPLY.c.key.in_(set(keys)))

        def look_up() -> dict[str, tuple[Reply, str]]:
            with self._engine.connect() as connection:
                rows = connection.execute(query).mappings()
                return {row["key"]: (reply_from(row), row["digest"]) for row in rows}

        found = self._patiently(look_up)
        return [_check(*found[key]) if key in found else None for key in keys]

    def _write(self, group: Sequence[Operation]) -> list[Outcome | Exception]:
        def write() -> list[Outcome]:
            with self._engine.execution_options(writes=True).begin() as connection:
                return write_group(connection, group)

        try:
            return [*self._patiently(write)]
        except UserError as error:
            self._unwritten += [one for one in group if isinstance(one, Settle)]
            return [error] * len(group)
        except Exception as error:
            if len(group) == 1:
                return [error]
            return [self._write([one])[0] for one in group]  # the others are not to blame

    def _read_beats(self) -> dict[str, int | None]:
        held = CHARGE.c.process.startswith(HOLDER)
        is_open = select(CHARGE.c.process).where(CHARGE.c.state == "open", ~held).distinct()
        everybody = select(PROCESS.c.id, PROCESS.c.beat)

        def look_up() -> dict[str, int | None]:
            with self._engine.connect() as connection:
                beats = dict.fromkeys(connection.scalars(is_open))
                return beats | {process: beat for process, beat in connection.execute(everybody)}

        found = self._patiently(look_up)
        return {process: beat for process, beat in found.items() if process != self._presence.id}

    async def _look(self, look: Callable[[Connection], _T]) -> _T:
        def look_up() -> _T:
            with self._engine.connect() as connection:
                return look(connection)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: self._patiently(look_up))

    def _patiently(self, work: Callable[[], _T]) -> _T:
        def note() -> None:
            self._was_away = True

        try:
            return patiently(work, self._engine.url, self._closing, note)
        except DBAPIError as error:
            raise explain(error, self._engine.url) from error


async def _settled(writing: asyncio.Future[Outcome]) -> Reply:
    stored = await writing
    if not isinstance(stored, Reply):
        raise AssertionError("a reply is settled by a reply")
    return stored


def _check(reply: Reply, digest: str) -> Reply | UserError:
    if checksum(reply) == digest:
        return reply
    return UserError(
        f"ledger: the answer {reply.key[:16]} is not what was written (its checksum differs), so "
        "it is not used. `vicugna ledger verify` lists what is damaged; `vicugna ledger gc "
        "--damaged --delete` removes it, so that it is asked for again."
    )


def find_reply(engine: Engine, key: str) -> Stored | None:
    """Return the answer to the request with this key, and the request; None when there is none."""
    with engine.connect() as connection:
        row = connection.execute(select(REPLY).where(REPLY.c.key == key)).mappings().first()
    return None if row is None else stored_from(row)


def read_all(engine: Engine) -> Iterator[Stored]:
    """Yield every answer, oldest first."""
    with engine.connect() as connection:
        query = select(REPLY).order_by(REPLY.c.created, REPLY.c.key)
        rows = connection.execute(query, execution_options={"yield_per": _TOGETHER})
        for row in rows.mappings():
            yield stored_from(row)


@asynccontextmanager
async def open_ledger(url: str) -> AsyncGenerator[Ledger]:
    """Open the ledger at a SQLAlchemy URL, creating its tables when they are missing.

    Raises:
        UserError: as `connect`.
    """
    ledger = Ledger(connect(url))
    try:
        yield ledger
    finally:
        await ledger.close()
