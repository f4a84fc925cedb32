"""An archive comes back from its folder as it was, or not at all."""

import os

import numpy as np
import pytest

from tests.text.test_novelty import bilingual_texts
from vicugna.formats import archive_folder
from vicugna.formats.archive_folder import open_archive, save_archive
from vicugna.text.archive import build_archive
from vicugna.text.digests import digest
from vicugna.text.limit import Limit

TEXTS = bilingual_texts(300, seed=7, longest=12)
SOURCE = {"sets": [{"name": "first", "sha256": "0" * 64}], "scope": "output"}


def _save(folder, texts=TEXTS, source=SOURCE):
    archive = build_archive([f"set/{place}" for place in range(len(texts))], texts, Limit.of(0.7))
    save_archive(archive, folder, source)
    return archive


def test_it_comes_back_as_it_was(tmp_path):
    saved = _save(tmp_path / "archive")

    opened = open_archive(tmp_path / "archive", SOURCE)

    assert opened is not None
    asked = bilingual_texts(200, seed=8, longest=12) + TEXTS
    assert opened.nearest(asked) == saved.nearest(asked)
    assert list(map(opened.first_same, map(digest, asked))) == list(
        map(saved.first_same, map(digest, asked))
    )
    assert len(opened) == len(TEXTS)
    assert opened.limit == saved.limit


@pytest.mark.parametrize("texts", [[], [""], ["写诗"], ["a a a"]], ids=str)
def test_small_ones_come_back_too(tmp_path, texts):
    saved = _save(tmp_path / "archive", texts)

    opened = open_archive(tmp_path / "archive", SOURCE)

    assert opened is not None
    assert opened.nearest(["写诗", "a a a"]) == saved.nearest(["写诗", "a a a"])


def test_it_is_mapped_into_memory_and_not_read(tmp_path):
    _save(tmp_path / "archive")

    opened = open_archive(tmp_path / "archive", SOURCE)

    assert isinstance(opened.words, np.memmap)
    assert isinstance(opened.buckets.members, np.memmap)


@pytest.mark.parametrize(
    "source",
    [
        SOURCE | {"scope": "instruction"},
        SOURCE | {"sets": []},
        SOURCE | {"sets": [{"name": "first", "sha256": "1" * 64}]},
    ],
    ids=["another scope", "other sets", "another content"],
)
def test_of_another_source_it_counts_as_absent(tmp_path, source):
    _save(tmp_path / "archive")

    assert open_archive(tmp_path / "archive", source) is None


@pytest.mark.parametrize("name", ["_FORMAT", "_hash_code"])
def test_of_other_code_it_counts_as_absent(tmp_path, monkeypatch, name):
    _save(tmp_path / "archive")

    monkeypatch.setattr(archive_folder, name, {"_FORMAT": 99, "_hash_code": lambda: "other"}[name])

    assert open_archive(tmp_path / "archive", SOURCE) is None


def _files():
    return ["about.json", "ids.json", "keys.npy", "members.npy", "tokens.json", "words.npy"]


@pytest.mark.parametrize("name", _files())
@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "empty"])
def test_harmed_it_counts_as_absent(tmp_path, name, harm):
    _save(tmp_path / "archive")
    path = tmp_path / "archive" / name
    data = bytearray(path.read_bytes())
    if harm == "gone":
        path.unlink()
    elif harm == "flipped":
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)
    else:
        path.write_bytes(data[:-1] if harm == "cut" else b"")

    assert open_archive(tmp_path / "archive", SOURCE) is None


def test_another_one_takes_its_place_and_nothing_is_left_beside(tmp_path):
    _save(tmp_path / "archive")
    _save(tmp_path / "archive", ["写诗"], SOURCE | {"scope": "conversation"})

    opened = open_archive(tmp_path / "archive", SOURCE | {"scope": "conversation"})

    assert len(opened) == 1
    assert os.listdir(tmp_path) == ["archive"]


def test_a_folder_that_is_none_counts_as_absent(tmp_path):
    (tmp_path / "archive").write_text("a file")

    assert open_archive(tmp_path / "archive", SOURCE) is None
    assert open_archive(tmp_path / "nothing", SOURCE) is None
