"""One process at a time is at work on a set, and a dead one keeps nobody waiting."""

import asyncio
from itertools import count

import pytest
from sqlalchemy import select

from vicugna.ledger import connect, ledger, open_ledger, presence
from vicugna.ledger.leases import Taken
from vicugna.ledger.tables import LEASE


def _holders(url):
    engine = connect(url)
    with engine.connect() as connection:
        rows = connection.execute(select(LEASE.c.name, LEASE.c.process))
        holders = {name: process for name, process in rows}
    engine.dispose()
    return holders


def test_the_second_one_hears_who_has_it_until_the_first_leaves(any_url):
    async def run():
        async with open_ledger(any_url) as one, open_ledger(any_url) as other:
            assert await one.take("set:small") is None
            assert await one.take("set:small") is None  # it has it
            taken = await other.take("set:small")
            assert isinstance(taken, Taken)
            assert taken.process == one.process
            assert await other.take("set:large") is None
            await other.leave("set:small")  # which it has not
            assert isinstance(await other.take("set:small"), Taken)
            await one.leave("set:small")
            assert await other.take("set:small") is None
            assert _holders(any_url) == {"set:small": other.process, "set:large": other.process}

    asyncio.run(run())

    assert _holders(any_url) == {}  # a process that ends has none


def test_of_many_at_once_one_has_it(any_url):
    async def run():
        async with open_ledger(any_url) as one, open_ledger(any_url) as other:
            wanted = [each.take("set:s") for each in (one, other) for _ in range(5)]
            return await asyncio.gather(*wanted)

    assert sum(taken is None for taken in asyncio.run(run())) == 5


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_that_of_a_dead_process_is_taken(any_url, monkeypatch, where):
    """Here its lock tells at once, elsewhere its beat, which does not change any more."""
    clock = count()  # a second passes at each look at it
    monkeypatch.setattr(presence, "monotonic", lambda: next(clock))
    monkeypatch.setattr(ledger, "monotonic", lambda: next(clock))
    monkeypatch.setattr(ledger, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(ledger, "LEASE", 10_000)  # its last beat may still be on its way
    alive = False if where == "here" else None
    monkeypatch.setattr(presence, "is_alive", lambda process: alive)
    monkeypatch.setattr(ledger, "is_alive", lambda process: alive)

    async def run():
        async with open_ledger(any_url) as one:
            await one.take("set:small")
            dead = one.process
            one._beating.cancel()  # as if it were killed: it neither beats nor leaves
            async with open_ledger(any_url) as other:
                assert await other.take("set:small") is None
                assert _holders(any_url) == {"set:small": other.process}
                assert other.process != dead

    asyncio.run(run())

    assert (next(clock) > presence.LEASE) == (where == "elsewhere")
