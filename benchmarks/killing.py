"""Starting runs and killing them: what `crash.py` and the tests do it with.

A victim is `python -m vicugna run` (or another command) in a process group of its own, asking the
offline teacher over HTTP. The teacher is in a thread of this process, slow by a random time, and
notes all it is asked.
"""

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
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, NamedTuple

import orjson
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from benchmarks.victim import STAGES, Notes
from vicugna.ledger import read_all
from vicugna.ledger.database import choose_driver
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_body import write_body
from vicugna.text.tokens import count_tokens

ROOT = Path(__file__).parent.parent
LONGEST = 180.0  # seconds a process may take; then it hangs


class Sent(NamedTuple):
    """A question that reached the teacher."""

    body: bytes  # SHA-256
    due: float  # `time.monotonic()` when the answer goes out
    input_tokens: int  # as the teacher counts and bills them
    output_tokens: int


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
    billed: tuple[bytes, int, int] = (b"", 0, 0)

    def respond(self, body: dict[str, Any]) -> str:
        """Answer, and remember the question for `latency`, which is called right after."""
        text = respond(body)
        prompt = sum(count_tokens(turn["content"]) for turn in body["messages"])
        self.billed = digest_body(body), prompt, count_tokens(text)
        return text

    def latency(self) -> float:
        """Return the seconds the answer takes, most of them between 0.05 and 0.3."""
        now, seconds = monotonic(), min(self.rng.lognormvariate(math.log(0.12), 0.5), 1.0)
        body, prompt, written = self.billed
        self.sent.append(Sent(body, now + seconds, prompt, written))
        return seconds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is done: its folder (the working directory), its recipe and its ledger."""

    folder: Path
    recipe: Path
    ledger: str
    log: Path
    command: str = "run"
    further: tuple[str, ...] = (
        "--out",
        "out",
    )  # what the command is told beside recipe and teacher

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
def open_teacher(seed: int, faults: Mapping[str, float] | None = None) -> Generator[Teacher]:
    """Run the teacher in a thread while the block runs."""
    teacher, ready = Teacher("", Random(seed)), threading.Event()
    loop, closing = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        server = open_server(teacher.respond, latency=teacher.latency, faults=faults, seed=seed)
        async with server as teacher.url:
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
    process = launch(place, teacher, str(ROOT / "benchmarks" / "victim.py"), str(notes_path))
    return Victim(process, notes, monotonic())


def launch(place: Place, teacher: Teacher, *runner: str) -> subprocess.Popen[bytes]:
    """Start the command of a place by a runner, in a process group of its own."""
    command = [sys.executable, *runner]
    command += [place.command, str(place.recipe), "--direct", "--base-url", teacher.url]
    command += ["--model", "offline", *place.further]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "VICUGNA_"))}
    environment |= {"PYTHONPATH": str(ROOT), "VICUGNA_LEDGER": place.ledger}
    environment |= {"PYTHONFAULTHANDLER": "1"}  # where a crash that is none of ours happened
    with place.log.open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=place.folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


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
        requests = [stored.request for stored in read_all(engine)]
    finally:
        engine.dispose()
    return {digest_body(orjson.loads(write_body(request))) for request in requests}


def kill_often(
    place: Place, teacher: Teacher, scratch: Path, aims: Iterable[Aim], kills: int
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
