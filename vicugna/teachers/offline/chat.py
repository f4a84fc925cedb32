"""The chat route of the offline server: whom it refuses, how long it lets wait, what it sends."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from vicugna.errors import Refused, UserError
from vicugna.teachers.offline.answers import Answer, Teacher, compose, pay, read_body
from vicugna.teachers.offline.capacity import Capacity
from vicugna.teachers.offline.faults import draw_fault
from vicugna.teachers.offline.latency import Latency
from vicugna.teachers.offline.quota import QuotaMeter
from vicugna.teachers.offline.responses import (
    ERRORS,
    bad_request,
    deliver,
    error_response,
    refusal_response,
)

CHAT = "/v1/chat/completions"
_HELD = 4096  # answers to requests that were refused, kept until they come again


@dataclass(slots=True)
class Server:
    """What the server is, and what it has seen."""

    teacher: Teacher
    faults: Mapping[str, float]
    seed: int
    latency: Latency
    quota: QuotaMeter | None
    capacity: Capacity
    seen: Counter[bytes] = field(default_factory=Counter[bytes])
    met: Counter[str] = field(default_factory=Counter[str])
    held: dict[bytes, Answer] = field(default_factory=dict[bytes, Answer])
    answered: int = 0
    refused: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)


SERVER = web.AppKey("server", Server)


async def chat(request: web.Request) -> web.StreamResponse:
    """Answer, refuse, or play the fault that was drawn."""
    server = request.app[SERVER]
    raw = await request.read()
    digest = hashlib.sha256(raw).digest()
    fault = meet_fault(server, raw, digest)
    if fault in ERRORS:
        server.met[fault] += 1
        return error_response(fault)
    composed: Answer | None = None
    try:
        if fault == "hang":
            return await _hang(server)
        composed = compose(server.teacher, read_body(raw), fault, server.held.get(digest))
        if server.quota is not None:
            _ask_quota(server.quota, composed)
        return await _work(server, request, composed, fault, digest)
    except UserError as error:
        return bad_request(str(error))
    except Refused as refused:
        server.refused += 1
        if composed is not None:
            _hold(server.held, digest, composed)
        return refusal_response(refused)


def meet_fault(server: Server, raw: bytes, digest: bytes) -> str | None:
    """Return the fault that this body meets, and count the body."""
    seen = server.seen[digest]
    server.seen[digest] = seen + 1
    if not server.faults:
        return None
    return draw_fault(server.faults, seed=server.seed, body=raw, seen=seen)


def _ask_quota(quota: QuotaMeter, composed: Answer) -> None:
    longest = composed.body.get("max_tokens", composed.body.get("max_completion_tokens"))
    quota.admit(
        read=composed.read,
        written=composed.written,
        longest=longest if isinstance(longest, int) else None,
    )


def _hold(held: dict[bytes, Answer], digest: bytes, composed: Answer) -> None:
    """Keep the answer to a request that is refused, until it comes again.

    Or a storm of refusals would be one of answers, and the server would be what is measured.
    """
    if len(held) >= _HELD:
        del held[next(iter(held))]
    held[digest] = composed


async def _work(
    server: Server, request: web.Request, composed: Answer, fault: str | None, digest: bytes
) -> web.StreamResponse:
    async with server.capacity.enter():
        server.held.pop(digest, None)
        if fault is not None:
            server.met[fault] += 1
        # Before the wait: a client that does not wait for the answer has still paid.
        payload = pay(server.teacher, composed)
        seconds = server.latency() if callable(server.latency) else server.latency
        await server.capacity.work(seconds)
        response, whole = await deliver(request, payload, fault)
        server.answered += whole
        return response


async def _hang(server: Server) -> web.Response:
    """Give no answer until the server ends."""
    async with server.capacity.enter():
        server.met["hang"] += 1
        await server.closing.wait()
    return error_response("503")


async def tell_quota(request: web.Request, response: web.StreamResponse) -> None:
    """Add what is left of the quota to a response of this route."""
    quota = request.app[SERVER].quota
    if quota is not None and request.path == CHAT:
        response.headers.update(quota.headers())
