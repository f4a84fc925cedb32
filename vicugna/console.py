"""What a run shows: a live panel on a terminal, plain lines elsewhere, a table at the end."""

import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vicugna.formats.run_folder import list_left_out
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.records import Lang
from vicugna.settings import Recipe
from vicugna.text.hygiene import show_plain

_NOWHERE = Console(quiet=True)
# Where a flow draws: its caller's terminal, or nowhere when a worker runs it.
CONSOLE: ContextVar[Console] = ContextVar("CONSOLE", default=_NOWHERE)
PLAIN_SECONDS = 10.0  # between two lines when there is no terminal


@contextmanager
def show_progress(
    recipe: Recipe, growths: list[Growth], traffic: Traffic, console: Console
) -> Generator[None]:
    """Show how a run goes until the block ends. `growths` may gain shards meanwhile."""
    if console.is_terminal:
        panel = _Panel(recipe, growths, traffic)
        with Live(panel, console=console, refresh_per_second=4, transient=True):
            yield
        return
    done = threading.Event()
    printer = threading.Thread(
        target=_print_lines, args=(recipe, growths, traffic, console, done), daemon=True
    )
    printer.start()
    try:
        yield
    finally:
        done.set()
        printer.join()


def _print_lines(
    recipe: Recipe,
    growths: list[Growth],
    traffic: Traffic,
    console: Console,
    done: threading.Event,
) -> None:
    while not done.wait(PLAIN_SECONDS):
        kept = _kept(growths)
        rows = " ".join(f"{lang}={kept[lang]}/{most}" for lang, most in recipe.targets.items())
        console.print(
            f"{rows} sent={traffic.sent} from_ledger={traffic.replayed} "
            f"in_flight={traffic.in_flight} waiting={traffic.waiting} "
            f"faults={traffic.faults.total()} {_money(growths)}",
            highlight=False,
            soft_wrap=True,
        )


class _Panel:
    """Renders the state anew at every refresh."""

    def __init__(self, recipe: Recipe, growths: list[Growth], traffic: Traffic) -> None:
        self._recipe = recipe
        self._growths = growths
        self._traffic = traffic
        self._started = monotonic()

    def __rich__(self) -> Table:
        growths, traffic = self._growths, self._traffic
        kept = _kept(growths)
        seconds = monotonic() - self._started
        table = Table.grid(padding=(0, 2))
        for lang, target in self._recipe.targets.items():
            table.add_row(lang, _bar(kept[lang] / target), f"{kept[lang]:,} of {target:,}")
        pieces = sum(growth.pieces - growth.carried for growth in growths)
        share = f"{kept.total() / pieces:.0%} of {pieces:,} pieces kept" if pieces else "-"
        tokens = sum(growth.input_tokens + growth.output_tokens for growth in growths)
        table.add_row("yield", share, "")
        table.add_row(
            "requests",
            f"{traffic.sent:,} sent, {traffic.replayed:,} from the ledger",
            f"{traffic.in_flight} in flight",
        )
        table.add_row("tokens", f"{tokens:,}", _money(growths))
        rate = kept.total() / seconds if seconds else 0.0
        table.add_row("rate", f"{rate:.1f} tasks/s", _time_left(self._recipe, kept, rate))
        if traffic.waiting:
            waited = "for another process, or for room under a cap"
            table.add_row("waiting", f"{traffic.waiting:,} requests", waited)
        if traffic.faults:
            table.add_row("faults", _join(traffic.faults), "retried")
        return table


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
    """Print what a run asked and what it cost, and what of it was paid for now."""
    usage, session = manifest["usage"], manifest["session"]
    price = usage["price_usd"]
    money = "price unknown" if price is None else f"{price} USD"
    console.print(
        f"asked   {usage['requests']:,} answers, {usage['input_tokens']:,} + "
        f"{usage['output_tokens']:,} tokens, {money}",
        highlight=False,
        soft_wrap=True,
    )
    if not session["sent"]:
        console.print("        nothing was sent: every answer was in the ledger", highlight=False)
    elif session["from_ledger"]:
        paid = session["paid_usd"]
        console.print(
            f"        {session['sent']:,} sent now ({session['paid_tokens']:,} tokens, "
            f"{'price unknown' if paid is None else f'{paid} USD'}), "
            f"{session['from_ledger']:,} from the ledger",
            highlight=False,
        )
    if session["lost"]:
        console.print(
            f"lost    {session['lost']:,} attempts that may have been paid for: at most "
            f"{session['lost_tokens_at_most']:,} tokens, {session['lost_usd_at_most']} USD",
            highlight=False,
            soft_wrap=True,
        )
    for name, counted in (("faults", session["faults"]), ("unanswered", usage["unanswered"])):
        if counted:
            console.print(f"{name:<11} {_join(Counter(counted))}", highlight=False, soft_wrap=True)


def _kept(growths: list[Growth]) -> Counter[Lang]:
    return sum((growth.kept for growth in growths), Counter[Lang]())


def _money(growths: list[Growth]) -> str:
    if any(growth.unpriced for growth in growths):
        return "price unknown"
    return f"${sum(growth.price_nusd for growth in growths) / 1e9:.4f}"


def _bar(share: float) -> Text:
    full = round(min(share, 1.0) * 30)
    return Text.assemble(("━" * full, "green"), ("━" * (30 - full), "dim"))


def _time_left(recipe: Recipe, kept: Counter[Lang], rate: float) -> str:
    if not rate:
        return ""
    seconds = int((recipe.target - kept.total()) / rate)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left"


def _join(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted.most_common())
