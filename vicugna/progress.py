"""How a run goes, while it does: a live panel on a terminal, plain lines elsewhere."""

import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vicugna.caching import expects_cached, find_caches
from vicugna.growth import Growth
from vicugna.ledger.traffic import TeacherTraffic, Traffic
from vicugna.records import Lang, Stratum
from vicugna.session import join_counts
from vicugna.settings import Recipe
from vicugna.spending import show_share
from vicugna.teachers.roles import name_teachers
from vicugna.text.hygiene import show_plain

PLAIN_SECONDS = 10.0  # between two lines when there is no terminal
_BATCHES = 3  # rows at most: the newest


@contextmanager
def show_progress(
    recipe: Recipe, growths: list[Growth], traffic: Traffic, console: Console
) -> Generator[None]:
    """Show how a run goes until the block ends. `growths` may gain shards meanwhile."""
    state = _State(recipe, growths, traffic)
    if console.is_terminal:
        with Live(_Panel(state), console=console, refresh_per_second=4, transient=True):
            yield
        return
    done = threading.Event()
    printer = threading.Thread(target=_print_lines, args=(state, console, done), daemon=True)
    printer.start()
    try:
        yield
    finally:
        done.set()
        printer.join()


def _print_lines(state: "_State", console: Console, done: threading.Event) -> None:
    while not done.wait(PLAIN_SECONDS):
        for line in _plain_lines(state):
            console.print(line, highlight=False, soft_wrap=True, markup=False)


def _plain_lines(state: "_State") -> Iterator[str]:
    kept, traffic = state.kept, state.traffic
    rows = " ".join(f"{lang}={kept[lang]}/{most}" for lang, most in state.recipe.targets.items())
    total, each = state.money()
    parts = [
        f"{rows} sent={traffic.sent} from_ledger={traffic.replayed} "
        f"in_flight={traffic.in_flight} waiting={traffic.waiting} "
        f"faults={traffic.faults.total()} {total}",
        *([f"per_1000={each}"] if each else []),
        *([f"cached={share}"] if (share := state.cached_share()) else []),
    ]
    yield " ".join(parts)
    for label, one in traffic.teachers.items():
        if one.opens:
            yield f"{show_plain(label, 40)}: waiting for its hours, until {one.opens}"
    for label, one in state.several_teachers():
        known = {"at_once": one.concurrency or None, "rpm": one.rpm, "tpm": one.tpm}
        limits = "".join(f" {name}={value:.0f}" for name, value in known.items() if value)
        yield f"{show_plain(label, 40)}: sent={one.sent}{limits} faults={one.faults.total()}"


class _State:
    """What a run has come to, as both ways to show it need it."""

    def __init__(self, recipe: Recipe, growths: list[Growth], traffic: Traffic) -> None:
        self.recipe = recipe
        self.growths = growths
        self.traffic = traffic
        self._caches = find_caches(name_teachers(recipe))

    @property
    def kept(self) -> Counter[Lang]:
        """Tasks kept so far, by language."""
        return sum((growth.kept for growth in self.growths), Counter[Lang]())

    def types(self) -> tuple[str, ...]:
        """Return how many types have all they are to have, and which is furthest behind.

        () when none is, and for a recipe without types.
        """
        if not self.recipe.types:
            return ()
        strata, kept = self.recipe.strata, Counter[Stratum]()
        for growth in self.growths:
            kept.update({stratum: quota.kept for stratum, quota in growth.quotas.items()})
        behind = {one: kept[one] / most for one, most in strata.items() if kept[one] < most}
        if not behind:
            return ()
        last = min(behind, key=behind.__getitem__)
        full = f"{len(strata) - len(behind)} of {len(strata)} full"
        return full, f"{' '.join(last)}: {kept[last]:,} of {strata[last]:,}"

    def money(self) -> tuple[str, str]:
        """Return what was spent, and what of it falls to 1,000 tasks ("" where nobody can say)."""
        if any(growth.unpriced for growth in self.growths):
            return "price unknown", ""
        usd = sum(growth.price_nusd for growth in self.growths) / 1e9
        tasks = self.kept.total()
        return f"${usd:.4f}", f"${usd / tasks * 1000:.4f}" if usd and tasks else ""

    def cached_share(self) -> str:
        """Return how much of the prompts came from the cache; "" for none, and none expected."""
        cached = sum(growth.cached_tokens for growth in self.growths)
        prompts = [dict(growth.prompts) for growth in self.growths]  # a run adds to them meanwhile
        if not cached and not any(expects_cached(one, self._caches) for one in prompts):
            return ""
        return show_share(cached, sum(growth.input_tokens for growth in self.growths))

    def several_teachers(self) -> list[tuple[str, TeacherTraffic]]:
        """Return the teachers by their labels, where there is more than one."""
        teachers = list(self.traffic.teachers.items())
        return teachers if len(teachers) > 1 else []


class _Panel:
    """Renders the state anew at every refresh."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._started = monotonic()

    def __rich__(self) -> Table:
        state, traffic, kept = self._state, self._state.traffic, self._state.kept
        table = Table.grid(padding=(0, 2))
        for lang, target in state.recipe.targets.items():
            table.add_row(lang, _bar(kept[lang] / target), f"{kept[lang]:,} of {target:,}")
        if types := state.types():
            table.add_row("types", *types)
        pieces = sum(growth.pieces - growth.carried for growth in state.growths)
        share = f"{kept.total() / pieces:.0%} of {pieces:,} pieces kept" if pieces else "-"
        table.add_row("yield", share, "")
        table.add_row(
            "requests",
            f"{traffic.sent:,} sent, {traffic.replayed:,} from the ledger",
            f"{traffic.in_flight} in flight",
        )
        table.add_row("tokens", *_tokens(state))
        seconds = monotonic() - self._started
        rate = kept.total() / seconds if seconds else 0.0
        table.add_row("rate", f"{rate:.1f} tasks/s", _time_left(state.recipe, kept, rate))
        if traffic.waiting:
            waited = "for another process, or for room under a cap"
            table.add_row("waiting", f"{traffic.waiting:,} requests", waited)
        for label, one in traffic.teachers.items():
            if one.opens:
                table.add_row("hours", f"waiting until {one.opens}", Text(show_plain(label, 40)))
        for cells in _teacher_rows(state):
            table.add_row(*map(Text, cells))
        if traffic.faults:
            table.add_row("faults", join_counts(traffic.faults), "retried")
        return table


def _tokens(state: _State) -> tuple[str, str]:
    tokens = sum(growth.input_tokens + growth.output_tokens for growth in state.growths)
    share = state.cached_share()
    total, each = state.money()
    return (
        f"{tokens:,}" + (f", {share} of the prompts from cache" if share else ""),
        total + (f", {each} per 1,000 tasks" if each else ""),
    )


def _teacher_rows(state: _State) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each teacher, where there are several, and for the newest batches."""
    for label, one in state.several_teachers():
        limits = [
            *([f"at most {one.concurrency:,} at once"] if one.concurrency else []),
            *([f"{one.rpm:,.0f} rpm"] if one.rpm else []),
            *([f"{one.tpm:,.0f} tpm"] if one.tpm else []),
        ]
        faults = one.faults.total()
        sent = ", ".join([f"{one.sent:,} sent", *limits])
        yield show_plain(label, 24), sent, f"{faults:,} faults" if faults else ""
    for said in list(state.traffic.batches.values())[-_BATCHES:]:
        yield "batch", show_plain(said, 60), ""


def _bar(share: float) -> Text:
    full = round(min(share, 1.0) * 30)
    return Text.assemble(("━" * full, "green"), ("━" * (30 - full), "dim"))


def _time_left(recipe: Recipe, kept: Counter[Lang], rate: float) -> str:
    if not rate:
        return ""
    seconds = int((recipe.target - kept.total()) / rate)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left"
