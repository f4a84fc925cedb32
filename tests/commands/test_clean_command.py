"""`vicugna clean`: what people's files can hold, and what they are told."""

import gzip
from pathlib import Path

import orjson
import pytest

ROW = {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur and Lena."}
NEAR = {"instruction": "Name four rivers of Asia.", "output": "Ob, Amur, Lena and Ili."}
CHINESE = {"instruction": "说出三条亚洲的河流。", "output": "长江、黄河和湄公河。"}


def test_what_is_kept_and_why_the_rest_is_not(vicugna):
    Path("mine.json").write_bytes(orjson.dumps([ROW, NEAR, CHINESE]))
    Path("more.jsonl.gz").write_bytes(gzip.compress(orjson.dumps(CHINESE)))

    code, out, err = vicugna("clean", "mine.json", "more.jsonl.gz", "--direct", "--out", "done")

    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert ["kept", "1", "1"] in rows
    assert ["near_duplicate", "1", "0"] in rows
    assert ["exact_duplicate", "0", "1"] in rows
    assert ["files", "done/"] in rows
    assert len(orjson.loads(Path("done/alpaca.json").read_bytes())) == 2


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        pytest.param(["--filters", "near_duplicate"], 1, id="one filter"),
        pytest.param(["--filters", "length, echo"], 2, id="two filters without the gate"),
        pytest.param(["--max-f1", "0.8"], 2, id="a looser gate"),
        pytest.param(["--scope", "instruction"], 1, id="by the instruction"),
        pytest.param(["--scope", "output"], 2, id="by the output"),
        pytest.param([], 1, id="all"),
    ],
)
def test_filters_limit_and_scope_may_be_chosen(vicugna, options, kept):
    Path("mine.json").write_bytes(orjson.dumps([ROW, NEAR]))

    code, _, _ = vicugna("clean", "mine.json", "--direct", "--out", "done", *options)

    assert code == 0
    assert len(orjson.loads(Path("done/alpaca.json").read_bytes())) == kept


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(None, "mine.json: cannot be read: No such file", id="missing"),
        pytest.param(b"", "mine.json: no rows.", id="empty"),
        pytest.param(b'{"text": "a"}', "mine.json: row 1 is in no layout", id="keys"),
        pytest.param(orjson.dumps([ROW])[:-9], "mine.json:1: not valid JSON", id="half an array"),
        pytest.param(
            orjson.dumps(ROW) + b'\n{"instruction": "Na', "mine.json:2: not valid JSON", id="half"
        ),
        pytest.param(
            '[{"instruction": "说出", "output": "一"}]'.encode("gbk"),
            "mine.json:1: not UTF-8 (byte 0xb3). If it is GBK, convert it: iconv -f GB18030",
            id="GBK",
        ),
        pytest.param(gzip.compress(orjson.dumps([ROW]))[:-9], "gzip file is damaged", id="gzip"),
        pytest.param(orjson.dumps([ROW, 5]), "mine.json: row 2: expected a JSON", id="a number"),
        pytest.param(
            orjson.dumps([ROW | {"output": ""}]), "clean: none of 1 rows was kept", id="none left"
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_exit_code_2(vicugna, data, says):
    if data is not None:
        Path("mine.json").write_bytes(data)

    code, out, err = vicugna("clean", "mine.json", "--direct")

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param([], "Missing argument 'FILES...'", id="no file"),
        pytest.param(["a.json", "--filters", "lenght"], 'filter "lenght": unknown.', id="filter"),
        pytest.param(["a.json", "--max-f1", "0"], "'--max-f1'", id="limit 0"),
        pytest.param(["a.json", "--max-f1", "1.1"], "'--max-f1'", id="limit above 1"),
        pytest.param(
            ["a.json", "--scope", "input"], "'--scope': 'input' is not one of", id="scope"
        ),
        pytest.param(["."], "cannot be read: Is a directory", id="a folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, options, says):
    code, _, err = vicugna("clean", "--direct", *options)

    assert code == 2
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.fixture
def run(vicugna):
    """Make a small run; return its folder."""
    vicugna("run", "--direct", "--quiet", "--target", 8, "--out", "outputs/mine")
    return Path("outputs/mine")


def test_a_run_is_judged_again_and_what_it_kept_comes_first(vicugna, run):
    code, out, err = vicugna("clean", "mine", "--direct", "--out", "outputs/again")

    assert (code, err) == (0, "")
    assert "files   outputs/again/" in out.splitlines()
    before = (run / "tasks.jsonl").read_bytes()
    again = Path("outputs/again/tasks.jsonl").read_bytes()
    assert again.startswith(before)
    last = orjson.loads(again.splitlines()[-1])["id"]
    assert vicugna("explain", "again", last)[1].splitlines()[0].endswith("kept")


@pytest.mark.parametrize(
    ("options", "judged"),
    [
        pytest.param(["--filters", "length"], (["length"], 0.7, "instruction"), id="filters"),
        pytest.param(
            ["--max-f1", "0.3", "--filters", "echo"], (["echo"], 0.3, "instruction"), id="limit"
        ),
        pytest.param(
            ["--scope", "conversation", "--filters", "echo"],
            (["echo"], 0.7, "conversation"),
            id="scope",
        ),
    ],
)
def test_a_run_may_be_judged_by_others(vicugna, run, options, judged):
    assert vicugna("clean", "mine", "--direct", "--out", "done", *options)[0] == 0

    manifest = orjson.loads(Path("done/manifest.json").read_bytes())
    assert (manifest["filters"], manifest["max_f1"], manifest["scope"]) == judged


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["mine", "mine.json"], "a run is judged alone", id="with a file"),
        pytest.param(["mine", "--out", "outputs/mine"], "is the run itself", id="over itself"),
        pytest.param(["min3"], 'min3: no such file; run "min3": not found.', id="neither"),
        pytest.param(["mine", "--filters", "lenght"], 'filter "lenght": unknown', id="filter"),
    ],
)
def test_a_mistake_with_a_run_is_one_line_and_exit_code_2(vicugna, run, words, says):
    Path("mine.json").write_bytes(orjson.dumps([ROW]))

    code, out, err = vicugna("clean", "--direct", *words)

    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_the_files_are_not_touched(vicugna):
    data = orjson.dumps([ROW, NEAR])
    Path("mine.json").write_bytes(data)

    vicugna("clean", "mine.json", "--direct")

    assert Path("mine.json").read_bytes() == data
    assert sorted(path.name for path in Path().iterdir()) == ["mine.json", "outputs"]


def test_rows_near_to_an_earlier_set_are_dropped(vicugna):
    old = {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur, Lena."}
    new = [old | {"instruction": "Name four rivers of Asia."}, old | {"instruction": "Why rain?"}]
    Path("old.json").write_bytes(orjson.dumps([old]))
    Path("new.json").write_bytes(orjson.dumps(new))

    code, out, err = vicugna(
        "clean", "new.json", "--direct", "--out", "o", "--against", "old.json",
        "--filters", "near_duplicate",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "near_duplicate   1" in out

    code, out, err = vicugna("clean", "new.json", "--direct", "--out", "o", "--against", "gone")
    assert (code, out) == (2, "")
    assert err.startswith('vicugna: against "gone": no such set.')
