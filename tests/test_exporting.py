"""Writing a run again: the same rows in other layouts, and nothing lost on the way."""

from pathlib import Path

import orjson
import pytest

from tests.formats.rows import write_small_run
from vicugna.errors import UserError
from vicugna.exporting import export_run
from vicugna.formats import FORMATS


@pytest.fixture
def run(place):
    return write_small_run(Path("outputs/small-1a2b"), formats=FORMATS)


def test_an_export_is_the_bytes_the_run_wrote(run):
    files = export_run(run, list(FORMATS))

    assert set(files) == set(FORMATS)
    for file in files.values():
        assert Path(file).parent == Path("outputs/small-1a2b-export")
        assert Path(file).read_bytes() == (run / Path(file).name).read_bytes()


def test_an_export_says_what_llama_factory_needs(run):
    export_run(run, ["alpaca", "messages"], Path("here"))

    info = orjson.loads(Path("here/dataset_info.json").read_bytes())
    assert {entry["file_name"] for entry in info.values()} == {"alpaca.json", "messages.jsonl"}
    assert {path.name for path in Path("here").iterdir()} == {
        "alpaca.json",
        "messages.jsonl",
        "dataset_info.json",
    }


def test_an_export_may_be_repeated(run):
    export_run(run, ["alpaca"], Path("here"))
    export_run(run, ["sharegpt"], Path("here"))

    assert not Path("here/alpaca.json").exists()


@pytest.mark.parametrize("name", [".", "../small-1a2b"])
def test_a_run_may_be_named_from_inside(run, monkeypatch, name):
    """A path without a name of its own, such as ".", has a folder beside it too."""
    outputs = Path("outputs").absolute()
    monkeypatch.chdir(run)

    files = export_run(Path(name), ["alpaca"])

    assert Path(files["alpaca"]).resolve() == outputs / "small-1a2b-export" / "alpaca.json"


@pytest.mark.parametrize(
    ("formats", "out", "says"),
    [
        pytest.param(["csv"], None, 'format "csv": unknown. Formats are alpaca,', id="unknown"),
        pytest.param([], None, "no format was named", id="none"),
        pytest.param(["alpaca"], "outputs/small-1a2b", "is a run", id="over the run itself"),
        pytest.param(["alpaca"], "mine", "which vicugna did not write", id="over other files"),
    ],
)
def test_an_export_that_cannot_be(run, formats, out, says):
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("three years of work")
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    with pytest.raises(UserError, match=says):
        export_run(run, formats, out and Path(out))

    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert Path("mine/thesis.txt").read_text() == "three years of work"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda row: row | {"schema": 2}, '"schema" is 2, expected 1', id="newer"),
        pytest.param(lambda row: {}, '"schema" is None', id="empty object"),
        pytest.param(lambda row: row | {"output": None}, '"output" is not text', id="null"),
        pytest.param(lambda row: row | {"output": 42}, '"output" is not text', id="number"),
        pytest.param(lambda row: row | {"lang": "fr"}, "\"lang\" is 'fr'", id="language"),
        pytest.param(lambda row: row | {"source": None}, "not a task of schema 1", id="no source"),
        pytest.param(
            lambda row: {name: value for name, value in row.items() if name != "input"},
            "not a task of schema 1: 'input'",
            id="a key is missing",
        ),
    ],
)
def test_a_task_that_was_edited_by_hand_is_told_with_its_line(run, spoil, says):
    lines = (run / "tasks.jsonl").read_bytes().splitlines()
    lines[1] = orjson.dumps(spoil(orjson.loads(lines[1])))
    (run / "tasks.jsonl").write_bytes(b"\n".join(lines))

    with pytest.raises(UserError) as told:
        export_run(run, ["alpaca"])

    assert str(told.value).startswith("outputs/small-1a2b/tasks.jsonl:2: ")
    assert says in str(told.value)
    assert not Path("outputs/small-1a2b-export").exists()
