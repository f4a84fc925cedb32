"""A teacher over HTTP that leaves some requests without an answer: the run ends all the same."""

import asyncio
from functools import partial
from pathlib import Path
from time import monotonic

import filters
from tests.scripted import make_recipe
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import generate, generate_all, open_asking, prepare
from vicugna.teachers.offline.respond import MODEL, respond
from vicugna.teachers.offline.server import open_server

TIMEOUT = 180.0  # seconds, as by default


def _run(hang, **changes):
    """Run a recipe; return its tasks, what was sent, and the seconds."""

    async def run():
        server = open_server(respond, faults={"hang": hang}, seed=5, latency=0.02)
        async with server as base_url:
            teacher = {"name": "openai", "model": MODEL, "base_url": base_url}
            recipe = make_recipe(target=200, lookahead=16, teacher=teacher, **changes)
            job, traffic = prepare(recipe, filters.chain(), Path("out")), Traffic()
            started = monotonic()
            async with open_asking(job, traffic) as ask:
                whole = await generate_all(job, [], partial(generate, job, ask))
            return whole.tasks, traffic, monotonic() - started

    return asyncio.run(run())


def test_a_run_does_not_wait_for_what_hangs(place):
    """Every twentieth request hangs; the run ends long before its timeout, with the same tasks."""
    tasks, traffic, seconds = _run(hang=0.05)

    counts = traffic.of("openai")
    assert counts.hedged == counts.hedges_won == traffic.lost == 3
    assert counts.faults == {}
    assert seconds < TIMEOUT / 4
    Path("outputs/ledger.db").unlink()
    undisturbed, traffic, _ = _run(hang=0.0)
    assert tasks == undisturbed
    assert traffic.of("openai").hedged == 0


def test_the_offline_teacher_in_this_process_is_not_hedged(place):
    async def run():
        job, traffic = prepare(make_recipe(), filters.chain(), Path("out")), Traffic()
        async with open_asking(job, traffic) as ask:
            await generate_all(job, [], partial(generate, job, ask))
        return traffic

    traffic = asyncio.run(run())

    assert traffic.sent > 0
    assert traffic.of("offline").hedged == traffic.lost == 0
