"""Does to a run what machines do, and prints what it said, what was lost and what it wrote at last.

    python benchmarks/faults.py [--only WORD]

For each fault: a run is started, the fault happens while answers come, it is mended (where the run
waits for that, while it waits), and the command is given again if the run ended. Then the files
must be byte for byte those of an undisturbed run. A disk that is full is a real small one (tmpfs),
PostgreSQL is a server of its own that is killed and started again. Linux; needs root to mount.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

from benchmarks.crash import compare, run_undisturbed, write_recipe
from benchmarks.killing import LONGEST, Place, Teacher, launch, open_place, open_teacher, paid_twice
from vicugna.ledger import connect

Process = subprocess.Popen[bytes]


# --- what happens ---------------------------------------------------------------------------------


def fill_ledger_disk(place: Place, teacher: Teacher) -> int:
    """The disk of the ledger is full, and has room again after a while."""
    with small_disk(place.folder / "outputs", "700k") as grow:
        process = start_and_wait(place, teacher, answers=0)
        wait_for_words(place, "Waiting for it")
        grow("64m")
        code = process.wait(LONGEST)
        keep(place.folder / "outputs")
    return code


def fill_export_disk(place: Place, teacher: Teacher) -> int:
    """The disk of the run folder is full when everything is answered."""
    elsewhere = replace(place, folder=place.folder / "small")
    with small_disk(elsewhere.folder, "100k"):
        code = start_and_wait(elsewhere, teacher, answers=0).wait(LONGEST)
        left = [path.name for path in elsewhere.folder.iterdir()]
        assert not left, f"half a folder is left: {left}, {place.log.read_text()}"
    elsewhere.folder.rmdir()
    return code


def make_ledger_read_only(place: Place, teacher: Teacher) -> int:
    """The ledger cannot be written, and that is known before anything is sent."""
    outputs = place.folder / "outputs"
    connect(place.ledger).dispose()
    subprocess.run(["mount", "--bind", "-o", "ro", outputs, outputs], check=True)
    try:
        before = len(teacher.sent)
        code = start_and_wait(place, teacher, answers=0).wait(LONGEST)
        assert len(teacher.sent) == before, "something was sent"
    finally:
        subprocess.run(["umount", outputs], check=True)
    return code


def lock_ledger(place: Place, teacher: Teacher) -> int:
    """Another program holds the lock on the ledger for longer than SQLite waits."""
    process = start_and_wait(place, teacher, answers=8)
    other = sqlite3.connect(place.folder / "outputs" / "ledger.db", timeout=60)
    other.execute("BEGIN IMMEDIATE")
    wait_for_words(place, "Waiting for it")
    other.execute("COMMIT")
    other.close()
    return process.wait(LONGEST)


def damage_answer(place: Place, teacher: Teacher) -> int:
    """A stored answer has changed; it is found, and removed by the command that is named."""
    stop(start_and_wait(place, teacher, answers=40))
    ledger = sqlite3.connect(place.folder / "outputs" / "ledger.db")
    ledger.execute("UPDATE reply SET text = text || ' ' WHERE key = (SELECT min(key) FROM reply)")
    ledger.commit()
    ledger.close()
    code = start_and_wait(place, teacher, answers=0).wait(LONGEST)
    tell(place, "ledger", "gc", "--damaged", "--delete")
    return code


def tear_ledger(place: Place, teacher: Teacher) -> int:
    """A crash below us left the file torn: what can be read is saved, the rest is asked again."""
    stop(start_and_wait(place, teacher, answers=40))
    path = place.folder / "outputs" / "ledger.db"
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(4096))
    code = start_and_wait(place, teacher, answers=0).wait(LONGEST)
    tell(place, "ledger", "export", "saved.jsonl")
    for torn in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        torn.unlink(missing_ok=True)
    tell(place, "ledger", "import", "saved.jsonl")
    (place.folder / "saved.jsonl").unlink()
    return code


def pause_process(place: Place, teacher: Teacher) -> int:
    """One of two processes on a run stops for a while and goes on."""
    paused, other = (launch(place, teacher, "-m", "vicugna") for _ in range(2))
    wait_for_answers(teacher, len(teacher.sent) + 12, paused)
    os.killpg(paused.pid, signal.SIGSTOP)
    sleep(3)
    os.killpg(paused.pid, signal.SIGCONT)
    return max(process.wait(LONGEST) for process in (paused, other))


def kill_postgres(place: Place, teacher: Teacher) -> int:
    """The database server is killed under load, stays away for three seconds, and recovers."""
    with own_postgres() as (url, control):
        place = replace(place, ledger=url)
        process = start_and_wait(place, teacher, answers=12)
        control("stop", "-m", "immediate")
        wait_for_words(place, "Waiting for it")
        sleep(3)
        control("start")
        return process.wait(LONGEST)


FAULTS: dict[str, tuple[Callable[[Place, Teacher], int], int]] = {
    "the ledger's disk is full for a while": (fill_ledger_disk, 0),
    "the run folder's disk is full": (fill_export_disk, 2),
    "the ledger is read-only": (make_ledger_read_only, 2),
    "another program locks the ledger": (lock_ledger, 0),
    "an answer in the ledger is damaged": (damage_answer, 2),
    "the ledger's file is torn": (tear_ledger, 2),
    "one of two processes is paused": (pause_process, 0),
    "PostgreSQL is killed and restarted": (kill_postgres, 0),
}


# --- with what ------------------------------------------------------------------------------------


def start_and_wait(place: Place, teacher: Teacher, answers: int) -> Process:
    """Start the command, and return when the teacher has been asked so often."""
    before = len(teacher.sent)
    process = launch(place, teacher, "-m", "vicugna")
    wait_for_answers(teacher, before + answers, process)
    return process


def wait_for_answers(teacher: Teacher, count: int, process: Process) -> None:
    """Wait until the teacher has been asked so often, or the process ends."""
    while len(teacher.sent) < count and process.poll() is None:
        sleep(0.01)


def wait_for_words(place: Place, words: str) -> None:
    """Wait until the run has said something; raise when it does not."""
    started = monotonic()
    while words not in place.log.read_text():
        if monotonic() - started > 90:
            raise RuntimeError(f"it never said {words!r}: {place.log.read_text()[-2000:]}")
        sleep(0.05)


def stop(process: Process) -> None:
    """Kill a run."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tell(place: Place, *words: str) -> None:
    """Give another command in the folder of a run; its words go to the log."""
    environment = os.environ | {"VICUGNA_LEDGER": place.ledger}
    with place.log.open("ab") as log:
        command = [sys.executable, "-m", "vicugna", *words]
        subprocess.run(command, cwd=place.folder, env=environment, stdout=log, stderr=log)


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[Callable[[str], object]]:
    """Mount a small disk on a folder while the block runs; what is yielded makes it larger."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    subprocess.run(command, check=True)

    def grow(size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)

    try:
        yield grow
    finally:
        kept = folder.with_name(f"{folder.name}.kept")
        subprocess.run(["umount", folder], check=True)
        if kept.exists():
            folder.rmdir()
            kept.rename(folder)


def keep(folder: Path) -> None:
    """Keep what is on a small disk when it goes."""
    shutil.copytree(folder, folder.with_name(f"{folder.name}.kept"))


@contextmanager
def own_postgres() -> Generator[tuple[str, Callable[..., object]]]:
    """Run a PostgreSQL server of our own; yield its URL, and `pg_ctl` on it."""
    found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    programs = Path(found.stdout.strip())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.chown(folder, "postgres", "postgres")
        port = 20_000 + os.getpid() % 10_000
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"

        def run(program: str, *words: str) -> None:
            command = [programs / program, "-D", folder / "data", *words]
            user = {"user": "postgres", "group": "postgres", "cwd": folder}
            subprocess.run(command, **user, stdout=subprocess.DEVNULL, check=True)

        def control(*words: str) -> None:
            run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, *words)

        run("initdb", "-A", "trust", "-U", "postgres")
        control("start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres", control
        finally:
            control("stop", "-m", "fast")


# --- the table ------------------------------------------------------------------------------------


def main() -> None:
    """Run the faults; exit with 1 when one broke a promise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="faults with this word in their name")
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as name, open_teacher(seed=1) as teacher:
        scratch = Path(name)
        recipe = write_recipe(scratch / "recipe.yaml", "alpaca", 200, ["alpaca"])
        with open_place(scratch, recipe, "") as reference:
            requests, _ = run_undisturbed(reference, teacher)
            print(f"undisturbed: {requests} requests\n")
            for title, (happen, expected) in FAULTS.items():
                if options.only in title:
                    with open_place(scratch, recipe, "") as place:
                        good &= _report(title, happen, expected, place, reference, teacher)
    sys.exit(0 if good else 1)


def _report(
    title: str,
    happen: Callable[[Place, Teacher], int],
    expected: int,
    place: Place,
    reference: Place,
    teacher: Teacher,
) -> bool:
    before = len(teacher.sent)
    code = happen(place, teacher)
    again = launch(place, teacher, "-m", "vicugna").wait(LONGEST) if code else 0
    twice = paid_twice(teacher.sent[before:])
    equal = compare(place, reference)
    print(f"{title}: exit {code}; paid twice {twice}; bytes equal, nothing left: {equal}")
    for line in place.log.read_text().splitlines():
        if line.startswith(("ledger", "vicugna:", "BAD")) or "could not" in line:
            print(f"    {line.replace(str(place.folder), '.')}")
    return (code, again) == (expected, 0) and equal.startswith("yes")


if __name__ == "__main__":
    main()
