"""The flows release and withdraw as the command line does, report it, and say it as an event."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from prefect.exceptions import ObjectNotFound, ParameterTypeError

from flows import release as release_module
from flows import self_instruct
from flows import withdraw as withdraw_module
from flows.release import ReleaseParams
from flows.withdraw import WithdrawParams
from tests.flows.plain import run_plain
from tests.nights import FIRST, LATEST, SECOND, SET, plan, start_as_planned, versions
from tests.past_runs import rows_of
from tests.scripted import make_recipe, say_well, scripted
from vicugna.errors import Fatal, UserError
from vicugna.records import Request
from vicugna.releasing.telling import HOOK, WEBHOOK
from vicugna.teachers.offline import ask as offline

Told = dict[str, Any]
Run = Callable[..., tuple[Told, list[tuple[str, Any]]]]


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """Return what is filled with the events that are emitted."""
    events: list[Told] = []

    def emit(event: str, **known: Any) -> None:
        events.append({"event": event, **known})

    monkeypatch.setattr(release_module, "emit_event", emit)
    return events


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, emitted: list[Told]) -> Run:
    """Return a function that runs a flow plainly: what it returns, and its artifacts."""
    for name in (HOOK, WEBHOOK):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(offline, "ask_offline", scripted())
    shown: list[tuple[str, Any]] = []

    def task(**_: Any) -> Callable[[Any], Any]:
        return lambda function: function

    async def link(*, key: str, link: str, link_text: str, **_: Any) -> None:
        shown.append((key, (link, link_text)))

    async def show(*_: Any, **__: Any) -> UUID:
        return uuid4()

    monkeypatch.setattr(self_instruct, "task", task)
    for artifact in ("acreate_markdown", "acreate_progress", "aupdate_progress"):
        monkeypatch.setattr(self_instruct, f"{artifact}_artifact", show)
    monkeypatch.setattr(release_module, "acreate_link_artifact", link)
    monkeypatch.setattr(release_module, "get_client", nullcontext)  # nobody helps
    for module in (release_module, withdraw_module):
        monkeypatch.setattr(module, "task", task, raising=False)

    def run(flow: str, **params: Any) -> tuple[Told, list[tuple[str, Any]]]:
        shown.clear()
        module = {"release": release_module, "withdraw": withdraw_module}[flow]
        told, reports = run_plain(module, flow, params, monkeypatch, release_module)
        return told, [*reports, *shown]

    return run


@pytest.fixture
def recipe(place: Path) -> str:
    settings = make_recipe(target=12, formats=["alpaca"]).model_dump(mode="json")
    settings["teacher"] = {"name": "offline", "model": "scripted"}
    path = place / "mine.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return str(path)


def test_flow_releases_what_direct_releases(
    run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told, _ = run("release", recipe=recipe, day=FIRST)
    by_flow = rows_of(LATEST)

    monkeypatch.chdir(tmp_path_factory.mktemp("direct"))
    direct = start_as_planned(plan(FIRST, target=12))

    assert told == direct.to_json()
    assert by_flow == rows_of(LATEST)


def test_a_release_is_reported_linked_and_said_as_an_event(
    run: Run, recipe: str, emitted: list[Told]
) -> None:
    told, shown = run("release", recipe=recipe, day=FIRST)

    (key, report), (table_key, table), (link_key, (link, text)) = shown
    assert (key, report.startswith("# try\n\n- released\n")) == ("release", True)
    assert "| en | 6 | 6 |\n| zh | 6 | 6 |" in report
    (row,) = table
    assert (table_key, row["version"], row["added"]) == ("versions", FIRST, 12)
    assert (row["rows en"], row["rows zh"]) == (6, 6)
    assert (link_key, text) == ("files", told["folder"])
    assert link == (SET / "releases" / FIRST).resolve().as_uri()
    assert emitted == [
        {
            "event": "vicugna.release",
            "resource": {"prefect.resource.id": "vicugna.set.try"},
            "payload": told,
        }
    ]


def test_a_night_that_is_fired_twice_is_one_event(
    run: Run, recipe: str, emitted: list[Told]
) -> None:
    run("release", recipe=recipe, day=FIRST)

    told, shown = run("release", recipe=recipe, day=FIRST, add=4)

    assert told["event"] == "released already"
    assert [key for key, _ in shown] == ["release", "versions"]
    assert (len(emitted), versions()) == (1, [FIRST])


def test_rows_are_withdrawn_and_the_reason_is_closed_in_its_cell(
    run: Run, recipe: str, emitted: list[Told]
) -> None:
    run("release", recipe=recipe, day=FIRST)
    row = next(iter(rows_of(LATEST)))

    told, shown = run("withdraw", set="try", rows=[row], why="<b>|投诉", day=SECOND)

    assert [key for key, _ in shown] == ["release", "versions", "files"]
    newest, first = shown[1][1]
    assert (newest["version"], newest["withdrawn"]) == (SECOND, 1)
    assert (first["version"], "投诉" in str(newest)) == (FIRST, False)
    assert "| &lt;b&gt;\\|投诉 | 1 |" in shown[0][1]
    assert (told["version"], told["withdrawn"]) == (SECOND, {"<b>|投诉": 1})
    assert emitted[-1]["payload"] == told
    assert row not in rows_of(LATEST)


def test_without_its_deployment_nobody_helps_and_the_night_is_done(
    run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise ObjectNotFound(Exception("no such deployment"))

    monkeypatch.setattr(release_module, "arun_deployment", refuse)

    told, _ = run("release", recipe=recipe, day=FIRST, workers=3)

    assert (told["event"], versions()) == ("released", [FIRST])
    assert "help/worker: ObjectNotFound" in caplog.text


def test_where_nothing_fails_there_is_no_event(run: Run, recipe: str, emitted: list[Told]) -> None:
    run("release", recipe=recipe, day=FIRST)

    told, _ = run("withdraw", set="try", day=SECOND)

    assert (told["event"], len(emitted), versions()) == ("complete", 1, [FIRST])


def test_a_night_that_was_killed_is_finished(
    run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch, emitted: list[Told]
) -> None:
    answered: list[str] = []

    def refuse(request: Request) -> str:
        if len(answered) == 2:
            raise Fatal("No.", cause="key")
        answered.append(request.key)
        return say_well(request)

    monkeypatch.setattr(offline, "ask_offline", scripted(refuse))
    with pytest.raises(Fatal):
        run("release", recipe=recipe, day=FIRST)
    asked: list[Request] = []
    monkeypatch.setattr(offline, "ask_offline", scripted(asked=asked))

    told, _ = run("release", recipe=recipe, day=SECOND)

    assert (told["event"], versions(), len(emitted)) == ("released", [SECOND], 1)
    assert not {request.key for request in asked} & set(answered)


@pytest.mark.parametrize(
    ("flow", "params", "said"),
    [
        ("release", {"recipe": "nix"}, 'recipe "nix": not found'),
        ("release", {"set": "../x"}, 'set "../x": expected a name'),
        ("release", {"day": "today"}, 'day "today"'),
        ("withdraw", {"set": "nix"}, 'set "nix": has no release yet'),
        ("withdraw", {"set": "A b"}, 'set "A b": expected a name'),
        ("withdraw", {"set": "nix", "filters": ["nix"]}, 'filter "nix": unknown'),
    ],
)
def test_what_the_user_did_wrong_is_one_line(
    run: Run, emitted: list[Told], flow: str, params: Told, said: str
) -> None:
    with pytest.raises(UserError) as raised:
        run(flow, **params)

    assert said in str(raised.value)
    assert (emitted, SET.exists()) == ([], False)


@pytest.mark.parametrize("wrong", [{"add": 0}, {"target": 0}, {"api_key": "x"}, {"rows": []}])
def test_wrong_parameters_are_refused(wrong: Told) -> None:
    with pytest.raises(ParameterTypeError):
        release_module.release.validate_parameters({"params": wrong})


def test_every_parameter_is_described() -> None:
    fields = {**ReleaseParams.model_fields, **WithdrawParams.model_fields}
    assert [name for name, field in fields.items() if not field.description] == []
