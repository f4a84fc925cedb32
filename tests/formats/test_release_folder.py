"""A release is whole or absent and never changes; `latest` moves from one to the next at once."""

import os
import threading
from pathlib import Path

import orjson
import pytest

from tests.formats.rows import FORMATS, make_manifest, make_task, make_tasks
from tests.nights import list_wrong_sums, take_picture
from vicugna.errors import UserError
from vicugna.formats import release_folder
from vicugna.formats.card import render_card
from vicugna.formats.release_folder import point_latest, write_release
from vicugna.records import Change

ADDED = [Change("added", "0123456789abcdef-00", "en")]


def _describe(tasks, version, **changes):
    known = {
        "made_by": "release",
        "version": version,
        "previous": None,
        "changes": {"added": {"en": len(tasks)}, "withdrawn": {}},
    }
    return make_manifest(tasks, **known | changes)


def _release(folder, version="2026-11-29", tasks=None, formats=("alpaca",), changes=ADDED):
    tasks = tasks or [make_task("plain en"), make_task("plain zh", 1)]
    target = folder / "releases" / version
    write_release(target, tasks, changes, formats, _describe(tasks, version))
    return target


def test_a_release_has_rows_layouts_card_changes_and_sums(tmp_path):
    release = _release(tmp_path, tasks=make_tasks(), formats=FORMATS)

    names = {path.name for path in release.iterdir()}
    assert {
        "tasks.jsonl",
        "diff.jsonl",
        "alpaca.json",
        "messages.parquet",
        "dataset_info.json",
        "README.md",
        "manifest.json",
        "SHA256SUMS",
    } <= names
    assert not {"rejected.jsonl", "replies.jsonl"} & names
    assert sorted(path.name for path in release.parent.iterdir()) == [release.name]


def test_sums_are_those_of_every_file(tmp_path):
    release = _release(tmp_path, tasks=make_tasks(), formats=FORMATS)
    assert list_wrong_sums(release) == []

    (release / "alpaca.json").write_bytes(b"[]")
    (release / "more.txt").touch()

    assert list_wrong_sums(release) == ["alpaca.json", "more.txt"]


def test_each_change_is_a_line(tmp_path):
    changes = [*ADDED, Change("withdrawn", "b-01", "zh", "投诉\n二")]
    release = _release(tmp_path, changes=changes)

    lines = (release / "diff.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line) for line in lines] == [
        {"change": "added", "id": "0123456789abcdef-00", "lang": "en", "why": ""},
        {"change": "withdrawn", "id": "b-01", "lang": "zh", "why": "投诉\n二"},
    ]


def test_a_release_is_not_written_twice(tmp_path):
    release = _release(tmp_path)
    before = take_picture(tmp_path)

    with pytest.raises(UserError, match="is released already, and a release never changes"):
        _release(tmp_path, tasks=make_tasks())

    assert take_picture(tmp_path) == before
    assert release.is_dir()


@pytest.mark.parametrize("step", ["write_tasks", "write_exports", "complete_folder", "hash_files"])
def test_a_disk_that_fills_up_leaves_no_release(tmp_path, monkeypatch, step):
    def full(*_):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(release_folder, step, full)
        with pytest.raises(UserError, match="cannot be written"):
            _release(tmp_path)

    assert list((tmp_path / "releases").iterdir()) == []
    assert list_wrong_sums(_release(tmp_path)) == []


# --- latest ---------------------------------------------------------------------------------------


def test_latest_is_a_relative_link(tmp_path):
    """A set may be moved, or mounted somewhere else."""
    release = _release(tmp_path / "small")
    point_latest(tmp_path / "small", release)

    assert os.readlink(tmp_path / "small" / "latest") == os.path.join("releases", "2026-11-29")
    os.rename(tmp_path / "small", tmp_path / "moved")
    assert (tmp_path / "moved" / "latest" / "manifest.json").exists()
    assert sorted(path.name for path in (tmp_path / "moved").iterdir()) == ["latest", "releases"]


def test_whoever_resolves_latest_finds_a_whole_release_while_it_moves(tmp_path):
    releases = [_release(tmp_path, f"2026-11-{day}") for day in (28, 29, 30)]
    point_latest(tmp_path, releases[0])
    found, wrong, done = set(), [], threading.Event()

    def read():
        while not done.is_set():
            try:
                release = Path(os.path.realpath(tmp_path / "latest", strict=True))
                found.add(release.name)
                wrong.extend(list_wrong_sums(release))
            except OSError as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        point_latest(tmp_path, releases[number % 3])
    done.set()
    reader.join()

    assert wrong == []
    assert found <= {release.name for release in releases}
    assert found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "releases"]


def test_latest_that_is_right_is_not_moved(tmp_path):
    release = _release(tmp_path)
    point_latest(tmp_path, release)
    before = os.lstat(tmp_path / "latest")

    point_latest(tmp_path, release)

    assert os.lstat(tmp_path / "latest").st_ino == before.st_ino


@pytest.mark.parametrize("how", ["broken", "absolute"])
def test_latest_that_is_wrong_is_put_right(tmp_path, how):
    release = _release(tmp_path)
    (tmp_path / "latest").symlink_to({"broken": "nowhere", "absolute": tmp_path}[how])

    point_latest(tmp_path, release)

    assert os.readlink(tmp_path / "latest") == os.path.join("releases", release.name)


def test_a_folder_of_that_name_stays_and_is_named(tmp_path):
    release = _release(tmp_path)
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine.txt").touch()

    with pytest.raises(UserError, match=r"latest: cannot be moved: .* is whole; run it again"):
        point_latest(tmp_path, release)

    assert (tmp_path / "latest" / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "releases"]


# --- the card -------------------------------------------------------------------------------------


def test_the_card_names_version_and_changes_in_both_languages():
    tasks = [make_task("plain en"), make_task("plain zh")]
    changes = {"added": {"en": 1200, "zh": 34}, "withdrawn": {"refusal": 2, "complaint": 3}}

    card = render_card(
        _describe(tasks, "2026-11-29.1", previous="2026-11-29", changes=changes), tasks
    )

    english, chinese = card.split("## 中文说明")
    assert (
        " Version 2026-11-29.1: 1,234 rows more and 5 fewer than in version 2026-11-29 "
        "(`diff.jsonl`)." in english
    )
    assert (
        "版本 2026-11-29.1：比版本 2026-11-29 新增 1,234 条，撤回 5 条（见 `diff.jsonl`）。"
        in chinese
    )


def test_the_card_names_no_file_that_a_release_has_not():
    tasks = [make_task("plain en"), make_task("plain zh")]

    card = render_card(_describe(tasks, "2026-11-29"), tasks)

    assert "rejected.jsonl" not in card
    assert "`manifest.json`" in card


def test_words_of_a_complaint_are_not_in_the_card():
    tasks = [make_task("plain en")]
    changes = {"added": {}, "withdrawn": {"<script>alert(1)</script>": 1}}

    card = render_card(_describe(tasks, "2026-11-29", changes=changes), tasks)

    assert "script" not in card
