"""What has been spent, by run and by calendar month, and whether a cap leaves room for more.

An account is the sum of answers and charges of its scope. It is written in the same transaction
as they are, so it cannot say anything else; `ledger verify` adds them up again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, text

from vicugna.ledger.tables import ACCOUNT, CHARGE, REPLY
from vicugna.records import Bound
from vicugna.settings import Budget

Unit = Literal["usd", "tokens", "requests"]

# Built once: most of what a small transaction costs is building and reading its statements.
_COLUMNS = ACCOUNT.columns.keys()
_SCOPES: BindParameter[str] = bindparam("scopes", expanding=True)
_GET = select(ACCOUNT).where(ACCOUNT.c.scope.in_(_SCOPES))
_PUT = text(  # SQLite and PostgreSQL both read it so
    f"INSERT INTO account ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{c}' for c in _COLUMNS)}) "
    f"ON CONFLICT (scope) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS[1:])}"
)


class Use(NamedTuple):
    """What requests used, or can use at most. `nusd` (1e-9 USD) leaves out the unpriced ones."""

    nusd: int
    tokens: int
    requests: int = 1
    unpriced: int = 0  # requests whose price is unknown


def use_of(bound: Bound) -> Use:
    """Return what one request can use, as it is added to an account."""
    return Use(bound.nusd or 0, bound.tokens, 1, int(bound.nusd is None))


@dataclass(frozen=True, slots=True)
class Purse:
    """Out of which accounts a run pays: its own and the month's, each with its cap."""

    run: str
    budget: Budget
    month_budget: Budget


@dataclass(slots=True)
class Account:
    """What one scope has used, and what its open charges hold back. Money is in 1e-9 USD."""

    scope: str
    nusd: int = 0
    tokens: int = 0
    requests: int = 0
    unpriced: int = 0  # requests whose price is unknown: they are not in `nusd`
    held_nusd: int = 0
    held_tokens: int = 0
    held_requests: int = 0

    def spend(self, use: Use, sign: int = 1) -> None:
        """Add what was used for good; with `sign` -1, take it back."""
        self.nusd += sign * use.nusd
        self.tokens += sign * use.tokens
        self.requests += sign * use.requests
        self.unpriced += sign * use.unpriced

    def hold(self, use: Use, sign: int = 1) -> None:
        """Hold back what an open charge can use at most; with `sign` -1, let go of it."""
        self.held_nusd += sign * use.nusd
        self.held_tokens += sign * use.tokens
        self.held_requests += sign * use.requests

    def shortage(self, bound: Bound, cap: Budget) -> tuple[Unit, bool] | None:
        """Return the unit a request has no room in, and whether there may be room later.

        Later is when what is held back turns out to be less. None: it fits. A cap on money leaves
        no room beside requests whose price is unknown.
        """
        if cap.usd is not None and self.unpriced:
            return "usd", False
        limit = None if cap.usd is None else int(cap.usd * 1e9)
        rows: tuple[tuple[Unit, int | None, int, int, int], ...] = (
            ("usd", limit, self.nusd, self.held_nusd, bound.nusd or 0),
            ("tokens", cap.tokens, self.tokens, self.held_tokens, bound.tokens),
            ("requests", cap.requests, self.requests, self.held_requests, 1),
        )
        short: list[tuple[Unit, bool]] = [
            (unit, used + more <= most)
            for unit, most, used, held, more in rows
            if most is not None and used + held + more > most
        ]
        return min(short, key=lambda row: row[1]) if short else None


def scopes_of(run: str, month: str) -> tuple[str, str]:
    """Return the names of the two accounts a charge is on."""
    return f"run:{run}", f"month:{month}"


def read_accounts(connection: Connection, scopes: Iterable[str]) -> dict[str, Account]:
    """Return the accounts of some scopes; one that is not there is empty."""
    wanted = sorted(set(scopes))
    found = {row.scope: Account(*row) for row in connection.execute(_GET, {"scopes": wanted})}
    return {scope: found.get(scope) or Account(scope) for scope in wanted}


def write_accounts(connection: Connection, accounts: Mapping[str, Account]) -> None:
    """Put accounts in the place of those of the same scopes; the caller holds the lock."""
    if accounts:
        rows = [{name: getattr(one, name) for name in _COLUMNS} for one in accounts.values()]
        connection.execute(_PUT, rows)


def recount(connection: Connection) -> None:
    """Write all accounts anew from answers and charges; the caller holds the lock."""
    connection.execute(delete(ACCOUNT))
    write_accounts(connection, count_accounts(connection))


def count_accounts(connection: Connection) -> dict[str, Account]:
    """Return what the accounts should hold, by scope, added up from answers and charges."""
    counted: dict[str, Account] = {}
    for kind in ("run", "month"):
        column = REPLY.c[kind]
        sums = (
            func.coalesce(func.sum(REPLY.c.charged_nusd), 0),
            func.sum(REPLY.c.charged_tokens),
            func.count(),
            func.count() - func.count(REPLY.c.charged_nusd),
        )
        for name, *amounts in connection.execute(select(column, *sums).group_by(column)):
            scope = f"{kind}:{name}"
            counted.setdefault(scope, Account(scope)).spend(Use(*map(int, amounts)))
        column = CHARGE.c[kind]
        sums = (
            func.coalesce(func.sum(CHARGE.c.nusd), 0),
            func.sum(CHARGE.c.tokens),
            func.sum(CHARGE.c.requests),
            func.sum(CHARGE.c.unpriced),
        )
        query = select(column, CHARGE.c.state, *sums).group_by(column, CHARGE.c.state)
        for name, state, *amounts in connection.execute(query):
            account = counted.setdefault(f"{kind}:{name}", Account(f"{kind}:{name}"))
            add = account.hold if state == "open" else account.spend
            add(Use(*map(int, amounts)))
    return counted
