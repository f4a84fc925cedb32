"""`vicugna export`: a run in other layouts, from the command line."""

from pathlib import Path

import pytest

from tests.formats.rows import write_small_run


@pytest.fixture
def run(place):
    return write_small_run(Path("outputs/small-1a2b"), ["alpaca"])


def test_it_says_where_each_file_is(vicugna, run):
    code, out, err = vicugna("export", "small", "--format", "messages,self_instruct")

    assert (code, err) == (0, "")
    folder = "outputs/small-1a2b-export"
    assert [line.split() for line in out.splitlines()] == [
        ["messages", "16", "rows", f"{folder}/messages.jsonl"],
        ["self_instruct", "15", "rows", f"{folder}/self_instruct.jsonl"],
        ["1", "tasks", "left", "out:", "<|endoftext|>", "in", "a", "text"],
        ["which", "ones:", f"{folder}/left_out.jsonl"],
    ]
    assert all(Path(line.split()[-1]).exists() for line in out.splitlines() if folder in line)


def test_for_a_trainer_it_prints_the_command(vicugna, run):
    code, out, err = vicugna("export", "small", "--for", "stanford-alpaca")

    assert (code, err) == (0, "")
    _, _, commands = out.partition("\ncd outputs/small-1a2b-stanford-alpaca\n")
    assert "--data_path" in commands


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["small"], "give --format with the names of layouts", id="no format"),
        pytest.param(["small", "--format", ""], "give --format with", id="an empty format"),
        pytest.param(["small", "--format", "csv"], 'format "csv": unknown.', id="unknown format"),
        pytest.param(
            ["big", "--format", "alpaca"],
            'run "big": not found. Runs under outputs/: small-1a2b.',
            id="unknown run",
        ),
        pytest.param(
            ["small", "--format", "alpaca", "--out", "outputs/small-1a2b"],
            "is a run",
            id="over the run itself",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, run, words, says):
    code, out, err = vicugna("export", *words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("manifest.json", "{", "manifest.json:1: not valid JSON", id="manifest"),
        pytest.param("tasks.jsonl", '{"schema": 1', "tasks.jsonl:1: not valid JSON", id="half"),
        pytest.param("tasks.jsonl", None, "tasks.jsonl: cannot be read", id="missing"),
    ],
)
def test_a_run_that_was_damaged(vicugna, run, name, text, says):
    if text is None:
        (run / name).unlink()
    else:
        (run / name).write_text(text)

    code, _, err = vicugna("export", "small", "--format", "alpaca")

    assert code == 2
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_file_of_pairs_that_holds_none_is_told_and_not_named(vicugna, place):
    Path("pairs.jsonl").write_text('{"prompt": "q", "chosen": "user", "rejected": "b"}\n')
    vicugna("import", "pairs.jsonl", "--out", "outputs/pairs")

    code, out, _ = vicugna("export", "pairs", "--for", "axolotl")

    assert code == 0
    assert "preference                 0 rows  so no file" in out
    assert "1 tasks left out: an answer that axolotl's DPO finds before it begins" in out
    assert "dpo.yaml" not in out
