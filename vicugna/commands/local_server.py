"""The server and worker that `vicugna up` started, as noted in `$PREFECT_HOME/local-server.json`.

A process is known by its id and by when it started: ids are used again.
"""

import json
import math
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUN_SECONDS = 45  # to end by itself: 30 of them for answers that are paid for
WORKER_SECONDS = 30
NOTE = "local-server.json"
PROC = Path("/proc/self/stat")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that `up` started, in a process group of its own."""

    pid: int
    started: str  # as the system says it; only compared


@dataclass(frozen=True, slots=True)
class LocalServer:
    """What `up` started. `worker` is None when it ended before the worker was started."""

    url: str  # ends in /api
    server: Process
    worker: Process | None = None


def find_local_server() -> str | None:
    """Return the address of the API that `up` keeps running here, None when there is none."""
    known = read_note()
    return known.url if known is not None and is_alive(known.server) else None


def read_note() -> LocalServer | None:
    """Return what `up` noted, None when there is no note or it cannot be read."""
    try:
        noted: dict[str, Any] = json.loads(_note().read_text())
        worker = noted["worker"]
        return LocalServer(
            noted["url"], Process(**noted["server"]), Process(**worker) if worker else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_note(local: LocalServer) -> None:
    """Note what was started; the note appears whole."""
    draft = _note().with_suffix(".new")
    draft.write_text(json.dumps(asdict(local), indent=1))
    draft.replace(_note())


def remove_note() -> None:
    """Forget what was started."""
    _note().unlink(missing_ok=True)


def observe(pid: int) -> Process | None:
    """Return the process with this id as it is now, None when it does not run (or is a zombie)."""
    if PROC.exists():
        fields = _read_stat(pid)
        return Process(pid, fields[19]) if fields and fields[0] != "Z" else None
    told = _ask_ps("lstart=", "-p", str(pid))
    return Process(pid, told) if told else None


def children_of(parent: Process) -> list[Process]:
    """Return the processes that a running process has started."""
    if PROC.exists():
        pids = [int(entry.name) for entry in PROC.parent.parent.iterdir() if entry.name.isdigit()]
        parents = {pid: int(fields[1]) for pid in pids if (fields := _read_stat(pid))}
    else:
        rows = [row.split() for row in _ask_ps("pid=,ppid=", "-A").splitlines()]
        parents = {int(pid): int(ppid) for pid, ppid in rows}
    found = [observe(pid) for pid, ppid in parents.items() if ppid == parent.pid]
    return [process for process in found if process is not None] if is_alive(parent) else []


def is_alive(process: Process) -> bool:
    """Say whether this very process still runs."""
    return observe(process.pid) == process


def end_process(process: Process, seconds: float) -> bool:
    """End a process, the hard way after `seconds`. Return whether it still ran."""
    return bool(_end_all([process], seconds))


def _end_all(processes: list[Process], seconds: float) -> int:
    """End some processes, the hard way after `seconds`. Return how many still ran.

    Each is told once: a run that is told twice does not wait for what is paid for.
    """
    alive = [process for process in processes if is_alive(process)]
    for process in alive:
        os.kill(process.pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    while left := [process for process in alive if is_alive(process)]:
        if time.monotonic() > until:
            for process in left:
                os.kill(process.pid, signal.SIGKILL)
            until = math.inf
        time.sleep(0.1)
    return len(alive)


def end_worker(worker: Process) -> list[str]:
    """End a worker of Prefect and the runs that it has begun; return what was still running.

    Runs first, all at once: each waits for answers that are paid for, and says to the server that
    it was ended. A worker that is ended before them takes them with it at once.
    """
    ended = ["run"] * _end_all(children_of(worker), RUN_SECONDS)
    return ended + ["worker"] * end_process(worker, WORKER_SECONDS)


def _read_stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the name: state, parent, ... start time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ask_ps(columns: str, *which: str) -> str:
    """Return what `ps` says: it is everywhere that `up` works and /proc is not."""
    command = ["ps", "-o", columns, *which]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _note() -> Path:
    return Path(os.environ["PREFECT_HOME"]) / NOTE
