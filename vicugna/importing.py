"""Files in any layout as a set of ours, every row of it: to export, to clean, to push."""

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

import vicugna
from vicugna.errors import UserError
from vicugna.file_rows import hash_file, name_files, read_file
from vicugna.formats.licences import check_licence
from vicugna.formats.run_folder import write_run
from vicugna.hub_sets import fetch_sets
from vicugna.manifest import SCHEMA, Manifest, count_rows
from vicugna.pipeline import OUTPUTS
from vicugna.records import Rejected, Task


def import_files(
    inputs: Sequence[Path],
    *,
    licence: str = "",
    out: Path | None = None,
) -> Manifest:
    """Write every row of some files as a run folder; return the manifest.

    An input is a file in any layout that is known, or "hub:OWNER/NAME". Nothing is filtered; what
    is no task is in `rejected.jsonl` with the reason. `licence` is noted in every task that has
    none. Rows keep their ids as far as these are different.

    Raises:
        UserError: an input cannot be read, the licence is no id as the hub
            has them, or no row is a task.
    """
    if licence:
        check_licence(licence)
    files = fetch_sets(inputs, OUTPUTS)
    tasks: list[Task] = []
    rejected: list[Rejected] = []
    entries: list[dict[str, Any]] = []
    taken: set[str] = set()
    for path, name in zip(files, name_files(files), strict=True):
        before = len(tasks) + len(rejected)
        for piece in read_file(path, name, taken):
            if isinstance(piece, Rejected):
                rejected.append(piece)
            else:
                tasks.append(Task(replace(piece, licence=piece.licence or licence), ()))
        rows = len(tasks) + len(rejected) - before
        entries.append({"name": name, "rows": rows, "sha256": hash_file(path)})
    if not tasks:
        raise UserError(
            f"import: none of {len(rejected):,} rows is a task ({rejected[0].verdict.detail}), "
            "so nothing was written."
        )
    manifest = _describe(entries) | {"counts": count_rows(tasks, rejected)}
    digest = hashlib.sha256(orjson.dumps([entries, licence])).hexdigest()
    target = out or OUTPUTS / f"import-{digest[:8]}"
    return write_run(target, tasks, rejected, (), manifest | {"folder": str(target)})


def _describe(entries: Sequence[dict[str, Any]]) -> Manifest:
    return {
        "schema": SCHEMA,
        "name": "import",
        "made_by": "import",
        "inputs": entries,
        "versions": {"vicugna": vicugna.__version__, "python": platform.python_version()},
        "session": {"finished": datetime.now(UTC).isoformat(timespec="seconds")},
    }
