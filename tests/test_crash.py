"""SIGKILL at any moment: nothing lost, nothing paid twice but what was in flight, the same bytes.

The short form of `benchmarks/crash.py`.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from time import sleep

import pytest

from benchmarks.crash import (
    CONCURRENCY,
    compare,
    run_twice_at_once,
    run_undisturbed,
    write_recipe,
)
from benchmarks.killing import (
    LONGEST,
    Aim,
    Place,
    finish,
    kill_often,
    launch,
    open_place,
    open_teacher,
    paid_twice,
    start,
)
from tests.postgres import open_database

AIMS = [
    Aim("waiting", sent=5, sightings=1, seconds=LONGEST),
    Aim("gate", sent=2, sightings=3, seconds=LONGEST),
    Aim("export", sent=0, sightings=1, seconds=LONGEST),
]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("crash")


@pytest.fixture(scope="module")
def teacher():
    with open_teacher(seed=1) as teacher:
        yield teacher


@pytest.fixture(scope="module")
def undisturbed(scratch, teacher) -> Iterator[tuple[Place, int]]:
    """Return a run that nothing happened to, on SQLite, and how many requests it took."""
    recipe = write_recipe(scratch / "crash.yaml", "alpaca", 60, ["alpaca", "self_instruct"])
    with open_place(scratch, recipe, "") as place:
        requests, _ = run_undisturbed(place, teacher)
        yield place, requests


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request, scratch, undisturbed) -> Iterator[Place]:
    """Return a fresh folder with a fresh ledger."""
    reference, _ = undisturbed
    with ExitStack() as stack:
        server = stack.enter_context(open_database()) if request.param == "PostgreSQL" else ""
        yield stack.enter_context(open_place(scratch, reference.recipe, server))


def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(
    place, scratch, teacher, undisturbed
):
    reference, _ = undisturbed
    before = len(teacher.sent)

    kills = list(kill_often(place, teacher, scratch, AIMS + 2 * AIMS[-1:], len(AIMS)))
    finish(place, start(place, teacher))

    assert [kill.stage for kill in kills] == [aim.stage for aim in AIMS]
    lost = [kill.in_flight + kill.unwritten for kill in kills]
    assert 0 < max(lost) <= CONCURRENCY
    assert paid_twice(teacher.sent[before:]) <= sum(lost)
    assert compare(place, reference).startswith("yes")


def test_two_processes_may_do_one_run_at_the_same_time(place, teacher, undisturbed):
    """Each question is paid for by one of them, and both write the whole set."""
    reference, _ = undisturbed

    assert run_twice_at_once(place, teacher) == 0

    assert compare(place, reference).startswith("yes")


def test_when_one_of_two_processes_dies_the_other_does_its_part(place, teacher, undisturbed):
    reference, requests = undisturbed
    before = len(teacher.sent)
    dying, living = (launch(place, teacher, "-m", "vicugna") for _ in range(2))

    while len(teacher.sent) - before < requests // 3:
        assert dying.poll() is None
        sleep(0.001)
    os.killpg(dying.pid, signal.SIGKILL)
    dying.wait()

    assert living.wait(LONGEST) == 0
    assert paid_twice(teacher.sent[before:]) <= CONCURRENCY
    assert compare(place, reference).startswith("yes")
