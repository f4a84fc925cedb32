"""Earlier sets that new drafts are compared with, as if they had been kept first.

A set is the folder of a run or of a cleaning, or a file in the Alpaca layout. All of them together
are one archive, which is kept in a folder of its own and made again when a set, the scope, the
limit or our code has changed.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import UserError
from vicugna.file_rows import hash_file, plain_name, read_file
from vicugna.filtering import Chain
from vicugna.formats.archive_folder import open_archive, save_archive
from vicugna.formats.canonical import read_tasks
from vicugna.hub_sets import PREFIX, fetch_sets
from vicugna.pool import draft_text
from vicugna.records import Draft, Scope
from vicugna.text.archive import Archive, build_archive
from vicugna.text.hygiene import show_plain
from vicugna.text.limit import Limit

_ARCHIVES = 4  # that are kept: one for each scope and limit that is in use, as a rule


@dataclass(frozen=True, slots=True)
class Earlier:
    """An archive of earlier sets, and the name and SHA-256 of each."""

    archive: Archive
    sets: tuple[dict[str, str], ...]

    def describe(self) -> dict[str, Any]:
        """Return what the manifest says of them."""
        return {"sets": list(self.sets), "rows": len(self.archive)}


def open_earlier(
    names: Sequence[str], scope: Scope, max_f1: float, chain: Chain, outputs: Path
) -> Earlier | None:
    """Return the archive of some sets, or None when none is named.

    A set is named by path, or by the name of its folder under `outputs`.

    Raises:
        UserError: there is no such set, a row of it cannot be read, or no filter compares.
    """
    if not names:
        return None
    if not chain.novelty:
        raise UserError(
            f'against "{show_plain(names[0])}": no filter compares with it. Add near_duplicate or '
            "exact_duplicate to the filters."
        )
    paths = [path for name in names for path in _find(name, outputs)]
    sets = [{"name": _name(path), "sha256": _hash(path)} for path in paths]
    source = {"sets": sets, "scope": scope, "max_f1": max_f1}
    named = orjson.dumps([[str(path.resolve()) for path in paths], scope, max_f1])
    folder = outputs / ".earlier" / hashlib.sha256(named).hexdigest()[:16]
    return _open(tuple(paths), scope, max_f1, folder, orjson.dumps(source))


@lru_cache(maxsize=1)  # the command line and the flow, and each shard, ask for the same
def _open(
    paths: tuple[Path, ...], scope: Scope, max_f1: float, folder: Path, source: bytes
) -> Earlier:
    made_of = orjson.loads(source)
    archive = open_archive(folder, made_of)
    if archive is None:
        rows = [row for path in paths for row in _read(path)]
        ids = [identity for identity, _ in rows]
        texts = [draft_text(scope, draft) for _, draft in rows]
        archive = build_archive(ids, texts, Limit.of(max_f1))
        with suppress(OSError):  # a full or read-only disk costs the time to make it again
            save_archive(archive, folder, made_of)
            _remove_oldest(folder.parent)
    else:
        with suppress(OSError):
            os.utime(folder)
    return Earlier(archive, tuple(made_of["sets"]))


def _find(name: str, outputs: Path) -> list[Path]:
    """Return the files that hold the rows of a set: one, or of the hub's one for each split."""
    if name.startswith(PREFIX):
        return fetch_sets([Path(name)], outputs)
    for path in (Path(name), outputs / name):
        try:
            if (path / "tasks.jsonl").is_file():
                return [path / "tasks.jsonl"]
            if path.is_file():
                return [path]
        except (OSError, ValueError):  # a name longer than that of any file, or with a NUL
            continue
    raise UserError(
        f'against "{show_plain(name)}": no such set. Give the folder of a run or of a cleaning, '
        f"its name under {outputs}/, a file, or hub:OWNER/NAME."
    )


def _name(path: Path) -> str:
    """Return how the rows of a set are named: by the folder of a run, or by the file."""
    return plain_name(path.resolve().parent if path.name == "tasks.jsonl" else path)


def _hash(path: Path) -> str:
    """Return the SHA-256 (hex) of a file; of a run it is in the manifest, which is written last."""
    try:
        found, manifest = path.stat(), path.with_name("manifest.json")
        if path.name == "tasks.jsonl" and manifest.exists():
            known = orjson.loads(manifest.read_bytes())["files"][path.name]
            older = found.st_mtime_ns <= manifest.stat().st_mtime_ns
            if older and found.st_size == known["bytes"]:
                return known["sha256"]
    except (OSError, ValueError, KeyError, TypeError):  # what it says is not needed
        pass
    return hash_file(path)


def _read(path: Path) -> Iterator[tuple[str, Draft]]:
    """Yield id and draft of each task of a set."""
    if path.name == "tasks.jsonl":
        for task in read_tasks(path):
            yield f"{_name(path)}/{task.draft.id}", task.draft
        return
    for draft in read_file(path, _name(path)):
        if isinstance(draft, Draft):
            yield draft.id, draft


def _remove_oldest(folder: Path) -> None:
    """Remove all but the archives that were used last."""
    known = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in known[_ARCHIVES:]:
        shutil.rmtree(path, ignore_errors=True)
