"""The flow writes a run again, in other layouts."""

import json
from pathlib import Path

import pytest

from flows import clean, export
from flows.export import ExportParams
from tests.flows.plain import run_plain
from vicugna.errors import UserError


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    row = {"instruction": "列举三条流经中国的大河。", "input": "", "output": "长江、黄河、珠江。"}
    (place / "rows.json").write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    params = {"files": ["rows.json"], "formats": ["alpaca"], "out": "outputs/rivers"}
    run_plain(clean, "clean", params, monkeypatch)
    return "rivers"


def test_flow_returns_and_reports_the_files(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"run": run, "formats": ["messages"], "out": "again"}

    written, shown = run_plain(export, "export", params, monkeypatch)

    assert written == {"messages": str(Path("again/messages.jsonl"))}
    assert Path("again/messages.jsonl").read_text(encoding="utf-8").count("长江") == 1
    ((key, report),) = shown
    assert (key, "| messages | again/messages.jsonl |" in report) == ("report", True)
    assert "长江" not in report


@pytest.mark.parametrize(
    ("change", "said"),
    [({"run": "nix"}, 'run "nix": not found'), ({"formats": ["nix"]}, 'format "nix": unknown')],
    ids=["unknown run", "unknown layout"],
)
def test_what_the_user_did_wrong_is_one_line(
    run: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError) as raised:
        run_plain(export, "export", {"run": run, "formats": ["alpaca"]} | change, monkeypatch)

    assert said in str(raised.value)


def test_every_parameter_is_described() -> None:
    fields = ExportParams.model_fields
    assert [name for name, field in fields.items() if not field.description] == []
