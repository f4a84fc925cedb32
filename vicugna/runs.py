"""Finding a run that was written, a row in it, and what is near that row."""

from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.jsonl import read_jsonl, read_text
from vicugna.records import LANGS
from vicugna.seeds import load_seeds
from vicugna.text.novelty import NoveltyIndex

Row = dict[str, Any]


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
    for kept, name in ((True, "tasks.jsonl"), (False, "rejected.jsonl")):
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
    """Return (id, ROUGE-L F1, instruction) of the kept tasks and seed tasks nearest to a row.

    The row itself, and other instances of its instruction, are left out.
    """
    known = {kept["id"]: kept for _, kept in read_jsonl(run / "tasks.jsonl")}
    instructions = {
        identity: kept["instruction"]
        for identity, kept in known.items()
        if identity != row["id"] and kept["group"] != row.get("group", row["id"])
    }
    if row["source"]["request"]:
        for lang in LANGS:
            instructions.update((seed.id, seed.instruction) for seed in load_seeds(lang))
    index = NoveltyIndex()
    for identity, instruction in instructions.items():
        index.add(identity, instruction)
    return [
        (near.id, near.f1, instructions[near.id]) for near in index.top(row["instruction"], count)
    ]
