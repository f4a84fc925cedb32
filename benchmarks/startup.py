"""Seconds from process start to the first request that reaches the teacher.

    python benchmarks/startup.py [--repeats 5]

The teacher is the offline one over HTTP in this process, which notes when the first request
arrives. The baseline of the same run is a bare `import openai` in a new process: what a script on
the SDK pays before it can send anything.
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from time import monotonic
from typing import Any

from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import open_server


async def time_first_request(options: list[str], folder: str) -> tuple[float, float]:
    """Return seconds to the first request, and to the end of the process."""
    arrived: list[float] = []

    def note(body: dict[str, Any]) -> str:
        arrived.append(monotonic())
        return respond(body)

    async with open_server(note) as base_url:
        command = [sys.executable, "-m", "vicugna", "run", "--target", "8", "--quiet"]
        command += ["--base-url", base_url, "--model", "offline", *options]
        started = monotonic()
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=_environment())
        await process.wait()
        return arrived[0] - started, monotonic() - started


def time_import(module: str) -> float:
    """Return the seconds that a new process takes to import a module and end."""
    started = monotonic()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return monotonic() - started


def _environment() -> dict[str, str]:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.environ | {"PYTHONPATH": here}


def _line(name: str, seconds: list[float], baseline: float) -> str:
    middle = statistics.median(seconds)
    return (
        f"{name:<44}{middle:7.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})  "
        f"{middle / baseline:6.1f} x the import"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--engine", action="store_true", help="with Prefect too (slow)")
    repeats, engine = vars(parser.parse_args()).values()
    imports = [time_import("openai") for _ in range(repeats)]
    baseline = statistics.median(imports)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(_line("import openai (baseline)", imports, baseline))
    for name, options in [("--direct", ["--direct"]), ("Prefect", [])][: 2 if engine else 1]:
        times: list[tuple[float, float]] = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                times.append(asyncio.run(time_first_request(options, folder)))
        print(_line(f"vicugna run {name}, first request", [t[0] for t in times], baseline))
        print(_line(f"vicugna run {name}, end (8 tasks, files)", [t[1] for t in times], baseline))


if __name__ == "__main__":
    main()
