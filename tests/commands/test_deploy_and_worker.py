"""`deploy` and `worker` without a server: what they refuse. With one: flows/test_with_engine.py."""

import os
from collections.abc import Generator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vicugna.commands.deploy import deploy
from vicugna.commands.worker import worker
from vicugna.errors import UserError

both = pytest.mark.parametrize("command", [deploy, worker], ids=["deploy", "worker"])


@pytest.fixture(autouse=True)
def clean_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    before = dict(os.environ)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)


@both
def test_without_a_server_it_is_said_how_to_name_one(command: click.Command, place: Path) -> None:
    with pytest.raises(UserError, match=r"PREFECT_API_URL is not set.*`vicugna up` starts one"):
        CliRunner().invoke(command, catch_exceptions=False)

    assert list(place.iterdir()) == []


@both
def test_a_server_that_does_not_answer_is_one_line(
    command: click.Command, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api/")

    with pytest.raises(UserError, match=r"Prefect at http://127\.0\.0\.1:9/api: .*refused"):
        CliRunner().invoke(command, catch_exceptions=False)

    assert list(place.iterdir()) == []
