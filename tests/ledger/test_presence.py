"""Who is dead: at once on one machine, after a while without a beat between machines."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from vicugna.ledger import presence
from vicugna.ledger.presence import LEASE, Presence, Watch, is_alive

DAY = 86_400


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Keep lock files in a folder of the test; return it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"vicugna-{os.getuid()}"


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test moves, in the place of the system's."""

    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(presence, "monotonic", clock)
    return clock


def _lock(folder, process):
    return folder / f"{process}.lock"


# --- by the lock ----------------------------------------------------------------------------------

VICTIM = """
import subprocess, sys
from vicugna.ledger.presence import Presence
presence = Presence()
if sys.argv[1:]:
    subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
print(presence.id, flush=True)
sys.stdin.read()
presence.end()
"""


@contextmanager
def _victim(folder, *words):
    """Start a process that is present, in a group of its own; yield it and its id."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, *words],
        env={**os.environ, "TMPDIR": str(folder.parent)},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_process_that_is_killed_is_dead_at_once(folder, clock):
    with _victim(folder) as (process, identity):
        watch = Watch()
        assert (watch.find_dead({identity: 0}), is_alive(identity)) == ([], True)

        process.kill()
        process.wait()

        assert is_alive(identity) is False
        assert _lock(folder, identity).exists()  # looking changes nothing
        assert watch.find_dead({identity: 0}) == [identity]
        assert not _lock(folder, identity).exists()
        assert watch.find_dead({identity: 0}) == [identity]  # and stays so without its lock


def test_a_child_that_lives_on_does_not_keep_the_lock(folder, clock):
    with _victim(folder, "with a child") as (process, identity):
        process.kill()
        process.wait()

        assert Watch().find_dead({identity: 0}) == [identity]


def test_a_process_that_is_stopped_is_not_dead(folder, clock):
    """A laptop that sleeps, a Ctrl-Z: it goes on later, with its answers. No beat is needed."""
    with _victim(folder) as (process, identity):
        os.kill(process.pid, signal.SIGSTOP)
        watch = Watch()

        for _ in range(3):
            assert watch.find_dead({identity: 7}) == []
            clock.now += 2 * LEASE


def test_one_that_ends_leaves_no_file(folder):
    with _victim(folder) as (process, identity):
        process.stdin.close()
        process.wait()

        assert not _lock(folder, identity).exists()
        assert is_alive(identity) is None


def test_oneself_is_alive(folder):
    mine = Presence()

    assert Watch().find_dead({mine.id: None}) == []
    assert is_alive(mine.id) is True
    mine.end()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("age", "alive", "stays"),
    [
        pytest.param(DAY - 60, False, True, id="of a dead one, not yet a day old"),
        pytest.param(DAY + 60, False, False, id="of a dead one, a day old"),
        pytest.param(9 * DAY, True, True, id="of one that lives"),
    ],
)
def test_files_that_nobody_asked_about_are_removed_after_a_day(
    folder, monkeypatch, age, alive, stays
):
    other = Presence() if alive else None
    path = _lock(folder, other.id if other else "0" * 32)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    written = path.stat().st_mtime
    monkeypatch.setattr(presence, "time", lambda: written + age)

    Presence().end()

    assert path.exists() == stays
    if other:
        other.end()


# --- by the beat ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited", "dead"),
    [
        pytest.param(0.0, [], id="just seen"),
        pytest.param(LEASE, [], id="exactly the lease"),
        pytest.param(LEASE + 0.01, ["far"], id="longer than the lease"),
    ],
)
@pytest.mark.parametrize("beat", [0, 7, None], ids=["first beat", "some beat", "no row"])
def test_without_a_lock_it_is_dead_when_its_beat_stands_still(clock, beat, waited, dead):
    """Also one that holds a charge and has no row: it never beat, or was buried already."""
    watch = Watch()
    assert watch.find_dead({"far": beat}) == []

    clock.now += waited

    assert watch.find_dead({"far": beat}) == dead


@pytest.mark.parametrize(
    ("first", "then"), [(1, 2), (2, 1), (None, 0), (0, None)], ids=["up", "down", "row", "no row"]
)
def test_a_beat_that_changes_begins_the_lease_anew(clock, first, then):
    watch = Watch()
    watch.find_dead({"far": first})
    clock.now += LEASE
    assert watch.find_dead({"far": then}) == []

    clock.now += LEASE
    assert watch.find_dead({"far": then}) == []

    clock.now += 0.01
    assert watch.find_dead({"far": then}) == ["far"]


def test_processes_are_told_apart(clock):
    watch = Watch()
    for beat in range(3):
        assert watch.find_dead({"lives": beat, "dead": 5}) == []
        clock.now += LEASE / 2

    assert watch.find_dead({"lives": 3, "dead": 5}) == ["dead"]


def test_one_that_was_not_looked_at_meanwhile_is_new(clock):
    watch = Watch()
    watch.find_dead({"far": 1})
    watch.find_dead({})
    clock.now += 2 * LEASE

    assert watch.find_dead({"far": 1}) == []


def test_after_the_ledger_was_away_nobody_is_dead_for_not_having_beaten(clock):
    watch = Watch()
    watch.find_dead({"far": 1})
    clock.now += 2 * LEASE

    watch.forget()

    assert watch.find_dead({"far": 1}) == []
    clock.now += LEASE + 0.01
    assert watch.find_dead({"far": 1}) == ["far"]


# --- where no lock can be had ---------------------------------------------------------------------


def _somebody_elses(monkeypatch, tmp_path):
    somebody = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody)


def _no_folder(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))


def _no_locks(monkeypatch, tmp_path):
    def refuse(lock, **_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(presence.FileLock, "acquire", refuse)


@pytest.mark.parametrize("spoil", [_somebody_elses, _no_folder, _no_locks])
def test_where_no_lock_can_be_had_the_beat_alone_tells(monkeypatch, tmp_path, clock, spoil):
    spoil(monkeypatch, tmp_path)

    mine = Presence()

    watch = Watch()
    assert (watch.find_dead({mine.id: 1}), is_alive(mine.id)) == ([], None)
    clock.now += LEASE + 0.01
    assert watch.find_dead({mine.id: 2}) == []
    clock.now += LEASE + 0.01
    assert watch.find_dead({mine.id: 2}) == [mine.id]
    mine.end()
