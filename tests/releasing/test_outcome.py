"""What came of a start, in exit codes, in occasions for hooks, and in JSON."""

from pathlib import Path

import pytest

from vicugna.releasing.outcome import Outcome

SET = Path("outputs/small")
MANIFEST = {
    "version": "2026-11-29.1",
    "previous": "2026-11-29",
    "counts": {"tasks": {"en": 3, "zh": 4}, "rejected": {}, "types": {"en": {"math": 3}}},
    "changes": {"added": {"zh": 2}, "withdrawn": {"refusal": 1}},
    "usage": {"price_usd": "0.500000"},
    "cost": {"price_usd": "1.500000", "usd_per_row": "0.214285714"},
}


@pytest.mark.parametrize(
    ("event", "stopped", "exit_code", "occasion"),
    [
        ("released", "target", 0, "success"),
        ("released", "saturated: zh", 3, "saturation"),
        ("released", "budget: usd", 3, "budget"),
        ("released", "month_budget (2026-11): tokens", 3, "budget"),
        ("released", "hours: closed", 3, "budget"),
        ("released", "teacher down: timeout", 3, "failure"),
        ("nothing kept", "saturated: en", 3, "saturation"),
        ("nothing kept", "budget: requests", 3, "budget"),
        ("nothing kept", "month_budget: usd", 3, "budget"),
        ("nothing kept", "teacher down: timeout", 3, "failure"),
        ("failed", "", 2, "failure"),
        ("complete", "", 0, ""),
        ("released already", "", 0, ""),
        ("busy", "", 4, ""),
    ],
)
def test_exit_code_and_occasion(event, stopped, exit_code, occasion):
    outcome = Outcome(SET, event, MANIFEST, stopped)

    assert (outcome.exit_code, outcome.occasion) == (exit_code, occasion)


def test_a_new_version_is_told_with_what_it_changed_and_cost():
    assert Outcome(SET, "released", MANIFEST, "target").to_json() == {
        "set": "small",
        "event": "released",
        "exit_code": 0,
        "version": "2026-11-29.1",
        "previous": "2026-11-29",
        "folder": str(SET / "releases" / "2026-11-29.1"),
        "tasks": {"en": 3, "zh": 4},
        "types": {"en": {"math": 3}},
        "added": {"zh": 2},
        "withdrawn": {"refusal": 1},
        "stopped": "target",
        "price_usd": "0.500000",
        "cost": MANIFEST["cost"],
        "words": None,
    }


@pytest.mark.parametrize("event", ["complete", "released already", "nothing kept"])
def test_without_a_new_version_nothing_was_added_and_nothing_cost(event):
    told = Outcome(SET, event, MANIFEST).to_json()

    assert told["version"] == "2026-11-29.1"
    assert (told["added"], told["withdrawn"], told["price_usd"]) == ({}, {}, None)


def test_before_the_first_release_there_is_no_version():
    told = Outcome(SET, "busy", words="since then").to_json()

    assert (told["version"], told["previous"], told["folder"], told["tasks"]) == (None,) * 3 + ({},)
    assert (told["stopped"], told["cost"], told["words"]) == (None, None, "since then")


def test_the_keys_are_the_same_whatever_came_of_it():
    known = [Outcome(SET, "released", MANIFEST, "target"), Outcome(SET, "failed", words="No.")]
    assert known[0].to_json().keys() == known[1].to_json().keys()
