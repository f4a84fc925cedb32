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
import hashlib
import math
import sys
import tempfile
from collections.abc import Generator, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import orjson

from benchmarks.killing import (
    LONGEST,
    Aim,
    Kill,
    Place,
    Teacher,
    finish,
    kill_often,
    open_place,
    open_teacher,
    paid_twice,
    start,
)
from vicugna.settings import load_recipe

RECIPES = {"alpaca": "small", "self-instruct": "self-instruct"}
FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")
CONCURRENCY = 16
EARLY = ("", "compose", "ledger", "parse", "gate", "waiting", "starting")
# By then everything is answered.
LATE = ("export", "after", "parse", "export", "compose", "export", "", "ledger", "gate")


def write_recipe(
    path: Path,
    method: str,
    target: int,
    formats: Sequence[str] = FORMATS,
    **further: object,
) -> Path:
    """Write the shipped recipe of a method, with small prompts so that it asks often."""
    changes: dict[str, Any] = {
        "name": "crash",
        "target": target,
        "tasks_per_request": 4,
        "lookahead": 2 * CONCURRENCY,
        "budget": {},  # each kill may lose what is in flight, and that counts
        "teacher.concurrency": CONCURRENCY,
        "formats": formats,
    }
    recipe = load_recipe(RECIPES[method], changes | further)
    path.write_bytes(orjson.dumps(recipe.model_dump(mode="json")))  # JSON is YAML
    return path


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
    return [path for path in paths if path != "outputs" and "ledger.db" not in path]


def draw_aims(rng: Random, kills: int, requests: int) -> Generator[Aim]:
    """Yield when to kill: spread over the questions first, over export and end at last.

    An early aim that is not met in a part of the run ends in a kill all the same, so that the
    questions last.
    """
    late = round(kills / 3)
    seconds = 1.5 + 0.14 * requests / CONCURRENCY  # about what a run takes
    for stage in islice(cycle(EARLY), kills - late):
        sent = 0 if stage == "starting" else rng.randrange(math.ceil(1.5 * requests / kills))
        sightings = rng.randint(1, 300) if stage == "starting" else 1
        yield Aim(stage, sent, sightings, rng.uniform(0, seconds / 5))
    for stage in cycle(LATE):
        sightings = int(10 ** rng.uniform(0, 2.5)) if stage == "export" else rng.randint(1, 3)
        yield Aim(stage, 0, sightings, LONGEST if stage else rng.uniform(0, seconds / 2))


def run_undisturbed(place: Place, teacher: Teacher) -> tuple[int, float]:
    """Do a run; return its number of requests and its seconds."""
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
        aims = draw_aims(Random(f"{options.seed} {method}"), options.kills, requests)
        with open_place(scratch, recipe, options.ledger) as place:
            before = len(teacher.sent)
            kills = print_kills(kill_often(place, teacher, scratch, aims, options.kills))
            finish(place, start(place, teacher))
            good = judge(kills, paid_twice(teacher.sent[before:]), compare(place, reference))
        with open_place(scratch, recipe, options.ledger) as pair:
            twice = run_twice_at_once(pair, teacher)
            equal = compare(pair, reference)
    print(f"two processes at once: paid twice {twice} of {requests}; bytes equal: {equal}")
    return good and len(kills) == options.kills and not twice and equal.startswith("yes")


def judge(kills: Sequence[Kill], twice: int, equal: str) -> bool:
    """Print what the kills cost, and return whether that is what is promised."""
    lost = [kill.in_flight + kill.unwritten for kill in kills]
    print(
        f"paid twice {twice}; the kills met {sum(lost)} in flight, at most {max(lost)} at once, "
        f"with a concurrency of {CONCURRENCY}"
    )
    print(f"bytes equal, nothing left behind: {equal}")
    return twice <= sum(lost) and max(lost) <= CONCURRENCY and equal.startswith("yes")


def print_kills(kills: Generator[Kill]) -> list[Kill]:
    """Print a line for each kill as it comes; return them."""
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
