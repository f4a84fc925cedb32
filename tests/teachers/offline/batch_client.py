"""Plain HTTP to the Files and Batches API of the offline server."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import orjson

from vicugna.teachers.offline.batch_job import BatchBehaviour
from vicugna.teachers.offline.server import open_server

URL = "/v1/chat/completions"
NEW = {"endpoint": URL, "completion_window": "24h"}
EN, ZH = "Name a bird. Name a fish.", "请说出一种鸟。请说出一种鱼。"


def make_body(content):
    """Return the body of a chat request."""
    return {"model": "m", "messages": [{"role": "user", "content": content}]}


def make_file(count=5, url=URL, content="Write task {}."):
    """Return an input file."""
    lines = (
        {"custom_id": f"l{i}", "method": "POST", "url": url, "body": make_body(content.format(i))}
        for i in range(count)
    )
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


class Client:
    """Speaks plain HTTP; every call returns the status and the body."""

    def __init__(self, session, url):
        self.session, self.url = session, url

    async def call(self, method, path, **options):
        async with self.session.request(method, self.url + path, **options) as response:
            raw = await response.read()
            return response.status, (orjson.loads(raw) if raw else None)

    async def upload(self, raw, **fields):
        form = aiohttp.FormData({"purpose": "batch"} | fields)
        form.add_field("file", raw, filename="in.jsonl", content_type="application/jsonl")
        _, file = await self.call("POST", "/files", data=form)
        return file["id"]

    async def create(self, raw, **options):
        body = NEW | {"input_file_id": await self.upload(raw)} | options
        _, batch = await self.call("POST", "/batches", json=body)
        return batch

    async def look(self, batch):
        return (await self.call("GET", f"/batches/{batch['id']}"))[1]

    async def lines(self, file_id):
        async with self.session.get(f"{self.url}/files/{file_id}/content") as response:
            return [orjson.loads(line) for line in (await response.read()).splitlines()]

    async def stats(self):
        return (await self.call("GET", "/../stats"))[1]


@asynccontextmanager
async def open_client(respond=lambda body: EN, **options):
    """Open a server, and a client of it."""
    async with (
        open_server(respond, **options) as url,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
    ):
        yield Client(session, url)


def talk(script, respond=lambda body: EN, **options):
    """Run a script against a server."""

    async def run():
        async with open_client(respond, **options) as client:
            return await script(client)

    return asyncio.run(run())


def clocked(**behaviour):
    """Return a clock that stands still, and the behaviour of batches by it."""
    clock = SimpleNamespace(now=1_000.0)
    return clock, BatchBehaviour(clock=lambda: clock.now, **behaviour)
