"""What `export` writes: everything that is sound, once, in an order that never changes."""

import gzip
import hashlib
import os

import orjson
import pytest

from tests.kept import CONTENT, change, every_key, fill, make_answers, opened
from vicugna.errors import UserError
from vicugna.ledger import transfer
from vicugna.ledger.tables import CHARGE, REPLY
from vicugna.ledger.transfer import export_ledger


def _export(url, path, *, force=False):
    with opened(url) as engine:
        return export_ledger(engine, path, force=force)


def _lines(path):
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return [orjson.loads(line) for line in data.splitlines()]


def test_what_the_lines_hold(any_url, tmp_path):
    fill(any_url)

    done = _export(any_url, tmp_path / "x.jsonl")

    first, *rows, last = _lines(tmp_path / "x.jsonl")
    assert (done.answers, done.charges, done.left_out, done.told) == (8, 1, 0, [])
    assert (first["kind"], first["schema"], first["answers"], first["charges"]) == (
        "ledger",
        4,
        8,
        1,
    )
    assert [row["kind"] for row in rows] == ["answer"] * 8 + ["charge"]
    assert [row["key"] for row in rows[:8]] == every_key(any_url)
    assert {row["text"] for row in rows[:8]} == set(CONTENT.values())
    assert rows[8]["state"] == "lost"
    for row, table in ((rows[0], REPLY), (rows[8], CHARGE)):
        assert row.keys() - {"kind"} == {column.name for column in table.c}
    assert [row["request"] for row in rows[:8]] == [
        orjson.loads(orjson.dumps(request))
        for request, _ in sorted(make_answers(), key=lambda pair: pair[0].key)
    ]
    before = (tmp_path / "x.jsonl").read_bytes().rsplit(b"\n", 2)[0] + b"\n"
    assert last == {
        "kind": "end",
        "answers": 8,
        "charges": 1,
        "sha256": hashlib.sha256(before).hexdigest(),
    }


def test_text_is_readable_in_the_file(any_url, tmp_path):
    fill(any_url)

    _export(any_url, tmp_path / "x.jsonl")

    assert "枫叶落满山，江水向东还。𠮷" in (tmp_path / "x.jsonl").read_text("utf-8")


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_the_same_ledger_gives_the_same_bytes_packed_or_not(any_url, tmp_path, name):
    fill(any_url)
    _export(any_url, tmp_path / name)
    first = (tmp_path / name).read_bytes()

    _export(any_url, tmp_path / f"again-{name}")

    assert (tmp_path / f"again-{name}").read_bytes() == first
    assert (first[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_an_open_charge_is_left_out(any_url, tmp_path):
    fill(any_url)
    change(any_url, "UPDATE charge SET state = 'open'")

    done = _export(any_url, tmp_path / "x.jsonl")

    assert (done.charges, done.left_out, len(_lines(tmp_path / "x.jsonl"))) == (0, 0, 10)


def test_an_empty_ledger_is_two_lines(any_url, tmp_path):
    done = _export(any_url, tmp_path / "x.jsonl")

    assert (done.answers, done.charges) == (0, 0)
    assert [line["kind"] for line in _lines(tmp_path / "x.jsonl")] == ["ledger", "end"]


def test_damaged_rows_are_left_out_and_counted(any_url, tmp_path):
    fill(any_url)
    keys = every_key(any_url)
    change(any_url, "UPDATE reply SET text = '错' WHERE key = :key", key=keys[2])
    change(any_url, "UPDATE reply SET request = :to WHERE key = :key", to=b"no", key=keys[5])
    change(any_url, "UPDATE charge SET state = 'spent'")

    done = _export(any_url, tmp_path / "x.jsonl")

    assert (done.answers, done.charges, done.left_out) == (6, 0, 3)
    assert [key for key, _ in done.told[:2]] == [keys[2], keys[5]]
    assert "checksum" in done.told[0][1]
    first, *rows, last = _lines(tmp_path / "x.jsonl")
    assert (first["answers"], last["answers"]) == (8, 6)
    assert [row["key"] for row in rows] == [key for key in keys if key not in (keys[2], keys[5])]


@pytest.mark.parametrize(("room", "left_out"), [(0, 0), (-1, 1)], ids=["fits", "too long"])
def test_a_line_that_import_would_refuse_is_left_out(tmp_path, monkeypatch, room, left_out):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    _export(url, tmp_path / "x.jsonl")
    longest = max(map(len, (tmp_path / "x.jsonl").read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(transfer, "MAX_LINE", longest + room)

    assert _export(url, tmp_path / "y.jsonl").left_out == left_out


# --- the file -------------------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    return url


def test_folders_on_the_way_are_made_and_nothing_else_is_left(url, tmp_path):
    _export(url, tmp_path / "a" / "b" / "x.jsonl")

    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["x.jsonl"]


@pytest.mark.parametrize("name", ["x", "x.json", "ledger.db", "x.gz", "x.jsonl.xz"])
def test_another_name_is_refused(url, tmp_path, name):
    with pytest.raises(UserError, match=r"the name must end in \.jsonl or \.jsonl\.gz"):
        _export(url, tmp_path / name, force=True)


def test_a_file_is_replaced_with_force_alone(url, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("mine")

    with pytest.raises(UserError, match="is there already"):
        _export(url, path)

    assert path.read_text() == "mine"
    _export(url, path, force=True)
    assert len(_lines(path)) == 11


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["a folder", "a pipe"])
def test_what_is_no_file_is_never_replaced(url, tmp_path, make):
    make(tmp_path / "x.jsonl")

    with pytest.raises(UserError, match="is no file, so it is not replaced"):
        _export(url, tmp_path / "x.jsonl", force=True)


def test_a_file_that_appears_meanwhile_is_not_replaced(url, tmp_path, monkeypatch):
    path = tmp_path / "x.jsonl"
    fsync = os.fsync

    def be_slow(handle):
        path.write_text("theirs")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", be_slow)
    with pytest.raises(UserError, match="is there already"):
        _export(url, path)

    assert path.read_text() == "theirs"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_when_it_cannot_be_written_what_was_there_stays(url, tmp_path, monkeypatch, step):
    path = tmp_path / "out" / "x.jsonl"
    path.parent.mkdir()
    path.write_text("mine")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(UserError, match=r"x\.jsonl: cannot be written: No space left on device"):
        _export(url, path, force=True)

    assert path.read_text() == "mine"
    assert os.listdir(path.parent) == ["x.jsonl"]
