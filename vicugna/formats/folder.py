"""A folder that appears whole: written beside its place, then renamed."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from errno import EBADF, EEXIST, EINVAL, ENOTDIR, ENOTEMPTY
from pathlib import Path

import orjson

from vicugna.errors import UserError
from vicugna.layouts import LAYOUTS

_MARK = "dataset_info.json"  # in every run and every export
_EXPORT = "export.json"  # in an export: what it holds, by file
_OURS = {layout.file.partition("/")[0] for layout in LAYOUTS.values()} | {
    _MARK,
    _EXPORT,
    "README.md",
    "SHA256SUMS",
    "diff.jsonl",
    "left_out.jsonl",
    "manifest.json",
    "rejected.jsonl",
    "replies.jsonl",
    "tasks.jsonl",
}


@contextmanager
def whole_folder(target: Path) -> Generator[Path]:
    """Yield an empty folder to write to; it becomes `target` when the block ends without error.

    A folder that this function made before is replaced. Until the rename, and after any error,
    what was there before is untouched. What a killed process left beside it is removed.

    After a power cut `target` is whole or absent, never there with empty files: files and folder
    are on the disk (fsync) before the rename, and the rename (fsync of the parent) before the old
    one is deleted and before this returns. An old one that was moved away is put back by the next
    run. Windows, and file systems that cannot sync a folder, order the names as they like.

    Raises:
        UserError: the disk is full, the place cannot be written, or something else is there.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_killed(target)
        _refuse_foreign(target)
        draft, lock = _make_draft(target)
    except OSError as error:
        raise _explain(target, error) from error
    try:
        yield draft
        draft.chmod(0o755)
        _settle(draft)
        _replace(draft, target)
    except OSError as error:
        raise _explain(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        _unlock(lock)


def check_target(target: Path) -> None:
    """Raise when a folder could not be written at the end, before anything is paid for.

    Raises:
        UserError: something else is there, or it is no name of a folder.
    """
    try:
        for parent in target.parents:
            if parent.exists() and not parent.is_dir():
                raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
        _refuse_foreign(target)
    except ValueError as error:  # NUL, or half a character
        raise UserError(f"{str(target)!r}: is not the name of a folder. Give another.") from error
    except OSError as error:
        raise _explain(target, error) from error


def _refuse_foreign(target: Path) -> None:
    """Raise when `target` holds anything that is not ours: replacing it would delete that."""
    if foreign := _list_foreign(target):
        raise UserError(
            f'{target}: holds "{foreign[0]}", which vicugna did not write, so it is not replaced. '
            "What was paid for is in the ledger: give another --out and run the same command again."
        )


def _list_foreign(target: Path) -> list[str]:
    try:
        names = sorted(os.listdir(target))  # in one look: another process may be replacing it
    except NotADirectoryError:
        return [target.name]
    except FileNotFoundError:
        return [target.name] if target.is_symlink() else []
    known = _OURS | _list_exported(target) if _MARK in names else ()
    return [name for name in names if name not in known]


def _list_exported(target: Path) -> set[str]:
    """Return the names that an export says it has: each trainer has a configuration of its own."""
    try:
        files = orjson.loads((target / _EXPORT).read_bytes())["files"]
        return {str(name).partition("/")[0] for name in files}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _make_draft(target: Path) -> tuple[Path, int | None]:
    """Return a new folder beside `target` and the lock on it."""
    while True:
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.draft-", dir=target.parent))
        lock = _lock(draft, wait=True)
        if draft.exists():
            return draft, lock
        _unlock(lock)  # another process took it for that of a killed one, and removed it


def _clear_killed(target: Path) -> None:
    """Remove the drafts of killed processes; put back what one of them had moved away."""
    name = re.compile(rf"\.{re.escape(target.name)}\.draft-\w{{8}}(-before)?")
    with suppress(OSError):  # what cannot be cleared is in nobody's way
        for path in sorted(target.parent.iterdir()):  # a draft goes before what it moved away
            found = name.fullmatch(path.name)
            if found and found[1]:
                _put_back(path, target)
            elif found and (lock := _lock(path, wait=False)) is not None:
                shutil.rmtree(path, ignore_errors=True)
                _unlock(lock)


def _put_back(before: Path, target: Path) -> None:
    if Path(str(before).removesuffix("-before")).exists():
        return  # its process lives, and is about to put a newer one there
    if target.exists():
        shutil.rmtree(before, ignore_errors=True)
    else:
        os.rename(before, target)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """Lock a folder until `_unlock` or the end of this process; None when it cannot be had."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process has it, or the file system knows no locks
        os.close(handle)
        return None
    return handle


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _settle(draft: Path) -> None:
    """Return when every file of a folder, and the folder, would survive a power cut."""
    for name in list_files(draft):
        with (draft / name).open("rb+") as file:  # Windows refuses to sync what is only read
            os.fsync(file.fileno())
    for folder in {(draft / name).parent for name in list_files(draft)} - {draft}:
        sync_folder(folder)
    sync_folder(draft)


def list_files(folder: Path) -> list[str]:
    """Return the files of a folder and of the folders in it, in order: "a.json", "b/c.json"."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder would survive a power cut."""
    if sys.platform == "win32":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (EBADF, EINVAL):  # what a file system says that cannot do this
            raise
    finally:
        os.close(handle)


def _replace(draft: Path, target: Path) -> None:
    before = Path(f"{draft}-before")
    while True:
        with suppress(FileNotFoundError):
            os.rename(target, before)
        try:
            os.rename(draft, target)
            break
        except OSError as error:
            if error.errno not in (EEXIST, ENOTEMPTY):
                if before.exists():
                    os.rename(before, target)
                raise
            shutil.rmtree(before, ignore_errors=True)  # another process put its own there
    try:
        sync_folder(target.parent)  # before the old one is deleted: one of the two is there
    except OSError:
        os.rename(target, draft)
        if before.exists():
            os.rename(before, target)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _explain(target: Path, error: OSError) -> UserError:
    return UserError(
        f"{target}: cannot be written: {error.strerror}. What was there is unchanged and "
        "every paid answer is in the ledger; make room or give --out, and run it again."
    )
