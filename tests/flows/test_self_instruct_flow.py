"""The flow makes what `--direct` makes, shows how it goes, and says what is wrong in one line."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.exceptions import ParameterTypeError
from pydantic import ValidationError
from rich.console import Console

from flows import self_instruct as module
from flows.self_instruct import RunParams, share_kept
from tests.flows.plain import run_plain
from vicugna.console import CONSOLE
from vicugna.content import RECIPES, load_filters
from vicugna.errors import UserError
from vicugna.pipeline import begin, prepare
from vicugna.running import run_direct
from vicugna.settings import load_recipe

OFFLINE = {"recipe": "small", "teacher": "offline", "target": 16}


def write_recipe(place: Path, **changes: Any) -> str:
    """Write the small recipe with changes; return its path."""
    settings = yaml.safe_load((RECIPES / "small.yaml").read_text(encoding="utf-8"))
    path = place / "changed.yaml"
    path.write_text(yaml.safe_dump(settings | changes), encoding="utf-8")
    return str(path)


def run_without_flow(recipe: str, out: str, **overrides: Any) -> dict[str, Any]:
    """Run the same job as `--direct` does."""
    settings = load_recipe(recipe, {"teacher.name": "offline", **overrides})
    job = prepare(settings, load_filters().chain(settings.filters), Path(out))
    return asyncio.run(run_direct(job, Console(quiet=True)))


@pytest.mark.parametrize("shards", [1, 3], ids=["one shard", "three shards"])
def test_flow_writes_the_bytes_of_direct(
    place: Path, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    recipe = write_recipe(place, shards=shards, target=24)
    direct = run_without_flow(recipe, "direct")
    params = {"recipe": recipe, "teacher": "offline", "out": "flow"}

    manifest, _ = run_plain(module, "self_instruct", params, monkeypatch)

    assert manifest["files"]["tasks.jsonl"] == direct["files"]["tasks.jsonl"]
    assert manifest["files"]["rejected.jsonl"] == direct["files"]["rejected.jsonl"]
    assert manifest["counts"] == direct["counts"]
    assert (place / "flow" / "manifest.json").exists()


@pytest.mark.usefixtures("place")
def test_flow_shows_progress_and_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    _, shown = run_plain(module, "self_instruct", OFFLINE, monkeypatch)

    assert shown[0] == ("progress", 0.0)
    assert ("progress", 100.0) in shown
    key, report = shown[-1]
    assert key == "report"
    assert "| **kept** | 8 | 8 |" in report
    assert "outputs/small-" in report


@pytest.mark.usefixtures("place")
def test_no_word_of_the_teacher_is_in_an_artifact(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shown = run_plain(module, "self_instruct", OFFLINE | {"out": "set"}, monkeypatch)

    everything = "\n".join(str(what) for _, what in shown)
    from vicugna.jsonl import read_jsonl

    rows = [row for _, row in read_jsonl(place / "set" / "tasks.jsonl")]
    assert len(rows) == 16
    assert not [row for row in rows if row["instruction"] in everything]


@pytest.mark.usefixtures("place")
def test_trouble_with_the_progress_artifact_is_not_the_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no server")

    real = monkeypatch.setattr

    def keep_broken(target: object, name: str, value: object, raising: bool = True) -> None:
        broken = name == "acreate_progress_artifact"
        real(target, name, fail if broken else value, raising=raising)

    monkeypatch.setattr(monkeypatch, "setattr", keep_broken, raising=False)
    manifest, shown = run_plain(module, "self_instruct", OFFLINE, monkeypatch)

    assert manifest["stopped"] == "target"
    assert [key for key, _ in shown] == ["report"]


@pytest.mark.usefixtures("place")
def test_a_flow_draws_nowhere_unless_its_caller_says_where() -> None:
    assert CONSOLE.get().quiet


def test_parameters_override_the_recipe(place: Path) -> None:
    params = RunParams(
        recipe="small",
        target=30,
        teacher="openai",
        model="qwen3",
        base_url="http://localhost:11434/v1",
        seed=9,
        out="here",
    )

    job = params.read()

    assert (job.recipe.target, job.recipe.seed) == (30, 9)
    assert job.recipe.teacher.model == "qwen3"
    assert job.recipe.teacher.base_url == "http://localhost:11434/v1"
    assert job.folder == Path("here")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": 0},
        {"seed": -1},
        {"base_url": "http://me:secret@host/v1"},
        {"base_url": "https://host/v1?key=secret"},
        {"base_url": "ftp://host/v1"},
        {"api_key": "secret"},
        {"recipe": None},
    ],
    ids=lambda wrong: "wrong " + next(iter(wrong)),
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunParams.model_validate(wrong)
    with pytest.raises(ParameterTypeError):
        module.self_instruct.validate_parameters({"params": wrong})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recipe": "nix"}, 'recipe "nix": not found'),
        ({"recipe": "nix.yaml"}, "nix.yaml"),
        ({"teacher": "openai"}, "OPENAI_API_KEY is not set"),
        ({"teacher": "nobody"}, "teacher.name"),
    ],
    ids=["unknown recipe", "no such file", "no key", "unknown teacher"],
)
@pytest.mark.usefixtures("place")
def test_what_the_user_did_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as raised:
        run_plain(module, "self_instruct", wrong, monkeypatch)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("kept", "percent"), [(0, 0.0), (8, 50.0), (16, 100.0), (17, 100.0)], ids=str
)
def test_share_kept_is_a_percentage(kept: int, percent: float) -> None:
    job = RunParams.model_validate(OFFLINE).read()
    growth = begin(job)
    growth.quotas["en", ""].kept = kept

    assert share_kept(job, [growth]) == percent
    assert share_kept(job, []) == 0.0


def test_every_parameter_is_described() -> None:
    assert [name for name, field in RunParams.model_fields.items() if not field.description] == []
