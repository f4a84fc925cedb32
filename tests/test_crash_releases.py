"""SIGKILL while a night is released: the version is whole, the link moves once, the same bytes.

The short form of `benchmarks/crash_releases.py`.
"""

import sys
from pathlib import Path

import pytest

from benchmarks.crash import write_recipe
from benchmarks.crash_releases import (
    compare_sets,
    do_nights,
    kill_nights,
    plan_nights,
    set_of,
    watch_latest,
)
from benchmarks.killing import LONGEST, Aim, open_place, open_teacher, paid_twice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

AIMS = [
    Aim("release", sent=0, sightings=5, seconds=LONGEST),
    Aim("latest", sent=0, sightings=2, seconds=LONGEST),
    Aim("begun", sent=0, sightings=1, seconds=LONGEST),
]


def test_a_night_that_is_killed_while_it_is_released_ends_as_if_nothing_had_happened(
    tmp_path: Path,
) -> None:
    """Dead in the folder of the version, before the link is moved, before the note is removed."""
    recipe = write_recipe(tmp_path / "set.yaml", "alpaca", 24, ["alpaca"])
    with open_teacher(seed=1) as teacher, open_place(tmp_path, recipe, "") as reference:
        do_nights(plan_nights(reference, 1, 0), teacher)
        with open_place(tmp_path, recipe, "") as place, watch_latest(set_of(place)) as looks:
            before = len(teacher.sent)
            nights = plan_nights(place, 1, 0)
            kills = list(kill_nights(nights, teacher, tmp_path, [(len(AIMS), AIMS)]))
            twice, equal = paid_twice(teacher.sent[before:]), compare_sets(place, reference)

    assert [kill.stage for kill in kills] == [aim.stage for aim in AIMS]
    assert (twice, equal[:3]) == (0, "yes")
    assert (looks.list_versions(), looks.wrong) == (["2026-11-01"], [])
