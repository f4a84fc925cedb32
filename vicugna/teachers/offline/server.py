"""The offline teacher over HTTP: an OpenAI-compatible server on this machine, with faults.

    POST /v1/chat/completions    an answer, a refusal, or the fault that was drawn for it
    /v1/files and /v1/batches    the Batch API (`batches.py`)
    GET  /v1/models /health      what clients look up first
    GET  /stats                  what was asked, answered and would have been paid

It answers by a function, so it knows nothing of how tasks are made. It can be as limited as real
endpoints are: by a quota (`quota.py`) and by what it can take at once (`capacity.py`).
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial

import orjson
from aiohttp import web

from vicugna.errors import UserError
from vicugna.teachers.offline.answers import Respond, Teacher, answer, error_shape, read_body
from vicugna.teachers.offline.batch_job import BatchBehaviour
from vicugna.teachers.offline.batches import add_batch_routes, count_batches
from vicugna.teachers.offline.capacity import UNLIMITED, Capacity, ServerCapacity
from vicugna.teachers.offline.chat import CHAT, SERVER, Server, chat, meet_fault, tell_quota
from vicugna.teachers.offline.faults import ANSWER_FAULTS
from vicugna.teachers.offline.latency import Latency
from vicugna.teachers.offline.listening import listen
from vicugna.teachers.offline.prefixes import MINIMUM, Prefixes
from vicugna.teachers.offline.quota import QuotaMeter, ServerQuota
from vicugna.teachers.offline.responses import health, json_response, models

_LONGEST_BODY = 64 * 2**20


@asynccontextmanager
async def open_server(
    respond: Respond,
    *,
    port: int = 0,
    faults: Mapping[str, float] | None = None,
    seed: int = 0,
    latency: Latency = 0.0,
    quota: ServerQuota | None = None,
    capacity: ServerCapacity = UNLIMITED,
    reasoning: bool = False,
    cached_prefix: bool = False,
    cached_minimum: int = MINIMUM,
    batches: BatchBehaviour | None = None,
) -> AsyncGenerator[str, None]:
    """Run the server while the block runs, and yield its base URL. Port 0 takes a free one.

    With `reasoning` answers carry thoughts beside the text, and count their tokens; with
    `cached_prefix` they tell how many tokens of the prompt were seen before (`cached_minimum` or
    more).

    Raises:
        UserError: The port is taken, not allowed, or no port at all.
    """
    teacher = Teacher(respond, reasoning, Prefixes(cached_minimum) if cached_prefix else None)
    meter = QuotaMeter(quota, asyncio.get_running_loop().time) if quota else None
    app = web.Application(client_max_size=_LONGEST_BODY)
    app[SERVER] = Server(teacher, faults or {}, seed, latency, meter, Capacity(capacity))
    app.router.add_post(CHAT, chat)
    line = partial(_answer_line, app[SERVER])
    add_batch_routes(app, line, batches or BatchBehaviour(), seed=seed)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/health", health)
    app.router.add_get("/stats", _stats)
    if meter is not None:
        app.on_response_prepare.append(tell_quota)
    app.on_shutdown.append(_let_go)
    async with listen(app, port) as address:
        yield address + "/v1"


def serve(
    respond: Respond,
    *,
    port: int,
    faults: Mapping[str, float],
    seed: int,
    announce: Callable[[str], None],
    latency: Latency = 0.0,
    quota: ServerQuota | None = None,
    capacity: ServerCapacity = UNLIMITED,
    batches: BatchBehaviour | None = None,
) -> None:
    """Run the server until it is interrupted. `announce` is told its base URL once it listens.

    Raises:
        UserError: The port is taken, not allowed, or no port at all.
    """

    async def run() -> None:
        async with open_server(
            respond,
            port=port,
            faults=faults,
            seed=seed,
            latency=latency,
            quota=quota,
            capacity=capacity,
            batches=batches,
        ) as base_url:
            announce(base_url)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


def _answer_line(server: Server, raw: bytes) -> tuple[int, bytes]:
    """Answer a line of a batch as a request would be, without quota and faults of a connection."""
    fault = meet_fault(server, raw, hashlib.sha256(raw).digest())
    if fault not in ANSWER_FAULTS:
        fault = None
    try:
        payload = answer(server.teacher, read_body(raw), fault)
    except UserError as error:
        return 400, orjson.dumps(error_shape("invalid_request_error", str(error)))
    if fault is not None:
        server.met[fault] += 1
    return 200, payload


async def _stats(request: web.Request) -> web.Response:
    """Report counts: `paid` answers were composed, `answered` ones went out whole.

    `tokens` were paid for; `refused` are the refusals of quota and capacity, faults not among them.
    Of the paid answers `batch_lines` were lines of batches.
    """
    server = request.app[SERVER]
    return json_response(
        {
            "requests": server.seen.total(),
            "distinct": len(server.seen),
            "paid": server.teacher.paid,
            "answered": server.answered,
            "faults": dict(server.met),
            "refused": server.refused,
            "in_flight": server.capacity.in_flight,
            "most_in_flight": server.capacity.most_in_flight,
            "tokens": server.teacher.tokens,
            **count_batches(request.app),
        }
    )


async def _let_go(app: web.Application) -> None:
    app[SERVER].closing.set()
