"""A folder that appears whole: what killed processes leave behind, and two that write at once."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vicugna.errors import UserError
from vicugna.formats.folder import whole_folder

ROOT = Path(__file__).parent.parent.parent
MARK = "dataset_info.json"

WRITE = """
import os, signal, sys
from pathlib import Path
from vicugna.formats.folder import whole_folder

target, moment, rename, count = Path(sys.argv[1]), sys.argv[2], os.rename, 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def counted(source, place):
    global count
    count += 1
    if moment == f"before rename {count}":
        die()
    rename(source, place)
    if moment == f"after rename {count}":
        die()

os.rename = counted
with whole_folder(target) as folder:
    if moment == "at first":
        die()
    (folder / "alpaca.json").write_text("new")
    (folder / "dataset_info.json").write_text("{}")
    if moment == "at last":
        die()
"""
MOMENTS = ["at first", "at last", "before rename 1", "after rename 1", "after rename 2"]


def _write(target, text):
    with whole_folder(target) as folder:
        (folder / "alpaca.json").write_text(text)
        (folder / MARK).write_text("{}")


def _write_and_die(target, moment):
    command = [sys.executable, "-c", WRITE, str(target), moment]
    killed = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60, check=False
    )
    assert killed.returncode == -signal.SIGKILL


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_one_removes_what_a_killed_one_left(tmp_path, moment):
    _write(tmp_path / "run", "old")
    _write_and_die(tmp_path / "run", moment)
    assert len(_names(tmp_path)) > 1 or moment == "after rename 1"

    _write(tmp_path / "run", "newer")

    assert _names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "alpaca.json").read_text() == "newer"


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_there_is_there_again_when_the_next_one_fails(tmp_path, moment):
    _write(tmp_path / "run", "old")
    _write_and_die(tmp_path / "run", moment)

    with pytest.raises(UserError, match="No space left"), whole_folder(tmp_path / "run"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert _names(tmp_path) == ["run"]
    expected = "new" if moment == "after rename 2" else "old"
    assert (tmp_path / "run" / "alpaca.json").read_text() == expected


def test_the_draft_of_another_that_is_still_writing_is_left_alone(tmp_path):
    with whole_folder(tmp_path / "run") as slow:
        (slow / "alpaca.json").write_text("slow")
        _write(tmp_path / "run", "fast")
        assert (tmp_path / "run" / "alpaca.json").read_text() == "fast"
        (slow / MARK).write_text("{}")

    assert (tmp_path / "run" / "alpaca.json").read_text() == "slow"
    assert _names(tmp_path) == ["run"]


def test_one_that_comes_between_the_two_renames_is_replaced_too(tmp_path, monkeypatch):
    _write(tmp_path / "run", "old")
    rename = os.rename
    others = iter(["other"])

    def interrupted(source, place):
        if Path(place) == tmp_path / "run" and (text := next(others, None)):
            _write(tmp_path / "run", text)
        rename(source, place)

    monkeypatch.setattr(os, "rename", interrupted)
    _write(tmp_path / "run", "ours")

    assert (tmp_path / "run" / "alpaca.json").read_text() == "ours"
    assert _names(tmp_path) == ["run"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(".run.draft-notes", id="another length"),
        pytest.param(".run-12345678", id="another name"),
        pytest.param(".run.draft-12345678-old", id="another end"),
        pytest.param(".run-2.draft-12345678", id="the draft of another run"),
        pytest.param("run.draft-12345678", id="not hidden"),
    ],
)
def test_what_only_looks_alike_is_left_alone(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("three years of work")

    _write(tmp_path / "run", "new")

    assert _names(tmp_path) == sorted([name, "run"])
    assert _names(tmp_path / name) == ["thesis.txt"]


def test_a_name_with_marks_of_a_pattern_is_a_name(tmp_path):
    _write_and_die(tmp_path / "run(1)+", "at last")
    assert len(_names(tmp_path)) == 1

    _write(tmp_path / "run(1)+", "new")

    assert _names(tmp_path) == ["run(1)+"]
