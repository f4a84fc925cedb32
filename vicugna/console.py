"""What a run shows at its end: what was kept, what it cost, and where the files are."""

from contextvars import ContextVar
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vicugna.caching import show_poor_caching
from vicugna.formats.run_folder import list_left_out
from vicugna.records import Lang
from vicugna.session import join_counts, show_troubles
from vicugna.spending import HEAD, WORDS, list_rows, show_paid, show_usage
from vicugna.text.hygiene import show_plain

_NOWHERE = Console(quiet=True)
# Where a flow draws: its caller's terminal, or nowhere when a worker runs it.
CONSOLE: ContextVar[Console] = ContextVar("CONSOLE", default=_NOWHERE)


def print_summary(manifest: dict[str, Any], folder: Path, console: Console) -> None:
    """Print what was kept, why the rest was not, and where the files are."""
    counts = manifest["counts"]
    langs: list[Lang] = sorted(
        {*counts["tasks"], *(lang for reason in counts["rejected"].values() for lang in reason)}
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for lang in langs:
        table.add_column(lang, justify="right")
    table.add_row("kept", *(f"{counts['tasks'].get(lang, 0):,}" for lang in langs), style="green")
    for reason, by_lang in counts["rejected"].items():
        table.add_row(reason, *(f"{by_lang.get(lang, 0):,}" for lang in langs))
    console.print(table)
    console.print(Text(f"files   {show_plain(str(folder), 1_000)}/"), soft_wrap=True)
    console.print(
        Text("        " + " ".join(sorted([*manifest["files"], "manifest.json"]))), soft_wrap=True
    )
    for kind, reason, tasks in list_left_out(manifest):
        console.print(Text(f"        {kind}: {tasks:,} left out: {reason}"), soft_wrap=True)


def print_cost(manifest: dict[str, Any], console: Console) -> None:
    """Print what a run asked and what it cost, and what of it was paid for now.

    By teacher and purpose where there is more than one.
    """
    usage, session = manifest["usage"], manifest["session"]
    _say(f"asked   {show_usage(usage)}", console)
    if not session["sent"]:
        _say("        nothing was sent: every answer was in the ledger", console)
    elif session["from_ledger"]:
        _say(
            f"        {session['sent']:,} sent now ({session['paid_tokens']:,} tokens, "
            f"{show_paid(session['paid_usd'])}), {session['from_ledger']:,} from the ledger",
            console,
        )
    if session["lost"]:
        _say(
            f"lost    {session['lost']:,} attempts that may have been paid for: at most "
            f"{session['lost_tokens_at_most']:,} tokens, {show_paid(session['lost_usd_at_most'])}",
            console,
        )
    if rows := list_rows(usage):
        _print_rows(rows, console)
    for poor in session["poor_caching"]:
        _say(f"cache   {show_poor_caching(poor)}", console)
    troubles = [*show_troubles(session), ("unanswered", join_counts(usage["unanswered"]))]
    for name, words in troubles:
        if words:
            _say(f"{name:<11} {words}", console)


def _print_rows(rows: list[tuple[str, ...]], console: Console) -> None:
    """Print a table whose lines break on a narrow terminal: rich would cut off digits."""
    rows = [HEAD, *rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            set_cell_size(cell, width) if place < WORDS else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        _say("  ".join(cells), console)


def _say(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
