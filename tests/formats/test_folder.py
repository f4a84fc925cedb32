"""A folder that appears whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from vicugna.errors import UserError
from vicugna.formats.folder import whole_folder

MARK = "dataset_info.json"


def _write(target, **files):
    with whole_folder(target) as folder:
        for name, text in {"alpaca": "[]", **files}.items():
            (folder / f"{name}.json").write_text(text)
        (folder / MARK).write_text("{}")


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_at_its_place_until_the_block_ends(tmp_path):
    target = tmp_path / "a" / "b" / "run"
    with whole_folder(target) as folder:
        (folder / "alpaca.json").write_text("[]")
        assert not target.exists()

    assert _names(target) == ["alpaca.json"]
    assert _names(target.parent) == ["run"]


def test_a_run_that_is_there_is_replaced_whole(tmp_path):
    _write(tmp_path / "run", alpaca="[1]", sharegpt="[2]")
    _write(tmp_path / "run", alpaca="[3]")

    assert _names(tmp_path / "run") == ["alpaca.json", MARK]
    assert (tmp_path / "run" / "alpaca.json").read_text() == "[3]"
    assert _names(tmp_path) == ["run"]


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()

    _write(tmp_path / "run")

    assert _names(tmp_path / "run") == ["alpaca.json", MARK]


def test_an_error_inside_leaves_what_was_there(tmp_path):
    _write(tmp_path / "run", alpaca="[1]")

    with pytest.raises(TypeError):
        _write(tmp_path / "run", alpaca="[2]", sharegpt=3)

    assert (tmp_path / "run" / "alpaca.json").read_text() == "[1]"
    assert _names(tmp_path) == ["run"]


@pytest.mark.parametrize("there", [True, False], ids=["a run was there", "nothing was there"])
def test_a_full_disk_is_told_in_one_line_and_leaves_what_was_there(tmp_path, there):
    target = tmp_path / "run"
    if there:
        _write(target, alpaca="[1]")

    with pytest.raises(UserError) as told, whole_folder(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    line = f"{target}: cannot be written: No space left on device. What was there is unchanged"
    assert str(told.value).startswith(line)
    assert "\n" not in str(told.value)
    assert _names(tmp_path) == (["run"] if there else [])


@pytest.mark.parametrize("failing", [1, 2], ids=["moving the old away", "moving the new in"])
def test_a_rename_that_fails_leaves_what_was_there(tmp_path, monkeypatch, failing):
    _write(tmp_path / "run", alpaca="[1]")
    rename, count = os.rename, 0

    def fail(before, after):
        nonlocal count
        count += 1
        if count == failing:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        rename(before, after)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(UserError, match="Permission denied"):
        _write(tmp_path / "run", alpaca="[2]")

    assert (tmp_path / "run" / "alpaca.json").read_text() == "[1]"
    assert _names(tmp_path) == ["run"]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        pytest.param(["thesis.txt"], "thesis.txt", id="files of the user"),
        pytest.param([MARK, "alpaca.json", "thesis.txt"], "thesis.txt", id="a file among ours"),
        pytest.param(["README.md"], "README.md", id="a project that has only begun"),
        pytest.param([MARK, ".git"], ".git", id="a repository"),
    ],
)
def test_a_folder_with_other_files_is_never_replaced(tmp_path, files, named):
    """`--out` given a folder of one's own must not delete it."""
    target = tmp_path / "mine"
    target.mkdir()
    for name in files:
        (target / name).write_text("three years of work")

    with pytest.raises(UserError, match=f'holds "{named}", which vicugna did not write'):
        _write(target)

    assert _names(target) == sorted(files)
    assert _names(tmp_path) == ["mine"]


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("three years of work")

    with pytest.raises(UserError, match="did not write"):
        _write(tmp_path / "notes.txt")

    assert (tmp_path / "notes.txt").read_text() == "three years of work"


def test_the_working_directory_is_never_replaced(place):
    (place / "notes.txt").write_text("three years of work")

    with pytest.raises(UserError, match=r"notes\.txt"):
        _write(Path())

    assert _names(place) == ["notes.txt"]


def test_a_place_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "notes.txt").write_text("x")

    with pytest.raises(UserError, match="cannot be written: "):
        _write(tmp_path / "notes.txt" / "run")


# --- what other processes left, or are about to leave ---------------------------------------------

DRAFT = ".run.draft-abcd1234"


def _leave(folder, name, text="[9]"):
    (folder / name).mkdir()
    (folder / name / "alpaca.json").write_text(text)
    (folder / name / MARK).write_text("{}")
    return folder / name


def test_the_draft_of_a_killed_process_is_removed(tmp_path):
    _leave(tmp_path, DRAFT)
    _leave(tmp_path, ".run.draft-notours")  # not a name that is given to one
    _leave(tmp_path, ".other.draft-abcd1234")

    _write(tmp_path / "run")

    assert _names(tmp_path) == [".other.draft-abcd1234", ".run.draft-notours", "run"]


def test_what_a_killed_process_had_moved_away_is_put_back(tmp_path):
    """It was killed between the two renames: the old run is beside its place."""
    _leave(tmp_path, f"{DRAFT}-before", "[old]")
    _leave(tmp_path, DRAFT, "[new]")

    with pytest.raises(TypeError):
        _write(tmp_path / "run", sharegpt=3)

    assert (tmp_path / "run" / "alpaca.json").read_text() == "[old]"
    assert _names(tmp_path) == ["run"]


def test_what_was_moved_away_is_removed_when_the_new_one_is_in_place(tmp_path):
    _leave(tmp_path, f"{DRAFT}-before", "[old]")
    _leave(tmp_path, "run", "[new]")

    with pytest.raises(TypeError):
        _write(tmp_path / "run", sharegpt=3)

    assert (tmp_path / "run" / "alpaca.json").read_text() == "[new]"
    assert _names(tmp_path) == ["run"]


def test_two_at_once_leave_one_whole_folder_and_nothing_beside_it(tmp_path):
    """The one that ends last is the one that stays."""
    with whole_folder(tmp_path / "run") as slow:
        (slow / "alpaca.json").write_text("[slow]")
        _write(tmp_path / "run", alpaca="[fast]")
        assert (tmp_path / "run" / "alpaca.json").read_text() == "[fast]"
        assert slow.exists()  # a draft that is being written is in nobody's way

    assert (tmp_path / "run" / "alpaca.json").read_text() == "[slow]"
    assert _names(tmp_path) == ["run"]
    assert _names(tmp_path / "run") == ["alpaca.json"]
