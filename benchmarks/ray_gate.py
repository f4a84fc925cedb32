"""The same rows cleaned in one process and on two Ray nodes: what each costs, and are they equal.

    python -m benchmarks.ray_gate --rows 1000000 EN.json.gz ZH.json.gz

Rows are made of halves of two instructions (of those files, or of texts made here). The nodes are
processes of this machine, on its loopback address, one CPU each; they are started and ended here,
by their own process ids. CPU seconds are those of all processes. It needs the extra `ray`.
"""

import argparse
import os
import random
import resource
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import orjson

from benchmarks.novelty_texts import read_sources, splice
from benchmarks.processes import Watch

ROOT = Path(__file__).parent.parent
SEED = 1
GATE = "exact_duplicate,near_duplicate"
_ANSWERS = ("Yes, that is right.", "It depends on the season.", "没错，就是这样。", "要看季节。")
_DIRECT = """
import sys
from pathlib import Path
from vicugna.cleaning import clean_files
from vicugna.content import load_filters
names = sys.argv[3].split(",") if sys.argv[3] else None
clean_files([Path(sys.argv[1])], load_filters().chain(names), 0.7, ["messages"], Path(sys.argv[2]))
"""
_RAY = """
import sys
from pathlib import Path
from vicugna.ray_cleaning.cleaning import clean_on_ray
from vicugna.ray_cleaning.cluster import connect
names = sys.argv[3].split(",") if sys.argv[3] else None
rows = int(sys.argv[5]) or None
with connect(sys.argv[4]) as cluster:
    clean_on_ray(
        cluster, [Path(sys.argv[1])], names, 0.7, Path(sys.argv[2]), block_rows=rows, say=print
    )
"""


class Cost(NamedTuple):
    """What a cleaning took, over all its processes."""

    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # megabytes at the peak, shared memory counted once
    shared: float  # megabytes of it that are shared: Ray's object store


def main() -> int:
    """Clean both ways, print what it took; return 1 when the results differ."""
    options = _parse()
    with tempfile.TemporaryDirectory(prefix="ray-gate-", dir=options.folder) as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        _apart(partial(write_rows, options.files, options.rows, rows))
        print(f"{options.rows:,} rows, {rows.stat().st_size / 1e6:,.0f} MB; seed {SEED}")
        filters = "" if options.chain else GATE
        print(f"filters: {filters or 'the whole chain'}")
        one = _run_direct(rows, folder / "one", filters)
        with _nodes(options.nodes, folder) as (address, watch):
            many = _run_ray(rows, folder / "many", filters, address, options.block_rows, watch)
        print_table(options.rows, one, many)
        return 0 if compare(folder / "one", folder / "many") else 1


def write_rows(files: Sequence[Path], count: int, path: Path) -> None:
    """Write rows whose instructions are halves of two others; answers are short."""
    texts = [text for source in read_sources(files, None) for text in source.texts]
    draw = random.Random(SEED)
    with path.open("wb") as file:
        for text in splice(texts, count, SEED):
            row = {"instruction": text, "input": "", "output": draw.choice(_ANSWERS)}
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def compare(one: Path, many: Path) -> bool:
    """Compare two folders row by row: ids, verdicts, texts. Return whether they are the same."""
    same = True
    for name in ("tasks.jsonl", "rejected.jsonl"):
        with (one / name).open("rb") as left, (many / name).open("rb") as right:
            pairs = list(zip_longest(left, right))
        differing = sum(a != b for a, b in pairs)
        print(f"{name}: {len(pairs):,} rows, {differing:,} differ")
        for a, b in [pair for pair in pairs if pair[0] != pair[1]][:3]:
            print(f"  {a!r:.300}\n  {b!r:.300}")
        same = same and not differing
    return same


def print_table(rows: int, one: Cost, many: Cost) -> None:
    """Print both costs, and the second over the first."""
    print(f"\n{'':<14}{'one process':>14}{'Ray':>14}{'ratio':>8}")
    lines = [
        ("CPU s", one.cpu, many.cpu),
        ("CPU us/row", 1e6 * one.cpu / rows, 1e6 * many.cpu / rows),
        ("wall s", one.wall, many.wall),
        ("wall us/row", 1e6 * one.wall / rows, 1e6 * many.wall / rows),
        ("peak MB", one.memory, many.memory),
    ]
    for title, left, right in lines:
        print(f"{title:<14}{left:>14,.1f}{right:>14,.1f}{right / left:>8.2f}")
    print(f"{'shared MB':<14}{'-':>14}{many.shared:>14,.1f}\n")


def _run_direct(rows: Path, out: Path, filters: str) -> Cost:
    with Watch() as watch:
        wall, own = _spend([sys.executable, "-c", _DIRECT, str(rows), str(out), filters], watch)
    return Cost(wall, own, watch.peak, 0.0)


def _run_ray(
    rows: Path, out: Path, filters: str, address: str, block_rows: int, watch: Watch
) -> Cost:
    words = [str(rows), str(out), filters, address, str(block_rows)]
    watch.begin()
    wall, own = _spend([sys.executable, "-c", _RAY, *words], watch)
    return Cost(wall, own + watch.seconds, watch.peak, watch.shared)


def _spend(command: list[str], watch: Watch) -> tuple[float, float]:
    """Run a command; return the seconds on the clock, and those of its CPU."""
    started, before = monotonic(), _children()
    process = subprocess.Popen(command, cwd=ROOT)
    watch.also = process.pid
    if process.wait():
        raise SystemExit(f"{command[:2]} ended with {process.returncode}")
    return monotonic() - started, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _nodes(count: int, folder: Path) -> Generator[tuple[str, Watch]]:
    """Start Ray nodes of one CPU each; end them by their own process ids."""
    host, port = "127.0.0.2", _free_port()
    ray = str(Path(sys.executable).with_name("ray"))
    common = ["--block", f"--node-ip-address={host}", "--num-cpus=1", "--disable-usage-stats"]
    head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}/r"]
    # A node listens on every address of this machine, so whoever talks to it needs a token.
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    nodes: list[subprocess.Popen[Any]] = []
    with (folder / "nodes.log").open("wb") as log:
        try:
            for number in range(count):
                words = [f"--address={host}:{port}"] if number else head
                command = [ray, "start", *words, *common]
                nodes.append(subprocess.Popen(command, stdout=log, stderr=log))
                _wait_for(host, port)
            _wait_for_all(f"{host}:{port}", count)
            with Watch([node.pid for node in nodes]) as watch:
                yield f"{host}:{port}", watch
        finally:
            for node in reversed(nodes):
                node.send_signal(signal.SIGTERM)
            for node in nodes:
                node.wait(60)


def _wait_for(host: str, port: int) -> None:
    ends = monotonic() + 60
    while monotonic() < ends:
        with socket.socket() as found:
            found.settimeout(1)
            if found.connect_ex((host, port)) == 0:
                return
    raise SystemExit("the Ray node did not start")


def _wait_for_all(address: str, count: int) -> None:
    program = f"""
import time
from vicugna.ray_cleaning.cluster import connect
with connect("{address}") as cluster:
    while cluster.nodes < {count}:
        time.sleep(0.2)
    print(cluster.nodes, "Ray nodes,", cluster.cpus, "CPUs")
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _apart(work: Callable[[], None]) -> None:
    """Do it in a process of its own: the texts are no memory of this one."""
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the rows could not be made")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="Alpaca files, plain or .gz")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--block-rows", type=int, default=0, help="0: as the cluster suits")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--chain", action="store_true", help="the whole chain, not the gate only")
    parser.add_argument("--folder", type=Path, help="where the rows and the results go meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
