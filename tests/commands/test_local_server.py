"""What `up` started is known again by its id and its start, and nothing else is taken for it."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from vicugna.commands.local_server import (
    NOTE,
    LocalServer,
    Process,
    children_of,
    find_local_server,
    is_alive,
    observe,
    read_note,
    remove_note,
    write_note,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="up and down are not for Windows")
URL = "http://127.0.0.1:4200/api"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def child() -> Generator[Process]:
    """A process that waits until it is told to end."""
    started = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = observe(started.pid)
    assert known is not None
    yield known
    started.communicate()


def test_a_process_is_known_again(child: Process) -> None:
    assert is_alive(child)
    assert observe(child.pid) == child


def test_another_process_with_the_same_id_is_not_it(child: Process) -> None:
    assert not is_alive(Process(child.pid, "another time"))


def test_a_process_that_ended_is_not_alive() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = observe(ended.pid)
    ended.communicate()

    assert known is not None
    assert not is_alive(known)


def test_children_are_those_of_one_process(child: Process) -> None:
    me = observe(os.getpid())
    assert me is not None
    assert child in children_of(me)
    assert children_of(child) == []
    assert children_of(Process(me.pid, "another time")) == []


@pytest.mark.parametrize("worker", [None, Process(7, "then")], ids=["server only", "both"])
def test_note_comes_back(worker: Process | None) -> None:
    local = LocalServer(URL, Process(6, "then"), worker)

    write_note(local)

    assert read_note() == local


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"url": "x", "server": 3, "worker": null}'], ids=str
)
def test_a_note_that_cannot_be_read_is_none(home: Path, text: str) -> None:
    (home / NOTE).write_text(text)
    assert read_note() is None
    assert find_local_server() is None


def test_no_note_is_none() -> None:
    remove_note()
    assert read_note() is None


def test_only_a_server_that_runs_is_found(child: Process) -> None:
    write_note(LocalServer(URL, child))
    assert find_local_server() == URL

    write_note(LocalServer(URL, Process(child.pid, "another time")))
    assert find_local_server() is None
