"""Everything a run leaves behind, written as one folder that appears whole."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import UserError
from vicugna.formats import FORMATS
from vicugna.formats.canonical import write_rejected, write_replies, write_tasks
from vicugna.formats.card import write_card
from vicugna.formats.dataset_info import write_dataset_info
from vicugna.formats.folder import whole_folder
from vicugna.records import Asked, Rejected, Task


def check_formats(names: Sequence[str]) -> None:
    """Raise UserError when a format's name is unknown."""
    for name in names:
        if name not in FORMATS:
            raise UserError(f'format "{name}": unknown. Formats are {", ".join(FORMATS)}.')


def write_run(
    target: Path,
    tasks: Sequence[Task],
    rejected: Sequence[Rejected],
    formats: Sequence[str],
    manifest: dict[str, Any],
    asked: Sequence[Asked] | None = None,
) -> dict[str, Any]:
    """Write `target` whole: canonical rows, exports, card and manifest. Return the manifest.

    `asked` is a line for each reply that the run consumed; None when it asked nothing of anybody,
    and then there is no `replies.jsonl`.

    Raises:
        UserError: it cannot be written; what was there before is untouched.
    """
    with whole_folder(target) as folder:
        write_tasks(tasks, folder / "tasks.jsonl")
        write_rejected(rejected, folder / "rejected.jsonl")
        if asked is not None:
            write_replies(asked, folder / "replies.jsonl")
        write_exports(folder, manifest["name"], tasks, formats)
        return _complete(folder, tasks, manifest)


def write_run_in_parts(
    target: Path,
    parts: Iterable[Mapping[str, bytes]],
    finish: Callable[[], tuple[dict[str, Any], Sequence[Task]]],
) -> dict[str, Any]:
    """Write `target` whole, of a set too large to be held at once. Return the manifest.

    Each part has the next lines of `tasks.jsonl`, `rejected.jsonl` and `messages.jsonl`. After the
    last of them `finish` returns the manifest, and a task of each language for the card.

    Raises:
        UserError: it cannot be written, or `finish` raises it; what was there before is untouched.
    """
    with whole_folder(target) as folder:
        for part in parts:
            for name, lines in part.items():
                with (folder / name).open("ab") as file:
                    file.write(lines)
        manifest, examples = finish()
        files = {"messages": FORMATS["messages"][0]}
        write_dataset_info(manifest["name"], files, folder / "dataset_info.json")
        return _complete(folder, examples, manifest)


def write_exports(
    folder: Path, name: str, tasks: Sequence[Task], formats: Sequence[str]
) -> dict[str, str]:
    """Write the named formats and their `dataset_info.json`. Return the file of each format."""
    files: dict[str, str] = {}
    for kind in formats:
        files[kind], write = FORMATS[kind]
        write(tasks, folder / files[kind])
    write_dataset_info(name, files, folder / "dataset_info.json")
    return files


def _complete(folder: Path, tasks: Sequence[Task], manifest: dict[str, Any]) -> dict[str, Any]:
    """Write the card and the manifest of what is in a folder; return the manifest."""
    write_card(manifest, tasks, folder / "README.md")
    names = [path.name for path in folder.iterdir()]
    manifest = manifest | {"files": _hash_files(folder, names)}
    dumped = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (folder / "manifest.json").write_bytes(dumped)
    return manifest


def _hash_files(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    hashes: dict[str, dict[str, Any]] = {}
    for name in sorted(names):
        with (folder / name).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        hashes[name] = {"sha256": sha256, "bytes": (folder / name).stat().st_size}
    return hashes
