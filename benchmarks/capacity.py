"""Whether the number of requests in flight that a run finds is as good as the best one for it.

    python -m benchmarks.capacity [--seconds 90] [--only thrash:160]

The offline server, in a process of its own, behaves like four kinds: it queues what is too much,
slows down with it, refuses when the queue is long, or refuses more than so many in flight. The
baselines of the same run are fixed numbers; ours begins at 32 and is told nothing. Tokens a second
are those of the last third of a run.
"""

import argparse
import asyncio
import itertools
import os
import platform
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic

from vicugna.errors import TeacherError
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.concurrency import climbing
from vicugna.teachers.offline.capacity import parse_capacity
from vicugna.teachers.offline.latency import parse_latency
from vicugna.teachers.offline.server import serve
from vicugna.teachers.openai_http import open_endpoint
from vicugna.teachers.retry import retrying
from vicugna.teachers.slots import Slots

SERVERS = ("queue:256", "thrash:160", "refuse-queue:256:64", "refuse:100")
FIXED = (16, 64, 160, 512)
START = 32
MOST = 2048  # that wait for a place; more than any of the servers bears
ANSWER = "The river rises in the hills and runs past three small towns to the sea. " * 5
LATENCY = "lognormal:0.7:0.2:3"  # seconds an answer takes alone


class Run:
    """What one client got: tokens with the second they came in, refusals, and limits."""

    def __init__(self, seconds: float) -> None:
        self.started = monotonic()
        self.end = self.started + seconds
        self.tokens: list[tuple[float, int]] = []
        self.refusals = 0
        self.limits: list[int] = []

    def speed(self, seconds: float) -> float:
        """Return tokens a second of the last third."""
        late = self.started + seconds * 2 / 3
        return sum(tokens for at, tokens in self.tokens if late <= at < self.end) / (seconds / 3)


async def run_client(base_url: str, seconds: float, fixed: int | None) -> Run:
    """Keep a server busy for some seconds, with a fixed number in flight or with ours."""
    run, slots = Run(seconds), Slots(fixed or START)

    def note(cause: str) -> None:
        run.refusals += cause in ("rate_limit", "overloaded")

    async with open_endpoint(Endpoint("lab", base_url, "", 120.0)) as once:
        attempt = once if fixed else climbing(once, slots, on_limit=run.limits.append)
        ask = retrying(attempt, on_fault=note)
        numbers = itertools.count()

        async def work() -> None:
            for number in numbers:
                async with slots.place():
                    await _ask_one(ask, number, run)

        working = [asyncio.create_task(work()) for _ in range(MOST)]
        await asyncio.sleep(seconds)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    return run


async def _ask_one(ask: Ask, number: int, run: Run) -> None:
    messages = (Message("user", f"Task {number}"),)
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=900)
    try:
        reply = await ask(Request("bench", "en", "offline", messages, sampling, "bench"))
        run.tokens.append((monotonic(), reply.output_tokens))
    except TeacherError:
        pass  # after all its attempts; it has no tokens


@contextmanager
def open_server(capacity: str) -> Generator[str]:
    """Run the server in a process of its own; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.capacity", "--serve", capacity]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measure(capacity: str, seconds: float) -> None:
    """Run every client on one kind of server, and print how fast each was."""
    speeds: dict[str, float] = {}
    line = ""
    for fixed in (*FIXED, None):
        with open_server(capacity) as base_url:
            run = asyncio.run(
                run_client(base_url, seconds if fixed is None else seconds / 2, fixed)
            )
        speed = run.speed(seconds if fixed is None else seconds / 2)
        speeds[str(fixed)] = speed
        line += f"  {fixed or 'ours'}: {speed:,.0f} ({run.refusals})"
        limits = run.limits
    best = max(speed for name, speed in speeds.items() if name != "None")
    found = f"{min(limits[-3:])} to {max(limits[-3:])}" if limits else str(START)
    print(f"{capacity:<20}{line}  ratio {speeds['None'] / best:.3f}, limit {found}", flush=True)


def main() -> None:
    """Measure, or be the server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90, help="of ours; half for fixed ones")
    parser.add_argument("--only", choices=SERVERS)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(
            lambda body: ANSWER,
            port=0,
            faults={},
            seed=0,
            announce=lambda url: print(url, flush=True),
            latency=parse_latency(LATENCY, seed=1),
            capacity=parse_capacity(options.serve),
        )
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("in flight: tokens a second (refusals)")
    for capacity in SERVERS:
        if options.only in (None, capacity):
            measure(capacity, options.seconds)


if __name__ == "__main__":
    main()
