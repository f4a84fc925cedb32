"""What goes wrong with a Batch API, call by call."""

import asyncio
import logging

import pytest
from aiohttp import web

from tests.teachers.batch_calls import (
    CALLS,
    KEY,
    STATE,
    answer_with,
    each_call,
    make_endpoint,
    run_canned,
    serve,
)
from vicugna.errors import Fatal, Refused, TeacherError, Transient, UserError
from vicugna.teachers import batch_api
from vicugna.teachers.batch_api import open_batch_api


@pytest.mark.parametrize(
    ("status", "headers", "kind", "cause", "retry_after"),
    [
        (429, {"Retry-After": "7"}, Refused, "rate_limit", 7.0),
        (429, {"retry-after-ms": "250"}, Refused, "rate_limit", 0.25),
        (429, {}, Refused, "rate_limit", None),
        (503, {}, Refused, "overloaded", None),
        (500, {}, Transient, "server_error", None),
        (502, {}, Transient, "server_error", None),
        (400, {}, Fatal, "bad_request", None),
        (401, {}, Fatal, "bad_key", None),
        (402, {}, Fatal, "no_credit", None),
        (403, {}, Fatal, "forbidden", None),
        (413, {}, Fatal, "bad_request", None),
    ],
)
def test_errors_of_the_server(status, headers, kind, cause, retry_after):
    """As of a live request: the words of the server, on one line, and what to do about it."""
    body = {"error": {"message": f"<b>no</b>\n{KEY}"}}

    error = run_canned(answer_with(body, status, headers), CALLS["create"])

    assert type(error) is kind
    assert (error.cause, getattr(error, "retry_after", None)) == (cause, retry_after)
    assert f"said {status}: no ***" in str(error)


@pytest.mark.parametrize(("status", "kind"), [(429, Refused), (500, Transient), (401, Fatal)])
@each_call
def test_every_call_names_its_errors(call, status, kind):
    assert type(run_canned(answer_with({}, status), call)) is kind


@each_call
def test_nothing_there(call):
    """A file that is gone needs no removing; anything else is an error."""
    error = run_canned(answer_with(b"404 page not found", 404), call)

    if call is CALLS["remove_file"]:
        assert error is None
    else:
        assert (type(error), error.cause) == (Fatal, "not_found")


def test_no_credit_is_not_too_fast():
    body = {"error": {"message": "m", "code": "insufficient_quota"}}

    error = run_canned(answer_with(body, 429), CALLS["create"])

    assert (type(error), error.cause) == (Fatal, "no_credit")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"id": 7}'], ids=str)
@pytest.mark.parametrize("name", ["upload", "create", "look", "cancel"])
def test_an_answer_that_is_none(name, body):
    error = run_canned(answer_with(body), CALLS[name])

    assert (type(error), error.cause) == (Transient, "no_answer")


@each_call
def test_a_server_that_drops_the_connection(call):
    async def handler(request):
        request.transport.abort()
        return web.Response()

    error = run_canned(handler, call)

    assert (type(error), error.cause) == (Transient, "reset")


@each_call
def test_a_server_that_hangs_is_left_after_the_timeout(call):
    async def handler(request):
        await asyncio.Event().wait()

    error = run_canned(handler, call, timeout=0.2)

    assert (type(error), error.cause) == (Transient, "timeout")
    assert "0.2 s" in str(error)


def test_a_server_that_drips_is_left_after_the_timeout():
    """The time is that of the whole call, not of one byte."""

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    error = run_canned(handler, CALLS["look"], timeout=0.3)

    assert error.cause == "timeout"


def test_a_body_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(batch_api, "_LONGEST_BODY", 100_000)

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 60_000)

    error = run_canned(handler, CALLS["look"])

    assert (type(error), error.cause) == (Transient, "too_long")


@each_call
def test_nobody_there(call, unused_port):
    async def run():
        async with open_batch_api(make_endpoint(f"http://127.0.0.1:{unused_port}/v1")) as api:
            try:
                return await call(api)
            except TeacherError as error:
                return error

    error = asyncio.run(run())

    assert (type(error), error.cause) == (Transient, "unreachable")
    assert "Is base_url right?" in str(error)


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("name", ["upload", "create", "look"])
def test_an_address_that_has_moved_is_named(name, status):
    async def handler(request):
        await request.read()
        if request.path.startswith("/new"):
            return web.json_response(STATE)
        return web.Response(status=status, headers={"Location": f"/new{request.path}"})

    error = run_canned(handler, CALLS[name])

    assert (type(error), error.cause) == (Fatal, "redirect")
    assert "change base_url" in str(error)


def test_a_caller_that_stops_does_not_wait():
    async def handler(request):
        await asyncio.Event().wait()

    async def script(api):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(api.look("batch_1"), 0.05)
        return "left"

    assert run_canned(handler, script) == "left"


@pytest.mark.parametrize("fault", ["401", "429", "500", "reset", "hang", "no answer", "closed"])
@each_call
def test_the_key_is_nowhere_but_in_the_header(call, fault, caplog):
    """Not in the error, nor in what it was raised from, nor in the log."""

    async def handler(request):
        await request.read()
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "reset":
            request.transport.abort()
        body = {"error": {"message": f"Incorrect API key provided: {KEY}"}, "id": KEY}
        return web.json_response(body, status=int(fault) if fault.isdigit() else 200)

    async def run():
        async with serve(handler) as url:
            base_url = "http://127.0.0.1:1/v1" if fault == "closed" else url
            async with open_batch_api(make_endpoint(base_url, timeout=0.2)) as api:
                try:
                    return repr(await call(api))
                except TeacherError as error:
                    return error

    with caplog.at_level(logging.DEBUG):
        result = asyncio.run(run())

    found = [repr(result), str(result), caplog.text]
    if isinstance(result, BaseException):
        found += [repr(result.__cause__), repr(result.__context__), repr(vars(result))]
        assert result.__context__ is None
    if call is not CALLS["read_lines"] or isinstance(result, BaseException):
        assert KEY not in "\n".join(found)


@pytest.mark.parametrize(
    ("base_url", "key"),
    [("ftp://a.example.com", KEY), ("https://a.example.com/v1", "two words")],
    ids=["address", "key"],
)
def test_what_cannot_be_opened(base_url, key):
    async def run():
        async with open_batch_api(make_endpoint(base_url, key=key)):
            pass

    with pytest.raises(UserError):
        asyncio.run(run())
