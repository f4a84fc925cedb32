"""What becomes of requests when a teacher does everything wrong that teachers do.

    python -m benchmarks.teacher_faults [--requests 700] [--share 0.03]

A run asks the offline server, in a process of its own, with every fault mixed in. The table says
how often the server played each, and what became of it; then it is counted that no request was
lost, none was paid for without being in the ledger or among what is counted as lost, and that
nothing empty or cut is among the tasks. The baseline is the `openai` SDK with its own retries in
the same run: how many answers it takes as good that are empty or cut, and how many it loses.
"""

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import urlopen

import orjson
from rich.console import Console

from vicugna.content import load_filters
from vicugna.ledger import connect, read_all
from vicugna.manifest import Manifest
from vicugna.pipeline import prepare
from vicugna.running import run_direct
from vicugna.settings import load_recipe
from vicugna.teachers.offline.faults import FAULTS

# What the server plays, and what becomes of it: docs/faults.md says the same in full.
MEANT = {
    "429": "waits as told, costs no attempt",
    "429-bare": "waits with growing pauses, costs no attempt",
    "500": "asked again, an attempt",
    "503": "waits, costs no attempt",
    "reset": "asked again, counted as lost",
    "hang": "sent a second time, the first is counted as lost",
    "cut-body": "asked again, counted as lost",
    "blank-lines": "read as if they were not there",
    "length": "whole pieces are kept; without any, once more with more tokens",
    "empty": "another sample",
    "refusal": "another sample, or dropped by a filter",
    "wrong-language": "dropped by a filter",
    "duplicate": "dropped by a filter",
    "misnumbered": "read",
    "broken-json": "mended where no letter is lost, else another sample",
}


def run_ours(base_url: str, options: argparse.Namespace, folder: Path) -> tuple[Manifest, float]:
    """Run a recipe that asks so many requests; return its manifest and the seconds it took."""
    overrides: dict[str, Any] = {
        "target": 10**6,
        "lookahead": 128,
        "budget.tokens": None,
        "saturation.min_accepted": 0,
        "teacher": {"name": "openai", "model": "offline", "base_url": base_url},
    }
    recipe = load_recipe("small", overrides).model_copy(
        update={"budget": load_recipe("small", {"budget": {"requests": options.requests}}).budget}
    )
    job = prepare(recipe, load_filters().chain(None), folder / "out")
    started = perf_counter()
    manifest = asyncio.run(run_direct(job, Console(quiet=True)))
    return manifest, perf_counter() - started


async def run_sdk(base_url: str, options: argparse.Namespace) -> Counter[str]:
    """Ask as often through the SDK with its defaults; count what it takes as good."""
    import openai

    seen: Counter[str] = Counter()
    numbers = iter(range(options.requests))
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", timeout=20) as client:

        async def work() -> None:
            for number in numbers:
                messages: Any = [{"role": "user", "content": f"Write 8 new tasks. {number}"}]
                try:
                    got = await client.chat.completions.create(model="offline", messages=messages)
                except openai.OpenAIError as error:
                    seen[f"lost: {type(error).__name__}"] += 1
                    continue
                choice = got.choices[0]
                cut = choice.finish_reason == "length"
                seen[
                    "cut, taken" if cut else "good" if choice.message.content else "empty, taken"
                ] += 1

        await asyncio.gather(*(work() for _ in range(32)))
    return seen


@contextmanager
def open_server(share: float) -> Generator[str]:
    """Run the server with every fault; yield its base URL."""
    command = [sys.executable, "-m", "vicugna", "teacher", "serve", "--port", "0"]
    command += ["--latency", "0.2", "--fault", f"all={share},hang={share / 3:.4f}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()


def read_stats(base_url: str) -> dict[str, Any]:
    """Return what the server counted."""
    with urlopen(base_url.removesuffix("/v1") + "/stats") as response:
        return orjson.loads(response.read())


def report(manifest: Manifest, stats: dict[str, Any], folder: Path, seconds: float) -> None:
    """Print the table, and check what was promised."""
    print(f"{'played by the server':<22}{'times':>6}  what becomes of it")
    for fault in FAULTS:
        print(f"{fault:<22}{stats['faults'].get(fault, 0):>6}  {MEANT[fault]}")
    session, counts = manifest["session"], manifest["counts"]
    print(f"counted by cause: {session['faults']}")
    engine = connect(os.environ["VICUGNA_LEDGER"])
    stored = sum(1 for _ in read_all(engine))
    engine.dispose()
    tasks = [orjson.loads(line) for line in (folder / "out/tasks.jsonl").read_bytes().splitlines()]
    bad = sum(not task["instruction"].strip() or not task["output"].strip() for task in tasks)
    rejected = sum(sum(by_lang.values()) for by_lang in counts["rejected"].values())
    whole = counts["pieces"] == len(tasks) + rejected + counts["carried"]
    print(
        f"{manifest['usage']['requests']:,} requests in {seconds:.0f} s, unanswered "
        f"{manifest['usage']['unanswered'] or 'none'}; paid {stats['paid']:,}: {stored:,} stored, "
        f"at most {session['lost']:,} lost; {len(tasks):,} tasks, {bad} empty; "
        f"pieces {'add up' if whole else 'DO NOT ADD UP'}"
    )
    assert whole, "pieces were lost"
    assert not bad, "something empty became a task"
    assert stored <= stats["paid"] <= stored + session["lost"], (
        "an answer was paid for and is nowhere"
    )


def main() -> None:
    """Run both and print what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=700)
    parser.add_argument("--share", type=float, default=0.03, help="of each fault; a third for hang")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name, open_server(options.share) as base_url:
        os.environ["VICUGNA_LEDGER"] = f"sqlite:///{name}/ledger.db"
        manifest, seconds = run_ours(base_url, options, Path(name))
        report(manifest, read_stats(base_url), Path(name), seconds)
    with open_server(options.share) as base_url:
        started = perf_counter()
        seen = asyncio.run(run_sdk(base_url, options))
        seconds = perf_counter() - started
        print(f"openai SDK, its defaults, 20 s timeout: {dict(seen)} in {seconds:.0f} s")


if __name__ == "__main__":
    main()
