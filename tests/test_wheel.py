"""The wheel shows one name, carries all content, and runs from another directory."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_has_one_top_level_name(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"vicugna"}


@pytest.mark.parametrize("folder", ["prompts", "seed_tasks", "recipes", "filters", "flows"])
def test_wheel_carries_every_content_file(wheel: Path, folder: str) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {
        f"vicugna/{path.relative_to(ROOT).as_posix()}"
        for path in files
        if "__pycache__" not in path.parts
    }

    assert wanted - packed == set()


def test_wheel_runs_from_another_directory(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VICUGNA_LEDGER")
    }

    done = subprocess.run(
        [sys.executable, "-P", "-m", "vicugna", "run", "--direct", "--target", "8", "--out", "set"],
        cwd=elsewhere,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len((elsewhere / "set" / "tasks.jsonl").read_text("utf-8").splitlines()) == 8
