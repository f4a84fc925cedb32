"""Runs to judge again: made by a teacher that is good half of the time, or left by hand."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from rich.console import Console

import filters
from tests.scripted import Say, make_recipe, say_well, scripted, write_task
from vicugna.cleaning import clean_run
from vicugna.formats.run_folder import write_run
from vicugna.manifest import Manifest
from vicugna.pipeline import prepare
from vicugna.records import (
    Asked,
    Draft,
    Lang,
    Rejected,
    Reply,
    Request,
    Scope,
    Source,
    Task,
    Verdict,
)
from vicugna.running import run_direct
from vicugna.settings import Recipe
from vicugna.teachers.offline import ask as offline

RUN = Path("outputs/try")
INSTRUCTION = "Describe the harbour of the old town in the morning."
KEYS = {name: f"{number:064x}" for number, name in enumerate("abcd", 1)}
QUOTA = Verdict("quota", False, 9, 9)


def say_mixed(request: Request) -> str:
    """Answer as a teacher half of whose tasks are good: the rest repeats, echoes or breaks off."""
    lines = say_well(request).split("\n")
    again = write_task(Random(f"again {request.lang}"), request.lang)
    if request.purpose == "new_tasks":
        bad = [again, again | {"output": ""}, again | {"output": again["instruction"]}]
        lines += [orjson.dumps(task).decode() for task in bad]
        lines.append('{"instruction": "Broken')
    elif request.purpose == "new_instructions":
        lines.append(f"{len(lines) + 1}. {again['instruction']}")
    elif request.purpose != "is_classification":
        lines += [lines[0], '{"input": "", "output": ""}', '{"input": "So.", "output": "So."}']
        lines.append('{"input": "half')
    return "\n".join(lines)


def make_past_run(
    monkeypatch: pytest.MonkeyPatch, recipe: Recipe, say: Say | None = say_mixed
) -> Manifest:
    """Make a run with our own seed tasks, and then let nobody be asked; return its manifest.

    Without `say` the offline teacher is as it is.
    """
    if say is not None:
        monkeypatch.setattr(offline, "ask_offline", scripted(say))
    job = prepare(recipe, filters.chain(recipe.filters), RUN)
    manifest = asyncio.run(run_direct(job, Console(quiet=True)))
    monkeypatch.setattr(offline, "ask_offline", _never)
    monkeypatch.setenv("VICUGNA_LEDGER", "sqlite:///no/ledger/is/needed.db")
    return manifest


async def _never(request: Request) -> Reply:
    raise AssertionError("a teacher was asked")


def make_draft(
    name: str,
    position: int,
    instruction: str = INSTRUCTION,
    group: str = "",
    output: str = "It is busy.",
    input: str = "",
    lang: Lang = "en",
) -> Draft:
    """Return a draft of the answer called `name`, one of "abcd"."""
    identity = f"{KEYS[name]}-{position}"
    source = Source(request=KEYS[name], position=position, teacher="t", model="m")
    return Draft(identity, lang, instruction, input, output, source, group or identity)


def leave_run(
    tasks: Sequence[Draft], rejected: Sequence[tuple[Draft, Verdict]], answers: str = "abcd"
) -> None:
    """Leave the folder of a run that kept and rejected these drafts, of answers in this order."""
    rows = [Rejected(one.id, one.lang, verdict, one.source, one) for one, verdict in rejected]
    manifest = {
        "name": "try",
        "made_by": "run",
        "method": "alpaca",
        "recipe": make_recipe(languages={"en": 1.0}).decisive(),
        "counts": {"tasks": {"en": len(tasks)} if tasks else {}, "rejected": {}},
    }
    asked = [
        Asked(KEYS[name], "new_tasks", "en", "p@1", "", 0, "t", "m", "stop", 1, 1, 0, 0)
        for name in answers
    ]
    write_run(RUN, [Task(draft, ()) for draft in tasks], rows, [], manifest, asked)


def clean_again(
    names: Sequence[str] | None = None,
    max_f1: float | None = None,
    out: str = "again",
    scope: Scope | None = None,
) -> Manifest:
    """Judge the run again into a folder; return the manifest of what comes of it."""
    return clean_run(RUN, filters.chain, names, max_f1, ["alpaca"], Path(out), scope=scope)


def rows_of(folder: Path | str, name: str = "tasks.jsonl") -> dict[str, bytes]:
    """Return the lines of a file by their id, in its order."""
    lines = (Path(folder) / name).read_bytes().splitlines()
    return {orjson.loads(line)["id"]: line for line in lines}


def count_rows(manifest: Manifest, reason: str = "") -> int:
    """Return how many tasks were kept, or how many pieces rejected for a reason."""
    counts: dict[str, Any] = manifest["counts"]
    return sum((counts["rejected"].get(reason, {}) if reason else counts["tasks"]).values())
