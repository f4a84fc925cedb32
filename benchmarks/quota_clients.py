"""Clients that send as much as a quota lets them: what `quota.py` compares, each in its process.

    python -m benchmarks.quota_clients NAME --url URL --seconds 30 [--ledger URL]

Each keeps as many requests under way as it is told, asks a new question for every answer, and
prints at the end how many it got and how many it gave up. Refusals are counted by the server.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from math import inf

import orjson

from vicugna.errors import Refused, TeacherError
from vicugna.ledger import Purse, open_ledger
from vicugna.ledger.asking import through_ledger
from vicugna.ledger.paying import Payer
from vicugna.ledger.traffic import Traffic
from vicugna.records import Bound, Message, Request, Sampling
from vicugna.settings import Budget
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.limits import Quota
from vicugna.teachers.openai_http import open_endpoint
from vicugna.teachers.pace import Pace
from vicugna.teachers.retry import retrying
from vicugna.teachers.slots import Slots

RPM, TPM = 1500, 1_000_000
PROMPT_TOKENS = 440
MAX_TOKENS = 1010  # 1,450 with the prompt
GIVEN = Quota(RPM / 60, TPM / 60)
SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=MAX_TOKENS)
PROMPT = "river " * (PROMPT_TOKENS - 2)

Send = Callable[[str], Awaitable[object]]
Client = Callable[[argparse.Namespace], AbstractAsyncContextManager[Send]]


def make_request(name: str) -> Request:
    """Return a question that nobody else asks."""
    return Request("bench", "en", "offline", (Message("user", f"{name} {PROMPT}"),), SAMPLING, "b")


@asynccontextmanager
async def ours(
    options: argparse.Namespace, given: Quota = GIVEN, guess: float = inf
) -> AsyncGenerator[Send, None]:
    """Yield what sends as a run does: claimed, paced, retried, written. `guess` is of `Pace`."""
    purse, traffic = Purse("bench", *(Budget.model_validate({}) for _ in range(2))), Traffic()
    async with open_ledger(options.ledger) as ledger:
        payer = Payer(ledger, purse, lambda _: Bound(0, 0), traffic)
        pace = Pace(partial(ledger.lend, "bench"), given, guess=guess)
        async with open_endpoint(_endpoint(options), pace.note_headers) as attempt:
            ask = retrying(payer.attempting(pace.paced(attempt)))
            asking = through_ledger(payer.obtaining(ask, Slots(options.at_once)), ledger, traffic)
            try:
                yield lambda name: asking(make_request(name))
            finally:
                pace.stop()
                for task in traffic.sending:
                    task.cancel()
                await asyncio.gather(*traffic.sending, return_exceptions=True)


@asynccontextmanager
async def at_retry_after(options: argparse.Namespace) -> AsyncGenerator[Send, None]:
    """Yield what sends again exactly when it was told to."""
    async with open_endpoint(_endpoint(options)) as attempt:
        yield lambda name: _insist(attempt, make_request(name))


async def _insist(attempt: Ask, request: Request) -> object:
    while True:
        try:
            return await attempt(request)
        except Refused as refusal:
            await asyncio.sleep(refusal.retry_after or 1.0)


@asynccontextmanager
async def sdk(options: argparse.Namespace, max_retries: int) -> AsyncGenerator[Send, None]:
    """Yield what sends through the `openai` SDK, as its README shows."""
    import openai

    async with openai.AsyncOpenAI(
        base_url=options.url, api_key="sk-none", timeout=120.0, max_retries=max_retries
    ) as client:

        async def send(name: str) -> object:
            try:
                return await client.chat.completions.create(
                    model="offline",
                    messages=[{"role": "user", "content": f"{name} {PROMPT}"}],
                    max_tokens=MAX_TOKENS,
                )
            except openai.APIError as error:
                raise TeacherError(str(error), cause="sdk") from error

        yield send


def _endpoint(options: argparse.Namespace) -> Endpoint:
    return Endpoint("bench", options.url, "", 120.0)


# The guesses are of prompt and answer together: too low, right, and as much as is allowed.
CLIENTS: dict[str, Client] = {
    "ours-guess-600": partial(ours, guess=600 - PROMPT_TOKENS),
    "ours-guess-850": partial(ours, guess=850 - PROMPT_TOKENS),
    "ours-guess-1450": ours,
    "ours-nothing-given": partial(ours, given=Quota()),
    "sdk-2": partial(sdk, max_retries=2),
    "sdk-10": partial(sdk, max_retries=10),
    "at-retry-after": at_retry_after,
}


async def run_client(options: argparse.Namespace) -> dict[str, int]:
    """Send for as long as told; return how many were answered and how many were given up."""
    counts = {"answered": 0, "lost": 0}
    numbers = iter(range(sys.maxsize))

    async def work(send: Send) -> None:
        for number in numbers:
            try:
                await send(f"{os.getpid()}-{number:07d}")
                counts["answered"] += 1
            except TeacherError:
                counts["lost"] += 1

    async with CLIENTS[options.client](options) as send:
        workers = [asyncio.create_task(work(send)) for _ in range(options.at_once)]
        done, _ = await asyncio.wait(
            workers, timeout=options.seconds, return_when=asyncio.FIRST_EXCEPTION
        )
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for worker in done:
            worker.result()  # no worker comes to an end by itself
    return counts


def main() -> None:
    """Run one client and print what it counted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--url", required=True, help="of the server")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to send (30)")
    parser.add_argument("--at-once", type=int, default=128, help="requests under way (128)")
    parser.add_argument("--ledger", default="sqlite://", help="URL; shared, the quota is, too")
    options = parser.parse_args()
    sys.stdout.write(orjson.dumps(asyncio.run(run_client(options))).decode() + "\n")


if __name__ == "__main__":
    main()
