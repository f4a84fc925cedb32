"""A stand-in for the Hugging Face hub on this machine: what `huggingface_hub` and `datasets` ask.

Data sets can be pushed to it and read back, or be put into it as plain files:

    with open_hub() as hub:
        hub.put("me/birds", {"data.jsonl": b'{"a": 1}'})
        load_dataset("me/birds")     # in a process with the environment hub.environment(home)

It keeps every commit, and every request with its headers. Large files go by LFS, as on the hub
where Xet is switched off. `fail` makes it answer as the hub does on a bad day.
"""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.hub_api import KEY, Hub, make_app

__all__ = ["KEY", "Hub", "open_hub", "point_here"]


def point_here(monkeypatch: Any, hub: Hub, key: str | None = KEY) -> None:
    """Make this process talk to a stand-in: without a wait, a proxy, Xet or a key of the machine.

    `huggingface_hub` reads the environment once, so that what it has read is changed too.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import _http, close_session

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    if key is not None:
        monkeypatch.setenv("HF_TOKEN", key)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in (
        ("ENDPOINT", hub.url),
        ("HF_HUB_OFFLINE", False),
        ("HF_HUB_DISABLE_XET", True),
        ("HF_HUB_DISABLE_TELEMETRY", True),
        ("HF_TOKEN_PATH", "/nonexistent/token"),
    ):
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setattr(_http, "time", _Timeless())
    close_session()  # one with another proxy


class _Timeless:
    """The module `time`, as far as the hub's client waits by it."""

    @staticmethod
    def sleep(seconds: float) -> None:
        """Do not."""


@contextmanager
def open_hub() -> Generator[Hub]:
    """Run a stand-in in a thread of its own."""
    hub = Hub()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = web.AppRunner(make_app(hub), access_log=None, shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()

    asyncio.run_coroutine_threadsafe(start(), loop).result()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hub
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
