"""The settings that must hold do, in any folder, unless the user says otherwise."""

import os
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

from vicugna.commands.prefect_settings import (
    ENVIRONMENT,
    SETTINGS,
    flatten,
    make_home,
    set_environment,
)
from vicugna.content import ROOT
from vicugna.errors import UserError


@pytest.fixture(autouse=True)
def clean_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """An empty folder, and no word about Prefect in the environment, before and after."""
    before = dict(os.environ)
    for name in os.environ:
        if name.startswith("PREFECT_") or name == "DO_NOT_TRACK":
            monkeypatch.delenv(name)
    yield place
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)


def test_settings_are_those_of_prefect_toml() -> None:
    assert flatten(tomllib.loads((ROOT / "prefect.toml").read_text(encoding="utf-8"))) == SETTINGS


@pytest.mark.parametrize(
    ("tables", "flat"),
    [
        ({}, {}),
        ({"flows": {"heartbeat_frequency": 60}}, {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60"}),
        ({"server": {"analytics_enabled": False}}, {"PREFECT_SERVER_ANALYTICS_ENABLED": "false"}),
        ({"home": "x"}, {"PREFECT_HOME": "x"}),
    ],
    ids=["empty", "number", "truth", "text"],
)
def test_flatten(tables: dict[str, object], flat: dict[str, str]) -> None:
    assert flatten(tables) == flat


def test_settings_hold_in_any_folder(clean_environment: Path) -> None:
    set_environment()

    wanted = {**SETTINGS, **ENVIRONMENT, "PREFECT_HOME": str(clean_environment / ".prefect")}
    assert {name: os.environ.get(name) for name in wanted} == wanted


def test_what_the_user_set_stays(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
    monkeypatch.setenv("PREFECT_HOME", "mine")
    (clean_environment / "prefect.toml").write_text("[flows]\nheartbeat_frequency = 90\n")

    set_environment()

    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "true"
    assert os.environ["PREFECT_HOME"] == str(clean_environment / "mine")
    assert "PREFECT_FLOWS_HEARTBEAT_FREQUENCY" not in os.environ  # Prefect reads it in the file


def test_a_broken_prefect_toml_is_one_line(clean_environment: Path) -> None:
    (clean_environment / "prefect.toml").write_text("[flows\n")
    with pytest.raises(UserError, match=r"^prefect\.toml: cannot be read"):
        set_environment()


def test_home_is_kept_out_of_git(clean_environment: Path) -> None:
    set_environment()
    assert (make_home() / ".gitignore").read_text() == "*\n"
    assert make_home() == clean_environment / ".prefect"
