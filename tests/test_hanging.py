"""A teacher over HTTP that leaves some requests without an answer: the run ends all the same."""

import asyncio
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic

import filters
from tests.scripted import make_recipe
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import generate, generate_all, open_asking, prepare
from vicugna.teachers.offline import chat
from vicugna.teachers.offline.respond import MODEL, respond
from vicugna.teachers.offline.server import open_server

TIMEOUT = 180.0  # seconds, as by default
HANGING = (0, 20, 40)  # of the questions, in the order in which they arrive


def _run():
    """Run a recipe; return its tasks, what was sent, and the seconds."""

    async def run():
        async with open_server(respond, faults={"hang": 0.05}, latency=0.02) as base_url:
            teacher = {"name": "openai", "model": MODEL, "base_url": base_url}
            recipe = make_recipe(target=200, lookahead=16, teacher=teacher)
            job, traffic = prepare(recipe, filters.chain(), Path("out")), Traffic()
            started = monotonic()
            async with open_asking(job, traffic) as ask:
                whole = await generate_all(job, [], partial(generate, job, ask))
            return whole.tasks, traffic, monotonic() - started

    return asyncio.run(run())


def _let_hang(monkeypatch, which):
    """Let some questions hang when they come for the first time."""
    arrived = count()

    def draw(faults, *, seed, body, seen):
        return "hang" if seen == 0 and next(arrived) in which else None

    monkeypatch.setattr(chat, "draw_fault", draw)


def test_a_run_does_not_wait_for_what_hangs(place, monkeypatch):
    """It ends long before the timeout, with the tasks of a run in which nothing hangs."""
    _let_hang(monkeypatch, HANGING)
    tasks, traffic, seconds = _run()

    counts = traffic.of("openai")
    assert counts.hedges_won >= len(HANGING)  # more, where this machine was slow
    assert counts.hedged == traffic.lost
    assert counts.faults == {}
    assert seconds < TIMEOUT / 4
    Path("outputs/ledger.db").unlink()
    _let_hang(monkeypatch, ())
    assert _run()[0] == tasks


def test_the_offline_teacher_in_this_process_is_not_hedged(place):
    async def run():
        job, traffic = prepare(make_recipe(), filters.chain(), Path("out")), Traffic()
        async with open_asking(job, traffic) as ask:
            await generate_all(job, [], partial(generate, job, ask))
        return traffic

    traffic = asyncio.run(run())

    assert traffic.sent > 0
    assert traffic.of("offline").hedged == traffic.lost == 0
