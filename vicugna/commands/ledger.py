"""`vicugna ledger`: look at what was paid for, save it, take it in again, tidy it."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vicugna.commands.columns import align
from vicugna.text.hygiene import show_plain

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from vicugna.ledger.garbage import Pile
    from vicugna.ledger.verifying import Tally

_runs_option = click.option(
    "--runs",
    "more",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A further folder of runs.",
)


@click.group()
def ledger() -> None:
    """Look at what was paid for, save it, take it in again, tidy it.

    The ledger is outputs/ledger.db, or where VICUGNA_LEDGER points.

    \b
    vicugna ledger verify
    vicugna ledger export ledger.jsonl.gz
    vicugna ledger import ledger.jsonl.gz
    vicugna ledger gc --days 90
    """


@ledger.command()
@_runs_option
def verify(more: Sequence[Path]) -> int:
    """Check every answer, the accounts, and the runs under outputs/.

    Says what is damaged, and sums up by month; exit code 2 when anything is. Nothing is changed,
    and runs may be at work meanwhile. Tokens and USD are what budgets count.

    \b
    vicugna ledger verify
    vicugna ledger verify --runs ../other/outputs
    """
    from vicugna.keeping import verify_runs
    from vicugna.ledger.verifying import Tally, verify_ledger

    tally, problems = Tally(), 0
    with _opened() as engine:
        for findings in (verify_ledger(engine, tally), verify_runs(engine, _folders(more))):
            for name, good, said in findings:
                problems += not good
                mark = click.style("ok ", "green") if good else click.style("BAD", "red")
                click.echo(f"{mark} {name:<12}{show_plain(said, 600)}")
    for line in _sum_up(tally):
        click.echo(line)
    return 2 if problems else 0


@ledger.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file when it is there.")
def export(file: Path, *, force: bool) -> int:
    """Write the whole ledger to FILE (.jsonl or .jsonl.gz).

    The file appears whole or not at all. Answers that are damaged are left out and named; exit code
    2 when there are any.

    \b
    vicugna ledger export ledger.jsonl.gz
    VICUGNA_LEDGER=postgresql://db/x vicugna ledger export backup.jsonl.gz --force
    """
    from vicugna.ledger.transfer import export_ledger

    with _opened() as engine:
        done = export_ledger(engine, file, force=force)
    size = file.stat().st_size
    click.echo(f"{file}: {done.answers:,} answers, {done.charges:,} charges, {size:,} bytes")
    for key, wrong in done.told:
        click.echo(f"left out: {show_plain(key) or 'without a key'}: {show_plain(wrong)}", err=True)
    if done.left_out > len(done.told):
        click.echo(f"left out: {done.left_out - len(done.told):,} more", err=True)
    if done.left_out:
        click.echo(f"left out: {done.left_out:,} damaged rows; the rest is saved", err=True)
    return 2 if done.left_out else 0


@ledger.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Add what is in FILE, which `export` wrote, to the ledger.

    All of it or nothing. What is there already stays as it is, and doing it twice changes nothing.
    Answers are believed: import what you trust.

    \b
    vicugna ledger import ledger.jsonl.gz
    VICUGNA_LEDGER=postgresql://db/x vicugna ledger import ledger.jsonl.gz
    """
    from vicugna.ledger import connect
    from vicugna.ledger.restoring import import_ledger
    from vicugna.pipeline import ledger_url

    with _told(connect(ledger_url())) as engine:
        done = import_ledger(engine, file)
    for noun, added, known in (
        ("answers", done.answers, done.known_answers),
        ("charges", done.charges, done.known_charges),
    ):
        click.echo(f"{noun:<8} {added:,} added, {known:,} were there")


@ledger.command()
@click.option("--delete", is_flag=True, help="Remove them; default: say what would go.")
@click.option(
    "--days",
    type=click.IntRange(0, 36_500),
    default=30,
    show_default=True,
    help="Only answers older than this.",
)
@click.option("--damaged", is_flag=True, help="Remove damaged answers instead, of any age.")
@_runs_option
def gc(more: Sequence[Path], days: int, *, delete: bool, damaged: bool) -> int:
    """Remove answers that no run under outputs/ used.

    What they cost stays in the accounts. A run that was stopped, and one written elsewhere (--out),
    has no folder under outputs/: its answers go when they are older than --days. With --damaged
    what `verify` calls damaged goes, so that it is asked for again.

    \b
    vicugna ledger gc
    vicugna ledger gc --days 90 --runs ../other/outputs --delete
    vicugna ledger gc --damaged --delete
    """
    from vicugna.keeping import needed_keys
    from vicugna.ledger import garbage

    lost = 0
    with _opened() as engine:
        if damaged:
            keys, lost = garbage.find_damaged(engine)
            mark = garbage.mark_keys(keys)
        else:
            if delete:
                garbage.refuse_at_work(engine)
            mark = garbage.mark_unneeded(needed_keys(_folders(more)), garbage.time_before(days))
        piles = garbage.remove(engine, mark, really=delete)
        for line in _describe(piles):
            click.echo(line)
        if piles:
            click.echo(_give_back(engine) if delete else "nothing was removed; --delete does it")
    if lost:
        click.echo(
            f"{lost:,} more cannot be read at all, so they stay: `vicugna ledger export` saves "
            "the rest, for a new ledger",
            err=True,
        )
    return 2 if lost else 0


def _give_back(engine: "Engine") -> str:
    from sqlalchemy.exc import DBAPIError

    from vicugna.ledger.garbage import give_back

    if engine.dialect.name != "sqlite":
        return "removed; VACUUM gives the room back, which PostgreSQL does by itself in time"
    try:
        return f"removed; {give_back(engine):,} bytes given back"
    except DBAPIError as error:
        words = " ".join(str(error.orig).split())
        return f"removed; their room is used for new answers, as VACUUM could not be done: {words}"


def _describe(piles: "Sequence[Pile]") -> Iterator[str]:
    """Yield a line for what goes of each run and month, and one for the sum."""
    if not piles:
        yield "nothing to remove"
        return
    rows = [
        (
            show_plain(pile.run) or "(unknown)",
            show_plain(pile.month),
            pile.answers,
            pile.text_bytes,
            pile.nusd,
            pile.unpriced,
        )
        for pile in piles
    ]
    yield from _tabulate(("run", "month", "answers", "bytes", "USD", "unpriced"), rows, 4)


def _sum_up(tally: "Tally") -> Iterator[str]:
    """Yield a line for each month, and one for the sum."""
    rows = [
        (
            show_plain(name),
            month.answers,
            month.lost,
            month.removed,
            month.tokens,
            month.nusd,
            month.unpriced,
        )
        for name, month in sorted(tally.months.items())
    ]
    head = ("month", "answers", "lost", "removed", "tokens", "USD", "unpriced")
    yield from _tabulate(head, rows, 5) if rows else ()


def _tabulate(
    head: Sequence[str], rows: Sequence[Sequence[str | int]], money: int
) -> Iterator[str]:
    """Yield lines with aligned columns; the last one adds them up. `money` is in 1e-9 USD."""
    sums = [
        sum(one for one in column if isinstance(one, int)) if isinstance(column[0], int) else ""
        for column in zip(*rows, strict=True)
    ]
    cells = [list(head)]
    for row in (*rows, ["all", *sums[1:]]):
        cells.append(
            [
                one if isinstance(one, str) else f"{one / 1e9:.6f}" if at == money else f"{one:,}"
                for at, one in enumerate(row)
            ]
        )
    yield from align(cells, [isinstance(first, int) for first in rows[0]])


@contextmanager
def _opened() -> Generator["Engine"]:
    """Yield the ledger that is there, and say in one line what its database says."""
    from vicugna.ledger.database import connect_to_existing
    from vicugna.pipeline import ledger_url

    with _told(connect_to_existing(ledger_url())) as engine:
        yield engine


@contextmanager
def _told(engine: "Engine") -> Generator["Engine"]:
    from sqlalchemy.exc import DBAPIError

    from vicugna.ledger.database import explain

    try:
        yield engine
    except DBAPIError as error:
        raise explain(error, engine.url) from error
    finally:
        engine.dispose()


def _folders(more: Iterable[Path]) -> list[Path]:
    from vicugna.pipeline import OUTPUTS

    return [OUTPUTS, *more]
