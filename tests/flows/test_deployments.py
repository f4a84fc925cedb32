"""`prefect.yaml` names flows that are there, with parameters they take."""

from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

from vicugna.content import ROOT

PLAN: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = PLAN["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_entrypoint_loads_and_takes_its_parameters(deployment: dict[str, Any]) -> None:
    entrypoint = str(ROOT / deployment["entrypoint"])
    flow = load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)

    if "parameters" in deployment:
        flow.validate_parameters(deployment["parameters"])
    assert deployment["work_pool"]["name"] == "local"


def test_every_flow_can_be_started_from_the_page() -> None:
    files = {path.name for path in (ROOT / "flows").glob("*.py")} - {"__init__.py"}
    assert {deployment["entrypoint"] for deployment in DEPLOYMENTS} == {
        f"flows/{name}:{name.removesuffix('.py')}" for name in files
    }


def test_no_schedule_runs_before_somebody_wants_it() -> None:
    schedules = [plan for deployment in DEPLOYMENTS for plan in deployment.get("schedules", [])]
    assert [plan["active"] for plan in schedules] == [False, False]


def test_one_set_is_not_changed_twice_at_once() -> None:
    changing = [plan for plan in DEPLOYMENTS if "schedules" in plan]
    assert {plan["entrypoint"] for plan in changing} == {
        "flows/release.py:release",
        "flows/withdraw.py:withdraw",
    }
    assert [plan["concurrency_limit"]["limit"] for plan in changing] == [1, 1]
    assert {plan["concurrency_limit"]["collision_strategy"] for plan in changing} == {"CANCEL_NEW"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda plan: plan["entrypoint"])
def test_every_field_of_a_form_is_described_in_both_languages(deployment: dict[str, Any]) -> None:
    entrypoint = str(ROOT / deployment["entrypoint"])
    flow = load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
    (definition,) = (
        one for name, one in flow.parameters.definitions.items() if name.endswith("Params")
    )

    for name, field in definition["properties"].items():
        english, _, chinese = field["description"].partition(" · ")
        assert english.isascii(), name
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), name


def test_no_place_of_a_machine_is_written_down() -> None:
    (step,) = PLAN["pull"]
    (inputs,) = step.values()
    assert inputs == {"directory": "{{ $PROJECT_ROOT }}"}
