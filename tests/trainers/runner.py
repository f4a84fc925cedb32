"""Run a check with its trainer's own interpreter."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.files import Row
from tests.trainers.install import ROOT, is_made, python_of

CHECKS = Path(__file__).parent / "checks"


def run_check(
    script: str, files: Sequence[Row], folder: Path, *, trainer: str = "", clone: str = ""
) -> list[dict[str, Any]]:
    """Return what a check found for each file; skip the test where the trainer is not there."""
    trainer = trainer or script
    if not is_made(trainer):
        pytest.skip(f"{trainer} is not there: python tests/trainers/install.py {trainer}")
    source = Path(os.environ.get("TRAINER_CLONES", ROOT / "src"), clone)
    if clone and not source.exists():
        pytest.skip(f"no clone of {clone} in {source}: see python tests/trainers/install.py")
    work = folder / f"work_{script}"
    work.mkdir()
    asked = folder / f"{script}.json"
    asked.write_text(json.dumps({"folder": str(work), "clone": str(source), "files": list(files)}))
    ran = subprocess.run(
        [python_of(trainer), CHECKS / f"{script}_check.py", asked],
        cwd=work,
        env=os.environ | {"HF_HOME": str(work / "hf"), "HOME": str(work), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-5000:]
    return json.loads(ran.stdout.splitlines()[-1])


def assert_learned(found: Sequence[dict[str, Any]], files: Sequence[Row]) -> None:
    """Compare what a check found with what the files hold."""
    for one, file in zip(found, files, strict=True):
        assert "error" not in one, f"{one['layout']}: {one['error']}"
        assert one["kept"] == file["rows"], f"{one['layout']}: {one['kept']} of {file['rows']} kept"
        losses = {kind: one[kind] for kind in LOSSES if one[kind]}
        assert not losses, f"{one['layout']}: {losses}"
        sides = [side for side, _, _ in one["around"]]
        assert len(sides) == len(set(sides)), one["around"]  # the same tags around every answer


LOSSES = ("missing", "stripped", "leaked")
