"""Finding a run that was written, and a row in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import UserError
from vicugna.jsonl import read_jsonl, read_text


def find_run(name: str, outputs: Path) -> Path:
    """Return the folder of a run, given by path, by name, or by the beginning of its name.

    Raises:
        UserError: there is no such run, or more than one.
    """
    for folder in (Path(name), outputs / name):
        if (folder / "manifest.json").is_file():
            return folder
    known = sorted(path.parent for path in outputs.glob("*/manifest.json"))
    found = [folder for folder in known if folder.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(folder.name for folder in (found or known)) or "none yet"
    problem = "is the beginning of several" if found else "not found"
    raise UserError(f'run "{name}": {problem}. Runs under {outputs}/: {names}.')


def read_manifest(run: Path) -> dict[str, Any]:
    """Return the manifest of a run."""
    return orjson.loads(read_text(run / "manifest.json"))


def find_rows(run: Path, identity: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Yield (kept, row) for each task and rejected piece whose id is, or begins with, `identity`."""
    for kept, name in ((True, "tasks.jsonl"), (False, "rejected.jsonl")):
        for _, row in read_jsonl(run / name):
            if row["id"] == identity or row["id"].startswith(identity):
                yield kept, row
