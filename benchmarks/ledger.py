"""What the ledger costs: space, writing, looking up; beside naive ways to do the same, in one run.

    python benchmarks/ledger.py [--answers 100000] [--ledger URL] [--repeats 3] [--seconds 2]

A ledger is filled with answers of the size that `new_tasks` gets: the prompts are the real ones, in
both languages. What is timed then goes on top of them, for so many seconds each, and every commit
waits for the disk. It is the current folder's disk; with --ledger, that of a PostgreSQL server,
where a fresh database is made and dropped.

- writing: claim, then settle, through `Ledger`, so many answers at once. The naive way commits
  each answer by itself, and claims nothing, so it can pay twice and pass a budget.
- looking up: what a resumed run does first. `Ledger.get` with 256 waiting, one SELECT per key, and
  parsing a JSONL file of the same answers (without their prompts) into a dictionary.
"""

import argparse
import asyncio
import multiprocessing
import os
import platform
import resource
import statistics
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import perf_counter
from typing import NamedTuple

import orjson
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.engine import make_url

from benchmarks.answers import BOUND, LINES, PURSE, Answers, fill, write_jsonl
from benchmarks.killing import fresh_database
from vicugna.ledger import Ledger, connect, open_ledger
from vicugna.ledger.rows import REPLY_FIELDS, checksum, reply_from, reply_row
from vicugna.ledger.tables import REPLY
from vicugna.ledger.writing import Charge, now

IN_FLIGHT = (1, 16, 256)
KEYS = 20_000  # looked up in one repeat


class Times(NamedTuple):
    """How often a second something was done, in each repeat."""

    name: str
    rates: list[float]
    note: str = ""


# --- writing --------------------------------------------------------------------------------------


async def write_through(ledger: Ledger, answers: Answers, in_flight: int, seconds: float) -> float:
    """Return how many answers a second are claimed and settled, so many of them at once."""
    pairs = [next(answers) for _ in range(20_000)]  # making them is not timed
    started, done = perf_counter(), 0

    async def work() -> None:
        nonlocal done
        while pairs and perf_counter() - started < seconds:
            request, reply = pairs.pop()
            charge = await ledger.claim(request.key, BOUND, PURSE)
            if not isinstance(charge, Charge):
                raise RuntimeError(f"not claimed: {charge}")
            await ledger.settle(charge, request, reply)
            done += 1

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return done / (perf_counter() - started)


def write_naively(engine: Engine, answers: Answers, seconds: float) -> float:
    """Return how many answers a second are written with a commit for each."""
    pairs = [next(answers) for _ in range(20_000)]
    started, done = perf_counter(), 0
    blank = {"run": "benchmark", "month": "2026-01", "charge": "", "charged_tokens": 0}
    while pairs and perf_counter() - started < seconds:
        row = reply_row(*pairs.pop(), now()) | blank
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(REPLY), row)
        done += 1
    return done / (perf_counter() - started)


def time_writing(url: str, repeats: int, seconds: float) -> list[Times]:
    """Return answers a second: the naive way first, then through the ledger."""
    answers = Answers(seed=2)
    naive: list[float] = []
    through: dict[int, list[float]] = {in_flight: [] for in_flight in IN_FLIGHT}

    async def run() -> None:
        async with open_ledger(url) as ledger:
            for in_flight, rates in through.items():
                rates.append(await write_through(ledger, answers, in_flight, seconds))

    engine = connect(url)
    for _ in range(repeats):  # in turns, so that a busy moment does not fall on one of them
        naive.append(write_naively(engine, answers, seconds))
        asyncio.run(run())
    engine.dispose()
    return [
        Times("one commit per answer", naive, "no claim"),
        *(Times(f"Ledger, {most} in flight", rates) for most, rates in through.items()),
    ]


# --- looking up -----------------------------------------------------------------------------------


def get_through(url: str, keys: Sequence[str]) -> float:
    """Return how many keys a second `Ledger.get` answers with 256 waiting."""

    async def run() -> float:
        waiting = list(keys)
        async with open_ledger(url) as ledger:
            started = perf_counter()

            async def work() -> None:
                while waiting:
                    if await ledger.get(waiting.pop()) is None:
                        raise RuntimeError("an answer is not there")

            await asyncio.gather(*(work() for _ in range(256)))
            return len(keys) / (perf_counter() - started)

    return asyncio.run(run())


def select_each(url: str, keys: Sequence[str]) -> float:
    """Return how many keys a second are answered with a SELECT for each."""
    columns = [REPLY.c[name] for name in REPLY_FIELDS]
    engine = connect(url)
    started = perf_counter()
    with engine.connect() as connection:
        for key in keys:
            query = select(*columns, REPLY.c.digest).where(REPLY.c.key == key)
            row = connection.execute(query).mappings().one()
            if checksum(reply_from(row)) != row["digest"]:
                raise RuntimeError("an answer is damaged")
    rate = len(keys) / (perf_counter() - started)
    engine.dispose()
    return rate


def read_jsonl(path: Path, _: Sequence[str]) -> float:
    """Return how many lines a second are parsed into a dictionary."""
    started = perf_counter()
    with path.open("rb") as file:
        known = {row["key"]: row for row in map(orjson.loads, file)}
    return len(known) / (perf_counter() - started)


def _in_child(sender: Connection, work: Callable[[Sequence[str]], float], keys: list[str]) -> None:
    sender.send((work(keys), _peak_memory()))


def _peak_memory() -> float:
    """Return the most memory this process had, in MB. Where Linux tells it, since it began."""
    status = Path("/proc/self/status")  # `ru_maxrss` has that of the parent in it
    if status.exists():
        line = next(x for x in status.read_text("utf-8").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_in_child(work: Callable[[Sequence[str]], float], keys: list[str]) -> tuple[float, float]:
    """Return what work returns in a new process, and that process's peak memory in MB."""
    spawning = multiprocessing.get_context("spawn")
    receiver, sender = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_in_child, args=(sender, work, keys))
    process.start()
    result: tuple[float, float] = receiver.recv()
    process.join()
    return result


def time_looking_up(url: str, keys: list[str], jsonl: Path, repeats: int) -> list[Times]:
    """Return keys a second and peak memory: one SELECT each first, then the others."""
    ways: dict[str, Callable[[Sequence[str]], float]] = {
        "one SELECT per key": partial(select_each, url),
        "Ledger.get, 256 waiting": partial(get_through, url),
        "reading a JSONL file": partial(read_jsonl, jsonl),
    }
    times = {name: list[float]() for name in ways}
    peaks = dict.fromkeys(ways, 0.0)
    for repeat in range(repeats):
        asked = Random(repeat).sample(keys, min(KEYS, len(keys)))
        for name, work in ways.items():
            rate, peak = run_in_child(work, asked)
            times[name].append(rate)
            peaks[name] = max(peaks[name], peak)
    return [Times(name, times[name], f"peak {peaks[name]:,.0f} MB") for name in ways]


def time_opening(url: str, key: str, repeats: int) -> list[float]:
    """Return the milliseconds from nothing to the first answer and closed again."""

    async def run() -> float:
        started = perf_counter()
        async with open_ledger(url) as ledger:
            await ledger.get(key)
        return 1000 * (perf_counter() - started)

    return [asyncio.run(run()) for _ in range(3 * repeats)]


# --- the table ------------------------------------------------------------------------------------


def measure(url: str, options: argparse.Namespace, folder: Path) -> None:
    """Fill one ledger, time everything, and print it."""
    engine = connect(url)
    empty = _size(engine)
    seconds, keys = fill(engine, Answers(seed=1), options.answers)
    write_jsonl(jsonl := folder / "answers.jsonl", engine)
    with engine.connect() as connection:
        prompts = connection.execute(select(func.avg(func.length(REPLY.c.request)))).scalar_one()
    each = (_size(engine) - empty) / options.answers
    engine.dispose()
    plain = jsonl.stat().st_size / min(LINES, options.answers)
    print(
        f"{make_url(url).get_backend_name()}: {options.answers:,} answers in {seconds:.0f} s; "
        f"{each:,.0f} bytes each on disk, {float(prompts):,.0f} of them the request "
        f"({_mean_request():,.0f} before packing); "
        f"a line of JSONL without it has {plain:,.0f}"
    )
    opening = time_opening(url, keys[0], options.repeats)
    print(f"opened, one answer read, closed: {_spread(opening)} ms")
    _print("answers written a second", time_writing(url, options.repeats, options.seconds))
    _print("keys looked up a second", time_looking_up(url, keys, jsonl, options.repeats))
    print()


def _mean_request() -> float:
    """Return the bytes of a request as JSON."""
    answers = Answers(seed=1)
    return statistics.mean(len(orjson.dumps(next(answers)[0])) for _ in range(200))


def _size(engine: Engine) -> int:
    """Return the bytes of a database on disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            return pages * connection.execute(text("PRAGMA page_size")).scalar_one()
        query = text("SELECT pg_database_size(current_database())")
        return connection.execute(query).scalar_one()


def _print(title: str, all_times: list[Times]) -> None:
    baseline = statistics.median(all_times[0].rates)
    print(f"  {title:<28}{'median':>10}{'range':>20}{'ratio':>9}")
    for name, rates, note in all_times:
        middle = statistics.median(rates)
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(f"    {name:<26}{middle:>10,.0f}{spread:>20}{middle / baseline:>9.2f}  {note}")


def _spread(numbers: Sequence[float]) -> str:
    return f"{statistics.median(numbers):.1f} ({min(numbers):.1f} to {max(numbers):.1f})"


def time_sync(folder: Path) -> list[float]:
    """Return the milliseconds that the disk takes for one small write that is to stay."""
    times: list[float] = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            started = perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(1000 * (perf_counter() - started))
    return times


def main() -> None:
    """Measure SQLite, and PostgreSQL when a server is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--answers", type=int, default=100_000, help="in the ledger (100000)")
    parser.add_argument("--ledger", default="", help="URL of a PostgreSQL server")
    parser.add_argument("--repeats", type=int, default=3, help="of each measurement (3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each way of writing (2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".", prefix="ledger-") as name:
        folder = Path(name)
        print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
            f"{platform.python_version()}, one fsync {_spread(time_sync(folder))} ms\n"
        )
        measure(f"sqlite:///{folder}/ledger.db", options, folder)
        if options.ledger:
            with fresh_database(options.ledger) as url:
                measure(url, options, folder)


if __name__ == "__main__":
    main()
