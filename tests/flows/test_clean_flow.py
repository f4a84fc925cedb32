"""The flow judges files as `vicugna clean --direct` does."""

import json
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import ParameterTypeError

from flows import clean as module
from flows.clean import CleanParams
from tests.flows.plain import run_plain
from tests.past_runs import make_past_run
from tests.scripted import make_recipe
from vicugna.errors import UserError

ROWS = [
    {"instruction": "Name three rivers of France.", "input": "", "output": "Seine, Loire, Rhône."},
    {"instruction": "Name three rivers of France!", "input": "", "output": "Loire, Seine, Rhône."},
    {"instruction": "列举三条流经中国的大河。", "input": "", "output": "长江、黄河、珠江。"},
]


@pytest.fixture
def rows(place: Path) -> str:
    path = place / "rows.json"
    path.write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_flow_writes_and_reports_what_stays(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"files": [rows], "filters": ["near_duplicate"], "formats": ["alpaca"], "out": "kept"}

    manifest, shown = run_plain(module, "clean", params, monkeypatch)

    assert manifest["counts"]["tasks"] == {"en": 1, "zh": 1}
    assert len(json.loads(Path("kept/alpaca.json").read_text(encoding="utf-8"))) == 2
    ((key, report),) = shown
    assert key == "report"
    assert "| near\\_duplicate | 1 | 0 |" in report
    assert "France" not in report


def test_flow_compares_what_it_is_told_to(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"files": [rows], "max_f1": 0.8, "formats": ["alpaca"], "out": "kept"}
    params |= {"scope": "output"}

    manifest, _ = run_plain(module, "clean", params, monkeypatch)

    assert manifest["scope"] == "output"
    assert manifest["counts"] == {"tasks": {"en": 2, "zh": 1}, "rejected": {}}


def test_flow_judges_a_run_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_past_run(monkeypatch, make_recipe(target=8, filters=["length", "empty"]))
    params = {"files": ["try"], "formats": ["alpaca"], "out": "again"}

    manifest, shown = run_plain(module, "clean", params, monkeypatch)

    assert manifest["inputs"][0]["name"] == "try"
    assert manifest["filters"] == ["length", "empty"]
    assert sum(manifest["counts"]["tasks"].values()) >= 8
    assert [key for key, _ in shown] == ["report"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"files": ["nix.json"]}, "nix.json"),
        ({"files": ["nix"]}, 'run "nix": not found'),
        ({"filters": ["nix"]}, 'filter "nix": unknown'),
        ({"formats": ["nix"]}, 'format "nix": unknown'),
    ],
    ids=["no such file", "no such run", "unknown filter", "unknown format"],
)
def test_what_the_user_did_wrong_is_one_line(
    rows: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as raised:
        run_plain(module, "clean", {"files": [rows]} | change, monkeypatch)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("max_f1", "right"),
    [(0.0, False), (0.01, True), (1.0, True), (1.01, False)],
    ids=["zero", "above zero", "one", "above one"],
)
def test_max_f1_is_a_share(max_f1: float, right: bool) -> None:
    params = {"params": {"files": ["a.json"], "max_f1": max_f1}}
    if right:
        assert module.clean.validate_parameters(params)
    else:
        with pytest.raises(ParameterTypeError):
            module.clean.validate_parameters(params)


@pytest.mark.parametrize("scope", ["outputs", "input", ""])
def test_an_unknown_scope_is_no_parameter(scope: str) -> None:
    with pytest.raises(ParameterTypeError):
        module.clean.validate_parameters({"params": {"files": ["a.json"], "scope": scope}})


def test_no_file_is_no_job() -> None:
    with pytest.raises(ParameterTypeError):
        module.clean.validate_parameters({"params": {"files": []}})


def test_every_parameter_is_described() -> None:
    assert [name for name, field in CleanParams.model_fields.items() if not field.description] == []
