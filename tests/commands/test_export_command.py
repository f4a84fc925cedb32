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
    assert [line.split() for line in out.splitlines()] == [
        ["messages", "outputs/small-1a2b-export/messages.jsonl"],
        ["self_instruct", "outputs/small-1a2b-export/self_instruct.jsonl"],
    ]
    assert all(Path(line.split()[1]).exists() for line in out.splitlines())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["small"], "Missing option '--format'", id="no format"),
        pytest.param(["small", "--format", ""], "no format was named", id="an empty format"),
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
