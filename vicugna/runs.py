"""Finding the runs that were written, a row in one, and what is near that row."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
from pydantic import ValidationError

from vicugna.errors import UserError
from vicugna.jsonl import read_jsonl, read_text
from vicugna.pool import scope_text
from vicugna.records import LANGS, SCOPES, Round, Scope
from vicugna.seeds import load_seeds
from vicugna.settings import Recipe
from vicugna.text.closest import top

Row = dict[str, Any]
_ROWS = ("tasks.jsonl", "rejected.jsonl")
_NEVER = datetime.min.replace(tzinfo=UTC)
_MONEY = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a folder says of itself, of its run or of a cleaning.

    Where `problem` is not "", nothing else is known. `targets` is empty and `requests` None where
    none applies; `price_usd` is None where it is unknown too. The words are as they stand in the
    manifest, which anybody may have written.
    """

    folder: Path
    problem: str = ""
    made_by: str = ""
    method: str = ""
    stopped: str = ""
    kept: Mapping[str, int] = field(default_factory=dict[str, int])
    targets: Mapping[str, int] = field(default_factory=dict[str, int])
    requests: int | None = None
    price_usd: str | None = None
    finished: datetime = _NEVER

    @property
    def usd_per_1000_tasks(self) -> str | None:
        """What 1,000 kept tasks cost; None where the price is unknown or nothing was kept."""
        kept = sum(self.kept.values())
        if self.price_usd is None or not kept:
            return None
        return f"{float(self.price_usd) / kept * 1000:.6f}"


def list_runs(outputs: Path) -> list[Listed]:
    """Return the runs and cleaned sets under a folder, newest first, then what is broken.

    Folders that hold neither rows nor a manifest (exports, drafts) are none of them.

    Raises:
        UserError: the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(outputs))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{outputs}: cannot be read: {error.strerror}.") from error
    found = [listed for name in names if (listed := _look_into(outputs / name)) is not None]
    return sorted(found, key=lambda listed: listed.finished, reverse=True)


def _look_into(folder: Path) -> Listed | None:
    if folder.name.startswith("."):
        return None
    try:
        names = os.listdir(folder)
        if "manifest.json" in names:
            return _describe(folder, read_manifest(folder))
    except NotADirectoryError:
        return None
    except OSError as error:
        return Listed(folder, f"cannot be read: {error.strerror}")
    except UserError as error:
        return Listed(folder, str(error).removeprefix(f"{folder}{os.sep}").rstrip("."))
    broken = any(name in names for name in _ROWS)
    return Listed(folder, "has rows and no manifest.json") if broken else None


def _describe(folder: Path, manifest: Row) -> Listed:
    try:
        usage: Row = manifest.get("usage") or {}
        by_run = manifest["made_by"] == "run"
        return Listed(
            folder,
            made_by=_text(manifest["made_by"]),
            method=_text(manifest["method"]) if by_run else "",
            stopped=_text(manifest["stopped"]) if by_run else "",
            kept=_counts(manifest["counts"]["tasks"]),
            targets=_targets(manifest) if by_run else {},
            requests=_count(usage["requests"]) if by_run else None,
            price_usd=_money(usage["price_usd"]) if by_run else None,
            finished=_time(manifest["session"]["finished"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return Listed(folder, f"manifest.json: not the manifest of a run: {said}")


def _targets(manifest: Row) -> Mapping[str, int]:
    try:
        return {**Recipe.model_validate(manifest["recipe"]).targets}
    except ValidationError:  # of another version: what was kept is known all the same
        return {}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not text")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r:.40} is not a count")
    return value


def _counts(value: Row) -> Mapping[str, int]:
    if unknown := [lang for lang in value if lang not in LANGS]:
        raise TypeError(f"{unknown[0]!r:.40} is not a language")
    return {lang: _count(count) for lang, count in value.items()}


def _money(value: object) -> str | None:
    if value is not None and not _MONEY.fullmatch(_text(value)):
        raise TypeError(f"{value!r:.40} is not a price")
    return cast(str | None, value)


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def find_run(name: str, outputs: Path) -> Path:
    """Return the folder of a run, given by path, by name, or by the beginning of its name.

    Raises:
        UserError: there is no such run, or more than one.
    """
    for folder in (Path(name), outputs / name):
        if _holds_run(folder):
            return folder
    known = sorted(path.parent for path in outputs.glob("*/manifest.json"))
    found = [folder for folder in known if folder.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(folder.name for folder in (found or known)) or "none yet"
    problem = "is the beginning of several" if found else "not found"
    raise UserError(f'run "{name}": {problem}. Runs under {outputs}/: {names}.')


def _holds_run(folder: Path) -> bool:
    try:
        return (folder / "manifest.json").is_file()
    except OSError:  # a name longer than that of any file
        return False


def read_manifest(run: Path) -> Row:
    """Return the manifest of a run.

    Raises:
        UserError: the file is not the manifest of a run.
    """
    path = run / "manifest.json"
    try:
        manifest = orjson.loads(read_text(path))
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: not valid JSON: {error.msg}.") from error
    if not isinstance(manifest, dict) or "made_by" not in manifest:
        raise UserError(f"{path}: not the manifest of a run.")
    return cast(Row, manifest)


def find_row(run: Path, identity: str) -> tuple[bool, Row]:
    """Return (kept, row) of the task or rejected piece with this id, or the only one it begins.

    Raises:
        UserError: there is no such row, or more than one.
    """
    found: list[tuple[bool, Row]] = []
    for kept, name in zip((True, False), _ROWS, strict=True):
        for _, row in read_jsonl(run / name):
            if row["id"] == identity:
                return kept, row
            if row["id"].startswith(identity):
                found.append((kept, row))
    if len(found) == 1:
        return found[0]
    some = ", ".join(row["id"] for _, row in found[:5])
    problem = f"is the beginning of {len(found)} ids ({some} ...)" if found else "not found"
    raise UserError(f'row "{identity}" in {run}: {problem}. Ids are in its tasks.jsonl.')


def nearest_rows(run: Path, row: Row, count: int) -> list[tuple[str, float, str]]:
    """Return (id, ROUGE-L F1, text) of the kept tasks and seed tasks nearest to a row.

    Compared is what the run compares. The row itself is left out; where that is the instruction,
    other instances of it too.

    Raises:
        UserError: the manifest names a scope that is none.
    """
    scope = _read_scope(run)
    asked = _compared(scope, row)
    if not asked:
        return []
    texts = {
        kept["id"]: _compared(scope, kept)
        for _, kept in read_jsonl(run / "tasks.jsonl")
        if kept["id"] != row["id"] and not (scope == "instruction" and _same_group(kept, row))
    }
    if row["source"]["request"]:
        for lang in LANGS:
            texts.update((seed.id, _compared(scope, asdict(seed))) for seed in load_seeds(lang))
    return [(near.id, near.f1, texts[near.id]) for near in top(asked, texts, count)]


def _read_scope(run: Path) -> Scope:
    """Return what a run or a cleaning compares; before there was a choice, the instruction."""
    manifest = read_manifest(run)
    recipe: object = manifest.get("recipe")
    known = cast(Row, recipe) if isinstance(recipe, dict) else {}
    scope = manifest.get("scope", known.get("scope", "instruction"))
    if scope not in SCOPES:
        raise UserError(
            f"{run / 'manifest.json'}: scope is {scope!r:.40}, expected one of {', '.join(SCOPES)}."
        )
    return scope


def _compared(scope: Scope, row: Row) -> str:
    later: list[Row] = row.get("rounds", [])
    rounds = [Round(one["question"], one["answer"]) for one in later]
    return scope_text(scope, row["instruction"], row["input"], row["output"], rounds)


def _same_group(kept: Row, row: Row) -> bool:
    return kept["group"] == row.get("group", row["id"])
