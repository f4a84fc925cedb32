"""Batches against the offline server: what is asked, what was paid, and processes that die."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp

from tests.scripted import make_purse
from vicugna.batching import Batcher, Desk
from vicugna.ledger import Ledger, open_ledger
from vicugna.ledger.asking import through_ledger
from vicugna.ledger.traffic import Traffic
from vicugna.providers import BatchRules, Provider
from vicugna.records import Bound, Message, Reply, Request, Sampling
from vicugna.teacher_settings import TeacherSettings
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.batch_api import open_batch_api
from vicugna.teachers.opening import price_reply

BOUND = Bound(2_000_000, 2_000)
TEACHER = TeacherSettings.model_validate(
    {"name": "openai", "model": "m", "mode": "batch", "price": {"input": 1, "output": 2}}
)


class Killed(BaseException):
    """Ends a process where it stands: nothing handles it."""


def make_request(number: int) -> Request:
    """Return one of several requests, every second one in Chinese."""
    zh = number % 2 == 1
    text = f"写第{number}个任务。" if zh else f"Write task {number}."
    messages = (Message("system", "出题。" if zh else "Write."), Message("user", text))
    sampling = Sampling(1.0, 1.0, 900)
    return Request("new_tasks", "zh" if zh else "en", "m", messages, sampling, "p@1")


def say(body: dict[str, Any]) -> str:
    """Answer with what was asked."""
    return f"好：{body['messages'][-1]['content']}"


@dataclass
class Steps:
    """Counts the steps of a process, and kills it at the n-th: from then on it takes none."""

    kill_at: int = 0
    taken: list[str] = field(default_factory=list)
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, name: str) -> None:
        """Note a step, unless this is where it ends."""
        self.taken.append(name)
        if self.kill_at and len(self.taken) >= self.kill_at:
            self.killed.set()
            raise Killed(name)


def watch_steps(thing: Any, names: Sequence[str], steps: Steps) -> None:
    """Count calls of some methods as steps: before each, and after what changes the world."""
    for name in names:
        inner = getattr(thing, name)

        async def call(*args: Any, _inner: Any = inner, _name: str = name, **more: Any) -> Any:
            steps.take(f"before {_name}")
            result = await _inner(*args, **more)
            steps.take(f"after {_name}")
            return result

        setattr(thing, name, call)


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def open_batching(
    url: str,
    base_url: str,
    traffic: Traffic | None = None,
    *,
    steps: Steps | None = None,
    rules: dict[str, Any] | None = None,
    bound: Bound = BOUND,
    dead: bool = True,
    **caps: Any,
) -> AsyncGenerator[tuple[Ask, Ledger]]:
    """Open what asks by batches. `dead`: earlier processes are, as after a kill."""
    traffic = traffic or Traffic()
    provider = Provider("lab", batch=BatchRules(**(rules or {})))
    endpoint = Endpoint("lab", base_url, "sk-test-0123456789abcdef", 10.0, provider)
    async with open_ledger(url) as ledger, open_batch_api(endpoint) as api:
        if dead:

            async def is_dead(process: str) -> bool:
                return process != ledger.process

            ledger.is_dead = is_dead
        if steps is not None:
            watch_steps(api, ("upload", "create", "look", "remove_file"), steps)
            watch_steps(ledger, ("keep_batch", "settle"), steps)
        desk = Desk(
            api,
            ledger,
            make_purse(**caps),
            endpoint,
            "m",
            price=partial(price_reply, teacher=TEACHER),
            on_paid=traffic.count_sent,
            on_state=traffic.batches.__setitem__,
            on_fault=lambda cause: traffic.of("lab").faults.update([cause]),
            sleep=_no_pause,
        )
        batcher = Batcher(desk, lambda _: bound)
        await batcher.resume()
        try:
            yield through_ledger(batcher.obtain, ledger, traffic), ledger
        finally:
            await batcher.close()


async def ask_all(ask: Ask, count: int) -> list[Reply | BaseException]:
    """Ask for several answers at once."""
    waiting = (ask(make_request(number)) for number in range(count))
    return await asyncio.gather(*waiting, return_exceptions=True)


async def read_stats(base_url: str) -> Counter[str]:
    """Return what the server counted."""
    address = base_url.removesuffix("/v1") + "/stats"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        found = await response.json()
    return Counter({name: value for name, value in found.items() if isinstance(value, int)})
