"""Kills a batch run at every step of its way, starts it again, and compares bill and bytes.

    python -m benchmarks.batch [--batch-seconds 2]

The offline server, in a process of its own, answers live and in batches. First the same recipe is
run live and by batch: the batch must cost half and give the same bytes. Then, for each step (a file
uploaded, a batch created, looked at, written down, an answer written ...), a new process is killed
with SIGKILL before it or after it, and the command is given again. Nothing may be paid for twice,
and the files must be those of the run that nobody killed.
"""

import argparse
import hashlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import urlopen

import orjson

Call = Callable[..., Awaitable[object]]
STEPS = {
    "BatchApi": ("upload", "create", "look", "remove_file"),
    "Ledger": ("keep_batch", "settle"),
}
ROWS = ("tasks.jsonl", "rejected.jsonl", "alpaca.json", "sharegpt.json")
RECIPE = """
name: batched
method: alpaca
target: {target}
languages: {{en: 0.5, zh: 0.5}}
seeds_shown: 3
tasks_per_request: 8
sampling: {{new_tasks: {{temperature: 1.0, max_tokens: 3072}}}}
lookahead: 64
teacher: {{name: openai, model: offline, base_url: "{base_url}", mode: {mode},
          price: {{input: 1, output: 4}}}}
"""


class Step:
    """Counts the steps of this process, and ends it at one of them."""

    def __init__(self, last: int, notes: Path) -> None:
        self._last, self._notes, self._taken = last, notes, 0

    def take(self, name: str) -> None:
        """Note a step; at the last one, die."""
        self._taken += 1
        with self._notes.open("a") as file:
            file.write(f"{name}\n")
        if self._taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def be_victim(last: int, notes: Path, arguments: list[str]) -> None:
    """Become `vicugna`, with its steps counted."""
    from vicugna.__main__ import main as run_vicugna
    from vicugna.ledger import Ledger
    from vicugna.teachers.batch_api import BatchApi

    step = Step(last, notes)
    for owner in (BatchApi, Ledger):
        for name in STEPS[owner.__name__]:
            setattr(owner, name, _watched(getattr(owner, name), name, step))
    sys.argv = ["vicugna", *arguments]
    sys.exit(run_vicugna())


def _watched(inner: Call, name: str, step: Step) -> Call:
    async def call(*args: object, **more: object) -> object:
        step.take(f"before {name}")
        result = await inner(*args, **more)
        step.take(f"after {name}")
        return result

    return call


def run(folder: Path, base_url: str, mode: str, target: int, last: int | None = None) -> int:
    """Give the command in a folder, as a victim where `last` is given; return its exit code."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(base_url=base_url, mode=mode, target=target))
    words = ["run", str(recipe), "--direct", "--quiet", "--out", "out"]
    command = [sys.executable, "-m", "vicugna", *words]
    if last is not None:
        options = ["--victim", str(last), "--notes", str(folder / "steps.txt")]
        command = [sys.executable, "-m", "benchmarks.batch", *options, *words]
    root = str(Path(__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": root, "OPENAI_API_KEY": "sk-none"}
    return subprocess.run(command, cwd=folder, env=environment, timeout=300).returncode


def read_run(folder: Path) -> tuple[str, float]:
    """Return a digest of the rows of a run, and what it says it cost."""
    digest = hashlib.sha256(b"".join((folder / "out" / name).read_bytes() for name in ROWS))
    usage = orjson.loads((folder / "out/manifest.json").read_bytes())["usage"]
    return digest.hexdigest(), float(usage["price_usd"])


def read_stats(base_url: str) -> dict[str, Any]:
    """Return what the server counted."""
    with urlopen(base_url.removesuffix("/v1") + "/stats") as response:
        return orjson.loads(response.read())


@contextmanager
def open_server(batch_seconds: float) -> Generator[str]:
    """Run the server; yield its base URL."""
    command = [sys.executable, "-m", "vicugna", "teacher", "serve", "--port", "0"]
    command += ["--batch-seconds", str(batch_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(word for word in process.stdout.readline().split() if "http" in word)
        finally:
            process.terminate()


def compare_prices(base_url: str, options: argparse.Namespace, root: Path) -> tuple[str, list[str]]:
    """Run live and by batch; print both, and return the digest and the steps of the batch."""
    found: dict[str, tuple[str, float]] = {}
    for mode, last in (("live", None), ("batch", 0)):
        folder = root / mode
        folder.mkdir()
        started = perf_counter()
        assert run(folder, base_url, mode, options.target, last) == 0
        found[mode] = read_run(folder)
        print(f"{mode:<6} {found[mode][1]:.6f} USD  {perf_counter() - started:.1f} s", flush=True)
    (live, live_usd), (batch, batch_usd) = found["live"], found["batch"]
    print(f"ratio  {batch_usd / live_usd:.3f} of the live price; the same bytes: {live == batch}")
    assert live == batch
    return batch, (root / "batch/steps.txt").read_text().splitlines()


def kill_each(base_url: str, options: argparse.Namespace, root: Path) -> None:
    """Kill at every step and start again; print what became of each."""
    wanted, steps = compare_prices(base_url, options, root)
    lines = len((root / "batch/out/replies.jsonl").read_bytes().splitlines())
    print(f"{len(steps)} steps, {lines} answers; killed at each and started again:", flush=True)
    twice = 0
    for number, step in enumerate(steps, 1):
        folder = root / str(number)
        folder.mkdir()
        before = read_stats(base_url)["batch_lines"]
        killed = run(folder, base_url, "batch", options.target, number)
        done = run(folder, base_url, "batch", options.target)
        paid = read_stats(base_url)["batch_lines"] - before
        same = read_run(folder)[0] == wanted
        twice += paid - lines
        print(
            f"{number:>3} {step:<20} killed {killed == -9}, ended {done}, paid {paid} of {lines}, "
            f"the same bytes: {same}",
            flush=True,
        )
        assert (killed, done, same) == (-9, 0, True)
    print(f"paid twice in all: {twice}")
    assert twice == 0


def main() -> None:
    """Measure, or be a victim."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batch-seconds", type=float, default=2.0, help="that a batch takes")
    parser.add_argument("--target", type=int, default=16)
    parser.add_argument("--victim", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--notes", type=Path, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.victim is not None:
        be_victim(options.victim, options.notes, rest)
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with open_server(options.batch_seconds) as base_url, tempfile.TemporaryDirectory() as name:
        kill_each(base_url, options, Path(name))


if __name__ == "__main__":
    main()
