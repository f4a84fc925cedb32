"""What goes over the wire: the words of each provider, and the key in one header."""

import asyncio
import logging
from dataclasses import replace

import orjson
import pytest
from aiohttp import web

from tests.teachers.canned import KEY, REQUEST, ask_canned, make_endpoint, open_canned, say_ok
from vicugna.errors import TeacherError
from vicugna.providers import find_provider, load_providers
from vicugna.records import Message
from vicugna.teachers.openai_body import write_body
from vicugna.teachers.openai_http import open_endpoint


def test_what_is_sent():
    """One POST per call, with the key in the header and the body of the request."""
    seen = []

    async def handler(request):
        seen.append((request.headers.copy(), await request.json()))
        return web.json_response(say_ok("好"))

    reply = ask_canned(handler)

    assert reply.text == "好"
    ((headers, body),) = seen
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"
    assert body["model"] == "offline"
    assert body["messages"] == [{"role": "user", "content": "写两道题"}]
    assert KEY not in orjson.dumps(body).decode()


@pytest.mark.parametrize("name", load_providers())
@pytest.mark.parametrize("path", ["/v1", "/openai/deployments/mine"])
def test_each_provider_is_asked_in_its_words(name, path):
    """The address with its query, the key in the header that it is looked for in."""
    seen = []
    provider = replace(find_provider(name), query={"api-version": "2024-10-21", "一": "&"})

    async def handler(request):
        seen.append((request.path_qs, request.headers.copy(), await request.json()))
        return web.json_response(say_ok("好"))

    async def run():
        app = web.Application()
        app.router.add_post(f"{path}/chat/completions", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
        try:
            async with open_endpoint(replace(make_endpoint(url), provider=provider)) as ask:
                return await ask(REQUEST)
        finally:
            await runner.cleanup()

    assert asyncio.run(run()).text == "好"
    ((asked, headers, body),) = seen
    assert asked == f"{path}/chat/completions?api-version=2024-10-21&%E4%B8%80=%26"
    key = {"api-key": KEY} if name == "azure" else {"Authorization": f"Bearer {KEY}"}
    named = {word: headers[word] for word in ("api-key", "Authorization") if word in headers}
    assert named == key
    assert body == orjson.loads(write_body(REQUEST, provider))


def test_the_key_of_azure_is_nowhere_else(caplog):
    """Not in an error that quotes all headers."""

    async def quote(request):
        return web.json_response({"error": {"message": str(dict(request.headers))}}, status=401)

    async def run():
        async with open_canned(quote) as url:
            endpoint = replace(make_endpoint(url), provider=find_provider("azure"))
            async with open_endpoint(endpoint) as ask:
                try:
                    return await ask(REQUEST)
                except TeacherError as error:
                    return error

    with caplog.at_level(logging.DEBUG):
        error = asyncio.run(run())
    assert error.cause == "bad_key"
    assert KEY not in f"{error!r} {error.__cause__!r} {error.__context__!r} {caplog.text}"


def test_without_a_key_no_header_is_sent():
    seen = []

    async def handler(request):
        seen.append(request.headers.copy())
        return web.json_response(say_ok("a"))

    assert ask_canned(handler, key="").text == "a"
    assert "Authorization" not in seen[0]


def test_a_broken_text_is_sent():
    """Half a surrogate pair and NUL come from real files: the request goes out all the same."""
    seen = []

    async def handler(request):
        seen.append((await request.json())["messages"][0]["content"])
        return web.json_response(say_ok("a"))

    request = replace(REQUEST, messages=(Message("user", "坏\ud83d字\x00"),))
    reply = ask_canned(handler, request=request)

    assert reply.text == "a"
    assert seen == ["坏\ufffd字\x00"]
