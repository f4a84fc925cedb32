"""`vicugna preview` and `vicugna check`: what would be sent, and what is wrong before a run."""

import re
from pathlib import Path

import pytest
import yaml

from tests.scripted import make_recipe
from vicugna.content import RECIPES
from vicugna.records import SCOPES


@pytest.mark.parametrize("recipe", ["small", "self-instruct"])
def test_a_preview_shows_both_prompts_and_one_answer(vicugna, recipe):
    """The answer is paid for, so it is in the ledger: the run does not pay for it again."""
    code, out, err = vicugna("preview", recipe)

    assert (code, err) == (0, "")
    assert out.count("[system]") == out.count("[user]") == 2
    assert "(en)" in out
    assert "(zh)" in out
    assert "at most" in out
    assert "── answer (en)" in out
    assert " pieces: " in out
    assert [path.name for path in Path("outputs").iterdir()] == ["ledger.db"]
    _, out, _ = vicugna("run", recipe, "--target", 40, "--direct")
    assert re.search(r"sent now \([\d,]+ tokens, 0 USD\), [12] from the ledger", out)


def test_a_preview_of_a_real_teacher_without_a_key(vicugna):
    code, out, err = vicugna("preview", "--teacher", "openai")

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: teacher openai: OPENAI_API_KEY is not set")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_check_of_what_ships_finds_nothing_wrong(vicugna, scope):
    """Two seed tasks may have one answer: that is no fault, whatever a run compares."""
    recipe = yaml.safe_load((RECIPES / "small.yaml").read_text("utf-8"))
    Path("mine.yaml").write_text(yaml.safe_dump(recipe | {"scope": scope}))

    code, out, err = vicugna("check", "mine.yaml")

    assert (code, err) == (0, "")
    assert "BAD" not in out
    names = [line.split()[1] for line in out.splitlines()]
    assert names == ["recipe", "seeds", "prompts", "seeds", "prompts", "ledger", "teacher"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["smal"], 'recipe "smal": not found', id="recipe"),
        pytest.param(["--teacher", "openai"], "OPENAI_API_KEY is not set", id="no key"),
    ],
)
def test_a_check_says_what_is_bad_and_ends_with_2(vicugna, words, says):
    code, out, err = vicugna("check", *words)

    assert (code, err) == (2, "")
    bad = [line for line in out.splitlines() if line.startswith("BAD")]
    assert len(bad) == 1
    assert says in bad[0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"filters": ["lenght"]}, 'filter "lenght": unknown', id="filter"),
        pytest.param({"formats": ["csv"]}, 'format "csv": unknown', id="format"),
        pytest.param({"tarjet": 1}, 'unknown key "tarjet"', id="key"),
    ],
)
def test_a_check_reads_the_whole_recipe(vicugna, changes, says):
    settings = make_recipe().model_dump(mode="json") | changes
    Path("mine.yaml").write_text(yaml.safe_dump(settings))

    code, out, _ = vicugna("check", "mine.yaml")

    assert code == 2
    assert says in out


def test_a_check_tells_of_a_ledger_that_cannot_be_opened(vicugna, monkeypatch):
    monkeypatch.setenv("VICUGNA_LEDGER", "nonsense")

    code, out, _ = vicugna("check")

    assert code == 2
    assert [line.split()[1] for line in out.splitlines() if line.startswith("BAD")] == ["ledger"]


def test_a_check_opens_the_earlier_sets(vicugna):
    row = '{"instruction": "Name a tree.", "input": "", "output": "Oak."}'
    Path("old.jsonl").write_text(f"{row}\n{row}\n")

    code, out, _ = vicugna("check", "--against", "old.jsonl")
    assert code == 0
    assert "2 rows of old.jsonl" in out

    code, out, _ = vicugna("check", "--against", "nothing")
    assert code == 2
    assert 'against "nothing": no such set.' in out
