"""What one transaction on the ledger does: claims, answers and losses, many at a time.

All of a group happens or nothing does, and a group may be done again when it is not known whether
it happened: a charge and the answer it paid for carry an id that the process chose, so what is
there already is recognised. One process writes at a time (`lock_for_writing`), so what is looked
up stays true until the group is committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from vicugna.ledger.accounts import (
    Account,
    Purse,
    Unit,
    read_accounts,
    scopes_of,
    use_of,
    write_accounts,
)
from vicugna.ledger.leases import Leave, Take, Taken, bury, lease_all
from vicugna.ledger.quotas import Lend, lend_all
from vicugna.ledger.rows import REPLY_FIELDS, reply_from, reply_row
from vicugna.ledger.tables import BATCH, CHARGE, PROCESS, REPLY, lock_for_writing
from vicugna.records import Bound, Reply, Request
from vicugna.settings import Budget
from vicugna.teachers.limits import Granted

HOLDER = "batch:"  # begins the `process` of a charge that a batch holds, which outlives processes

# Built once: most of what a small transaction costs is building and reading its statements.
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_PROCESSES: BindParameter[str] = bindparam("processes", expanding=True)
_CHARGES = select(CHARGE).where(
    CHARGE.c.id.in_(_IDS) | (CHARGE.c.state == "open") & CHARGE.c.key.in_(_KEYS)
)
_CHARGES_OF = select(CHARGE).where(CHARGE.c.state == "open", CHARGE.c.process.in_(_PROCESSES))
_REPLIES = select(*(REPLY.c[name] for name in REPLY_FIELDS), REPLY.c.charge).where(
    REPLY.c.key.in_(_KEYS)
)
_REMOVE_CHARGES = delete(CHARGE).where(CHARGE.c.id.in_(_IDS))
_ADD_CHARGES, _ADD_REPLIES = insert(CHARGE), insert(REPLY)


@dataclass(frozen=True, slots=True)
class Charge:
    """The right to send one request, and what it can cost at most. 1e-9 USD; None is unknown."""

    id: str
    key: str
    run: str
    month: str
    process: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class Busy:
    """Another process, or a batch, has this question with the teacher."""

    process: str


@dataclass(frozen=True, slots=True)
class Full:
    """A cap leaves no room for a request. `later`: there may be some when open ones are settled."""

    scope: str
    unit: Unit
    cap: Budget
    account: Account
    bound: Bound
    later: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """Wants to send a request. `again` is the charge of an attempt that may have been paid for."""

    key: str
    process: str
    bound: Bound
    purse: Purse
    again: Charge | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    created: str = field(default_factory=lambda: now())


@dataclass(frozen=True, slots=True)
class Settle:
    """Brings the answer that a charge paid for."""

    charge: Charge
    request: Request
    reply: Reply
    created: str = field(default_factory=lambda: now())


@dataclass(frozen=True, slots=True)
class Drop:
    """Gives a charge back (nothing was paid), or says that it may have been paid for nothing."""

    charge: Charge
    lost: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """Says that a process is alive."""

    process: str


@dataclass(frozen=True, slots=True)
class Bury:
    """Says that a process is dead, or at its end: what it still had open may have been paid for."""

    process: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Writes how a batch stands now."""

    row: Mapping[str, Any]


Operation = Claim | Settle | Drop | Beat | Bury | Keep | Lend | Take | Leave
Outcome = Charge | Reply | Busy | Full | Granted | Taken | None


def now() -> str:
    """Return the time as the ledger writes it: UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_group(connection: Connection, group: Sequence[Operation]) -> list[Outcome]:
    """Do a group of operations in one transaction; return what came of each.

    Answers and losses first, so that claims find the room that they leave.
    """
    lock_for_writing(connection)
    books = _open_books(connection, group)
    lent, leased = lend_all(connection, group), lease_all(connection, group)
    outcomes: list[Outcome] = [one or other for one, other in zip(lent, leased, strict=True)]
    first = sorted(range(len(group)), key=lambda place: isinstance(group[place], Claim))
    for place in first:
        match group[place]:
            case Claim() as claim:
                outcomes[place] = books.claim(claim)
            case Settle() as settle:
                outcomes[place] = books.settle(settle)
            case Drop(charge, lost):
                books.drop(charge, lost)
            case Bury(process):
                books.bury(process)
            case Keep(row):
                connection.execute(delete(BATCH).where(BATCH.c.id == row["id"]))
                connection.execute(insert(BATCH), [dict(row)])
            case Beat() | Lend() | Take() | Leave():
                pass
    books.write(connection)
    _write_processes(connection, group)
    return outcomes


@dataclass(slots=True)
class _Open:
    """A charge as it stands in the database or will be written: open or lost."""

    charge: Charge
    state: str


@dataclass(slots=True)
class _Books:
    """Everything a group may touch, read once, changed in memory, written once."""

    accounts: dict[str, Account]
    charges: dict[str, _Open]  # by id
    replies: dict[str, tuple[Reply, str]]  # by key: the answer, and the charge that paid for it
    busy: dict[str, str]  # by key: the process that has it with the teacher
    written: frozenset[str]  # ids of the charges that the database has
    new_replies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: set[str] = field(default_factory=set[str])  # charges to write anew, or to delete

    def claim(self, claim: Claim) -> Outcome:
        if claim.again is not None:
            self.drop(claim.again, lost=True)
        if claim.id in self.charges:  # the group is done a second time
            return self.charges[claim.id].charge
        if claim.key in self.replies:
            return self.replies[claim.key][0]
        if claim.key in self.busy:
            return Busy(self.busy[claim.key])
        purse, month = claim.purse, claim.created[:7]
        charge = Charge(claim.id, claim.key, purse.run, month, claim.process, claim.bound)
        full = self._find_full(charge, purse)
        if full is None:
            self._put(charge, "open")
        return full or charge

    def settle(self, settle: Settle) -> Reply:
        charge, reply = settle.charge, settle.reply
        known, paid_by = self.replies.get(charge.key, (None, ""))
        if known is not None and paid_by == charge.id:  # the group is done a second time
            return known
        self._remove(charge)
        counted = reply.input_tokens + reply.output_tokens
        nusd = charge.bound.nusd if reply.price_nusd is None else reply.price_nusd
        actual = Bound(nusd, counted or charge.bound.tokens)
        if known is not None:  # another process took us for dead, and paid for it too
            self._put(replace(charge, bound=actual), "lost")
            return known
        self.replies[charge.key] = reply, charge.id
        self.new_replies.append(
            reply_row(settle.request, reply, settle.created)
            | {"run": charge.run, "month": charge.month, "charge": charge.id}
            | {"charged_nusd": actual.nusd, "charged_tokens": actual.tokens}
        )
        for scope in scopes_of(charge.run, charge.month):
            self.accounts[scope].spend(use_of(actual))
        return reply

    def drop(self, charge: Charge, lost: bool) -> None:
        known = self.charges.get(charge.id)
        if known is not None and known.state == "open":
            self._remove(charge)
            if lost:
                self._put(charge, "lost")

    def bury(self, process: str) -> None:
        for known in list(self.charges.values()):
            if known.charge.process == process:
                self.drop(known.charge, lost=True)

    def _find_full(self, charge: Charge, purse: Purse) -> Full | None:
        found: list[Full] = []
        caps = (purse.budget, purse.month_budget)
        for scope, cap in zip(scopes_of(charge.run, charge.month), caps, strict=True):
            account = self.accounts[scope]
            short = account.shortage(charge.bound, cap)
            if short is not None:
                unit, later = short
                found.append(Full(scope, unit, cap, replace(account), charge.bound, later))
        return min(found, key=lambda full: full.later, default=None)

    def _put(self, charge: Charge, state: str) -> None:
        self.charges[charge.id] = _Open(charge, state)
        self.changed.add(charge.id)
        if state == "open":
            self.busy[charge.key] = charge.process
        for scope in scopes_of(charge.run, charge.month):
            account = self.accounts[scope]
            (account.hold if state == "open" else account.spend)(use_of(charge.bound))

    def _remove(self, charge: Charge) -> None:
        """Take a charge out, with what is stored of it: a lost one may have been counted less."""
        known = self.charges.pop(charge.id, None)
        self.changed.add(charge.id)
        if known is not None:
            if known.state == "open":
                del self.busy[charge.key]
            for scope in scopes_of(charge.run, charge.month):
                account = self.accounts[scope]
                add = account.hold if known.state == "open" else account.spend
                add(use_of(known.charge.bound), -1)

    def write(self, connection: Connection) -> None:
        gone = self.changed & self.written
        if gone:
            connection.execute(_REMOVE_CHARGES, {"ids": list(gone)})
        rows = [_charge_row(self.charges[one]) for one in self.changed if one in self.charges]
        if rows:
            connection.execute(_ADD_CHARGES, rows)
        if self.new_replies:
            connection.execute(_ADD_REPLIES, self.new_replies)
        if self.changed or self.new_replies:
            write_accounts(connection, self.accounts)


def _charge_row(known: _Open) -> dict[str, Any]:
    charge = known.charge
    return {
        "id": charge.id,
        "key": charge.key,
        "run": charge.run,
        "month": charge.month,
        "process": charge.process,
        "state": known.state,
        "nusd": charge.bound.nusd,
        "tokens": charge.bound.tokens,
        "requests": 1,
        "unpriced": int(charge.bound.nusd is None),
        "created": now(),
    }


def _open_books(connection: Connection, group: Sequence[Operation]) -> _Books:
    """Read what the group may touch."""
    claims = [one for one in group if isinstance(one, Claim)]
    charges = [one.charge for one in group if isinstance(one, Settle | Drop)]
    charges += [claim.again for claim in claims if claim.again is not None]
    keys = {claim.key for claim in claims} | {charge.key for charge in charges}
    ids = {claim.id for claim in claims} | {charge.id for charge in charges}
    dead = {one.process for one in group if isinstance(one, Bury)}
    rows = [*connection.execute(_CHARGES, {"ids": list(ids), "keys": list(keys)})]
    if dead:
        rows += connection.execute(_CHARGES_OF, {"processes": list(dead)})
    known = {row.id: _known_charge(row) for row in rows}
    charges += [one.charge for one in known.values()]
    scopes = {scope for one in charges for scope in scopes_of(one.run, one.month)}
    scopes |= {scope for one in claims for scope in scopes_of(one.purse.run, one.created[:7])}
    found = connection.execute(_REPLIES, {"keys": list(keys)}).mappings()
    replies = {row["key"]: (reply_from(row), str(row["charge"])) for row in found}
    busy = {one.charge.key: one.charge.process for one in known.values() if one.state == "open"}
    return _Books(read_accounts(connection, scopes), known, replies, busy, frozenset(known))


def _known_charge(row: Any) -> _Open:  # noqa: ANN401 - a row of CHARGE
    bound = Bound(row.nusd, row.tokens)
    return _Open(Charge(row.id, row.key, row.run, row.month, row.process, bound), row.state)


def _write_processes(connection: Connection, group: Sequence[Operation]) -> None:
    gone = {one.process for one in group if isinstance(one, Bury)}
    if gone:
        bury(connection, gone)
        connection.execute(delete(PROCESS).where(PROCESS.c.id.in_(gone)))
    for process in {one.process for one in group if isinstance(one, Beat)} - gone:
        beat = {"beat": PROCESS.c.beat + 1}
        found = connection.execute(update(PROCESS).where(PROCESS.c.id == process).values(beat))
        if not found.rowcount:
            row = {"id": process, "beat": 0, "started": now()}
            connection.execute(insert(PROCESS), row)
