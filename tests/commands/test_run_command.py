"""`vicugna run`: exit codes, what is said, and one line for whatever the user got wrong."""

import socket
from functools import partial
from pathlib import Path

import orjson
import pytest
import yaml

from tests.scripted import make_recipe, say_well, scripted
from vicugna import teaching
from vicugna.teachers.offline import ask as offline


def _recipe(**changes):
    """Write a small recipe to run; return its name."""
    settings = make_recipe(**changes).model_dump(mode="json")
    settings["teacher"] = changes.get("teacher", {"name": "offline"})
    Path("mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return "mine.yaml"


@pytest.fixture
def teach(monkeypatch):
    """Return a function that sets what the offline teacher says."""
    return lambda ask: monkeypatch.setattr(offline, "ask_offline", ask)


def test_a_run_with_the_offline_teacher_from_start_to_files(vicugna):
    code, out, err = vicugna("run", "--direct", "--target", 12, "--out", "mine")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("small: 6 en, 6 zh; teacher offline (offline")
    assert lines[0].endswith("cap 2,000,000 tokens; seed 1")
    assert ["kept", "6", "6"] in [line.split() for line in lines]
    assert "files   mine/" in lines
    rows = [orjson.loads(line) for line in Path("mine/tasks.jsonl").read_bytes().splitlines()]
    assert [row["lang"] for row in rows].count("zh") == 6
    assert all(row["check"] and row["check"] in row["output"] for row in rows)
    assert all(row["source"]["teacher"] == "offline" for row in rows)


def test_the_same_command_again_sends_nothing_and_says_so(vicugna):
    vicugna("run", "--direct", "--target", 8, "--out", "mine")
    before = {path.name: path.read_bytes() for path in Path("mine").glob("*.json*")}
    code, out, err = vicugna("run", "--direct", "--target", 8, "--out", "mine")

    assert (code, err) == (0, "")
    assert "nothing was sent: every answer was in the ledger" in out
    after = {path.name: path.read_bytes() for path in Path("mine").glob("*.json*")}
    del before["manifest.json"], after["manifest.json"]
    assert before == after


def test_another_seed_is_another_set_and_another_folder(vicugna):
    vicugna("run", "--direct", "--target", 8, "--seed", 1)
    vicugna("run", "--direct", "--target", 8, "--seed", 2)

    runs = sorted(Path("outputs").glob("small-*/tasks.jsonl"))
    assert len(runs) == 2
    assert runs[0].read_bytes() != runs[1].read_bytes()


def test_quiet_says_nothing(vicugna, teach):
    teach(scripted())

    assert vicugna("run", _recipe(), "--direct", "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("changes", "stopped"),
    [
        pytest.param({"budget": {"requests": 3}}, "budget: requests", id="budget"),
        pytest.param({"budget": {"tokens": 9000}}, "budget: tokens", id="tokens"),
        pytest.param({"saturation": {"window": 20, "min_accepted": 1}}, "saturated: ", id="dry"),
    ],
)
def test_a_run_that_stopped_before_the_target_ends_with_3(vicugna, teach, changes, stopped):
    teach(scripted(lambda request: say_well(request) + "\n{}\n{" if request.key < "8" else "No."))

    code, out, err = vicugna("run", _recipe(target=400, **changes), "--direct")

    assert (code, err) == (3, "")
    assert out.splitlines()[-1].startswith(f"stopped early: {stopped}")
    assert list(Path("outputs").glob("try-*/tasks.jsonl"))


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        pytest.param(None, ["smal"], 'recipe "smal": not found. Give one of ', id="no such recipe"),
        pytest.param(None, ["no.yaml"], "no.yaml: cannot be read: No such file", id="no such file"),
        pytest.param("tarjet: 4", ["mine.yaml"], "mine.yaml: ", id="unknown key"),
        pytest.param("target: [", ["mine.yaml"], "mine.yaml:1: not valid YAML", id="no YAML"),
        pytest.param(
            {"languages": {"en": 0.5, "zh": 0.6}},
            ["mine.yaml"],
            "mine.yaml: languages: shares add up to 1.1, expected 1.",
            id="shares",
        ),
        pytest.param(
            {"filters": ["lenght"]}, ["mine.yaml"], 'filter "lenght": unknown. Filters', id="filter"
        ),
        pytest.param(
            {"formats": ["csv"]}, ["mine.yaml"], 'format "csv": unknown. Formats', id="format"
        ),
        pytest.param(None, ["--target", "0"], "Invalid value for '--target'", id="no target"),
        pytest.param(None, ["--target", "many"], "'many' is not a valid integer", id="no number"),
        pytest.param(None, ["--seed", "-1"], "Invalid value for '--seed'", id="seed below 0"),
        pytest.param(None, ["--teacher", "bard"], "'bard' is not one of", id="no such teacher"),
        pytest.param(None, ["--colour"], "No such option", id="no such option"),
        pytest.param(None, ["small", "large"], "unexpected extra argument", id="two recipes"),
        pytest.param(
            None, ["--teacher", "openai"], "teacher openai: OPENAI_API_KEY is not set.", id="no key"
        ),
        pytest.param(
            None, ["--base-url", "localhost:80"], "teacher.base_url: ", id="address without scheme"
        ),
        pytest.param(
            None,
            ["--base-url", "http://"],
            "teacher.base_url: expected",
            id="address without a host",
        ),
        pytest.param(
            None,
            ["--base-url", "http://me:hunter2@host/v1"],
            "expected an address such as https://api.openai.com/v1, without",
            id="address with a password",
        ),
        pytest.param(
            {"teacher": {"model": "mine", "base_url": "http://h/v1"}, "budget": {"usd": 1}},
            ["mine.yaml"],
            "budget.usd: the price of mine is not known",
            id="money without a price",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, teach, text, options, says):
    teach(_never)
    if isinstance(text, str):
        Path("mine.yaml").write_text(text)
    elif text is not None:
        settings = make_recipe().model_dump(mode="json") | {"teacher": {}} | text
        Path("mine.yaml").write_text(yaml.safe_dump(settings))

    code, _, err = vicugna("run", "--direct", *options)

    assert code == 2
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1
    assert "hunter2" not in err
    assert not list(Path().glob("outputs/*/tasks.jsonl"))


async def _never(request):
    raise AssertionError("nothing may be asked")


@pytest.mark.parametrize(
    ("ledger", "says"),
    [
        pytest.param("nonsense", "VICUGNA_LEDGER: Could not parse", id="no URL"),
        pytest.param("mysql://me:hunter2@h/x", "VICUGNA_LEDGER: No module", id="no driver"),
        pytest.param(
            "postgresql://me:hunter2@127.0.0.1:1/x", "ledger postgresql", id="nobody listens"
        ),
        pytest.param("sqlite:///mine.yaml", "file is not a database", id="not a ledger"),
    ],
)
def test_a_ledger_that_cannot_be_opened(vicugna, teach, monkeypatch, ledger, says):
    monkeypatch.setenv("VICUGNA_LEDGER", ledger)
    teach(_never)

    code, _, err = vicugna("run", _recipe(), "--direct")

    assert code == 2
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1
    assert "hunter2" not in err


def test_a_port_that_nobody_listens_on(vicugna, monkeypatch):
    """The retries are as ever, without their pauses."""

    async def at_once(seconds):
        return None

    monkeypatch.setattr(teaching, "retrying", partial(teaching.retrying, sleep=at_once))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        code, out, err = vicugna("run", "--direct", "--target", 8, "--base-url", url)

    assert code == 2
    assert url in out
    assert err.startswith(f'vicugna: Teacher "openai" ({url}) cannot be reached: ')
    assert len(err.splitlines()) == 1
    assert not list(Path().glob("outputs/*/tasks.jsonl"))


def test_a_run_does_not_replace_files_of_ones_own(vicugna, teach):
    """And says so before it pays for anything."""
    asked = []
    teach(scripted(asked=asked))
    Path("thesis").mkdir()
    Path("thesis/chapter1.txt").write_text("three years of work")

    code, _, err = vicugna("run", _recipe(), "--direct", "--quiet", "--out", "thesis")
    assert code == 2
    assert err.startswith('vicugna: thesis: holds "chapter1.txt", which vicugna did not write')
    assert len(err.splitlines()) == 1
    assert [path.name for path in Path("thesis").iterdir()] == ["chapter1.txt"]
    assert asked == []


def test_a_folder_that_cannot_be_made(vicugna, teach):
    teach(scripted())
    recipe = _recipe()

    code, _, err = vicugna("run", recipe, "--direct", "--quiet", "--out", f"{recipe}/out")

    assert code == 2
    assert err.startswith(f"vicugna: {recipe}/out: cannot be written: ")
    assert len(err.splitlines()) == 1
