"""A set in an empty working directory."""

import pytest

from tests.nights import plan, start_as_planned
from tests.scripted import say_well


@pytest.fixture
def teach(place, teach_offline):
    """Return `teach_offline`, in an empty working directory."""
    return teach_offline


@pytest.fixture
def night(teach):
    """Return a function that starts a night: (what came of it, what the teacher was asked)."""

    def start(day, add=None, say=say_well, **changes):
        asked = teach(say)
        return start_as_planned(plan(day, add, **changes)), asked

    return start
