"""The offline teacher over HTTP: an OpenAI-compatible server on this machine, with faults.

    POST /v1/chat/completions    an answer, or the fault that was drawn for it
    GET  /v1/models /health      what clients look up first
    GET  /stats                  what was asked, answered and would have been paid

It answers by a function, so it knows nothing of how tasks are made.
"""

import asyncio
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from aiohttp import web

from vicugna.errors import UserError
from vicugna.records import Lang
from vicugna.teachers.offline.faults import ANSWER_FAULTS, apply_text_fault, draw_fault
from vicugna.text.tokens import CJK, count_tokens

Respond = Callable[[dict[str, Any]], str]
"""Answers the body of a chat request with a text. A `UserError` becomes a 400."""
Latency = float | Callable[[], float]
"""Seconds an answer takes: always the same, or drawn anew for each."""

HOST = "127.0.0.1"
MODEL = "offline"
RETRY_AFTER = "1"
_BACKLOG = 4096  # connections that may arrive at once; 128, the default, drops some of 1,024
_LONGEST_BODY = 64 * 2**20
_BLANK_LINES = 3
_JSON_HEADERS = {"Content-Type": "application/json"}
_CJK = re.compile(f"[{CJK}]")

# status, code, words, headers
_ERRORS: dict[str, tuple[int, str, str, dict[str, str]]] = {
    "429": (429, "rate_limit_exceeded", "Rate limit reached.", {"Retry-After": RETRY_AFTER}),
    "429-bare": (429, "rate_limit_exceeded", "Rate limit reached.", {}),
    "500": (500, "server_error", "The server had an error.", {}),
    "503": (503, "overloaded", "The server is overloaded.", {}),
}


@dataclass(slots=True)
class _Teacher:
    """What the server is, and what it has seen."""

    respond: Respond
    faults: Mapping[str, float]
    seed: int
    latency: Latency
    seen: Counter[bytes] = field(default_factory=Counter[bytes])
    met: Counter[str] = field(default_factory=Counter[str])
    answered: int = 0
    paid: int = 0
    previous: dict[Lang, str] = field(default_factory=dict[Lang, str])
    closing: asyncio.Event = field(default_factory=asyncio.Event)


_TEACHER = web.AppKey("teacher", _Teacher)


@asynccontextmanager
async def open_server(
    respond: Respond,
    *,
    port: int = 0,
    faults: Mapping[str, float] | None = None,
    seed: int = 0,
    latency: Latency = 0.0,
) -> AsyncGenerator[str, None]:
    """Run the server while the block runs, and yield its base URL. Port 0 takes a free one.

    Raises:
        UserError: The port is taken, not allowed, or no port at all.
    """
    app = web.Application(client_max_size=_LONGEST_BODY)
    app[_TEACHER] = _Teacher(respond, faults or {}, seed, latency)
    app.router.add_post("/v1/chat/completions", _chat)
    app.router.add_get("/v1/models", _models)
    app.router.add_get("/health", _health)
    app.router.add_get("/stats", _stats)
    app.on_shutdown.append(_let_go)
    # A client that hangs up must end its handler, or "hang" would hold the server open.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, port)
        yield f"http://{HOST}:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def serve(
    respond: Respond,
    *,
    port: int,
    faults: Mapping[str, float],
    seed: int,
    announce: Callable[[str], None],
    latency: float = 0.0,
) -> None:
    """Run the server until it is interrupted. `announce` is told its base URL once it listens.

    Raises:
        UserError: The port is taken, not allowed, or no port at all.
    """

    async def run() -> None:
        server = open_server(respond, port=port, faults=faults, seed=seed, latency=latency)
        async with server as base_url:
            announce(base_url)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, HOST, port, backlog=_BACKLOG).start()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"Cannot listen on port {port} of {HOST}: {why}. Choose another port, or 0 for a free "
            "one."
        ) from error


async def _chat(request: web.Request) -> web.StreamResponse:
    teacher = request.app[_TEACHER]
    raw = await request.read()
    fault = draw_fault(teacher.faults, seed=teacher.seed, body=raw, seen=_see(teacher, raw))
    if fault is not None:
        teacher.met[fault] += 1
    if fault == "hang":
        await teacher.closing.wait()
        fault = "503"
    if fault in _ERRORS:
        return _error(*_ERRORS[fault])
    try:
        payload = _answer(teacher, _read_body(raw), fault)
    except UserError as error:
        return _error(400, "invalid_request_error", str(error), {})
    # After the answer is composed: a client that does not wait for it has still paid.
    seconds = teacher.latency() if callable(teacher.latency) else teacher.latency
    if seconds:
        await asyncio.sleep(seconds)
    return await _deliver(teacher, request, payload, fault)


def _see(teacher: _Teacher, raw: bytes) -> int:
    """Return how often this body came before, and count it."""
    digest = hashlib.sha256(raw).digest()
    teacher.seen[digest] += 1
    return teacher.seen[digest] - 1


def _read_body(raw: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UserError(f"The body is not JSON: {error}.") from error
    body = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    messages = body.get("messages")
    turns = cast("list[object]", messages) if isinstance(messages, list) else []
    if not turns or not all(_is_turn(turn) for turn in turns):
        raise UserError('The body has no list of "messages", each with a role and a content.')
    return body


def _is_turn(turn: object) -> bool:
    return isinstance(turn, dict) and "role" in turn and "content" in turn


def _answer(teacher: _Teacher, body: dict[str, Any], fault: str | None) -> bytes:
    """Compose the answer, which is what a real teacher is paid for."""
    text, reason = teacher.respond(body), "stop"
    lang: Lang = "zh" if _CJK.subn("", text)[1] * 2 > count_tokens(text) else "en"
    previous = teacher.previous.get(lang, "")
    teacher.previous[lang] = text
    teacher.paid += 1
    if fault in ANSWER_FAULTS:
        text, reason = apply_text_fault(fault, text, lang, previous)
    completion = _completion(body, text, reason)
    try:
        return orjson.dumps(completion)
    except TypeError:  # half a character, which JSON writes as "\\ud800" and UTF-8 not at all
        return json.dumps(completion).encode()


def _completion(body: dict[str, Any], text: str, reason: str) -> dict[str, Any]:
    """Wrap a text as OpenAI does. Tokens are ours: words in English, characters in Chinese."""
    read, written = sum(map(_count, body["messages"])), count_tokens(text)
    return {
        "id": "chatcmpl-offline",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": str(body.get("model", MODEL)),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": reason,
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def _count(message: Any) -> int:  # noqa: ANN401 - JSON
    content = cast("dict[str, Any]", message).get("content") if isinstance(message, dict) else ""
    return count_tokens(content) if isinstance(content, str) else 0


async def _deliver(
    teacher: _Teacher, request: web.Request, payload: bytes, fault: str | None
) -> web.StreamResponse:
    """Send the answer, or as much of it as the fault lets through."""
    if fault == "reset":
        _abort(request)
        return web.Response()
    if fault == "cut-body":
        response = web.StreamResponse(headers=_JSON_HEADERS)
        response.content_length = len(payload)
        await response.prepare(request)
        await response.write(payload[: len(payload) // 2])
        _abort(request)
        return response
    teacher.answered += 1
    if fault == "blank-lines":
        response = web.StreamResponse(headers=_JSON_HEADERS)
        await response.prepare(request)
        for _ in range(_BLANK_LINES):
            await response.write(b"\n")
        await response.write(payload)
        return response
    return web.Response(body=payload, headers=_JSON_HEADERS)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _error(status: int, code: str, words: str, headers: dict[str, str]) -> web.Response:
    error = {"message": words, "type": code, "code": code, "param": None}
    return _json({"error": error}, status, headers)


def _json(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    headers = _JSON_HEADERS | (headers or {})
    return web.Response(body=orjson.dumps(body), status=status, headers=headers)


async def _models(_: web.Request) -> web.Response:
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "vicugna"}
    return _json({"object": "list", "data": [model]})


async def _health(_: web.Request) -> web.Response:
    return _json({"status": "ok"})


async def _stats(request: web.Request) -> web.Response:
    """Report counts: `paid` answers were composed, `answered` ones went out whole."""
    teacher = request.app[_TEACHER]
    return _json(
        {
            "requests": teacher.seen.total(),
            "distinct": len(teacher.seen),
            "paid": teacher.paid,
            "answered": teacher.answered,
            "faults": dict(teacher.met),
        }
    )


async def _let_go(app: web.Application) -> None:
    app[_TEACHER].closing.set()
