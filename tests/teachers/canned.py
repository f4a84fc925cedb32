"""A server that says what a test gives it, and one question to it."""

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web

from vicugna.errors import TeacherError
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_http import open_endpoint

KEY = "sk-test-0123456789abcdef"
REQUEST = Request(
    "compose", "zh", "offline", (Message("user", "写两道题"),), Sampling(1.0, 1.0, 900), "p"
)


def make_endpoint(base_url, *, timeout=10.0, key=KEY):
    return Endpoint("lab", base_url, key, timeout)


async def ask_once(base_url, *, request=REQUEST, **options):
    """Ask once, and return the reply or the error."""
    async with open_endpoint(make_endpoint(base_url, **options)) as ask:
        try:
            return await ask(request)
        except TeacherError as error:
            return error


@asynccontextmanager
async def open_canned(handler):
    """Run a server that answers every chat request by this handler."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def ask_canned(handler, **options):
    async def run():
        async with open_canned(handler) as url:
            return await ask_once(url, **options)

    return asyncio.run(run())


def say_ok(text):
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
