"""How much of a quota of requests and tokens clients use, and how often they are refused.

    python -m benchmarks.quota [--seconds 30] [--repeats 3] [--bursts 1 5 60] [--only WORD]

The offline server runs in a process of its own with 1,500 requests and 1,000,000 tokens a minute;
a prompt has 440 tokens, an answer 400 (lognormal, sigma 0.4) after 2.5 s (1 to 8), so the tokens
are what binds. `burst` is how many seconds of the quota the server lets out at once. Every client
has 128 requests under way and is in a process of its own: ours with a first guess of the tokens of
a request that is too low, right and too high, and with nothing given, so that it learns the quota
from headers; two processes of ours on one ledger; the `openai` SDK; and one that sends again
exactly when a refusal says so.

"used" is tokens that the server let through over what the quota allows, after the start (the first
third is left out); "429s" are all refusals of the run, "lost" the requests that a client gave up.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.request import urlopen

import orjson

from benchmarks.killing import fresh_database
from benchmarks.quota_clients import CLIENTS, RPM, TPM
from vicugna.teachers.offline.latency import lognormal
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.offline.server import serve

ANSWER_TOKENS, SIGMA = 400, 0.4
TOGETHER = "ours-guess-1450"  # what two processes are


class Run(NamedTuple):
    """What came of one repeat."""

    used: float  # share of the tokens of the quota, in the steady part
    refused: int
    asked: int  # requests that the server saw, refused ones among them
    lost: int


def main() -> None:
    """Run every client in turn and print what each reached."""
    options = _parser().parse_args()
    if options.serve:
        _serve(options.serve, options.seed)
        return
    _say(
        f"{options.seconds:g} s each, {options.repeats} repeats: median (range); "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
    )
    for burst in options.bursts:
        _say(f"\nserver burst {burst:g} s\n{'client':<34}{'used':>22}{'429s':>24}{'lost':>18}")
        for title, names, server in _plan(options):
            runs = [measure(names, burst, server, options, seed) for seed in range(options.repeats)]
            _say(
                f"{title:<34}{_spread([run.used for run in runs], 3):>22}"
                f"{_spread([run.refused for run in runs], 0):>24}"
                f"{_spread([run.lost for run in runs], 0):>18}"
                f"   {sum(r.refused for r in runs) / sum(r.asked for r in runs):.2%} refused"
            )


def _plan(options: argparse.Namespace) -> list[tuple[str, list[str], str]]:
    """Return title, clients and database server of every row."""
    rows = [(name, [name], "") for name in CLIENTS]
    together = [("ours, two processes, SQLite", "")]
    if options.postgres:
        together.append(("ours, two processes, PostgreSQL", options.postgres))
    rows[4:4] = [(title, [TOGETHER, TOGETHER], server) for title, server in together]
    return [row for row in rows if options.only in row[0]]


def measure(
    names: Sequence[str], burst: float, server: str, options: argparse.Namespace, seed: int
) -> Run:
    """Run some clients together against a fresh server, on a fresh ledger."""
    with ExitStack() as stack:
        url = stack.enter_context(_server(burst, seed))
        ledger = stack.enter_context(_ledger(server))
        command = [sys.executable, "-m", "benchmarks.quota_clients"]
        settings = ["--url", url, "--seconds", str(options.seconds), "--ledger", ledger]
        settings += ["--at-once", str(128 // len(names))]
        clients = [
            subprocess.Popen([*command, name, *settings], stdout=subprocess.PIPE) for name in names
        ]
        while not _stats(url)["requests"]:  # a client takes a second to begin
            time.sleep(0.05)
        time.sleep(options.seconds / 3)
        begun, first = time.monotonic(), _stats(url)
        time.sleep(options.seconds * 2 / 3 - 2)
        seconds, last = time.monotonic() - begun, _stats(url)
        told: list[dict[str, Any]] = [orjson.loads(one.communicate()[0]) for one in clients]
        end = _stats(url)
    used = (last["tokens"] - first["tokens"]) / (seconds * TPM / 60)
    return Run(used, end["refused"], end["requests"], sum(one["lost"] for one in told))


def _stats(url: str) -> dict[str, Any]:
    with urlopen(url.removesuffix("/v1") + "/stats") as response:
        return orjson.loads(response.read())


@contextmanager
def _ledger(server: str) -> Generator[str, None, None]:
    if server:
        with fresh_database(server) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory(dir=".", prefix="quota-") as folder:
            yield f"sqlite:///{Path(folder).absolute()}/ledger.db"


@contextmanager
def _server(burst: float, seed: int) -> Generator[str, None, None]:
    command = [sys.executable, "-m", "benchmarks.quota", "--serve", str(burst), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _serve(burst: float, seed: int) -> None:
    rng = Random(seed)

    def respond(body: dict[str, Any]) -> str:
        return "sea " * round(ANSWER_TOKENS * rng.lognormvariate(-(SIGMA**2) / 2, SIGMA))

    serve(
        respond,
        port=0,
        faults={},
        seed=seed,
        announce=_say,
        latency=lognormal(2.5, 1.0, 8.0, seed=seed),
        quota=ServerQuota(RPM, TPM, burst),
    )


def _spread(values: Sequence[float], digits: int) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}-{high:,.{digits}f})"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="of each run (30)")
    parser.add_argument("--repeats", type=int, default=3, help="of each client (3)")
    parser.add_argument("--bursts", type=float, nargs="+", default=[1, 5, 60], help="(1 5 60)")
    parser.add_argument("--only", default="", help="clients with this in their name")
    parser.add_argument("--postgres", default="", help="URL of a server, for two processes")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
