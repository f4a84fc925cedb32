"""The invoice of the teacher is never over the cap: the short form of `benchmarks/budget.py`."""

import sys
from contextlib import ExitStack
from random import Random

import pytest

from benchmarks.budget import FAULTS, Trial, kept, run_trial, write_capped
from benchmarks.killing import open_place, open_teacher
from tests.postgres import open_database

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills process groups")

TRIALS = [
    pytest.param("SQLite", Trial("budget", "usd", 30.0, 1, 2, "alpaca"), id="dollars"),
    pytest.param("SQLite", Trial("month_budget", "tokens", 30_000, 2, 1, "alpaca"), id="tokens"),
    pytest.param(
        "PostgreSQL", Trial("budget", "requests", 60, 2, 1, "self-instruct"), id="requests"
    ),
]


@pytest.fixture(scope="module")
def teacher():
    with open_teacher(seed=1, faults=FAULTS) as teacher:
        yield teacher


@pytest.mark.parametrize(("where", "trial"), TRIALS)
def test_no_cap_is_passed_whoever_is_killed(tmp_path, teacher, where, trial):
    """Over retries, kills and two processes, by what the teacher bills for what it answered."""
    recipe = write_capped(tmp_path / "capped.yaml", trial, seed=1, concurrency=8)
    with ExitStack() as stack:
        server = stack.enter_context(open_database()) if where == "PostgreSQL" else ""
        place = stack.enter_context(open_place(tmp_path, recipe, server))

        outcome = run_trial(trial, place, teacher, Random(1))

        assert kept(trial, outcome), (outcome, place.log.read_text()[-2000:])
        assert outcome.billed > 0  # it did ask; what kills may have cost counts at its most
