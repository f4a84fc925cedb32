"""How near the whole loop comes to a client that costs nothing: compose, send, ledger, parse, gate.

    python benchmarks/loop.py [--in-flight 256] [--requests 3072] [--repeats 3] [--tasks 4]

The offline server runs in a second process and takes 1 to 8 s for an answer (lognormal, median
2.5). The bound is that of a list schedule: the same latencies in the same order, each on the first
of so many slots that is free. The baseline of the same run sends the same number of requests
through the `openai` SDK from as many workers, and does nothing with the answers. Efficiency is the
bound over the seconds from the first request to the last answer's verdicts. Each task of an answer
is judged by the whole chain, so more of them in an answer are more work between two requests.
"""

import argparse
import asyncio
import heapq
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from vicugna.content import load_filters
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import Job, begin, generate, open_asking, prepare
from vicugna.settings import load_recipe
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import serve

SIGMA, MEDIAN, SHORTEST, LONGEST = 0.6, 2.5, 1.0, 8.0  # seconds


def draw_latencies(seed: int) -> Callable[[], float]:
    """Return a draw of seconds; the same seed gives the same ones."""
    rng = Random(seed)
    return lambda: min(max(rng.lognormvariate(0, SIGMA) * MEDIAN, SHORTEST), LONGEST)


def list_schedule(latencies: list[float], slots: int) -> float:
    """Return the seconds that a client without any cost takes.

    >>> list_schedule([3, 1, 1, 1], 2)
    3.0
    """
    free = [0.0] * slots
    for seconds in latencies:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


async def run_ours(base_url: str, options: argparse.Namespace, folder: Path) -> tuple[float, float]:
    """Run the loop on a new ledger; return wall and CPU seconds from the first request on."""
    recipe = load_recipe(
        "alpaca-52k",
        {
            "target": 10**6,
            "lookahead": 4 * options.in_flight,
            "budget.requests": options.requests,
            "tasks_per_request": options.tasks,
            "saturation.min_accepted": 0,
            "teacher": {
                "name": "openai",
                "model": "offline",
                "base_url": base_url,
                "concurrency": options.in_flight,
            },
        },
    )
    job: Job = prepare(recipe, load_filters().chain(None), folder / "out")
    traffic = Traffic()
    async with open_asking(job, traffic) as ask:
        growth = begin(job)
        started, cpu = time.perf_counter(), time.process_time()
        await generate(job, ask, growth)
        took = time.perf_counter() - started, time.process_time() - cpu
    assert growth.replies == options.requests, f"{growth.replies} answers, {growth.stopped}"
    return took


async def run_sdk(base_url: str, options: argparse.Namespace, _: Path) -> tuple[float, float]:
    """Send as many requests from as many workers through the SDK; nothing else is done."""
    import openai

    numbers = iter(range(options.requests))
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:

        async def work() -> None:
            for number in numbers:
                messages: Any = [{"role": "user", "content": f"Write 4 new tasks. {number}"}]
                await client.chat.completions.create(model="offline", messages=messages)

        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(options.in_flight)))
        return time.perf_counter() - started, time.process_time() - cpu


@contextmanager
def open_server(seed: int) -> Generator[str]:
    """Run the server in a process of its own; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.loop", "--serve", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measure(options: argparse.Namespace) -> None:
    """Run both in turn, and print what they took."""
    runs: dict[str, list[tuple[float, float, float]]] = {
        "vicugna, whole loop": [],
        "openai SDK": [],
    }
    for seed in range(options.repeats):
        draw = draw_latencies(seed)
        bound = list_schedule([draw() for _ in range(options.requests)], options.in_flight)
        for name, run in zip(runs, (run_ours, run_sdk), strict=True):
            if name == "openai SDK" and options.no_sdk:
                continue
            with tempfile.TemporaryDirectory() as folder, open_server(seed) as base_url:
                os.environ["VICUGNA_LEDGER"] = f"sqlite:///{folder}/ledger.db"
                wall, cpu = asyncio.run(run(base_url, options, Path(folder)))
            runs[name].append((bound / wall, wall, 1000 * cpu / options.requests))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"{options.requests:,} requests, {options.in_flight:,} in flight, answers of "
        f"{SHORTEST:g} to {LONGEST:g} s with {options.tasks} tasks, {options.repeats} repeats: "
        "median (range)"
    )
    for name, taken in runs.items():
        if taken:
            efficiency, wall, cpu = zip(*taken, strict=True)
            print(
                f"{name:<22} efficiency {_spread(efficiency, 3)}  {_spread(wall, 1)} s  "
                f"CPU {_spread(cpu, 2)} ms a request"
            )


def _spread(values: tuple[float, ...], digits: int) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def main() -> None:
    """Measure, or be the server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--requests", type=int, default=3072)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=4, help="in an answer: of 100 tokens each (4)")
    parser.add_argument("--no-sdk", action="store_true", help="without the baseline")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is None:
        measure(options)
        return
    latency: Any = draw_latencies(options.serve)
    serve(
        respond,
        port=0,
        faults={},
        seed=0,
        announce=lambda url: print(url, flush=True),
        latency=latency,
    )


if __name__ == "__main__":
    main()
