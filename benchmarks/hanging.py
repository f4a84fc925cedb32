"""What requests without an answer cost a run: with second requests for them, and without.

    python benchmarks/hanging.py [--repeats 3] [--share 0.005] [--target 4800] [--in-flight 64]

The whole loop runs on a SQLite ledger against the offline server in a second process, which takes
1 to 8 s for an answer (lognormal, median 2.5) and leaves a share of the requests without one until
the client gives up (180 s, the default). Each seed is run three times: without hangs, and with the
same requests hanging at first, as the product does it and with `hedged` replaced by nothing. The
bound is that of a list schedule of the same latencies without hangs, each on the first of so many
slots that is free.
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import orjson

from benchmarks.loop import draw_latencies, list_schedule
from vicugna import teaching
from vicugna.content import load_filters
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import generate, generate_all, open_asking, prepare
from vicugna.settings import load_recipe
from vicugna.teachers.ask import Ask
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import serve


class Run(NamedTuple):
    """One run of the loop."""

    wall: float  # seconds, from the first request to the last verdict
    bound: float
    requests: int
    hung: int
    hedged: int
    won: int
    at_most: int  # tokens that budgets count as lost
    billed: int  # tokens that the server counted beside those of the answers
    used: int  # tokens of the answers
    faults: dict[str, int]


def ask_once(ask: Ask, *_: object, **__: object) -> Ask:
    """Stand in for `hedged`: one request for each attempt."""
    return ask


async def run_loop(base_url: str, options: argparse.Namespace, seed: int, folder: Path) -> Run:
    """Grow a set on a new ledger."""
    recipe = load_recipe(
        "alpaca-52k",
        {
            "target": options.target,
            "lookahead": options.lookahead,
            "tasks_per_request": 4,
            "teacher": {
                "name": "openai",
                "model": "offline",
                "base_url": base_url,
                "concurrency": options.in_flight,
            },
        },
    )
    job, traffic = prepare(recipe, load_filters().chain(None), folder / "out"), Traffic()
    async with open_asking(job, traffic) as ask:
        started = time.perf_counter()
        await generate_all(job, [], partial(generate, job, ask))
        wall = time.perf_counter() - started
    stats = _read_stats(base_url)
    counts, draw = traffic.of("openai"), draw_latencies(seed)
    return Run(
        wall=wall,
        bound=list_schedule([draw() for _ in range(counts.sent)], options.in_flight),
        requests=counts.sent,
        hung=stats["faults"].get("hang", 0),
        hedged=counts.hedged,
        won=counts.hedges_won,
        at_most=traffic.lost_tokens,
        billed=stats["tokens"] - counts.tokens,
        used=counts.tokens,
        faults=dict(counts.faults),
    )


def measure(options: argparse.Namespace) -> None:
    """Run each seed both ways, and print what they took."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"{options.in_flight} in flight, {options.share:.1%} hang, seeds 0 to {options.repeats - 1}"
    )
    ways: dict[str, list[Run]] = {"no hangs": [], "hedged": [], "not hedged": []}
    for seed in range(options.repeats):
        for way, runs in ways.items():
            runs.append(_run_once(way, options, seed))
            print(f"seed {seed}, {way}: {_describe(runs[-1])}", flush=True)
    for way, runs in ways.items():
        walls = [run.wall for run in runs]
        ratios = [run.wall / run.bound for run in runs]
        print(f"{way:<11} {_spread(walls, 1)} s, {_spread(ratios, 2)} times the bound")
    pairs = zip(ways["hedged"], ways["not hedged"], strict=True)
    ratios = [alone.wall / run.wall for run, alone in pairs]
    print(f"not hedged over hedged: {_spread(ratios, 2)}")


def _run_once(way: str, options: argparse.Namespace, seed: int) -> Run:
    instead: Any = ask_once if way == "not hedged" else teaching.hedged
    share = 0.0 if way == "no hangs" else options.share
    with (
        tempfile.TemporaryDirectory() as folder,
        open_server(seed, share) as base_url,
        mock.patch.object(teaching, "hedged", instead),
    ):
        os.environ["VICUGNA_LEDGER"] = f"sqlite:///{folder}/ledger.db"
        return asyncio.run(run_loop(base_url, options, seed, Path(folder)))


def _describe(run: Run) -> str:
    return (
        f"{run.wall:.1f} s (bound {run.bound:.1f}), {run.requests:,} answers, {run.hung} hung; "
        f"{run.hedged} sent again, {run.won} of them won; lost at most {run.at_most:,} tokens, "
        f"{run.at_most / run.used:.2%} of {run.used:,}; billed in vain {run.billed:,}; "
        f"faults {run.faults}"
    )


def _spread(values: list[float], digits: int) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _read_stats(base_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/stats") as response:
        return orjson.loads(response.read())


@contextmanager
def open_server(seed: int, share: float) -> Generator[str]:
    """Run the server in a process of its own; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.hanging"]
    command += ["--serve", str(seed), "--share", str(share)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Measure, or be the server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="seeds (3)")
    parser.add_argument("--share", type=float, default=0.005, help="of requests that hang (0.005)")
    parser.add_argument("--target", type=int, default=4800, help="tasks; a request asks for 4")
    parser.add_argument("--in-flight", type=int, default=64, help="requests (64)")
    parser.add_argument("--lookahead", type=int, help="of the recipe (its own)")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is None:
        measure(options)
        return
    serve(
        respond,
        port=0,
        faults={"hang": options.share},
        seed=options.serve,
        announce=partial(print, flush=True),
        latency=draw_latencies(options.serve),
    )


if __name__ == "__main__":
    main()
