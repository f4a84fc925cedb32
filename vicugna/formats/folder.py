"""A folder that appears whole: written beside its place, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vicugna.errors import UserError
from vicugna.formats import FORMATS

_MARK = "dataset_info.json"  # in every run and every export
_OURS = {file for file, _ in FORMATS.values()} | {
    _MARK,
    "README.md",
    "manifest.json",
    "rejected.jsonl",
    "tasks.jsonl",
}


@contextmanager
def whole_folder(target: Path) -> Generator[Path]:
    """Yield an empty folder to write to; it becomes `target` when the block ends without error.

    A folder that this function made before is replaced. Until the rename, and after any error,
    what was there before is untouched.

    Raises:
        UserError: the disk is full, the place cannot be written, or something else is there.
    """
    try:
        _refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _explain(target, error) from error
    try:
        yield draft
        draft.chmod(0o755)
        _replace(draft, target)
    except OSError as error:
        raise _explain(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_foreign(target: Path) -> None:
    """Raise when `target` holds anything that is not ours: replacing it would delete that."""
    if target.is_dir():
        names = sorted(path.name for path in target.iterdir())
        known = _OURS if _MARK in names else ()
        foreign = [name for name in names if name not in known]
    else:
        foreign = [target.name] if os.path.lexists(target) else []
    if foreign:
        raise UserError(
            f'{target}: holds "{foreign[0]}", which vicugna did not write, so it is not replaced. '
            "Every paid answer is in the ledger: give another --out and run the same command again."
        )


def _replace(draft: Path, target: Path) -> None:
    before = Path(f"{draft}-before")
    if target.exists():
        os.rename(target, before)
    try:
        os.rename(draft, target)
    except OSError:
        if before.exists():
            os.rename(before, target)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _explain(target: Path, error: OSError) -> UserError:
    return UserError(
        f"{target}: cannot be written: {error.strerror}. What was there is unchanged and "
        "every paid answer is in the ledger; make room or give --out, and run it again."
    )
