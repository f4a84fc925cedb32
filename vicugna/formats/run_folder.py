"""Everything a run leaves behind, written as one folder that appears whole."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import UserError
from vicugna.formats.canonical import write_rejected, write_replies, write_tasks
from vicugna.formats.card import write_card
from vicugna.formats.containers import LeftOut, Written, write_layout
from vicugna.formats.dataset_info import write_dataset_info
from vicugna.formats.folder import list_files, whole_folder
from vicugna.formats.lines import write_lines
from vicugna.layouts import LAYOUTS
from vicugna.layouts.faults import find_fault
from vicugna.layouts.layout import NO_REJECTED
from vicugna.records import Asked, Draft, Rejected, Source, Task


def check_formats(names: Sequence[str]) -> None:
    """Raise UserError when a format's name is unknown, or is of a layout that is only read."""
    written = [name for name, layout in LAYOUTS.items() if layout.write is not None]
    for name in names:
        if name not in written:
            raise UserError(f'format "{name}": unknown. Formats are {", ".join(written)}.')


def check_run_formats(names: Sequence[str]) -> None:
    """Raise UserError when a format cannot be that of a run, before anything is paid for.

    The methods raise tasks with one answer: a format of pairs would hold none of them.
    """
    check_formats(names)
    task = Draft("", "en", "question", "", "answer", Source())
    for name in names:
        write = LAYOUTS[name].write
        if write is not None and write(task) == NO_REJECTED:
            raise UserError(
                f'format "{name}": holds pairs of answers, and the tasks of a run have one answer. '
                "Leave it away; `vicugna import` reads pairs, `vicugna export` writes them."
            )


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
        drafts = [task.draft for task in tasks]
        exports = write_exports(folder, manifest["name"], drafts, formats)
        known = share_licence(drafts) | {"exports": describe_exports(exports)}
        return complete_folder(folder, tasks, manifest | known)


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
        files = {"messages": LAYOUTS["messages"].file}
        write_dataset_info(manifest["name"], files, folder / "dataset_info.json")
        return complete_folder(folder, examples, manifest)


def write_exports(
    folder: Path,
    name: str,
    drafts: Sequence[Draft],
    formats: Sequence[str],
    validation: Sequence[Draft] = (),
    refuse: Callable[[str, Draft], str] = lambda _, draft: find_fault(draft),
    *,
    reasoning: bool = False,
) -> dict[str, Written]:
    """Write the named formats and their `dataset_info.json`; return what each file holds.

    With rows for `validation` there is a second file for each format, `NAME_validation`. What a
    format cannot hold is in `left_out.jsonl`, {"layout", "id", "reason"}; `refuse` is asked first,
    with the name of the format.
    With `reasoning` it is written into the answers (`write_layout`). A format that can hold none of
    the tasks has no file.
    """
    written: dict[str, Written] = {}
    left_out: list[LeftOut] = []
    for kind in formats:
        ask = partial(refuse, kind)
        written[kind], rest = write_layout(kind, drafts, folder, ask, reasoning=reasoning)
        left_out += rest
        if validation:
            key = f"{kind}_validation"
            written[key], rest = write_layout(
                kind, validation, folder, ask, validation=True, reasoning=reasoning
            )
            left_out += rest
    if left_out:
        write_lines(folder / "left_out.jsonl", (one._asdict() for one in left_out))
    files = {kind: one.file for kind, one in written.items() if one.rows or not one.left_out}
    for kind in written.keys() - files.keys():
        (folder / written[kind].file).unlink()
    write_dataset_info(name, files, folder / "dataset_info.json")
    return written


def share_licence(drafts: Sequence[Draft]) -> dict[str, str]:
    """Return {"licence": the one that all tasks have in common}, or nothing when there is none."""
    licences = {draft.licence for draft in drafts}
    return {"licence": licences.pop()} if len(licences) == 1 and "" not in licences else {}


def describe_exports(exports: Mapping[str, Written]) -> dict[str, Any]:
    """Return what each file holds, as a manifest has it."""
    return {kind: one._asdict() for kind, one in exports.items()}


def list_left_out(manifest: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return (format, reason, tasks) of what the exports of a set could not hold."""
    exports: dict[str, Any] = manifest.get("exports", {})
    return [
        (kind, reason, tasks)
        for kind, one in exports.items()
        for reason, tasks in one["left_out"].items()
    ]


def complete_folder(
    folder: Path, tasks: Sequence[Task], manifest: dict[str, Any]
) -> dict[str, Any]:
    """Write the card and the manifest of what is in a folder; return the manifest."""
    write_card(manifest, tasks, folder / "README.md")
    manifest = manifest | {"files": hash_files(folder)}
    write_object(manifest, folder / "manifest.json")
    return manifest


def write_object(value: dict[str, Any], path: Path) -> None:
    """Write one JSON object, indented for people."""
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def hash_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return SHA-256 (hex) and bytes of every file in a folder, by its name: "a/b.json"."""
    hashes: dict[str, dict[str, Any]] = {}
    for name in list_files(folder):
        with (folder / name).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        hashes[name] = {"sha256": sha256, "bytes": (folder / name).stat().st_size}
    return hashes
