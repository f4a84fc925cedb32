"""Asking through the ledger: what was paid for once is never paid for again."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

from vicugna.ledger.ledger import Ledger
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask


@dataclass(slots=True)
class Traffic:
    """What one process sent, for the panel and the summary. It decides nothing."""

    sent: int = 0  # answers paid for now
    replayed: int = 0  # answers found in the ledger
    in_flight: int = 0
    sent_nusd: int = 0  # 1e-9 USD
    sent_tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])  # by cause, before retries
    started: float = field(default_factory=monotonic)
    first_sent: float | None = None  # seconds after `started`
    sending: set[asyncio.Task[Reply]] = field(default_factory=set[asyncio.Task[Reply]])


def through_ledger(ask: Ask, ledger: Ledger, traffic: Traffic, concurrency: int) -> Ask:
    """Return an `Ask` that looks in the ledger first, and writes every answer before giving it out.

    At most `concurrency` requests are with the teacher at once; those that the ledger answers do
    not count. A question that is already on its way is not sent a second time. Whoever stops
    waiting does not stop what is with the teacher: `finish_sending` lets it end.
    """
    slots = asyncio.Semaphore(concurrency)
    under_way: dict[str, asyncio.Task[Reply]] = {}

    async def send(request: Request) -> Reply:
        task = cast("asyncio.Task[Reply]", asyncio.current_task())
        try:
            async with slots:
                if traffic.first_sent is None:
                    traffic.first_sent = monotonic() - traffic.started
                traffic.in_flight += 1
                traffic.sending.add(task)
                try:
                    reply = await ask(request)
                finally:
                    traffic.in_flight -= 1
                # In the slot: no kill can lose more than `concurrency` paid answers.
                stored = await ledger.put(request, reply)
        finally:
            traffic.sending.discard(task)
            under_way.pop(request.key, None)
        traffic.sent += 1
        traffic.sent_nusd += reply.price_nusd or 0
        traffic.sent_tokens += reply.input_tokens + reply.output_tokens
        return stored

    async def ask_once(request: Request) -> Reply:
        known = await ledger.get(request.key)
        if known is not None:
            traffic.replayed += 1
            return known
        if request.key not in under_way:
            under_way[request.key] = asyncio.create_task(send(request))
        task = under_way[request.key]
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
