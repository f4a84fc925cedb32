"""Calls of the offline server over HTTP, and what it counted."""

import asyncio
from typing import Any

import aiohttp

from vicugna.teachers.offline.server import open_server

EN = "Name a bird. Name a fish."
ZH = "请说出一种鸟。"
BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Write 2 tasks."}]}


def chat(body: dict[str, Any] = BODY) -> tuple[str, str, dict[str, Any]]:
    """Return the call that asks for an answer."""
    return ("POST", "/chat/completions", {"json": body})


def talk(calls, respond=lambda body: EN, **options):
    """Send these calls to a server in turn; return status, headers and JSON of each, and stats."""

    async def run():
        async with (
            open_server(respond, **options) as url,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
        ):
            answers = []
            for method, path, options_of_call in calls:
                async with session.request(method, url + path, **options_of_call) as response:
                    answers.append((response.status, response.headers, await response.json()))
            async with session.get(url.removesuffix("/v1") + "/stats") as response:
                return answers, await response.json()

    return asyncio.run(run())
