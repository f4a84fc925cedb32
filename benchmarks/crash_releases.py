"""Kills the nights of a set with SIGKILL again and again, and compares it with an undisturbed set.

    python benchmarks/crash_releases.py [--kills 20] [--nights 3] [--ledger URL] [--seed 1]

What `crash.py` does with a run, with `vicugna release`. The first night tops up to the target, each
other one adds rows. A night is killed in stages that are drawn (`victim.py`): while it asks, while
it writes what it raised, in the folder of its version, at the link, and at the note of what it has
begun. Nothing is mended between two starts; when a night was killed as often as it is to be, it
ends, and the next one comes. Meanwhile a thread resolves `latest` all the time.

At the end every file of the two sets is compared, and every checksum is computed again.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random

import orjson

from benchmarks.crash import EARLY, judge, list_place, print_kills, write_recipe
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
from benchmarks.nights import check_sums

FIRST = date(2026, 11, 1)
# In this order every kill is before what the next one is to meet.
LATE = ("export", "release", "latest", "begun")
# How often a stage is seen before death, at most: so often it is seen in every night. At `latest`
# death comes before the new link is made, or before it is moved to its place.
MOST = {"starting": 200, "begun": 2, "export": 20, "release": 50, "latest": 2}


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen at `latest`: how often, the versions in their order, and what was wrong."""

    link: Path
    seen: list[str] = field(default_factory=list[str])  # a name for each look
    wrong: list[str] = field(default_factory=list[str])

    def look(self) -> None:
        """Resolve the link once, and check the version it leads to."""
        try:
            version = self.link.parent / os.readlink(self.link)
        except FileNotFoundError:
            if self.seen:
                self.wrong.append("missing")
            return
        self.seen.append(version.name)
        if gap := find_gap(version):
            self.wrong.append(f"{version.name}: {gap}")

    def list_versions(self) -> list[str]:
        """Return the versions in the order they were seen, each as often as the link came to it."""
        before = ["", *self.seen]
        return [one for one, last in zip(self.seen, before, strict=False) if one != last]


def find_gap(version: Path) -> str:
    """Return what a version lacks that its manifest and its checksums promise; "" is nothing."""
    try:
        written = (version / "manifest.json").read_bytes()
        lines = (version / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        sums = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
        if sums.pop("manifest.json") != hashlib.sha256(written).hexdigest():
            return "another manifest"
        files = orjson.loads(written)["files"]
        sizes = {name: (version / name).stat().st_size for name in sums}
    except (OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if sizes == {name: one["bytes"] for name, one in files.items()} else "another size"


@contextmanager
def watch_latest(folder: Path) -> Generator[Looks]:
    """Look at `latest` of a set about every millisecond while the block runs."""
    looks, ended = Looks(folder / "latest"), threading.Event()

    def watch() -> None:
        while not ended.wait(0.001):
            looks.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


def set_of(place: Place) -> Path:
    """Return the folder of the set."""
    return place.folder / "outputs" / "crash"


def plan_nights(place: Place, nights: int, add: int) -> list[Place]:
    """Return the place with the command of each night."""
    days = (FIRST + timedelta(number) for number in range(nights))
    more = [(), *[("--add", str(add))] * (nights - 1)]
    return [
        replace(place, command="release", further=("--quiet", "--day", day.isoformat(), *words))
        for day, words in zip(days, more, strict=True)
    ]


def draw_aims(rng: Random, kills: int, requests: int) -> list[Aim]:
    """Draw when to kill a night: while it asks first, then where it writes, in that order.

    The last ones are for a night that ended too soon: it is killed where it finds that out.
    """
    late = round(kills * 0.7)
    aims: list[Aim] = []
    for stage in rng.choices((*EARLY, "begun"), k=kills - late):
        at_once = stage in ("starting", "begun")
        sent = 0 if at_once else rng.randint(1, max(requests // (3 * kills), 1))
        seconds = LONGEST if at_once else rng.uniform(0, 0.2)
        aims.append(Aim(stage, sent, rng.randint(1, MOST.get(stage, 1)), seconds))
    stages = islice(cycle(("release", "latest", "begun", "latest", "release", "export")), late)
    for stage in sorted(stages, key=LATE.index):
        most = 1 if stage == "begun" else MOST[stage]  # then there is only its removal
        aims.append(Aim(stage, 0, rng.randint(1, most), LONGEST))
    return aims + [Aim("starting", 0, rng.randint(1, MOST["starting"]), LONGEST)] * kills


def do_nights(nights: Sequence[Place], teacher: Teacher) -> list[int]:
    """Do the nights undisturbed; return how many questions each asked."""
    asked: list[int] = []
    for night in nights:
        before = len(teacher.sent)
        finish(night, start(night, teacher))
        asked.append(len(teacher.sent) - before)
    return asked


def kill_nights(
    nights: Sequence[Place], teacher: Teacher, scratch: Path, aims: Sequence[tuple[int, list[Aim]]]
) -> Generator[Kill]:
    """Kill each night as often as is said with its aims, and let it end; yield each kill."""
    first = len(teacher.sent)
    for night, (kills, drawn) in zip(nights, aims, strict=True):
        for kill in kill_often(night, teacher, scratch, drawn, kills):
            yield kill._replace(paid_twice=paid_twice(teacher.sent[first:]))
        finish(night, start(night, teacher))


def digest_set(place: Place) -> dict[str, str]:
    """Return the SHA-256 of every file of a set, and where its link leads.

    Manifests are without `session`, and checksums without the line of such a manifest.
    """
    folder = set_of(place)
    digests = {"latest": os.readlink(folder / "latest")}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if path.name == "manifest.json":
                manifest = orjson.loads(content)
                del manifest["session"]
                content = orjson.dumps(manifest)
            if path.name == "SHA256SUMS":
                content = re.sub(rb"[0-9a-f]{64}  manifest\.json\n", b"", content)
            name = path.relative_to(folder).as_posix()
            digests[name] = hashlib.sha256(content).hexdigest()
    return digests


def list_left(place: Place) -> list[str]:
    """Return what should be gone: hidden folders and files, and notes of nights that ended.

    Archives of earlier rows are a cache of which the oldest go, unfinished ones too.
    """
    paths = (Path(path) for path in list_place(place))
    kept = (path for path in paths if ".earlier" not in path.parts)
    return [str(path) for path in kept if path.name[0] == "." or path.name == "begun.json"]


def compare_sets(place: Place, reference: Place) -> str:
    """Return "yes", or what is different between two sets, left behind, or not as its checksum."""
    ours, theirs = digest_set(place), digest_set(reference)
    different = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
    wrong = [f"checksum of {name}" for name in check_sums(set_of(place))]
    left = [f"{name} is left" for name in list_left(place)]
    return ", ".join(different + wrong + left) or f"yes ({len(ours)} files)"


def run_suite(options: argparse.Namespace, teacher: Teacher, scratch: Path) -> bool:
    """Do the nights undisturbed, then with kills, and print it; return whether promises held."""
    target, count = options.target, options.nights
    recipe = write_recipe(scratch / "set.yaml", "alpaca", target, tasks_per_request=2)
    with open_place(scratch, recipe, "") as reference:
        asked = do_nights(plan_nights(reference, count, options.add), teacher)
        assert paid_twice(teacher.sent) == 0
        print(f"release: undisturbed nights of {', '.join(map(str, asked))} requests")
        rng = Random(f"{options.seed} release")
        shares = [(options.kills + night) // count for night in range(count)]
        aims = [draw_aims(rng, *night) for night in zip(shares, asked, strict=True)]
        with open_place(scratch, recipe, options.ledger) as place:
            before, nights = len(teacher.sent), plan_nights(place, count, options.add)
            with watch_latest(set_of(place)) as looks:
                drawn = [*zip(shares, aims, strict=True)]
                kills = print_kills(kill_nights(nights, teacher, scratch, drawn))
            twice, equal = paid_twice(teacher.sent[before:]), compare_sets(place, reference)
    good = judge(kills, twice, equal)
    return judge_latest(looks, count) and good and len(kills) == options.kills


def judge_latest(looks: Looks, nights: int) -> bool:
    """Print what was seen at `latest`; return whether it led to each version in turn, whole."""
    versions = looks.list_versions()
    print(
        f"latest: resolved {len(looks.seen):,} times, {len(versions)} versions in turn; "
        f"missing or not whole {len(looks.wrong)} times {looks.wrong[:3] or ''}"
    )
    return versions == sorted(set(versions)) and len(versions) == nights and not looks.wrong


def main() -> None:
    """Run the suite; exit with 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of all nights (20)")
    parser.add_argument("--nights", type=int, default=3, help="of the set (3)")
    parser.add_argument("--target", type=int, default=120, help="tasks of the first night (120)")
    parser.add_argument("--add", type=int, default=40, help="tasks that each other one adds (40)")
    parser.add_argument("--ledger", default="", help="URL of a PostgreSQL server")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, open_teacher(options.seed) as teacher:
        good = run_suite(options, teacher, Path(name))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
