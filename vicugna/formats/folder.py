"""A folder that appears whole: written beside its place, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vicugna.errors import UserError


@contextmanager
def whole_folder(target: Path) -> Generator[Path]:
    """Yield an empty folder to write to; it becomes `target` when the block ends without error.

    A folder that is at `target` already is replaced. Until the rename, and after any error,
    what was there before is untouched.

    Raises:
        UserError: the disk is full, or the place cannot be written.
    """
    try:
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
        "every paid answer is in the ledger; make room or give --out, and run the same command again."
    )
