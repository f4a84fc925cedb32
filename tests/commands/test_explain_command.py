"""`vicugna explain`: why a row is there, or is not."""

from pathlib import Path

import orjson
import pytest

from tests.scripted import make_recipe, scripted
from vicugna.teachers.offline import ask as offline


@pytest.fixture
def run(vicugna, monkeypatch):
    """Return a function that reads a file of a run that was made a moment ago."""
    monkeypatch.setattr(offline, "ask_offline", scripted(price_nusd=1_500_000))
    settings = make_recipe("self-instruct").model_dump(mode="json")
    Path("mine.yaml").write_bytes(orjson.dumps(settings))
    assert vicugna("run", "mine.yaml", "--direct", "--quiet", "--out", "outputs/mine")[0] == 0

    def read(name):
        return [orjson.loads(line) for line in Path("outputs/mine", name).read_bytes().splitlines()]

    return read


def test_a_kept_row_shows_its_neighbours_its_prompt_and_its_price(vicugna, run):
    row = run("tasks.jsonl")[0]

    code, out, err = vicugna("explain", "mine", row["id"])

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == [row["id"], row["lang"], "kept"]
    assert row["instruction"] in out
    assert row["output"].split("\n")[0] in out
    assert sum(line.split()[:1] == ["near"] for line in lines) == 3
    assert row["source"]["prompt"] in out
    assert "0.001500 USD" in out
    assert "10 + 20 tokens" in out


def test_a_dropped_row_shows_what_dropped_it(vicugna, run):
    row = next(row for row in run("rejected.jsonl") if row["verdict"]["filter"] == "quota")

    code, out, err = vicugna("explain", "mine", row["id"])

    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == [row["id"], row["lang"], "dropped"]
    assert "quota: dropped" in out


def test_without_the_ledger_it_says_what_it_can(vicugna, run, monkeypatch):
    row = run("tasks.jsonl")[0]
    monkeypatch.setenv("VICUGNA_LEDGER", "sqlite:///other.db")

    code, out, _ = vicugna("explain", "mine", row["id"])

    assert code == 0
    assert "not in this ledger (set VICUGNA_LEDGER)" in out


def test_a_row_of_a_cleaned_file_says_which(vicugna):
    rows = [{"instruction": "Name three rivers of Asia.", "output": "Ob, Amur and Lena."}] * 2
    rows.append(rows[0] | {"instruction": "Name four rivers of Asia."})
    Path("mine.json").write_bytes(orjson.dumps(rows))
    vicugna("clean", "mine.json", "--direct", "--out", "outputs/done")

    _, kept, _ = vicugna("explain", "done", "mine.json:1")
    _, near, _ = vicugna("explain", "done", "mine.json:3")
    code, dropped, err = vicugna("explain", "done", "mine.json:2")

    assert (code, err) == (0, "")
    assert "mine.json, row 2" in dropped
    assert "exact_duplicate: dropped near mine.json:1" in dropped
    assert "1.000  mine.json:1" in dropped
    assert "near_duplicate: dropped measure 0.8 limit 0.7 near mine.json:1" in near
    assert kept.splitlines()[0].endswith("kept")


def test_neighbours_are_by_what_was_compared(vicugna):
    rows = [
        {"instruction": "Name three rivers of Asia.", "output": "Ob, Amur and Lena."},
        {"instruction": "Which ones flow north?", "output": "ob, amur, and lena"},
    ]
    Path("mine.json").write_bytes(orjson.dumps(rows))
    vicugna("clean", "mine.json", "--scope", "output", "--direct", "--out", "outputs/done")

    code, out, err = vicugna("explain", "done", "mine.json:2")

    assert (code, err) == (0, "")
    assert "exact_duplicate: dropped near mine.json:1" in out
    assert "1.000  mine.json:1  Ob, Amur and Lena." in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["nope", "x"], 'run "nope": not found', id="unknown run"),
        pytest.param(["mine", "zzzz"], 'row "zzzz" in outputs/mine: not found', id="unknown row"),
        pytest.param(["mine", ""], "is the beginning of", id="every row"),
        pytest.param(["mine"], "Missing argument 'ID'", id="no row"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, run, words, says):
    code, out, err = vicugna("explain", *words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1
