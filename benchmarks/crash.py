"""Kills a run with SIGKILL again and again, lets it end, and compares it with an undisturbed one.

    python benchmarks/crash.py [--kills 20] [--method alpaca] [--ledger URL] [--seed 1]

The teacher is the offline one over HTTP in this process, slow by a random time, and it notes what
was with it at every kill. A victim is `python -m vicugna run` in a process group of its own; it
dies in a stage that is drawn (`victim.py`) or at a random moment. Nothing is mended between two
starts. At the end two processes do one run at the same time, on one ledger.

Without --ledger each run has SQLite in its own folder. With the URL of a PostgreSQL server, each
has a database of its own, made and dropped here; the undisturbed run is on SQLite then, too, so
that the bytes are compared across databases.
"""

import argparse
import asyncio
import hashlib
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, NamedTuple

import orjson
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from benchmarks.victim import STAGES, Notes
from vicugna.ledger import Ledger
from vicugna.ledger.ledger import choose_driver
from vicugna.settings import load_recipe
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_wire import write_body

ROOT = Path(__file__).parent.parent
RECIPES = {"alpaca": "small", "self-instruct": "self-instruct"}
CONCURRENCY = 16
LONGEST = 180.0  # seconds a process may take; then it hangs
EARLY = ("", "compose", "ledger", "parse", "gate", "waiting", "starting")
LATE = (
    "export",
    "after",
    "export",
    "gate",
    "export",
    "",
    "ledger",
)  # everything is answered by then
FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")


class Sent(NamedTuple):
    """A question that reached the teacher. Times are of `time.monotonic()`."""

    body: bytes  # SHA-256
    arrived: float
    due: float  # when the answer goes out


class Aim(NamedTuple):
    """When a victim is to die: after so many questions, in a stage or after some seconds."""

    stage: str  # "" is any
    sent: int
    sightings: int
    seconds: float  # after those questions: then it dies wherever it is


class Kill(NamedTuple):
    """What one kill met, and what had been lost by then."""

    stage: str
    seconds: float  # after the start of the process
    stored: int  # answers in the ledger
    in_flight: int  # with the teacher
    unwritten: int  # answered, not in the ledger
    paid_twice: int  # so far


@dataclass(slots=True)
class Teacher:
    """The offline server in a thread of this process, and all that it was asked."""

    url: str
    rng: Random
    sent: list[Sent] = field(default_factory=list[Sent])
    body: bytes = b""

    def respond(self, body: dict[str, Any]) -> str:
        """Answer, and remember the question for `latency`, which is called right after."""
        self.body = digest_body(body)
        return respond(body)

    def latency(self) -> float:
        """Return the seconds the answer takes, most of them between 0.05 and 0.3."""
        now, seconds = monotonic(), min(self.rng.lognormvariate(math.log(0.12), 0.5), 1.0)
        self.sent.append(Sent(self.body, now, now + seconds))
        return seconds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is done: its folder (the working directory), its recipe and its ledger."""

    folder: Path
    recipe: Path
    ledger: str
    log: Path

    @property
    def out(self) -> Path:
        """The folder the run writes."""
        return self.folder / "out"


@dataclass(frozen=True, slots=True)
class Victim:
    """A run that is under way."""

    process: subprocess.Popen[bytes]
    notes: Notes
    started: float


@contextmanager
def open_teacher(seed: int) -> Generator[Teacher]:
    """Run the teacher in a thread while the block runs."""
    teacher, ready = Teacher("", Random(seed)), threading.Event()
    loop, closing = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with open_server(teacher.respond, latency=teacher.latency) as teacher.url:
            ready.set()
            await closing.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the teacher did not start")
        yield teacher
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()


def digest_body(body: dict[str, Any]) -> bytes:
    """Return the SHA-256 of the body of a chat request."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def write_recipe(path: Path, method: str, target: int) -> Path:
    """Write the shipped recipe of a method, with small prompts so that it asks often."""
    changes = {
        "name": "crash",
        "target": target,
        "tasks_per_request": 4,
        "lookahead": 2 * CONCURRENCY,
        "teacher.concurrency": CONCURRENCY,
        "formats": FORMATS,
    }
    recipe = load_recipe(RECIPES[method], changes)
    path.write_bytes(orjson.dumps(recipe.model_dump(mode="json")))  # JSON is YAML
    return path


@contextmanager
def open_place(scratch: Path, recipe: Path, server: str) -> Generator[Place]:
    """Make a fresh folder and a fresh ledger: SQLite there, or a database on `server`."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    log = scratch / f"{folder.name}.log"
    if not server:
        yield Place(folder, recipe, f"sqlite:///{folder}/outputs/ledger.db", log)
        return
    with fresh_database(server) as ledger:
        yield Place(folder, recipe, ledger, log)


@contextmanager
def fresh_database(server: str) -> Generator[str]:
    """Make a database on a PostgreSQL server, yield its URL, and drop it."""
    url, name = make_url(server), f"vicugna_{uuid.uuid4().hex[:12]}"
    engine = create_engine(choose_driver(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def start(place: Place, teacher: Teacher, wanted: str = "", sightings: int = 0) -> Victim:
    """Start the command, in a process group of its own."""
    notes_path = place.log.with_suffix(f".{uuid.uuid4().hex[:8]}")
    notes = Notes(notes_path)
    notes.want(wanted, sightings)
    command = [sys.executable, str(ROOT / "benchmarks" / "victim.py"), str(notes_path)]
    command += ["run", str(place.recipe), "--direct", "--base-url", teacher.url]
    command += ["--model", "offline", "--out", "out"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "VICUGNA_"))}
    environment |= {"PYTHONPATH": str(ROOT), "VICUGNA_LEDGER": place.ledger}
    environment |= {"PYTHONFAULTHANDLER": "1"}  # where a crash that is none of ours happened
    with place.log.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=place.folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Victim(process, notes, monotonic())


def finish(place: Place, victim: Victim) -> None:
    """Let a run end; raise when it fails or hangs."""
    try:
        code = victim.process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(victim.process.pid, signal.SIGKILL)
        victim.process.wait()
        code = "it hangs"
    victim.notes.close()
    if code != 0:
        raise RuntimeError(f"the run failed ({code}): {place.log.read_text()[-2000:]}")


def strike(place: Place, teacher: Teacher, aim: Aim) -> tuple[str, float, float] | None:
    """Start the command and kill it; return stage, time, and seconds since the start.

    None when it came to its end before.
    """
    before = len(teacher.sent)
    at_once = aim.stage if not aim.sent else ""
    victim = start(place, teacher, at_once, aim.sightings)
    process, notes = victim.process, victim.notes
    while len(teacher.sent) - before < aim.sent and process.poll() is None:
        sleep(0.001)
    notes.want(aim.stage, aim.sightings)
    try:
        process.wait(aim.seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    stage, when = notes.seen()
    notes.close()
    if process.returncode == 0:
        return None
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"{process.returncode}: {place.log.read_text()[-2000:]}")
    check_gone(place, process.pid)
    return stage or STAGES[0], when or monotonic(), (when or monotonic()) - victim.started


def check_gone(place: Place, group: int) -> None:
    """Raise when a process of the group, or one that works in the folder, outlived the kill."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        raise RuntimeError("a process of the group is alive")
    for folder in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if folder.readlink() == place.folder:
                raise RuntimeError(f"process {folder.parent.name} is an orphan")


def stored_bodies(place: Place, scratch: Path) -> set[bytes]:
    """Return the questions whose answers are in the ledger, without touching it.

    SQLite is read from a copy: opening it here would do the recovery that the next start must do.
    """
    url = choose_driver(make_url(place.ledger))
    if url.get_backend_name() == "sqlite":
        copy = Path(tempfile.mkdtemp(dir=scratch)) / "ledger.db"
        for end in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copy(f"{url.database}{end}", f"{copy}{end}")
        url = url.set(database=str(copy))
    engine = create_engine(url)
    try:
        if not inspect(engine).has_table("reply"):
            return set()
        requests = [stored.request for stored in Ledger(engine)]
    finally:
        engine.dispose()
    return {digest_body(orjson.loads(write_body(request))) for request in requests}


def digest_run(place: Place) -> dict[str, str]:
    """Return the SHA-256 of every file of a run; of the manifest without `session`."""
    digests: dict[str, str] = {}
    for path in sorted(place.out.iterdir()):
        content = path.read_bytes()
        if path.name == "manifest.json":
            manifest = orjson.loads(content)
            del manifest["session"]
            content = orjson.dumps(manifest)
        digests[path.name] = hashlib.sha256(content).hexdigest()
    return digests


def list_place(place: Place) -> list[str]:
    """Return everything in the folder of a run but the ledger."""
    paths = sorted(str(path.relative_to(place.folder)) for path in place.folder.rglob("*"))
    return [path for path in paths if not path.startswith("outputs")]


def draw_aims(rng: Random, kills: int, requests: int, seconds: float) -> Generator[Aim]:
    """Yield when to kill: spread over the questions first, over export and end at last.

    An early aim that is not met in a part of the run ends in a kill all the same, so that the
    questions last.
    """
    late = round(kills / 3)
    for number in range(kills - late):
        stage = EARLY[number % len(EARLY)]
        sent = 0 if stage == "starting" else rng.randrange(math.ceil(1.5 * requests / kills))
        sightings = rng.randint(1, 300) if stage == "starting" else rng.randint(1, 3)
        yield Aim(stage, sent, sightings, rng.uniform(0, 2 * seconds / kills))
    for stage in cycle(LATE):
        sightings = int(10 ** rng.uniform(0, 2.5)) if stage == "export" else rng.randint(1, 3)
        yield Aim(stage, 0, sightings, LONGEST if stage else rng.uniform(0, seconds / 2))


def kill_often(
    place: Place, teacher: Teacher, scratch: Path, aims: Generator[Aim], kills: int
) -> Generator[Kill]:
    """Kill the run of a place again and again; yield what each kill met."""
    first = len(teacher.sent)
    done = 0
    for aim, _ in zip(aims, range(3 * kills), strict=False):
        before = len(teacher.sent)
        struck = strike(place, teacher, aim)
        if struck is None:
            continue
        sleep(0.1)  # what was on its way to the teacher has arrived
        stage, when, seconds = struck
        stored = stored_bodies(place, scratch)
        lost = [sent for sent in teacher.sent[before:] if sent.body not in stored]
        in_flight = sum(sent.due > when for sent in lost)
        twice = paid_twice(teacher.sent[first:])
        yield Kill(stage, seconds, len(stored), in_flight, len(lost) - in_flight, twice)
        done += 1
        if done == kills:
            return


def paid_twice(sent: Sequence[Sent]) -> int:
    """Return how many answers were paid for again."""
    return len(sent) - len({one.body for one in sent})


def run_undisturbed(place: Place, teacher: Teacher) -> tuple[int, float]:
    """Do a run; return its number of questions and its seconds."""
    before, started = len(teacher.sent), monotonic()
    finish(place, start(place, teacher))
    assert paid_twice(teacher.sent[before:]) == 0
    return len(teacher.sent) - before, monotonic() - started


def run_twice_at_once(place: Place, teacher: Teacher) -> int:
    """Do one run in two processes at the same time; return how many answers were paid twice."""
    before = len(teacher.sent)
    both = [start(place, teacher) for _ in range(2)]
    for victim in both:
        finish(place, victim)
    return paid_twice(teacher.sent[before:])


def compare(place: Place, reference: Place) -> str:
    """Return "yes", or what is different between the files of two runs."""
    ours, theirs = digest_run(place), digest_run(reference)
    different = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
    left = sorted(set(list_place(place)) ^ set(list_place(reference)))
    return ", ".join(different + left) or f"yes ({len(ours)} files)"


def run_suite(method: str, options: argparse.Namespace, teacher: Teacher, scratch: Path) -> bool:
    """Run everything for one method and print it; return whether every promise held."""
    recipe = write_recipe(scratch / f"{method}.yaml", method, options.target)
    with open_place(scratch, recipe, "") as reference:
        requests, seconds = run_undisturbed(reference, teacher)
        print(f"\n{method}: undisturbed run of {requests} requests in {seconds:.1f} s")
        rng = Random(f"{options.seed} {method}")
        aims = draw_aims(rng, options.kills, requests, seconds)
        with open_place(scratch, recipe, options.ledger) as place:
            before = len(teacher.sent)
            kills = _print_kills(kill_often(place, teacher, scratch, aims, options.kills))
            finish(place, start(place, teacher))
            equal = compare(place, reference)
            twice = paid_twice(teacher.sent[before:])
        with open_place(scratch, recipe, options.ledger) as pair:
            pair_twice = run_twice_at_once(pair, teacher)
            pair_equal = compare(pair, reference)
    lost = sum(kill.in_flight + kill.unwritten for kill in kills)
    most = max(kill.in_flight + kill.unwritten for kill in kills)
    print(f"paid twice {twice}, of {lost} that the kills met in flight (at most {most} at once)")
    print(f"bytes equal, nothing left behind: {equal}")
    print(f"two processes at once: paid twice {pair_twice} of {requests}; bytes equal {pair_equal}")
    return twice <= lost and most <= CONCURRENCY and equal[:3] == pair_equal[:3] == "yes"


def _print_kills(kills: Generator[Kill]) -> list[Kill]:
    print("kill  stage       after    stored  in flight  unwritten  paid twice so far")
    done: list[Kill] = []
    for kill in kills:
        done.append(kill)
        print(
            f"{len(done):>4}  {kill.stage:<10} {kill.seconds:5.2f} s  {kill.stored:>7}"
            f"{kill.in_flight:>11}{kill.unwritten:>11}{kill.paid_twice:>19}",
            flush=True,
        )
    return done


def main() -> None:
    """Run the suite for each method; exit with 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="per method (20)")
    parser.add_argument("--target", type=int, default=400, help="tasks (400)")
    parser.add_argument("--ledger", default="", help="URL of a PostgreSQL server")
    parser.add_argument("--method", choices=tuple(RECIPES), help="one only")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    options = parser.parse_args()
    methods = [options.method] if options.method else list(RECIPES)
    with tempfile.TemporaryDirectory() as name, open_teacher(options.seed) as teacher:
        good = [run_suite(method, options, teacher, Path(name)) for method in methods]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
