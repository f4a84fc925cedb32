"""Asking through the ledger: what was paid for once is never paid for again."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

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


def through_ledger(ask: Ask, ledger: Ledger, traffic: Traffic, concurrency: int) -> Ask:
    """Return an `Ask` that looks in the ledger first, and writes every answer before giving it out.

    At most `concurrency` requests are with the teacher at once; those that the ledger answers do
    not count. A question that is already on its way is not sent a second time.
    """
    slots = asyncio.Semaphore(concurrency)
    under_way: dict[str, asyncio.Future[Reply]] = {}

    async def send(request: Request) -> Reply:
        async with slots:
            if traffic.first_sent is None:
                traffic.first_sent = monotonic() - traffic.started
            traffic.in_flight += 1
            try:
                reply = await ask(request)
            finally:
                traffic.in_flight -= 1
        await ledger.put(request, reply)
        traffic.sent += 1
        traffic.sent_nusd += reply.price_nusd or 0
        traffic.sent_tokens += reply.input_tokens + reply.output_tokens
        return reply

    async def ask_once(request: Request) -> Reply:
        known = await ledger.get(request.key)
        if known is not None:
            traffic.replayed += 1
            return known
        if request.key in under_way:
            return await asyncio.shield(under_way[request.key])
        under_way[request.key] = asyncio.ensure_future(send(request))
        try:
            return await under_way[request.key]
        finally:
            under_way.pop(request.key, None)

    return ask_once
