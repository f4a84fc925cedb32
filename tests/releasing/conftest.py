"""A set in an empty working directory, and nobody who is to be told."""

import pytest

from tests.nights import plan, start_as_planned
from tests.scripted import say_well, scripted
from vicugna.releasing.telling import HOOK, WEBHOOK
from vicugna.teachers.offline import ask as offline


@pytest.fixture(autouse=True)
def _no_hooks(monkeypatch):
    monkeypatch.delenv(HOOK, raising=False)
    monkeypatch.delenv(WEBHOOK, raising=False)


@pytest.fixture
def teach(monkeypatch, place):
    """Return a function that sets what the offline teacher says; it returns what it was asked."""

    def teach(say=say_well, **changes):
        asked = []
        monkeypatch.setattr(offline, "ask_offline", scripted(say, asked, **changes))
        return asked

    return teach


@pytest.fixture
def night(teach):
    """Return a function that starts a night: (what came of it, what the teacher was asked)."""

    def start(day, add=None, say=say_well, **changes):
        asked = teach(say)
        return start_as_planned(plan(day, add, **changes)), asked

    return start
