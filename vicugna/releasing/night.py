"""One night of a set: what is missing is raised, compared with all releases, and released.

A night is known by its day, and has one release however often it is started. What it has begun is
noted before anything is sent, so the next start, on whichever day, goes on with that: its questions
are the same, and those that were answered are in the ledger.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import NothingKept, UserError
from vicugna.filtering import Chain
from vicugna.formats.canonical import read_tasks
from vicugna.formats.folder import sync_folder
from vicugna.formats.release_folder import point_latest, write_release
from vicugna.formats.run_folder import check_run_formats, write_object
from vicugna.manifest import Manifest
from vicugna.pipeline import Job, prepare
from vicugna.records import Change, Lang
from vicugna.releasing.describing import Raised, describe_night
from vicugna.releasing.history import History, read_history
from vicugna.releasing.missing import find_missing
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.versions import check_day, find_set, next_version
from vicugna.runs import read_manifest
from vicugna.settings import Recipe
from vicugna.teachers.opening import resolve_teachers

Grow = Callable[[Job], Awaitable[Manifest]]  # runs a job and writes its folder
_BEGUN = "begun.json"
# Why a run ends in the same way however often it is done: the next night asks something else.
_FOR_EVER = ("saturated", "budget")


@dataclass(frozen=True, slots=True)
class Night:
    """What a night is to do for a set.

    `day` is in ISO 8601. With `add` it adds so many rows; without, it tops up to the target.
    """

    folder: Path
    recipe: Recipe
    chain: Chain
    day: str
    add: int | None = None


def plan_night(
    recipe: Recipe, chain: Chain, name: str | None, add: int | None, day: str | None
) -> Night:
    """Return a night of the set of this name, or of the recipe's.

    Raises:
        UserError: the name or the day is none.
    """
    return Night(find_set(name or recipe.name), recipe, chain, check_day(day), add)


async def release_night(night: Night, grow: Grow) -> Outcome:
    """Raise what a set lacks and release it; the caller has the lease of the set.

    Raises:
        VicugnaError: as `prepare` and `grow` do, and when a release cannot be read or written.
    """
    check_run_formats(night.recipe.formats)
    history = read_history(night.folder)
    if history.manifests:  # a start that was killed between the two had not come to this
        point_latest(night.folder, history.place(history.versions[-1]))
    begun = _read_begun(night.folder)
    if history.released(begun):  # and the start that did it was killed then
        _forget_begun(night.folder)
        begun = ""
    if history.released(night.day):
        return Outcome(night.folder, "released already", history.latest)
    day = begun or night.day
    recipe = plan_run(night, history, day)
    if recipe is None:
        _forget_begun(night.folder)
        return Outcome(night.folder, "complete", history.latest)
    job = prepare(recipe, night.chain, history.run_place(day))
    if not begun:
        _note_begun(night.folder, day)
    try:
        run = _read_made(job) or await grow(job)
    except NothingKept as nothing:
        if nothing.stopped.startswith(_FOR_EVER):
            _forget_begun(night.folder)
        return Outcome(night.folder, "nothing kept", history.latest, nothing.stopped, str(nothing))
    manifest = _release(night, history, Raised(night.day, day, run))
    _forget_begun(night.folder)
    return Outcome(night.folder, "released", manifest, run["stopped"])


def plan_run(night: Night, history: History, day: str) -> Recipe | None:
    """Return the recipe of the run of a night; None when the set lacks nothing.

    It asks what no other night asks, for as much as each language and type lacks, and compares
    with every row that was ever released.
    """
    recipe = night.recipe
    missing = find_missing(recipe, history.count_rows(), night.add)
    total = sum(missing.values())
    if not total:
        return None
    by_lang, by_type = Counter[Lang](), dict[Lang, dict[str, float]]()
    for (lang, type), count in missing.items():
        by_lang[lang] += count
        by_type.setdefault(lang, {})[type] = float(count)  # as a weight is read
    compares = bool(night.chain.novelty)
    sources = [str(source) for source in history.list_sources()] if compares else []
    changed: dict[str, Any] = {
        "seed": _draw_seed(recipe.seed, day),
        "target": total,
        "languages": {lang: count / total for lang, count in by_lang.items()},
        "types": by_type if recipe.types else {},
        "against": (*recipe.against, *sources),
    }
    return recipe.model_copy(update=changed)


def _draw_seed(seed: int, day: str) -> int:
    """Return the seed of a night: of 48 bits, so that JSON of any reader holds it."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {day}".encode(), digest_size=6).digest(), "big")


def _read_made(job: Job) -> Manifest | None:
    """Return the manifest of the run when it was written before; None when it was not."""
    try:
        known = read_manifest(job.folder)
    except UserError:
        return None
    return known if known.get("recipe_sha256") == job.recipe.digest else None


def _release(night: Night, history: History, raised: Raised) -> Manifest:
    added = read_tasks(history.run_place(raised.day) / "tasks.jsonl")
    tasks = [*history.read_rows(), *added]
    changes = [Change("added", task.draft.id, task.draft.lang) for task in added]
    version = next_version(history.versions, night.day)
    target, rows = history.place(version), (tasks, changes)
    recipe = resolve_teachers(night.recipe)  # whose terms apply
    manifest = describe_night(history, recipe, version, raised, rows)
    manifest = write_release(target, tasks, changes, night.recipe.formats, manifest)
    point_latest(night.folder, target)
    return manifest


def _note_begun(folder: Path, day: str) -> None:
    """Note the day whole, or not at all: without it, a later day would pay for all of it again."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{_BEGUN}"
    write_object({"day": day}, draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(folder / _BEGUN)
    sync_folder(folder)


def _read_begun(folder: Path) -> str:
    """Return the day of the night that has no release yet, "" when there is none."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        day = orjson.loads((folder / _BEGUN).read_bytes())["day"]
        return date.fromisoformat(day).isoformat()
    return ""


def _forget_begun(folder: Path) -> None:
    for name in (_BEGUN, f".{_BEGUN}"):
        (folder / name).unlink(missing_ok=True)
