"""A folder that appears whole: what is on the disk, and in which order it got there."""

import errno
import os
from pathlib import Path

import pytest

from vicugna.errors import UserError
from vicugna.formats import folder as folder_module
from vicugna.formats.folder import whole_folder

MARK = "dataset_info.json"


def _write(target, text):
    with whole_folder(target) as folder:
        (folder / "alpaca.json").write_text(text)
        (folder / MARK).write_text("{}")


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Return what is synced and renamed from now on, by what it is; `calls` may be told to fail."""
    calls = _Calls(tmp_path)
    monkeypatch.setattr(os, "fsync", calls.fsync)
    monkeypatch.setattr(os, "rename", calls.rename)
    return calls


class _Calls(list):
    def __init__(self, parent):
        super().__init__()
        self.parent = parent
        self.failing = {}  # what -> errno
        self._fsync, self._rename = os.fsync, os.rename

    def fsync(self, handle):
        self._note(f"sync {self._name(os.fstat(handle).st_ino)}")
        self._fsync(handle)

    def rename(self, source, place):
        self._note(f"rename {self._kind(source)} to {self._kind(place)}")
        self._rename(source, place)

    def _note(self, call):
        self.append(call)
        if number := self.failing.get(call):
            raise OSError(number, os.strerror(number))

    def _name(self, inode):
        known = [self.parent, *self.parent.iterdir(), *self.parent.glob("*/*")]
        return self._kind(next(path for path in known if path.stat().st_ino == inode))

    def _kind(self, path):
        name = Path(path).name
        if name.startswith(".run.draft-"):
            return "old" if name.endswith("-before") else "draft"
        return "parent" if Path(path) == self.parent else name


FILES = ["sync alpaca.json", "sync dataset_info.json", "sync draft"]


@pytest.mark.parametrize("there", [True, False], ids=["a run was there", "nothing was there"])
def test_files_are_on_the_disk_before_their_folder_gets_its_name(tmp_path, calls, there):
    """Files, then their folder, then the rename, then the parent; only then the old one goes."""
    if there:
        _write(tmp_path / "run", "old")
        calls.clear()

    _write(tmp_path / "run", "new")

    assert calls == [*FILES, "rename run to old", "rename draft to run", "sync parent"]


def test_the_old_one_is_not_deleted_before_the_new_name_is_on_the_disk(
    tmp_path, calls, monkeypatch
):
    _write(tmp_path / "run", "old")
    calls.clear()
    rmtree = folder_module.shutil.rmtree

    def noted(path, **options):
        calls.append(f"delete {calls._kind(path)}")
        rmtree(path, **options)

    monkeypatch.setattr(folder_module.shutil, "rmtree", noted)
    _write(tmp_path / "run", "new")

    assert calls[-3:] == ["sync parent", "delete old", "delete draft"]


@pytest.mark.parametrize("failing", [*FILES, "sync parent"])
@pytest.mark.parametrize("there", [True, False], ids=["a run was there", "nothing was there"])
def test_a_sync_that_fails_is_told_in_one_line_and_leaves_what_was_there(
    tmp_path, calls, failing, there
):
    if there:
        _write(tmp_path / "run", "old")
    calls.failing = {failing: errno.EIO}

    with pytest.raises(UserError) as told:
        _write(tmp_path / "run", "new")

    assert str(told.value).startswith(f"{tmp_path / 'run'}: cannot be written: Input/output error.")
    assert "\n" not in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == (["run"] if there else [])
    if there:
        assert (tmp_path / "run" / "alpaca.json").read_text() == "old"


@pytest.mark.parametrize("says", [errno.EINVAL, errno.EBADF])
def test_a_file_system_that_cannot_sync_a_folder_may_be_written_to(tmp_path, calls, says):
    calls.failing = {"sync draft": says, "sync parent": says}

    _write(tmp_path / "run", "new")

    assert (tmp_path / "run" / "alpaca.json").read_text() == "new"


def test_windows_syncs_files_and_no_folder(tmp_path, calls, monkeypatch):
    monkeypatch.setattr(folder_module.sys, "platform", "win32")

    _write(tmp_path / "run", "new")

    assert [call for call in calls if call.startswith("sync")] == FILES[:2]
