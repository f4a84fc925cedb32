"""What every test lives with: no network, no keys, and a folder of its own when it asks."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vicugna.providers import load_providers

# Before `datasets` is imported anywhere.
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

_LOOPBACK = ("127.", "::1", "localhost")
_KEYS = [one.key_env for one in load_providers().values() if one.key_env]
_SETTINGS = ("LEDGER", "PRICES", "WEBHOOK", "HOOK")
_OURS = (*_KEYS, "OPENAI_BASE_URL", *(f"VICUGNA_{name}" for name in _SETTINGS))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""

    def guard(connect: Callable[..., object]) -> Callable[..., object]:
        def guarded(self: socket.socket, address: object) -> object:
            host = address[0] if isinstance(address, tuple) else ""
            if self.family != socket.AF_UNIX and not str(host).startswith(_LOOPBACK):
                raise RuntimeError(f"a test tried to reach {host}")
            return connect(self, address)

        return guarded

    monkeypatch.setattr(socket.socket, "connect", guard(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guard(socket.socket.connect_ex))


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as on a fresh machine: no key, no address, the default ledger."""
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory, so that `outputs/` lands in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def vicugna(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return the command line, run in this process: (exit code, stdout, stderr)."""
    from vicugna.__main__ import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vicugna", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def teach_offline(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Return a function that sets what the offline teacher says; it returns what it was asked."""
    from tests.scripted import say_well, scripted
    from vicugna.teachers.offline import ask as offline

    def teach(say: Callable[..., str] = say_well, **changes: Any) -> list[Any]:
        asked: list[Any] = []
        monkeypatch.setattr(offline, "ask_offline", scripted(say, asked, **changes))
        return asked

    return teach
