"""Who is at work on a ledger, and who died at it.

A process that is killed leaves questions open that others wait for. On one machine its death is
seen at once: while it lives it holds the lock on a file, which the system lets go of when it dies,
however it dies. Between machines, or where such a file cannot be had, a process is taken for dead
when its beat in the ledger has not changed for `LEASE` seconds while the ledger could be read,
by the clock of the one who waits: no two clocks are compared, and one that jumps is not used.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from uuid import uuid4

from filelock import FileLock, Timeout

_FORGOTTEN = 86_400.0  # seconds after which a dead process's lock file is in nobody's way
BEAT = 5.0  # seconds between two beats
LEASE = 30.0  # seconds without a beat


class Presence:
    """This process at work on one ledger: an id, and a lock that ends with the process."""

    def __init__(self) -> None:
        self.id = uuid4().hex
        self._lock: FileLock | None = None
        with suppress(OSError, Timeout):  # then the beat alone says that it lives
            path = _lock_path(self.id)
            self._lock = FileLock(path, blocking=False, thread_local=False)
            self._lock.acquire()
            _remove_forgotten(path.parent)

    def end(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            self._lock.release()
            with suppress(OSError):
                Path(self._lock.lock_file).unlink(missing_ok=True)


class Watch:
    """Looks at other processes again and again, and tells which are dead."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int | None, float]] = {}  # beat, and when it was new
        self._dead: set[str] = set()  # those whose lock said so, and is gone

    def find_dead(self, beats: dict[str, int | None]) -> list[str]:
        """Return the dead ones among processes whose beats were read just now (None: no row)."""
        self._seen = {one: seen for one, seen in self._seen.items() if one in beats}
        return [process for process, beat in beats.items() if self._is_dead(process, beat)]

    def forget(self) -> None:
        """Begin anew, after the ledger could not be read: nobody could beat meanwhile."""
        self._seen.clear()

    def _is_dead(self, process: str, beat: int | None) -> bool:
        alive = is_alive(process)
        if alive is False:
            _lock_path(process).unlink(missing_ok=True)
            self._dead.add(process)
        if alive is not None or process in self._dead:
            return not alive
        seen, since = self._seen.get(process, (None, monotonic()))
        if process not in self._seen or seen != beat:
            self._seen[process] = beat, monotonic()
            return False
        return monotonic() - since > LEASE


def is_alive(process: str) -> bool | None:
    """Return whether a process lives; None when no lock here tells. Changes nothing."""
    path = _find_lock(process)
    return None if path is None else _is_held(path)


def _is_held(path: Path) -> bool:
    lock = FileLock(path, blocking=False, thread_local=False)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _remove_forgotten(folder: Path) -> None:
    for path in folder.glob("*.lock"):
        with suppress(OSError):
            if time() - path.stat().st_mtime > _FORGOTTEN and not _is_held(path):
                path.unlink(missing_ok=True)


def _find_lock(process: str) -> Path | None:
    """Return the lock file of a process, or None: it is gone, on another machine, or elsewhere."""
    with suppress(OSError):
        path = _lock_path(process)
        return path if path.exists() else None
    return None


def _lock_path(process: str) -> Path:
    """Return the place of a process's lock: in a folder that nobody else can write to."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"vicugna-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / f"{process}.lock"
