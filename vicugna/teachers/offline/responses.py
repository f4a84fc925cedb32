"""Responses of the offline server: answers, refusals and errors, and the faults of a connection."""

import math
from typing import Any

import orjson
from aiohttp import web

from vicugna.errors import Refused
from vicugna.teachers.offline.answers import MODEL, error_shape
from vicugna.teachers.offline.quota import in_milliseconds, say_duration

RETRY_AFTER = "1"
_BLANK_LINES = 3
_JSON_HEADERS = {"Content-Type": "application/json"}

# status, code, words, headers
ERRORS: dict[str, tuple[int, str, str, dict[str, str]]] = {
    "429": (429, "rate_limit_exceeded", "Rate limit reached.", {"Retry-After": RETRY_AFTER}),
    "429-bare": (429, "rate_limit_exceeded", "Rate limit reached.", {}),
    "500": (500, "server_error", "The server had an error.", {}),
    "503": (503, "overloaded", "The server is overloaded.", {}),
}


def json_response(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a body as JSON."""
    headers = _JSON_HEADERS | (headers or {})
    return web.Response(body=orjson.dumps(body), status=status, headers=headers)


def error_response(name: str) -> web.Response:
    """Return one of `ERRORS`."""
    status, code, words, headers = ERRORS[name]
    return json_response(error_shape(code, words), status, headers)


def bad_request(words: str) -> web.Response:
    """Return a 400 that says what is wrong."""
    return json_response(error_shape("invalid_request_error", words), 400)


def refusal_response(refused: Refused) -> web.Response:
    """Return what quota or capacity say: a limit that is reached, or one of `ERRORS`."""
    wait = refused.retry_after
    if wait is None:
        return error_response(refused.cause)
    words = f"{refused} Please try again in {say_duration(wait)}."
    headers = {"Retry-After": str(math.ceil(wait)), "retry-after-ms": str(in_milliseconds(wait))}
    return json_response(error_shape(refused.cause, words), 429, headers)


async def models(_: web.Request) -> web.Response:
    """Answer with the one model there is."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "vicugna"}
    return json_response({"object": "list", "data": [model]})


async def health(_: web.Request) -> web.Response:
    """Answer that all is well."""
    return json_response({"status": "ok"})


async def deliver(
    request: web.Request, payload: bytes, fault: str | None
) -> tuple[web.StreamResponse, bool]:
    """Send an answer, or as much of it as the fault lets through; return whether it went whole."""
    if fault == "reset":
        _abort(request)
        return web.Response(), False
    if fault == "cut-body":
        response = web.StreamResponse(headers=_JSON_HEADERS)
        response.content_length = len(payload)
        await response.prepare(request)
        await response.write(payload[: len(payload) // 2])
        _abort(request)
        return response, False
    if fault == "blank-lines":
        response = web.StreamResponse(headers=_JSON_HEADERS)
        await response.prepare(request)
        for _ in range(_BLANK_LINES):
            await response.write(b"\n")
        await response.write(payload)
        return response, True
    return web.Response(body=payload, headers=_JSON_HEADERS), True


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
