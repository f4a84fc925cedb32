"""Looking at a whole ledger: whether what it holds is what was written, and adds up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import sleep

from sqlalchemy import Connection, Engine, func, select, text

from vicugna.ledger.accounts import Account, count_accounts
from vicugna.ledger.damage import find_charge_damage, find_damage, try_request
from vicugna.ledger.presence import BEAT, is_alive
from vicugna.ledger.rows import Row
from vicugna.ledger.scanning import Scanned, Unreadable, attempt, open_snapshot, scan
from vicugna.ledger.tables import ACCOUNT, CHARGE, PROCESS, REPLY

Finding = tuple[str, bool, str]  # what was checked, whether it is good, what to say
LISTED = 20  # bad rows that are told one by one
_REMOVE = "`vicugna ledger gc --damaged` removes them, so that they are asked for again."
_EXPORT = "`vicugna ledger export`, and `import` into a new ledger, saves what is sound."
_PROCESSES = 5  # that are told one by one
_SUMS = tuple(name for name in Account.__dataclass_fields__ if name != "scope")


@dataclass(slots=True)
class Month:
    """What one calendar month holds, as far as it can be read: what its account counts."""

    answers: int = 0
    lost: int = 0  # requests that may have been paid for and gave nothing
    removed: int = 0  # answers
    tokens: int = 0
    nusd: int = 0  # 1e-9 USD; of lost requests the most they can have cost
    unpriced: int = 0  # requests whose price is unknown: they are not in `nusd`


@dataclass(slots=True)
class Tally:
    """What a look at the ledger counted, by month (2026-11)."""

    months: dict[str, Month] = field(default_factory=dict[str, Month])

    def count_answer(self, row: Row) -> None:
        """Add an answer."""
        month = self._add(row["month"], row["charged_nusd"], row["charged_tokens"])
        month.answers += 1
        month.unpriced += row["charged_nusd"] is None

    def count_charge(self, row: Row) -> None:
        """Add a charge that is not open."""
        month = self._add(row["month"], row["nusd"], row["tokens"])
        month.unpriced += row["unpriced"]
        if row["state"] == "removed":
            month.removed += row["requests"]
        else:
            month.lost += row["requests"]

    def _add(self, name: str, nusd: int | None, tokens: int) -> Month:
        month = self.months.setdefault(name, Month())
        month.nusd += nusd or 0
        month.tokens += tokens
        return month


def verify_ledger(engine: Engine, tally: Tally) -> Iterator[Finding]:
    """Yield a finding for each thing that is checked, and one for each bad row (20 at most).

    All is seen as it was at one moment, so runs may be at work meanwhile. Nothing is written.
    `tally` is filled on the way.

    Raises:
        DBAPIError: the database is out of reach.
    """
    with open_snapshot(engine) as connection:
        yield _check_database(connection)
        answers = scan(connection, REPLY)
        yield from _check_rows(
            "answer", answers, judge_answer, tally.count_answer, ", each as it was written"
        )
        charges = scan(connection, CHARGE, CHARGE.c.state != "open")
        yield from _check_rows(
            "charge", charges, _judge_charge, tally.count_charge, " without an answer"
        )
        yield from _check_accounts(connection)
        held = attempt(connection, lambda: _count_open(connection))
    if isinstance(held, str):
        yield "open", False, f"cannot be read: {held}"
    else:
        yield "open", True, _describe_open(held, find_alive(engine, held))


def judge_answer(row: Scanned) -> tuple[str, str]:
    """Return the key of an answer ("" when unknown), and what is wrong with it ("": nothing)."""
    if isinstance(row, Unreadable):
        return row.key, f"cannot be read: {row.why}"
    return str(row["key"]), find_damage(row, try_request(row["request"]))


def _judge_charge(row: Scanned) -> tuple[str, str]:
    if isinstance(row, Unreadable):
        return row.key, f"cannot be read: {row.why}"
    return str(row["id"]), find_charge_damage(row)


def find_alive(engine: Engine, processes: Iterable[str]) -> dict[str, bool]:
    """Return which processes live.

    Of one on this machine its lock tells at once. Where there is none, this waits for some seconds
    to see whether it still beats.
    """
    known = {process: is_alive(process) for process in processes}
    if None in known.values():
        before = _read_beats(engine)
        sleep(1.5 * BEAT)
        after = _read_beats(engine)
        known |= {
            process: after.get(process) != before.get(process)
            for process, alive in known.items()
            if alive is None
        }
    return {process: bool(alive) for process, alive in known.items()}


def _read_beats(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        query = select(PROCESS.c.id, PROCESS.c.beat)
        return {process: beat for process, beat in connection.execute(query)}


def _check_database(connection: Connection) -> Finding:
    where = connection.engine.url.render_as_string(hide_password=True)
    check = _check_file if connection.dialect.name == "sqlite" else _ask_server
    said = attempt(connection, lambda: check(connection))
    good, words = (False, said) if isinstance(said, str) else said
    return "database", good, f"{where}: {words}"


def _check_file(connection: Connection) -> tuple[bool, str]:
    found = list(connection.execute(text("PRAGMA integrity_check(100)")).scalars())
    if found == ["ok"]:
        return True, "every page is sound"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return False, f"{' '.join(str(found[0]).split())}{more}"


def _ask_server(connection: Connection) -> tuple[bool, str]:
    version = connection.execute(text("SHOW server_version")).scalar()
    sums = connection.execute(text("SHOW data_checksums")).scalar()
    return True, f"PostgreSQL {version}, its checksums of pages are {sums}"


def _check_rows(
    noun: str,
    rows: Iterable[Scanned],
    judge: Callable[[Scanned], tuple[str, str]],
    count: Callable[[Row], None],
    sound: str,
) -> Iterator[Finding]:
    total = bad = without_key = 0
    for row in rows:
        total += 1
        key, wrong = judge(row)
        if not wrong and not isinstance(row, Unreadable):
            count(row)
            continue
        bad += 1
        without_key += not key
        if bad <= LISTED:
            yield noun, False, f"{key or 'without a key'}: {wrong}"
    if bad > LISTED:
        yield noun, False, f"and {bad - LISTED:,} more"
    if bad:
        advice = _EXPORT if without_key or noun != "answer" else _REMOVE
        yield f"{noun}s", False, f"{bad:,} of {total:,} are damaged. {advice}"
    else:
        yield f"{noun}s", True, f"{total:,}{sound}"


def _check_accounts(connection: Connection) -> Iterator[Finding]:
    told = attempt(connection, lambda: _read_accounts(connection))
    counted = attempt(connection, lambda: count_accounts(connection))
    if isinstance(told, str) or isinstance(counted, str):
        yield "accounts", False, f"cannot be added up: {told if isinstance(told, str) else counted}"
        return
    scopes = sorted(told.keys() | counted.keys())
    bad = 0
    for scope in scopes:
        wrong = _compare(told.get(scope, Account(scope)), counted.get(scope, Account(scope)))
        if wrong:
            bad += 1
            if bad <= LISTED:
                yield "account", False, f"{scope}: {wrong}"
    if bad:
        advice = "`vicugna ledger export`, and `import` into a new ledger, adds them up anew."
        yield (
            "accounts",
            False,
            f"{bad:,} of {len(scopes):,} are not the sum of their rows. {advice}",
        )
    else:
        yield "accounts", True, f"{len(scopes):,}, each the sum of its answers and charges"


def _compare(told: Account, counted: Account) -> str:
    return "; ".join(
        f"{name} is {_show(getattr(told, name))}, its rows add up to {getattr(counted, name):,}"
        for name in _SUMS
        if getattr(told, name) != getattr(counted, name)
    )


def _show(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value!r:.40}"


def _read_accounts(connection: Connection) -> Mapping[str, Account]:
    return {row.scope: Account(*row) for row in connection.execute(select(ACCOUNT))}


def _count_open(connection: Connection) -> dict[str, int]:
    query = (
        select(CHARGE.c.process, func.count())
        .where(CHARGE.c.state == "open")
        .group_by(CHARGE.c.process)
        .order_by(CHARGE.c.process)
    )
    return {process: count for process, count in connection.execute(query)}


def _describe_open(held: Mapping[str, int], alive: Mapping[str, bool]) -> str:
    if not held:
        return "no request is with a teacher"
    words = {True: "alive", False: "dead; the next run that needs them lets go of them"}
    told = [f"{held[one]:,} of {one} ({words[alive[one]]})" for one in list(held)[:_PROCESSES]]
    more = len(held) - len(told)
    rest = f", and of {more:,} more processes" if more else ""
    return f"{sum(held.values()):,} requests are with a teacher: {', '.join(told)}{rest}"
