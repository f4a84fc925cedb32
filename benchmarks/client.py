"""What one request costs the client: ours beside the `openai` SDK, on the same server.

    python benchmarks/client.py --requests 2048 --concurrency 256

The offline server runs in a second process and answers about 400 tokens after a fixed latency,
so that only the client's own work differs. CPU is that of the client's process. The two take
turns, so that a busy machine is unfair to both alike; figures are the median and the range over
the repeats. Efficiency is the time of a client that costs nothing over the time taken.
"""

import argparse
import asyncio
import math
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.offline.server import serve
from vicugna.teachers.openai_http import open_endpoint

PROMPT = "You are asked to come up with a set of diverse task instructions. " * 27
ANSWER = "The river rises in the hills and runs past three small towns to the sea. " * 27
SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=900)

Send = Callable[[int], Awaitable[object]]
Client = Callable[[str], AbstractAsyncContextManager[Send]]


@dataclass(frozen=True, slots=True)
class Run:
    """One repeat: CPU and wall seconds for all its requests."""

    cpu: float
    wall: float


def main() -> None:
    """Run both clients in turn and print what they took."""
    options = _parser().parse_args()
    if options.serve:
        _serve(options.latency)
        return
    runs: dict[str, list[Run]] = {"vicugna": [], "openai SDK": []}
    with _server(options.latency) as base_url:
        for _ in range(options.repeats):
            for name, client in (("vicugna", ours), ("openai SDK", sdk)):
                run = _measure(client, base_url, options.requests, options.concurrency)
                runs[name].append(asyncio.run(run))
    rounds = math.ceil(options.requests / options.concurrency)
    _report(runs, options, ideal=rounds * options.latency)


@asynccontextmanager
async def ours(base_url: str) -> AsyncGenerator[Send, None]:
    """Yield a function that sends one request through our client."""
    async with open_endpoint(Endpoint("bench", base_url, "sk-none", 120.0)) as ask:

        async def send(number: int) -> object:
            messages = (Message("system", PROMPT), Message("user", f"Task {number}"))
            return await ask(Request("bench", "en", "offline", messages, SAMPLING, "bench"))

        yield send


@asynccontextmanager
async def sdk(base_url: str) -> AsyncGenerator[Send, None]:
    """Yield a function that sends one request through the SDK, as its README shows."""
    import openai

    async with openai.AsyncOpenAI(
        base_url=base_url, api_key="sk-none", timeout=120.0, max_retries=0
    ) as client:

        async def send(number: int) -> object:
            return await client.chat.completions.create(
                model="offline",
                messages=[
                    {"role": "system", "content": PROMPT},
                    {"role": "user", "content": f"Task {number}"},
                ],
                temperature=SAMPLING.temperature,
                top_p=SAMPLING.top_p,
                max_tokens=SAMPLING.max_tokens,
            )

        yield send


async def _measure(client: Client, base_url: str, requests: int, concurrency: int) -> Run:
    async with client(base_url) as send:
        await send(-1)  # imports and the first connection are not what is measured
        numbers = iter(range(requests))

        async def work() -> None:
            for number in numbers:
                await send(number)

        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return Run(time.process_time() - cpu, time.perf_counter() - wall)


def _report(runs: dict[str, list[Run]], options: argparse.Namespace, *, ideal: float) -> None:
    requests = options.requests
    _say(
        f"{requests} requests, {options.concurrency} in flight, {options.latency:g} s latency, "
        f"{options.repeats} repeats: median (range)"
    )
    for name, repeats in runs.items():
        _say(
            f"{name:>12}  CPU {_spread([1000 * run.cpu / requests for run in repeats])} ms/request"
            f"  {_spread([requests / run.wall for run in repeats], 0)} requests/s"
            f"  efficiency {_spread([ideal / run.wall for run in repeats])}"
        )
    ratios = [
        theirs.cpu / own.cpu
        for own, theirs in zip(runs["vicugna"], runs["openai SDK"], strict=True)
    ]
    _say(f"{'ratio':>12}  the SDK takes {_spread(ratios, 1)} times the CPU")


def _spread(values: list[float], digits: int = 2) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


@contextmanager
def _server(latency: float) -> Generator[str, None, None]:
    command = [sys.executable, __file__, "--serve", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _serve(latency: float) -> None:
    serve(lambda body: ANSWER, port=0, faults={}, seed=0, announce=_say, latency=latency)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=1024, help="per repeat (1024)")
    parser.add_argument("--concurrency", type=int, default=64, help="in flight at once (64)")
    parser.add_argument("--latency", type=float, default=0.2, help="of the server, seconds (0.2)")
    parser.add_argument("--repeats", type=int, default=5, help="of each client (5)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
