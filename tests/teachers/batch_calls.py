"""Calls of a Batch API, and servers to call."""

import asyncio
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web

from vicugna.errors import TeacherError
from vicugna.providers import Provider
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.batch_api import open_batch_api
from vicugna.teachers.batch_wire import write_line
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_body import write_body

KEY = "sk-test-0123456789abcdef"
URL = "/v1/chat/completions"
EN, ZH = "Name a bird.", "请说出一种鸟。"
STATE = {"id": "batch_1", "status": "in_progress", "input_file_id": "file-1"}


def make_endpoint(base_url, *, timeout=10.0, key=KEY, **provider):
    """Return an endpoint, with options of its provider."""
    return Endpoint("lab", base_url, key, timeout, Provider("lab", **provider))


def make_request(number, content="Write task {}."):
    """Return one of several requests."""
    messages = (Message("user", content.format(number)),)
    return Request("compose", "en", "m", messages, Sampling(1.0, 1.0, 900), "p")


def make_input(count, content="Write task {}."):
    """Return an input file for as many requests."""
    return b"".join(
        write_line(f"l{i}", URL, write_body(make_request(i, content))) for i in range(count)
    )


async def submit(api, count=5, **metadata):
    """Upload a file and create a batch of it."""
    return await api.create(await api.upload(make_input(count)), URL, "24h", metadata)


async def read_all(api, file_id):
    """Return all lines of a file."""
    return [line async for line in api.read_lines(file_id)] if file_id else []


def run_offline(script, respond=lambda body: EN, **options):
    """Run a script with the API of an offline server."""

    async def run():
        async with (
            open_server(respond, **options) as url,
            open_batch_api(make_endpoint(url)) as api,
        ):
            return await script(api)

    return asyncio.run(run())


@asynccontextmanager
async def serve(handler):
    """Run a server that answers every request by this handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def run_canned(handler, script, **options):
    async def run():
        async with serve(handler) as url, open_batch_api(make_endpoint(url, **options)) as api:
            try:
                return await script(api)
            except TeacherError as error:
                return error

    return asyncio.run(run())


def answer_with(body, status=200, headers=None):
    """Return a handler that always answers with this."""

    async def handler(request):
        await request.read()
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return web.Response(body=raw, status=status, headers=headers)

    return handler


CALLS = {
    "upload": lambda api: api.upload(b"{}\n"),
    "create": lambda api: api.create("file-1", URL, "24h", {}),
    "find": lambda api: api.find("x"),
    "look": lambda api: api.look("batch_1"),
    "cancel": lambda api: api.cancel("batch_1"),
    "read_lines": lambda api: read_all(api, "file-1"),
    "remove_file": lambda api: api.remove_file("file-1"),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
