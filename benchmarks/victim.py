"""Runs `python -m vicugna ...` and notes which stage it is in; dies in the one it is told to.

    python benchmarks/victim.py NOTES run RECIPE --direct

Started by `crash.py`. A thread looks at the stacks of the others about once a millisecond and
writes what it saw into NOTES, a file both processes map. When it has seen the stage that NOTES
asks for often enough, it sends SIGKILL to its own process group, in the middle of that stage.

What a release does with its link and its note takes less than a millisecond. While NOTES asks for
a stage of a release, a look is taken before each thing that is done to a file in it, too.
"""

import faulthandler
import inspect
import mmap
import os
import re
import runpy
import signal
import struct
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import BinaryIO

_SEEN = struct.Struct("<16sd")  # stage, time.monotonic()
_WANTED = struct.Struct("<16si")  # stage to die in, and how often it is seen before that
SIZE = _SEEN.size + _WANTED.size
RELEASE_STAGES = ("begun", "release", "latest")  # the note, the folder of a version, the link
STAGES = (
    *("starting", "begun", "compose", "waiting", "ledger"),
    *("parse", "gate", "export", "release", "latest", "after"),
)
_THREAD = re.compile("(?:Current thread|Thread) 0x([0-9a-f]+)")
_FRAME = re.compile(r' +File "(.*)", line \d+ in (.*)')

Frames = list[tuple[str, str]]  # file and function, innermost first
Stacks = dict[int, Frames]  # by thread
Places = tuple[tuple[str, str, str], ...]  # part of a file's name, function ("" is any), stage
_FILE_EVENTS = {"open", "os.mkdir", "os.symlink", "os.rename", "os.remove", "os.rmdir"}

# The innermost frame that is listed decides. A function name narrows a file down.
# These come before all others, whatever they call: a version is written by what writes a run.
_RELEASING = (
    ("vicugna/releasing/", "_note_begun", "begun"),
    ("vicugna/releasing/", "_forget_begun", "begun"),
    ("vicugna/formats/release_folder.py", "point_latest", "latest"),
    ("vicugna/formats/release_folder.py", "write_release", "release"),
)
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


class Death:
    """Counts how often the stage that the notes ask for is seen, and comes when it is enough."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._wanted, self._count = ("", 0), 0

    def see(self, stage: str) -> None:
        """Note the stage that is seen now; kill the process group in it when that is asked for."""
        self._notes.note(stage)
        if self._notes.wanted() != self._wanted:
            self._wanted, self._count = self._notes.wanted(), 0
        self._count += stage == self._wanted[0]
        if self._wanted[0] and self._count >= self._wanted[1]:
            os.killpg(os.getpgid(0), signal.SIGKILL)

    def look_before(self, event: str, _: tuple[object, ...]) -> None:
        """See the stage of this thread before it does something to a file (an audit hook)."""
        if event in _FILE_EVENTS and self._notes.wanted()[0] in RELEASE_STAGES:
            frames = [
                (frame.f_code.co_filename, frame.f_code.co_name)
                for frame, _ in traceback.walk_stack(inspect.currentframe())
            ]
            if stage := _find(frames, _RELEASING):
                self.see(stage)


def _watch(death: Death, main: int) -> None:
    latest = 0
    with os.fdopen(os.memfd_create("stacks"), "r+b", buffering=0) as file:
        while True:
            time.sleep(0.0005)
            stage = _stage_now(_read_stacks(file), main) or _between(latest)
            latest = max(latest, STAGES.index(stage))
            death.see(stage)


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
    frames: Frames = []
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


def _stage_of(frames: Frames) -> str:
    return _find(frames, _RELEASING) or _find(frames, _PLACES)


def _find(frames: Frames, places: Places) -> str:
    for file, function in frames:
        for part, name, stage in places:
            if part in file and name in ("", function) and function != "<module>":
                return stage
    return ""


def main() -> None:
    """Start the thread that watches, then become `python -m vicugna`."""
    notes = Notes(Path(sys.argv[1]))
    sys.setswitchinterval(0.0005)
    death = Death(notes)
    sys.addaudithook(death.look_before)
    watcher = threading.Thread(
        target=_watch, args=(death, threading.get_ident()), daemon=True, name="watcher"
    )
    watcher.start()
    del sys.argv[1], sys.path[0]  # as if this file were not there
    runpy.run_module("vicugna", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
