"""CPU and memory of processes and all they start, as Linux tells them in /proc."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_TICKS = os.sysconf("SC_CLK_TCK")
_INTERVAL = 0.2  # seconds between looks: what a process used after the last one is missed
_EVERY = 5  # looks between those at the memory, which cost more


class Watch:
    """Looks at some processes and their descendants while the block lasts.

    `seconds` of CPU are since `begin`, of the processes given; memory is also that of `also`.
    """

    def __init__(self, roots: Sequence[int] = ()) -> None:
        self._roots = roots
        self._used: dict[int, float] = {}
        self._before = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.also = 0
        self.peak = 0.0  # megabytes
        self.shared = 0.0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def begin(self) -> None:
        """Count from now on."""
        self._count()
        self._before = sum(self._used.values())
        self.peak = self.shared = 0.0

    @property
    def seconds(self) -> float:
        """CPU seconds since `begin`."""
        self._count()
        return sum(self._used.values()) - self._before

    def _look(self) -> None:
        looks = 0
        while not self._done.wait(_INTERVAL):
            self._count()
            looks += 1
            if looks % _EVERY == 0:
                self._weigh()

    def _count(self) -> None:
        for pid in _descendants(self._roots):
            self._used[pid] = max(_cpu_seconds(pid), self._used.get(pid, 0.0))

    def _weigh(self) -> None:
        pids = _descendants([*self._roots, *([self.also] if self.also else [])])
        sizes = [_memory(pid) for pid in pids]
        self.peak = max(self.peak, sum(size for size, _ in sizes))
        self.shared = max(self.shared, sum(shared for _, shared in sizes))


def _descendants(roots: Sequence[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            fields = _stat(int(path.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(path.name))
    found, waiting = list[int](), list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, ())
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _memory(pid: int) -> tuple[float, float]:
    """Return megabytes: this process's share of all it holds, and of what others hold too."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(sizes.get("Pss", 0)) / 1e3, int(sizes.get("Pss_Shmem", 0)) / 1e3
