"""A release as a folder: rows, layouts, card, manifest, what changed, and checksums of it all."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from vicugna.errors import UserError
from vicugna.formats.canonical import write_tasks
from vicugna.formats.folder import sync_folder, whole_folder
from vicugna.formats.lines import write_lines
from vicugna.formats.run_folder import (
    complete_folder,
    describe_exports,
    hash_files,
    share_licence,
    write_exports,
)
from vicugna.records import Change, Task, to_json

LATEST = "latest"


def write_release(
    target: Path,
    tasks: Sequence[Task],
    changes: Sequence[Change],
    formats: Sequence[str],
    manifest: dict[str, Any],
) -> dict[str, Any]:
    """Write a release whole; return its manifest.

    `diff.jsonl` has a line for each change; `SHA256SUMS` is read by `sha256sum -c`.

    Raises:
        UserError: it cannot be written, or is there already.
    """
    if (target / "manifest.json").exists():
        raise UserError(f"{target}: is released already, and a release never changes.")
    with whole_folder(target) as folder:
        write_tasks(tasks, folder / "tasks.jsonl")
        write_lines(folder / "diff.jsonl", map(to_json, changes))
        drafts = [task.draft for task in tasks]
        exports = write_exports(folder, manifest["name"], drafts, formats)
        known = share_licence(drafts) | {"exports": describe_exports(exports)}
        manifest = complete_folder(folder, tasks, manifest | known)
        sums = (f"{one['sha256']}  {name}\n" for name, one in hash_files(folder).items())
        (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    return manifest


def point_latest(folder: Path, release: Path) -> None:
    """Let `latest` in the folder of a set point to a release, from one moment to the next.

    Whoever resolves it once (`readlink -f`) reads one version, whatever happens meanwhile.

    Raises:
        UserError: it cannot be written.
    """
    wanted = release.relative_to(folder)
    link = folder / LATEST
    if link.is_symlink() and Path(os.readlink(link)) == wanted:
        return
    draft = folder / f".{LATEST}-{uuid4().hex}"
    try:
        for left in folder.glob(f".{LATEST}-*"):  # by a start that was killed
            left.unlink()
        draft.symlink_to(wanted, target_is_directory=True)
        os.replace(draft, link)
        sync_folder(folder)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UserError(
            f"{link}: cannot be moved: {error.strerror}. {release} is whole; run it again."
        ) from error
