"""`up` and `down` without a server: what they refuse, and what they leave alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner

from vicugna.commands import server
from vicugna.commands.local_server import LocalServer, Process, is_alive, observe, write_note
from vicugna.commands.server import down, up
from vicugna.errors import UserError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="up and down are not for Windows")


@pytest.fixture(autouse=True)
def home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    before = dict(os.environ)
    monkeypatch.setenv("PREFECT_HOME", str(place / "home"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (place / "home").mkdir()
    yield place / "home"
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def child() -> Generator[Process]:
    """A process in a group of its own, as `up` starts them."""
    started = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    known = observe(started.pid)
    assert known is not None
    yield known
    started.communicate()


def test_down_with_nothing_up_says_so() -> None:
    result = CliRunner().invoke(down)
    assert (result.exit_code, result.output) == (0, "nothing of `vicugna up` runs here\n")


def test_down_ends_what_up_started(child: Process, home: Path) -> None:
    write_note(LocalServer("http://127.0.0.1:9/api", Process(child.pid, "gone"), child))

    result = CliRunner().invoke(down)

    assert result.output == "stopped: worker\n"
    assert not is_alive(child)
    assert list(home.glob("*.json")) == []


def test_down_leaves_another_process_alone(child: Process) -> None:
    """After a restart of the machine a noted id may be anybody's."""
    write_note(LocalServer("http://127.0.0.1:9/api", Process(child.pid, "an earlier time")))

    assert CliRunner().invoke(down).output == "nothing of `vicugna up` runs here\n"
    assert is_alive(child)


def test_down_ends_what_will_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SERVER_SECONDS", 0.2)
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert stubborn.stdout is not None
    assert stubborn.stdout.readline()
    known = observe(stubborn.pid)
    assert known is not None
    write_note(LocalServer("http://127.0.0.1:9/api", known))

    assert CliRunner().invoke(down).output == "stopped: server\n"
    assert not is_alive(known)
    stubborn.communicate()


def test_up_refuses_a_server_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
    with pytest.raises(UserError, match=r"PREFECT_API_URL is http://prefect\.example/api"):
        CliRunner().invoke(up, catch_exceptions=False)


def test_up_refuses_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port}: Address already in use"):
            CliRunner().invoke(up, ["--port", str(port)], catch_exceptions=False)


def test_up_cleans_up_when_it_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was started is ended, and nothing is noted."""
    monkeypatch.setattr(server, "prefect_command", lambda _: [sys.executable, "-c", "input()"])

    with pytest.raises(UserError, match=r"has ended; see .*server\.log"):
        CliRunner().invoke(up, catch_exceptions=False)

    assert list(home.glob("*.json")) == []


@pytest.mark.parametrize("command", [up, down], ids=["up", "down"])
def test_help_has_an_example(command: object) -> None:
    assert f"vicugna {command.name}" in CliRunner().invoke(command, ["--help"]).output
