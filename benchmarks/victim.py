"""Runs `python -m vicugna ...` and notes which stage it is in; dies in the one it is told to.

    python benchmarks/victim.py NOTES run RECIPE --direct

Started by `crash.py`. A thread looks at the stacks of the others about once a millisecond and
writes what it saw into NOTES, a file both processes map. When it has seen the stage that NOTES
asks for often enough, it sends SIGKILL to its own process group, in the middle of that stage.
"""

import faulthandler
import mmap
import os
import re
import runpy
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

_SEEN = struct.Struct("<16sd")  # stage, time.monotonic()
_WANTED = struct.Struct("<16si")  # stage to die in, and how often it is seen before that
SIZE = _SEEN.size + _WANTED.size
STAGES = ("starting", "compose", "waiting", "ledger", "parse", "gate", "export", "after")
_THREAD = re.compile("(?:Current thread|Thread) 0x([0-9a-f]+)")
_FRAME = re.compile(r' +File "(.*)", line \d+ in (.*)')

Stacks = dict[int, list[tuple[str, str]]]  # by thread

# The innermost frame that is listed decides. A function name narrows a file down.
_PLACES = (
    ("vicugna/formats/", "", "export"),
    ("vicugna/manifest.py", "", "export"),
    ("vicugna/filtering.py", "", "gate"),
    ("vicugna/parsing.py", "", "parse"),
    ("vicugna/ledger/", "", "ledger"),
    ("vicugna/teachers/", "", "waiting"),
    ("vicugna/pipeline.py", "begin", "starting"),
    ("vicugna/loop.py", "_next_job", "compose"),
    ("vicugna/loop.py", "_consume", "gate"),
    ("selectors.py", "select", "waiting"),
)


class Notes:
    """The file through which a victim and its watcher talk."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)

    def note(self, stage: str) -> None:
        """Write the stage that is seen now."""
        _SEEN.pack_into(self._map, 0, stage.encode(), time.monotonic())

    def seen(self) -> tuple[str, float]:
        """Return the stage that was seen last, and when; "" before the first."""
        stage, when = _SEEN.unpack_from(self._map, 0)
        return stage.rstrip(b"\0").decode(), when

    def want(self, stage: str, sightings: int = 1) -> None:
        """Ask for death in a stage, the given number of times it is seen from now on."""
        _WANTED.pack_into(self._map, _SEEN.size, stage.encode(), sightings)

    def wanted(self) -> tuple[str, int]:
        """Return the stage to die in, and how many times it is to be seen."""
        stage, sightings = _WANTED.unpack_from(self._map, _SEEN.size)
        return stage.rstrip(b"\0").decode(), sightings

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()


def _watch(notes: Notes, main: int) -> None:
    latest, wanted, count = 0, ("", 0), 0
    with os.fdopen(os.memfd_create("stacks"), "r+b", buffering=0) as file:
        while True:
            time.sleep(0.0005)
            stage = _stage_now(_read_stacks(file), main) or _between(latest)
            latest = max(latest, STAGES.index(stage))
            notes.note(stage)
            if notes.wanted() != wanted:
                wanted, count = notes.wanted(), 0
            count += stage == wanted[0]
            if wanted[0] and count >= wanted[1]:
                os.killpg(os.getpgid(0), signal.SIGKILL)


def _between(latest: int) -> str:
    """Return what a stack without a stage of its own is, by the latest stage there was."""
    return "after" if latest >= STAGES.index("export") else "waiting" if latest else "starting"


def _read_stacks(file: BinaryIO) -> Stacks:
    """Return (file, function) of the frames of every thread, innermost first.

    `faulthandler` walks them while nothing else runs. Walking `sys._current_frames()` while the
    threads go on crashed the interpreter (3.11) now and then.
    """
    file.seek(0)
    file.truncate()
    faulthandler.dump_traceback(file)
    file.seek(0)
    stacks: Stacks = {}
    frames: list[tuple[str, str]] = []
    for line in file.read().decode(errors="replace").splitlines():
        if thread := _THREAD.match(line):
            frames = stacks.setdefault(int(thread[1], 16), [])
        elif frame := _FRAME.match(line):
            frames.append((frame[1], frame[2]))
    return stacks


def _stage_now(stacks: Stacks, main: int) -> str:
    stage = _stage_of(stacks.pop(main, []))
    others = (_stage_of(frames) for frames in stacks.values())
    return "ledger" if stage == "waiting" and "ledger" in others else stage


def _stage_of(frames: list[tuple[str, str]]) -> str:
    for file, function in frames:
        for part, name, stage in _PLACES:
            if part in file and name in ("", function) and function != "<module>":
                return stage
    return ""


def main() -> None:
    """Start the thread that watches, then become `python -m vicugna`."""
    notes = Notes(Path(sys.argv[1]))
    sys.setswitchinterval(0.0005)
    watcher = threading.Thread(
        target=_watch, args=(notes, threading.get_ident()), daemon=True, name="watcher"
    )
    watcher.start()
    del sys.argv[1], sys.path[0]  # as if this file were not there
    runpy.run_module("vicugna", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
