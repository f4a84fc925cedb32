"""Teachers that say what a test wants, in the order a test wants; and runs to ask them in.

What they say is a function of the request, so the same question gets the same answer in every
run, as from the ledger.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import orjson

import filters
from vicugna.filtering import Chain
from vicugna.growth import Growth
from vicugna.ledger import Ledger, Purse, open_ledger
from vicugna.ledger.asking import finish_sending, through_ledger
from vicugna.ledger.paying import Payer
from vicugna.ledger.traffic import Traffic
from vicugna.ledger.writing import Charge
from vicugna.loop import FollowUp, Method
from vicugna.methods import METHODS
from vicugna.pipeline import Job, begin, generate, generate_all
from vicugna.records import Bound, Lang, Reply, Request, SeedTask, Stratum
from vicugna.settings import Budget, Recipe
from vicugna.teachers.ask import Ask
from vicugna.teachers.roles import Address
from vicugna.teachers.slots import Slots

Say = Callable[[Request], str]

_EN = [
    first + last
    for first in (
        "bar",
        "cor",
        "del",
        "fen",
        "gal",
        "hol",
        "lum",
        "mar",
        "nor",
        "pel",
        "rin",
        "tav",
    )
    for last in ("ton", "mer", "lick", "dow", "vane", "sby", "quill", "ford")
]
_ZH = "山河湖海春夏秋冬东西南北桌椅门窗书笔纸墨红黄蓝绿鸡鸭牛羊米面油盐衣帽鞋袜车船桥路云雨风雪"
_ZH += "厨房客厅医院学校邮局银行公园超市早晨傍晚昨日明年朋友同事邻居老师电影音乐足球游泳苹果葡萄"


def write_instruction(rng: Random, lang: Lang) -> str:
    """Return an instruction that is hardly ever near another one."""
    if lang == "en":
        return " ".join(["Describe", *rng.sample(_EN, 9)]) + "."
    return "请写" + "".join(rng.sample(_ZH, 14)) + "。"


def write_task(rng: Random, lang: Lang) -> dict[str, str]:
    """Return a whole task; every second one has an input."""
    return {
        "instruction": write_instruction(rng, lang),
        "input": write_instruction(rng, lang) if rng.random() < 0.5 else "",
        "output": write_instruction(rng, lang).removeprefix("Describe").strip(),
    }


def rng_of(request: Request, salt: str = "") -> Random:
    """Return a generator that depends on what is sent, and on nothing else."""
    return Random(f"{request.key}{salt}")


def count_asked(request: Request) -> int:
    """Return how many tasks the last line of a prompt asks for."""
    return int(re.findall(r"\d+", request.messages[-1].content.rsplit("\n", 1)[-1])[0])


def say_well(request: Request) -> str:
    """Answer any question of either method as a good teacher would."""
    rng = rng_of(request)
    if request.purpose == "new_tasks":
        tasks = [write_task(rng, request.lang) for _ in range(count_asked(request))]
        return "\n".join(orjson.dumps(task).decode() for task in tasks)
    if request.purpose == "new_instructions":
        lines = [write_instruction(rng, request.lang) for _ in range(count_asked(request))]
        return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    if request.purpose == "is_classification":
        return {"en": ("Yes", "No"), "zh": ("是", "不是")}[request.lang][rng.random() < 0.5]
    rows = [write_task(rng, request.lang) for _ in range(rng.randrange(1, 4))]
    kept = [{"input": row["input"], "output": row["output"]} for row in rows]
    return "\n".join(orjson.dumps(row).decode() for row in kept)


def make_reply(request: Request, text: str, **changes: Any) -> Reply:
    """Return a reply as a teacher would give it; free, unless told otherwise."""
    reply = Reply(
        key=request.key,
        teacher="scripted",
        model="scripted",
        text=text,
        finish_reason="stop",
        input_tokens=10,
        output_tokens=20,
        cached_tokens=0,
        price_nusd=0,
        seconds=0.0,
    )
    return replace(reply, **changes)


def scripted(say: Say = say_well, asked: list[Request] | None = None, **changes: Any) -> Ask:
    """Return a teacher that answers at once; `asked` is filled with what it was asked."""

    async def ask(request: Request) -> Reply:
        if asked is not None:
            asked.append(request)
        return make_reply(request, say(request), **changes)

    return ask


def shuffled(seed: int, say: Say = say_well) -> Ask:
    """Return a teacher that lets answers go one at a time, in a random order."""
    rng = Random(seed)
    pending: list[tuple[Request, asyncio.Future[Reply]]] = []

    def let_go() -> None:
        request, done = pending.pop(rng.randrange(len(pending)))
        if not done.done():
            done.set_result(make_reply(request, say(request)))
        if pending:
            asyncio.get_running_loop().call_soon(let_go)

    async def ask(request: Request) -> Reply:
        loop = asyncio.get_running_loop()
        if not pending:
            loop.call_soon(let_go)
        pending.append((request, loop.create_future()))
        return await pending[-1][1]

    return ask


def make_seeds(lang: Lang, count: int = 24) -> tuple[SeedTask, ...]:
    """Return seed tasks, every third one a classification, every second one of type math."""
    rng = Random(f"seeds {lang}")
    return tuple(
        SeedTask(
            id=f"{lang}-{number:03d}",
            lang=lang,
            type=("writing", "math")[number % 2],
            topic="work",
            is_classification=number % 3 == 0,
            licence="CC-BY-4.0",
            **write_task(rng, lang),
        )
        for number in range(1, count + 1)
    )


_SAMPLING = {"temperature": 1.0, "max_tokens": 256}
_METHODS: dict[str, dict[str, Any]] = {
    "alpaca": {
        "seeds_shown": 3,
        "tasks_per_request": 4,
        "sampling": {"new_tasks": _SAMPLING},
    },
    "self-instruct": {
        "seeds_shown": 6,
        "machine_shown": 2,
        "tasks_per_request": 4,
        "sampling": {
            "new_instructions": _SAMPLING,
            "is_classification": _SAMPLING,
            "input_first": _SAMPLING,
            "output_first": _SAMPLING,
        },
    },
}


def make_recipe(method: str = "alpaca", **changes: Any) -> Recipe:
    """Return a small recipe; `teacher` is resolved already."""
    base: dict[str, Any] = {
        "name": "try",
        "method": method,
        "target": 24,
        "languages": {"en": 0.5, "zh": 0.5},
        "teacher": {"name": "offline", "model": "scripted"},
        "lookahead": 6,
    }
    return Recipe.model_validate(base | _METHODS[method] | changes)


def make_chain() -> Chain:
    """Return a chain with a filter of each group, the gate included."""
    return filters.chain(["length", "empty", "echo", "near_duplicate"])


def make_job(recipe: Recipe, folder: Path = Path("unused"), seeds: int = 24) -> Job:
    """Return a job on scripted seed tasks."""
    shown = {lang: make_seeds(lang, seeds) for lang in recipe.languages}
    return Job(recipe, make_chain(), shown, folder)


def grow_once(recipe: Recipe, ask: Ask, seeds: int = 24) -> Growth:
    """Grow one set without a ledger; return its state at the end."""
    job = make_job(recipe, seeds=seeds)
    growth = begin(job)
    asyncio.run(generate(job, ask, growth))
    return growth


def addressed(model: str = "scripted") -> Address:
    """Return what addresses every request to one teacher."""
    return lambda request, salt: replace(request, model=model)


BOUND = Bound(1_000, 100)  # what tests hold back for a request, where it does not matter


@asynccontextmanager
async def open_asking_ledger(
    url: str,
    ask: Ask,
    traffic: Traffic,
    concurrency: int = 8,
    *,
    bound: Bound = BOUND,
    **caps: Any,
) -> AsyncGenerator[Ask]:
    """Open a ledger and ask through it; `caps` are `budget` and `month_budget`."""
    purse = make_purse(**caps)
    async with open_ledger(url) as ledger:
        payer = Payer(ledger, purse, lambda _: bound, traffic)
        obtain = payer.obtaining(payer.attempting(ask), Slots(concurrency))
        asking = through_ledger(obtain, ledger, traffic)
        try:
            yield asking
        finally:
            await finish_sending(traffic, 5)


def free(_: Request) -> Bound:
    """Say of any request that it costs nothing."""
    return Bound(0, 0)


def watch(
    recipe: Recipe,
    compose_seen: Callable[[Request, int], object] = lambda request, number: None,
    consume_seen: Callable[[Request, Reply], object] = lambda request, reply: None,
) -> tuple[Growth, Method]:
    """Return a state and a method that tells what it composes and consumes."""
    job = make_job(recipe)
    inner = METHODS[recipe.method](recipe, addressed(), job.seeds)

    def compose(stratum: Stratum, number: int, growth: Growth) -> Request:
        request = inner.compose(stratum, number, growth)
        compose_seen(request, number)
        return request

    def consume(request: Request, reply: Reply, growth: Growth) -> tuple[list[FollowUp], bool]:
        follow_ups = inner.consume(request, reply, growth)
        consume_seen(request, reply)
        return follow_ups

    return begin(job), Method(compose, consume)


def make_purse(run: str = "run", budget: Any = None, month_budget: Any = None) -> Purse:
    """Return a purse; caps are given as in a recipe."""
    caps = (Budget.model_validate(cap or {}) for cap in (budget, month_budget))
    return Purse(run, *caps)


async def put(ledger: Ledger, request: Request, reply: Reply) -> Reply:
    """Write an answer as asking does: claimed, then settled. Return the stored one."""
    while True:
        got = await ledger.claim(request.key, BOUND, make_purse())
        if isinstance(got, Charge):
            return await ledger.settle(got, request, reply)
        if isinstance(got, Reply):
            return got
        await asyncio.sleep(0)  # the same question is on its way


def grow_through_ledger(
    recipe: Recipe, ask: Ask, url: str, concurrency: int = 8
) -> tuple[Growth, Traffic]:
    """Grow the whole set, all shards, through a ledger; return it, and what was sent."""

    async def run() -> tuple[Growth, Traffic]:
        traffic = Traffic()
        async with open_asking_ledger(url, ask, traffic, concurrency) as asking:
            job = make_job(recipe)
            return await generate_all(job, [], partial(generate, job, asking)), traffic

    return asyncio.run(run())
