"""Nights of a set: the day is given, the teacher is scripted, and what it was asked is counted."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

import filters
from tests.scripted import make_recipe
from vicugna.formats.canonical import read_tasks
from vicugna.manifest import Manifest
from vicugna.pipeline import Job
from vicugna.records import Task
from vicugna.releasing.night import Night, plan_night
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.starting import start, start_night
from vicugna.releasing.versions import list_versions
from vicugna.releasing.withdrawing import plan_withdrawal
from vicugna.running import run_direct

SET = Path("outputs/try")
LATEST = SET / "latest"
FIRST, SECOND, THIRD = "2026-11-28", "2026-11-29", "2026-11-30"


def plan(day: str = FIRST, add: int | None = None, **changes: Any) -> Night:
    """Return a night of the set "try", with the whole chain."""
    known: dict[str, Any] = {"formats": ["alpaca"]} | changes
    recipe = make_recipe(**known)
    return plan_night(recipe, filters.chain(recipe.filters), None, add, day)


async def grow(job: Job) -> Manifest:
    """Run a job as `--direct` does."""
    return await run_direct(job, Console(quiet=True))


def start_as_planned(night: Night) -> Outcome:
    """Start a night; return what came of it."""
    return asyncio.run(start_night(night, grow))


def withdraw(*rows: str, day: str = SECOND, why: str = "complaint 17", **known: Any) -> Outcome:
    """Release the set without some rows, or without the failing ones."""
    folder, work = plan_withdrawal("try", rows, why, known.get("filters"), day)
    return asyncio.run(start(folder, work))


def versions() -> list[str]:
    """Return what was released of the set."""
    return list_versions(SET)


def released_tasks(version: str = "") -> list[Task]:
    """Return the rows of a release, or of the newest."""
    return read_tasks((SET / "releases" / version if version else LATEST) / "tasks.jsonl")


def changes_in(version: str) -> list[dict[str, Any]]:
    """Return what a release says of how it differs from the one before."""
    lines = (SET / "releases" / version / "diff.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def take_picture(folder: Path = SET) -> dict[str, bytes]:
    """Return the bytes of every file in a folder, however deep, and where links point."""
    found = {path: path for path in folder.rglob("*")}
    return {
        str(path): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in found
        if path.is_symlink() or path.is_file()
    }


def list_wrong_sums(release: Path) -> list[str]:
    """Return what `sha256sum -c SHA256SUMS` would not say OK of; also files it says nothing of."""
    said: dict[str, str] = {}
    for line in (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        said[name] = digest
    names = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    there = {
        name: hashlib.sha256((release / name).read_bytes()).hexdigest()
        for name in names - {"SHA256SUMS"}
    }
    return sorted({name for name, _ in said.items() ^ there.items()})


def fail_once(broken: Exception | KeyboardInterrupt, work: Callable[..., Any]) -> Any:
    """Return a function that fails when it is called first, and then does its work."""
    failed: list[bool] = []

    def fail(*given: Any, **named: Any) -> Any:
        if not failed:
            failed.append(True)
            raise broken
        return work(*given, **named)

    return fail
