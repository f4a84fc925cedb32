"""The runs under outputs/ and the ledger side by side: what a run used is there, and stays."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, cast

from sqlalchemy import Connection, Engine, select

from vicugna.errors import UserError
from vicugna.formats.canonical import read_replies
from vicugna.ledger.scanning import attempt, open_snapshot
from vicugna.ledger.tables import REPLY
from vicugna.ledger.verifying import Finding
from vicugna.records import Asked
from vicugna.runs import Listed, list_runs, read_manifest

_REPLIES = "replies.jsonl"
_ROWS = ("tasks.jsonl", "rejected.jsonl", _REPLIES)
_DRAFT = ".draft-"  # in the name of a folder that is being written (`formats.folder`)
_NOT_KNOWN = "So it is not known which answers it needs: remove it, or run it again."
_KEY_LENGTH = 64
_TOGETHER = 500  # keys of one query
Paid = tuple[int, int, int | None]  # input tokens, output tokens, price in 1e-9 USD


def verify_runs(engine: Engine, folders: Sequence[Path]) -> Iterator[Finding]:
    """Yield a finding for each run under some folders.

    A run is good when its files are those that were written, and each of its replies is in the
    ledger, with the tokens and the price that the run saw.

    Raises:
        UserError: a folder cannot be read.
        DBAPIError: the database is out of reach.
    """
    for outputs in folders:
        for listed in list_runs(outputs):
            try:
                yield "run", True, f"{listed.folder.name}: {_verify_run(engine, listed)}"
            except UserError as error:
                yield "run", False, f"{listed.folder.name}: {error}"


def _verify_run(engine: Engine, listed: Listed) -> str:
    """Return what is good of a run; raise UserError with what is not."""
    folder = listed.folder
    if listed.problem:
        raise UserError(listed.problem)
    count = f"{_verify_files(folder):,} files"
    if listed.made_by != "run":
        return count
    if not (folder / _REPLIES).exists():
        return f"{count}; older than {_REPLIES}, so its answers are not looked up"
    asked = read_replies(folder / _REPLIES)
    with open_snapshot(engine) as connection:  # not while files are hashed, which may take long
        missing, changed = _look_up(connection, asked)
    if changed:
        raise UserError(
            f"{len(changed):,} of {len(asked):,} answers have other tokens or another price in the "
            f"ledger: {', '.join(key[:16] for key in changed[:3])}."
        )
    if missing:
        raise UserError(
            f"{len(missing):,} of {len(asked):,} answers cannot be found in this ledger "
            "(VICUGNA_LEDGER may point elsewhere): "
            f"{', '.join(key[:16] for key in missing[:3])}."
        )
    return f"{count}, {len(asked):,} answers"


def needed_keys(folders: Sequence[Path]) -> Iterator[str]:
    """Yield the key of every answer that a run under some folders used.

    Raises:
        UserError: of one of them that cannot be told, as it is older than replies.jsonl, damaged,
            or being written.
    """
    for outputs in folders:
        for folder in _list_folders(outputs):
            if _is_run(folder):
                yield from _read_keys(folder)


def _list_folders(outputs: Path) -> list[Path]:
    """Return all that is in a folder, hidden ones too: a run may be on its way to its name."""
    try:
        return sorted(path for path in outputs.iterdir() if path.is_dir())
    except OSError as error:
        raise UserError(f"{outputs}: cannot be read: {error.strerror}.") from error


def _is_run(folder: Path) -> bool:
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror}. {_NOT_KNOWN}") from error
    if "manifest.json" in names:
        try:
            return read_manifest(folder)["made_by"] == "run"
        except UserError as error:
            raise UserError(f"{error} {_NOT_KNOWN}") from error
    if _DRAFT in folder.name:
        raise UserError(f"{folder}: is being written, or was left by a killed run. {_NOT_KNOWN}")
    if any(name in names for name in _ROWS):
        raise UserError(f"{folder}: has rows and no manifest.json. {_NOT_KNOWN}")
    return False


def _read_keys(folder: Path) -> Iterator[str]:
    path = folder / _REPLIES
    if not path.exists():
        raise UserError(f"{folder}: is a run without {_REPLIES}. {_NOT_KNOWN}")
    try:
        _check_file(folder, _REPLIES, _listed_files(folder).get(_REPLIES))
        asked = read_replies(path)
    except UserError as error:
        raise UserError(f"{error} {_NOT_KNOWN}") from error
    for line in asked:
        if len(line.request) == _KEY_LENGTH:  # no other is a key
            yield line.request


def _verify_files(folder: Path) -> int:
    """Return how many files a manifest lists; raise UserError when one is not what was written."""
    files = _listed_files(folder)
    for name, written in files.items():
        _check_file(folder, name, written)
    return len(files)


def _listed_files(folder: Path) -> dict[str, Any]:
    files = read_manifest(folder).get("files")
    if not isinstance(files, dict):
        raise UserError(f"{folder / 'manifest.json'}: lists no files.")
    return cast(dict[str, Any], files)


def _check_file(folder: Path, name: str, written: Any) -> None:  # noqa: ANN401 - from JSON
    path = folder / name
    inside = not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    if not inside or not isinstance(written, dict):  # a name may lead anywhere
        raise UserError(f"{folder / 'manifest.json'}: has no hash of {name!r:.80}.")
    if not path.is_file():
        raise UserError(f"{path}: is missing.")
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    if found != cast(dict[str, Any], written).get("sha256"):
        raise UserError(f"{path}: is not what was written: its sha256 is not the manifest's.")


def _look_up(connection: Connection, asked: Iterable[Asked]) -> tuple[list[str], list[str]]:
    """Return the keys that are not in the ledger, and those with other tokens or another price."""
    missing: list[str] = []
    changed: list[str] = []
    lines = iter(asked)
    while some := list(islice(lines, _TOGETHER)):
        found = _find_paid(connection, [line.request for line in some])
        for line in some:
            paid = found.get(line.request)
            if paid is None:
                missing.append(line.request)
            elif paid != (line.input_tokens, line.output_tokens, line.price_nusd):
                changed.append(line.request)
    return missing, changed


def _find_paid(connection: Connection, keys: Sequence[str]) -> dict[str, Paid]:
    """Return what is stored of some answers; those that cannot be read are left out."""
    query = select(
        REPLY.c.key, REPLY.c.input_tokens, REPLY.c.output_tokens, REPLY.c.price_nusd
    ).where(REPLY.c.key.in_(keys))
    found = attempt(connection, lambda: {key: (*paid,) for key, *paid in connection.execute(query)})
    if not isinstance(found, str):
        return cast(dict[str, Paid], found)
    if len(keys) == 1:
        return {}
    return {key: paid for one in keys for key, paid in _find_paid(connection, [one]).items()}
