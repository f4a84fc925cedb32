"""Writing a run again, in other layouts."""

from collections.abc import Sequence
from pathlib import Path

from vicugna.errors import UserError
from vicugna.formats.canonical import read_tasks
from vicugna.formats.folder import whole_folder
from vicugna.formats.run_folder import check_formats, write_exports
from vicugna.runs import read_manifest


def export_run(run: Path, formats: Sequence[str], out: Path | None = None) -> dict[str, str]:
    """Write the tasks of a run folder in the named formats; return the path of each file.

    `out` is by default a folder beside the run, `<run>-export`.

    Raises:
        UserError: no format or an unknown one, the run cannot be read, or the folder is a run or
            cannot be written.
    """
    check_formats(formats)
    if not formats:
        raise UserError("export: no format was named. Give --format alpaca, or another.")
    run = run if run.name not in ("", "..") else run.resolve()  # "." has no name of its own
    target = out or run.with_name(f"{run.name}-export")
    if (target / "manifest.json").exists():
        raise UserError(f"{target}: is a run, and an export would replace it. Give another --out.")
    name = read_manifest(run)["name"]
    tasks = read_tasks(run / "tasks.jsonl")
    with whole_folder(target) as folder:
        files = write_exports(folder, name, tasks, formats)
    return {kind: str(target / file) for kind, file in files.items()}
