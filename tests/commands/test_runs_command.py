"""`vicugna runs`: what lies under outputs/, also when somebody else wrote it."""

import errno
import json
import os
from pathlib import Path

import orjson
import pytest

from tests.formats.rows import write_small_run
from tests.scripted import make_recipe

OUTPUTS = Path("outputs")
EMPTY = "no runs under outputs/ yet; `vicugna run` makes one, without a key too\n"
MANIFEST = {
    "schema": 1,
    "name": "small",
    "made_by": "run",
    "method": "alpaca",
    "stopped": "target",
    "recipe": make_recipe(target=400).decisive(),
    "counts": {"tasks": {"en": 200, "zh": 199}, "rejected": {}},
    "usage": {"requests": 1052, "price_usd": "0.012000"},
    "session": {"finished": "2026-03-01T10:20:30+00:00"},
}
CLEANED = {
    "made_by": "clean",
    "counts": {"tasks": {"zh": 7}, "rejected": {}},
    "session": {"finished": "2026-03-02T00:00:00+00:00"},
}


@pytest.fixture
def leave(place):
    """Return a function that leaves a folder with a manifest under outputs/."""

    def leave(name="small-1a2b", manifest=MANIFEST, **changes):
        folder = OUTPUTS / name
        folder.mkdir(parents=True)
        text = manifest if isinstance(manifest, str) else orjson.dumps(manifest | changes).decode()
        (folder / "manifest.json").write_text(text)
        return folder

    return leave


def _cells(line):
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def _listed(vicugna):
    code, out, err = vicugna("runs", "--json")
    assert (code, err) == (0, "")
    assert out.isascii()
    return [json.loads(line) for line in out.splitlines()]


def test_a_run_and_a_cleaning_with_what_each_has(vicugna, leave):
    leave()
    leave("clean-3c4d", CLEANED)

    code, out, err = vicugna("runs")

    assert (code, err) == (0, "")
    head, first, second = map(_cells, out.splitlines())
    assert head == [
        "name",
        "made by",
        "method",
        "kept",
        "stopped",
        "requests",
        "cost",
        "finished (UTC)",
    ]
    assert first == ["clean-3c4d", "clean", "zh 7", "2026-03-02 00:00"]
    assert second == [
        "small-1a2b",
        "run",
        "alpaca",
        "en 200/200, zh 199/200",
        "target",
        "1,052",
        "0.012000 USD",
        "2026-03-01 10:20",
    ]


def test_one_json_object_a_line_for_programs(vicugna, leave):
    leave()
    leave("clean-3c4d", CLEANED)

    assert _listed(vicugna) == [
        {
            "name": "clean-3c4d",
            "folder": "outputs/clean-3c4d",
            "made_by": "clean",
            "method": "",
            "stopped": "",
            "kept": {"zh": 7},
            "targets": {},
            "requests": None,
            "price_usd": None,
            "usd_per_1000_tasks": None,
            "finished": "2026-03-02T00:00:00+00:00",
        },
        {
            "name": "small-1a2b",
            "folder": "outputs/small-1a2b",
            "made_by": "run",
            "method": "alpaca",
            "stopped": "target",
            "kept": {"en": 200, "zh": 199},
            "targets": {"en": 200, "zh": 200},
            "requests": 1052,
            "price_usd": "0.012000",
            "usd_per_1000_tasks": "0.030075",
            "finished": "2026-03-01T10:20:30+00:00",
        },
    ]


def test_the_newest_comes_first_whatever_the_time_zone_and_what_is_broken_last(vicugna, leave):
    for name, finished in (
        ("b", "2026-03-01T10:00:00+00:00"),
        ("c", "2026-03-01T12:00:00+08:00"),
        ("a", "2026-03-01T10:00:00+00:00"),
        ("d", "2027-01-01T00:00:00"),
    ):
        leave(name, session={"finished": finished})
    leave("z-broken", "{")
    leave("0-broken", "{")

    assert [row["name"] for row in _listed(vicugna)] == [*"dabc", "0-broken", "z-broken"]


@pytest.mark.parametrize("outputs", [False, True], ids=["no outputs/", "an empty one"])
def test_before_the_first_run_it_says_how_to_make_one(vicugna, outputs):
    if outputs:
        OUTPUTS.mkdir()
        (OUTPUTS / "ledger.db").touch()

    assert vicugna("runs") == (0, EMPTY, "")
    assert vicugna("runs", "--json") == (0, "", "")


def test_a_real_run_a_real_cleaning_and_nothing_else(vicugna):
    """An export, a draft and the ledger are no runs."""
    vicugna("run", "--direct", "--quiet", "--target", 8)
    vicugna("export", "small", "--format", "alpaca")
    Path("mine.json").write_text('[{"instruction": "How do bees make honey?", "output": "So."}]')
    vicugna("clean", "mine.json", "--direct")
    (OUTPUTS / ".small.draft-abcd1234").mkdir()
    (OUTPUTS / ".small.draft-abcd1234" / "tasks.jsonl").touch()

    rows = {row["made_by"]: row for row in _listed(vicugna)}

    assert len(_listed(vicugna)) == len(rows) == 2
    assert rows["clean"]["kept"] == {"en": 1}
    assert rows["run"]["kept"] == rows["run"]["targets"] == {"en": 4, "zh": 4}
    assert (rows["run"]["method"], rows["run"]["stopped"]) == ("alpaca", "target")
    assert rows["run"]["price_usd"] == "0.000000"


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        pytest.param(
            {"usage": {"requests": 3, "price_usd": None}}, ["target", "3", "unknown"], id="price"
        ),
        pytest.param(
            {"counts": {"tasks": {}}, "stopped": "saturated: zh"},
            ["en 0/200, zh 0/200", "saturated: zh"],
            id="nothing kept",
        ),
        pytest.param({"recipe": {"of": "another version"}}, ["en 200, zh 199"], id="recipe"),
        pytest.param({"recipe": None}, ["en 200, zh 199"], id="no recipe"),
    ],
)
def test_what_is_not_known_of_a_run_is_left_out_or_said(vicugna, leave, changes, cells):
    leave(**changes)

    line = vicugna("runs")[1].splitlines()[1]

    assert [cell for cell in cells if cell not in _cells(line)] == []


BROKEN = [
    pytest.param("", "manifest.json:1: not valid JSON", id="empty, as after a power cut"),
    pytest.param('{"made_by": "run",', "manifest.json:1: not valid JSON", id="half"),
    pytest.param("[" * 5000, "manifest.json:1: not valid JSON", id="nested too deep"),
    pytest.param("[]", "manifest.json: not the manifest of a run", id="a list"),
    pytest.param('{"manifest_version": 3}', "not the manifest of a run", id="another's"),
    pytest.param({"made_by": 7}, "7 is not text", id="made by a number"),
    pytest.param({"method": None}, "None is not text", id="no method"),
    pytest.param({"counts": []}, "not the manifest of a run", id="counts"),
    pytest.param({"counts": {"tasks": {"en": "many"}}}, "'many' is not a count", id="a word"),
    pytest.param({"counts": {"tasks": {"en": True}}}, "True is not a count", id="true"),
    pytest.param({"counts": {"tasks": {"\x1b[2J": 1}}}, "is not a language", id="a language"),
    pytest.param({"usage": {"requests": 1}}, "'price_usd' is missing", id="no price"),
    pytest.param({"usage": {"requests": 1, "price_usd": "[red]"}}, "is not a price", id="price"),
    pytest.param({"session": {}}, "'finished' is missing", id="no end"),
    pytest.param({"session": {"finished": "today"}}, "Invalid isoformat", id="no date"),
    pytest.param(
        {"session": {"finished": "0001-01-01T00:00:00+14:00"}}, "out of range", id="before time"
    ),
]


@pytest.mark.parametrize(("spoilt", "says"), BROKEN)
def test_a_broken_folder_is_one_line_and_hides_no_other(vicugna, leave, spoilt, says):
    leave("good")
    leave("bad", spoilt) if isinstance(spoilt, str) else leave("bad", **spoilt)

    code, out, err = vicugna("runs")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "good", "bad:"]
    assert lines[2].startswith("bad: broken: ")
    assert says in lines[2]
    row = _listed(vicugna)[1]
    assert row.keys() == {"name", "folder", "problem"}
    assert says in row["problem"]


def test_rows_without_a_manifest_are_a_broken_run(vicugna, place):
    run = write_small_run(OUTPUTS / "half", [])
    (run / "manifest.json").unlink()

    assert vicugna("runs") == (0, "half: broken: has rows and no manifest.json\n", "")


def test_a_folder_that_may_not_be_read_is_a_line(vicugna, leave, monkeypatch):
    folder, listdir = leave(), os.listdir

    def refuse(path):
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)

    assert vicugna("runs")[1] == "small-1a2b: broken: cannot be read: Permission denied\n"


HOSTILE = "\x1b]0;owned\x07[red]x[/red]\x9b31m\u202egnp\u2028\r\n"


def test_no_word_of_a_manifest_steers_the_terminal(vicugna, leave):
    """Neither control characters nor marks of direction, line ends or markup."""
    leave(method=HOSTILE, stopped=HOSTILE * 100)
    leave("mark\x1b[2Jup \u202e[bold]", CLEANED, made_by=HOSTILE)
    leave("broken\x1b[2J", "{")

    code, out, err = vicugna("runs")

    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 4
    assert all(line.isprintable() for line in out.split("\n"))
    assert "[bold]" in out  # shown as it is, not read as markup
    assert all(len(line) < 400 for line in out.splitlines())
    names = {row["name"] for row in _listed(vicugna)}
    assert names == {"small-1a2b", "mark\x1b[2Jup \u202e[bold]", "broken\x1b[2J"}


def test_wide_names_stand_in_columns(vicugna, leave):
    leave("双语")
    leave("plain")

    lines = vicugna("runs")[1].splitlines()

    assert {line.replace("双语", "xxxx").index(" run ") for line in lines[1:]} == {6}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--jsn"], "See vicugna runs --help.", id="option"),
        pytest.param(["small"], "unexpected extra argument (small)", id="argument"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, words, says):
    code, out, err = vicugna("runs", *words)

    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_outputs_that_is_a_file_is_told(vicugna):
    OUTPUTS.touch()

    assert vicugna("runs") == (2, "", "vicugna: outputs: cannot be read: Not a directory.\n")
