"""Asking through the ledger: what was paid for once is never paid for again, nor over a cap."""

import asyncio

from vicugna.ledger.ledger import Ledger
from vicugna.ledger.traffic import Traffic
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask


def through_ledger(obtain: Ask, ledger: Ledger, traffic: Traffic) -> Ask:
    """Return an `Ask` that looks in the ledger first, and obtains only what is not there.

    `obtain` writes every answer before it gives it out (`Payer.obtaining`, `Batcher.obtain`). A
    question that is already on its way is not sent a second time. Whoever stops waiting does not
    stop what is with the teacher: `finish_sending` lets it end.
    """
    under_way: dict[str, asyncio.Task[Reply]] = {}

    async def send(request: Request, key: str) -> Reply:
        try:
            return await obtain(request)
        finally:
            del under_way[key]

    async def ask_once(request: Request) -> Reply:
        key = request.key  # a hash of all that is sent: computed once
        known = await ledger.get(key)
        if known is not None:
            traffic.replayed += 1
            return known
        if key not in under_way:
            under_way[key] = asyncio.create_task(send(request, key))
        task = under_way[key]
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task not in traffic.sending:  # still waiting for its turn: nothing is paid for
                task.cancel()
            raise

    return ask_once


async def finish_sending(traffic: Traffic, seconds: float) -> None:
    """Let the answers that are with the teacher arrive and be written; give up after `seconds`."""
    tasks = set(traffic.sending)
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
