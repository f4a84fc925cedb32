"""Thirty nights of one set, in a few minutes: the day is given, not slept for.

    python -m benchmarks.nights [--nights 30] [--rows 40] [--ledger URL]

Each night is a process of its own, as a schedule starts it. The teacher is the offline one over
HTTP in this process, with a price. One night is fired twice at the same moment, one is killed and
started again, one is over its budget, one finds the teacher down, one withdraws a row somebody
complained about, and one those that a new filter drops. Printed is a line for each start.

At the end every version is checked: its checksums, that the versions before it are as they were,
that no question was paid for twice, that no two rows of any versions are nearer than the limit, and
that every type of task has its share of the newest version, to the row.
"""

import argparse
import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any

from benchmarks.killing import Place, Teacher, open_place, open_teacher, paid_twice
from vicugna.filtering import Chain
from vicugna.formats.canonical import read_tasks
from vicugna.pool import Pool
from vicugna.records import LANGS, Draft, Task, Verdict
from vicugna.releasing.starting import start
from vicugna.releasing.withdrawing import withdraw_failing
from vicugna.text.closest import top

ROOT = Path(__file__).parent.parent
LIMIT = 0.7
PRICE = {"input": 0.25, "output": 2.0}  # USD for a million tokens
DOWN = "http://127.0.0.1:9/v1"  # nobody listens there
LONGEST = 300.0  # seconds a night may take
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Set:
    """The set that grows: where, and whom it asks."""

    place: Place
    teacher: Teacher
    rows: int

    @property
    def folder(self) -> Path:
        """The folder of the set."""
        return self.place.folder / "outputs" / "nightly"

    def begin(self, day: str, *more: str, base_url: str = "") -> "subprocess.Popen[str]":
        """Start a night, in a process group of its own."""
        command = [sys.executable, "-m", "vicugna", "release", str(self.place.recipe), "--direct"]
        command += ["--json", "--set", "nightly", "--add", str(self.rows), "--day", day, *more]
        command += ["--base-url", base_url or self.teacher.url]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "VICUGNA_"))}
        return subprocess.Popen(
            command,
            cwd=self.place.folder,
            env=kept | {"PYTHONPATH": str(ROOT), "VICUGNA_LEDGER": self.place.ledger},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def do(self, day: str, *more: str, base_url: str = "") -> Told:
        """Do a night to its end; return what it told."""
        return end(self.begin(day, *more, base_url=base_url))


def end(process: "subprocess.Popen[str]") -> Told:
    """Wait for a night; return what it told."""
    printed, errors = process.communicate(timeout=LONGEST)
    told = [line for line in printed.splitlines() if line.startswith("{")]
    if not told:
        raise RuntimeError(f"exit code {process.returncode}: {errors[-2000:]}")
    known: Told = json.loads(told[-1])
    return known | {"exit_code": process.returncode}


# --- what happens in a night ------------------------------------------------------------------


def fire_twice(nightly: Set, day: str) -> list[Told]:
    """Start a night twice at the same moment, then once more."""
    both = [nightly.begin(day), nightly.begin(day)]
    return [*map(end, both), nightly.do(day)]


def kill(nightly: Set, day: str) -> list[Told]:
    """Kill a night in the middle of its questions, and start it again."""
    asked = len(nightly.teacher.sent)
    process = nightly.begin(day)
    while len(nightly.teacher.sent) < asked + 5 and process.poll() is None:
        sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return [{"event": "killed", "exit_code": process.returncode}, nightly.do(day)]


def cap(nightly: Set, day: str) -> list[Told]:
    """Give a night a budget that does not last."""
    return [nightly.do(day, "--budget-usd", "0.006")]


def lose_teacher(nightly: Set, day: str) -> list[Told]:
    """Let a night find nobody."""
    return [nightly.do(day, base_url=DOWN)]


def complain(nightly: Set, day: str) -> list[Told]:
    """Withdraw a row, then do the night."""
    row = read_newest(nightly.folder)[7].draft.id
    command = [sys.executable, "-m", "vicugna", "withdraw", "nightly", row, "--json"]
    told = subprocess.run(
        [*command, "--why", "complaint 17", "--day", day],
        cwd=nightly.place.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "VICUGNA_LEDGER": nightly.place.ledger},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(told.stdout), nightly.do(day)]


def add_filter(nightly: Set, day: str) -> list[Told]:
    """Withdraw what a new filter drops, then do the night."""

    def no_hours(draft: Draft, _: Pool) -> Verdict:
        return Verdict("no_hours", not any(word in draft.output for word in ("hour", "小时")))

    async def work() -> Any:  # noqa: ANN401 - an outcome
        return withdraw_failing(nightly.folder, day, lambda _: Chain(answer=(no_hours,)))

    os.environ["VICUGNA_LEDGER"] = nightly.place.ledger
    return [asyncio.run(start(nightly.folder, work)).to_json(), nightly.do(day)]


def do_as_usual(nightly: Set, day: str) -> list[Told]:
    """Do a night."""
    return [nightly.do(day)]


EVENTS: dict[int, Callable[[Set, str], list[Told]]] = {
    5: fire_twice,
    9: kill,
    13: cap,
    17: lose_teacher,
    21: complain,
    25: add_filter,
}


# --- what is checked --------------------------------------------------------------------------


def hash_all(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of every version."""
    files = (path for path in (folder / "releases").rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def check_sums(folder: Path) -> list[str]:
    """Return the files that are not as `SHA256SUMS` of their version says."""
    wrong: list[str] = []
    for sums in sorted((folder / "releases").glob("*/SHA256SUMS")):
        for line in sums.read_text(encoding="utf-8").splitlines():
            sha256, _, name = line.partition("  ")
            if hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() != sha256:
                wrong.append(f"{sums.parent.name}/{name}")
    return wrong


def collect_rows(folder: Path) -> dict[str, Task]:
    """Return every row of every version, by id."""
    rows: dict[str, Task] = {}
    for path in sorted((folder / "releases").glob("*/tasks.jsonl")):
        rows |= {task.draft.id: task for task in read_tasks(path)}
    return rows


def nearest_pair(rows: dict[str, Task]) -> float:
    """Return the highest ROUGE-L F1 of the instructions of two rows, by brute force."""
    texts = {identity: task.draft.instruction for identity, task in rows.items()}
    highest = 0.0
    while len(texts) > 1:
        _, text = texts.popitem()
        highest = max(highest, top(text, texts, 1)[0].f1)
    return highest


def off_share(folder: Path) -> float:
    """Return by how many rows the type that is furthest off its share is off, in any language."""
    counts = Counter((task.draft.lang, task.draft.type) for task in read_newest(folder))
    total = sum(TYPES.values())
    return max(
        abs(counts[lang, type] - weight / total * sum(counts[lang, one] for one in TYPES))
        for lang in LANGS
        for type, weight in TYPES.items()
    )


def read_newest(folder: Path) -> list[Task]:
    """Return the rows of the newest version."""
    return read_tasks(folder / "latest" / "tasks.jsonl")


def run_nights(nightly: Set, nights: int) -> bool:
    """Do the nights and print them; return whether every promise held."""
    print("night       event             version       rows   added  gone  stopped / words")
    before: dict[str, str] = {}
    changed: list[str] = []
    versions: Counter[str] = Counter()
    for number in range(1, nights + 1):
        day = f"2027-01-{number:02d}" if number <= 31 else f"2027-02-{number - 31:02d}"
        for told in EVENTS.get(number, do_as_usual)(nightly, day):
            print(describe(day, told), flush=True)
            if told["event"] == "released":
                versions[told["version"]] += 1
        now = hash_all(nightly.folder)
        changed += [name for name, sha256 in before.items() if now.get(name) != sha256]
        before = now
    rows = collect_rows(nightly.folder)
    highest, wrong = nearest_pair(rows), check_sums(nightly.folder)
    twice, off = paid_twice(nightly.teacher.sent), off_share(nightly.folder)
    print(
        f"\n{len(versions)} versions, {len(rows):,} rows ever released, nearest pair {highest:.3f} "
        f"(limit {LIMIT}); {len(nightly.teacher.sent):,} questions reached the teacher, {twice} "
        f"of them again; {len(changed)} files of earlier versions changed, {len(wrong)} checksums "
        f"wrong; {len(TYPES)} types, at most {off:.2f} rows off their shares"
    )
    once = set(versions.values()) == {1}
    # What was with the teacher at the kill was not written, and is asked again.
    return highest <= LIMIT and once and not changed and not wrong and twice <= 64 and off < 1


def describe(day: str, told: Told) -> str:
    """Return the line of a start."""
    if "set" not in told:
        words = str(told.get("words", ""))
        return f"{day}  {told['event']:<16}  exit code {told['exit_code']}  {words[:60]}"
    cost = told["cost"] or {}
    each = cost.get("usd_per_row")
    price = f"; {told['price_usd']} USD" if told["price_usd"] else ""
    per = f", {float(each) * 1000:.4f} USD for 1,000 rows" if each else ""
    words = (told["stopped"] or "") if told["event"] == "released" else (told["words"] or "")
    gone = ", ".join(f"{count} {why}" for why, count in told["withdrawn"].items()) or "0"
    return (
        f"{day}  {told['event']:<16}  {told['version'] or '-':<12}"
        f"{sum(told['tasks'].values()):>6}{sum(told['added'].values()):>8}  {gone:>4}  "
        f"{words[:60]}{price}{per}"
    )


def main() -> None:
    """Run the nights; exit with 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--rows", type=int, default=40, help="that each night adds (40)")
    parser.add_argument("--ledger", default="", help="URL of a PostgreSQL server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, open_teacher(seed=1) as teacher:
        recipe = Path(scratch) / "nightly.yaml"
        recipe.write_text(json.dumps(RECIPE), encoding="utf-8")
        with open_place(Path(scratch), recipe, options.ledger) as place:
            good = run_nights(Set(replace(place), teacher, options.rows), options.nights)
    sys.exit(not good)


TYPES = {"coding": 2, "extraction": 1, "math": 3, "open_qa": 1, "reasoning": 2, "writing": 1}
RECIPE: dict[str, Any] = {
    "name": "nightly",
    "method": "alpaca",
    "target": 10_000,
    "languages": {"en": 0.5, "zh": 0.5},
    "types": TYPES,
    "seeds_shown": 3,
    "tasks_per_request": 4,
    "max_f1": LIMIT,
    "teacher": {"name": "openai", "model": "offline", "concurrency": 8, "price": PRICE},
    "sampling": {"new_tasks": {"temperature": 1.0, "top_p": 1.0, "max_tokens": 1024}},
    "formats": ["alpaca", "sharegpt"],
}

if __name__ == "__main__":
    main()
