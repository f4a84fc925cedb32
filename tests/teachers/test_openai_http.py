import asyncio
import logging
import socket
import time
from dataclasses import replace

import pytest
from aiohttp import web

from tests.teachers.canned import (
    KEY,
    REQUEST,
    ask_canned,
    ask_once,
    make_endpoint,
    open_canned,
    say_ok,
)
from vicugna.errors import Fatal, Refused, Transient
from vicugna.records import Message
from vicugna.teachers import openai_http
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_http import open_endpoint
from vicugna.teachers.retry import retrying

ANSWER = (
    '{"instruction": "Name two rivers of Asia.", "output": "The Yangtze and the Mekong."}\n'
    '{"instruction": "Add 2 and 3.", "output": "The sum is 5."}'
)


def _meet(fault, *, times=1, timeout=10.0):
    """Ask a server that always has this fault."""

    async def run():
        faults = {fault: 1.0} if fault else {}
        async with open_server(lambda body: ANSWER, faults=faults) as url:
            return [await ask_once(url, timeout=timeout) for _ in range(times)]

    return asyncio.run(run())


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_an_answer():
    """The reply is what the server said, with its own count of tokens, and it took some time."""
    (reply,) = _meet(None)

    assert (reply.text, reply.finish_reason) == (ANSWER, "stop")
    assert (reply.key, reply.teacher, reply.model) == (REQUEST.key, "lab", "offline")
    assert (reply.input_tokens, reply.output_tokens, reply.price_nusd) == (4, 22, 0)
    assert 0 < reply.seconds < 10


@pytest.mark.parametrize(
    ("fault", "kind", "cause", "retry_after"),
    [
        ("429", Refused, "rate_limit", 1.0),
        ("429-bare", Refused, "rate_limit", None),
        ("503", Refused, "overloaded", None),
        ("500", Transient, "server_error", None),
        ("reset", Transient, "reset", None),
        ("cut-body", Transient, "cut", None),
    ],
)
def test_faults_of_the_connection(fault, kind, cause, retry_after):
    """Each fault is named by its cause, on a fresh connection and on the next one."""
    for error in _meet(fault, times=2):
        assert type(error) is kind
        assert error.cause == cause
        assert getattr(error, "retry_after", None) == retry_after
        assert "\n" not in str(error)


def test_a_server_that_hangs_is_left_after_the_timeout():
    started = time.perf_counter()
    (error,) = _meet("hang", timeout=0.2)

    assert time.perf_counter() - started < 5.0
    assert type(error) is Transient
    assert error.cause == "timeout"
    assert "0.2 s" in str(error)


@pytest.mark.parametrize(
    "fault",
    [
        "blank-lines",
        "length",
        "empty",
        "refusal",
        "wrong-language",
        "duplicate",
        "misnumbered",
        "broken-json",
    ],
)
def test_faults_of_the_answer_are_replies(fault):
    """An answer that was paid for is handed on, however useless: the caller judges it."""
    (reply,) = _meet(fault)

    assert reply.finish_reason == ("length" if fault == "length" else "stop")
    assert (reply.text == ANSWER) == (fault in ("blank-lines", "duplicate"))
    assert (reply.text == "") == (fault == "empty")
    assert reply.price_nusd == 0


def test_a_fault_is_not_retried_here():
    """One call is one attempt, also when a kept connection was dropped by the server."""
    calls = []

    async def handler(request):
        calls.append(1)
        if len(calls) == 2:
            request.transport.abort()
        return web.json_response(say_ok("a"))

    async def run():
        async with open_canned(handler) as url, open_endpoint(make_endpoint(url)) as ask:
            first = await ask(REQUEST)
            with pytest.raises(Transient):
                await ask(REQUEST)
            return first, await ask(REQUEST)

    first, third = asyncio.run(run())
    assert (first.text, third.text, len(calls)) == ("a", "a", 3)


def test_a_redirect_is_not_followed():
    """A POST that is redirected arrives as a GET and loses its body."""

    async def handler(request):
        raise web.HTTPFound("https://elsewhere.example.com/")

    error = ask_canned(handler)

    assert type(error) is Fatal
    assert error.cause == "redirect"


def test_a_compressed_answer():
    async def handler(request):
        response = web.json_response(say_ok("压缩"))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    assert ask_canned(handler).text == "压缩"


def test_an_answer_cut_without_a_length():
    """A body that ends with the connection tells nothing of its length: the JSON does."""

    async def handler(request):
        response = web.StreamResponse()
        response.force_close()
        response.headers["Connection"] = "close"
        await response.prepare(request)
        await response.write(b'{"choices": [{"message": {"content": "hal')
        return response

    error = ask_canned(handler)

    assert type(error) is Transient
    assert error.cause == "bad_json"


def test_a_slow_answer_is_not_idle():
    """Blank lines that keep the connection do not stretch the timeout of the attempt."""

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"\n")
            await asyncio.sleep(0.01)

    error = ask_canned(handler, timeout=0.2)

    assert error.cause == "timeout"


def test_something_that_is_not_http():
    """A port of another service is named as such, and may be tried again."""

    async def talk(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    async def run():
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            return await ask_once(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    error = asyncio.run(run())
    assert type(error) is Transient
    assert error.cause == "bad_http"


def test_two_hundred_at_once():
    """The client sets no limit of its own, and no answer is mixed up with another."""

    async def handler(request):
        content = (await request.json())["messages"][0]["content"]
        arrived.append(content)
        if len(arrived) == 200:
            everyone.set()
        await everyone.wait()  # nobody is answered before everybody has asked
        return web.json_response(say_ok(content))

    async def run():
        async with open_canned(handler) as url, open_endpoint(make_endpoint(url)) as ask:
            requests = [
                replace(REQUEST, messages=(Message("user", f"题 {i}"),)) for i in range(200)
            ]
            replies = await asyncio.gather(*map(ask, requests))
        return [r.key for r in requests], replies

    arrived, everyone = [], asyncio.Event()
    keys, replies = asyncio.run(run())
    assert [reply.key for reply in replies] == keys
    assert [reply.text for reply in replies] == [f"题 {i}" for i in range(200)]


@pytest.mark.parametrize(
    "fault", [None, "429", "500", "reset", "hang", "cut-body", "401", "closed"]
)
def test_the_key_is_nowhere_but_in_the_header(fault, caplog):
    """Not in the error, nor in what it was raised from, nor in the log."""

    async def quote(request):
        words = f"Incorrect API key provided: {KEY}"
        return web.json_response({"error": {"message": words}}, status=401)

    with caplog.at_level(logging.DEBUG):
        if fault == "401":
            result = ask_canned(quote)
        elif fault == "closed":
            result = asyncio.run(ask_once(f"http://127.0.0.1:{_free_port()}/v1"))
        else:
            (result,) = _meet(fault, timeout=0.2)

    found = [repr(result), str(result), caplog.text]
    if isinstance(result, BaseException):
        found += [repr(result.__cause__), repr(result.__context__), repr(vars(result))]
    assert KEY not in "\n".join(found)


def test_every_fault_at_once_loses_nothing():
    """Half of all attempts fail; with retries every request is answered, each fault counted."""
    causes = []

    async def no_sleep(seconds):
        await asyncio.sleep(0)

    async def run():
        faults = dict.fromkeys(("429", "429-bare", "500", "503", "reset", "cut-body"), 0.08)
        async with (
            open_server(lambda body: ANSWER, faults=faults, seed=3) as url,
            open_endpoint(make_endpoint(url)) as ask,
        ):
            again = retrying(ask, attempts=12, sleep=no_sleep, on_fault=causes.append)
            requests = [
                replace(REQUEST, messages=(Message("user", f"题 {i}"),)) for i in range(150)
            ]
            return await asyncio.gather(*map(again, requests))

    replies = asyncio.run(run())
    assert [reply.text for reply in replies] == [ANSWER] * 150
    assert len({reply.key for reply in replies}) == 150
    assert set(causes) == {"rate_limit", "server_error", "overloaded", "reset", "cut"}


def test_leaving_ends_what_is_under_way():
    """A caller that stops does not wait for an answer it no longer wants."""
    arrived = asyncio.Event()

    async def handler(request):
        arrived.set()
        await asyncio.Event().wait()

    async def run():
        async with open_canned(handler) as url, open_endpoint(make_endpoint(url)) as ask:
            task = asyncio.create_task(ask(REQUEST))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_body_without_end_is_given_up(monkeypatch, packed):
    """It must not fill the machine, however small it is on the wire."""
    monkeypatch.setattr(openai_http, "_LONGEST_BODY", 100_000)

    async def endless(request):
        response = web.StreamResponse()
        if packed:
            response.enable_compression()
        await response.prepare(request)
        while True:
            await response.write(b" " * 60_000)

    error = ask_canned(endless)

    assert isinstance(error, Transient)
    assert error.cause == "too_long"
