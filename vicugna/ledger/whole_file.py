"""A file that appears whole: written beside its place, then renamed."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from vicugna.errors import UserError
from vicugna.formats.folder import sync_folder


@contextmanager
def whole_file(path: Path, *, force: bool) -> Generator[BinaryIO]:
    """Yield a file to write to; it becomes `path` when the block ends without error.

    It is on the disk (fsync) before it gets its name, so also after a power cut `path` is what it
    was, or whole. With `force` a file that is there is replaced.

    Raises:
        UserError: it is there already, or cannot be written; what was there is untouched.
    """
    _refuse_existing(path, force=force)
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        draft = Path(name)
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        _refuse_existing(path, force=force)  # another process may have been faster
        os.replace(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}.") from error
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _refuse_existing(path: Path, *, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise UserError(f"{path}: is there, and is no file, so it is not replaced.")
    if not force:
        raise UserError(f"{path}: is there already. Give another name, or --force to replace it.")
