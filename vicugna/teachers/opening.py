"""Which teacher a run asks, and how it is opened."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from math import ceil

from vicugna.errors import UserError
from vicugna.records import Bound, Reply, Request
from vicugna.settings import ADDRESS, NOT_AN_ADDRESS, Recipe, TeacherSettings
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.prices import worst_price_nusd
from vicugna.teachers.retry import retrying

OPENAI = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4o-mini"  # cheap, and takes the published sampling parameters as they are


def resolve_teacher(recipe: Recipe) -> Recipe:
    """Return the recipe with teacher name, model and address filled in from the environment.

    Raises:
        UserError: a real teacher is asked for and there is no key, or a money cap and no price.
    """
    teacher = recipe.teacher
    key = os.environ.get("OPENAI_API_KEY", "")
    address = teacher.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI
    if not ADDRESS.fullmatch(address) or not address.isprintable():
        place = "teacher.base_url" if teacher.base_url else "OPENAI_BASE_URL"
        raise UserError(f"{place}: {NOT_AN_ADDRESS}.")
    name = teacher.name or ("openai" if key or teacher.base_url else "offline")
    if name == "offline":
        from vicugna.teachers.offline.respond import MODEL

        resolved = teacher.model_copy(update={"name": name, "model": MODEL, "base_url": None})
        return recipe.model_copy(update={"teacher": resolved})
    if not key and address == OPENAI:
        raise UserError(
            "teacher openai: OPENAI_API_KEY is not set. Set it, give --base-url for a server that "
            "needs none, or use --teacher offline."
        )
    model = teacher.model or DEFAULT_MODEL
    resolved = teacher.model_copy(update={"name": name, "model": model, "base_url": address})
    caps = (("budget.usd", recipe.budget), ("month_budget.usd", recipe.month_budget))
    capped = next((name for name, cap in caps if cap.usd is not None), "")
    if capped and cost_of(resolved, 1, 1) is None:
        raise UserError(
            f"{capped}: the price of {model} is not known, so the cap cannot be kept. Give "
            "teacher.price (USD per million tokens) in the recipe, or cap tokens instead."
        )
    return recipe.model_copy(update={"teacher": resolved})


@asynccontextmanager
async def open_teacher(
    teacher: TeacherSettings,
    on_fault: Callable[[str], None],
    attempting: Callable[[Ask], Ask] = lambda ask: ask,
) -> AsyncGenerator[Ask, None]:
    """Open a resolved teacher; its `Ask` retries by the table of `retry.py`.

    `attempting` is put around what makes one attempt, inside the retries.
    """
    if teacher.name == "offline":
        from vicugna.teachers.offline import ask

        yield attempting(ask.ask_offline)
        return
    # Imported here: a run with the offline teacher does not pay for an HTTP client.
    from vicugna.teachers.openai_http import open_endpoint

    endpoint = Endpoint(
        name="openai",
        base_url=teacher.base_url or OPENAI,
        api_key=os.environ.get("OPENAI_API_KEY", ""),
        timeout=teacher.timeout_seconds,
    )
    async with open_endpoint(endpoint) as ask:
        yield retrying(attempting(_priced(ask, teacher)), on_fault=on_fault)


def _priced(ask: Ask, teacher: TeacherSettings) -> Ask:
    """Price replies by the recipe's own prices, where it gives some."""
    price = teacher.price
    if price is None:
        return ask

    async def ask_priced(request: Request) -> Reply:
        reply = await ask(request)
        if not reply.input_tokens + reply.output_tokens:
            return reply  # the server did not count, so nobody knows what it cost
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = reply.input_tokens - reply.cached_tokens
        usd_per_million = (
            fresh * price.input + reply.cached_tokens * cached + reply.output_tokens * price.output
        )
        return replace(reply, price_nusd=ceil(usd_per_million * 1000))

    return ask_priced


def cost_of(teacher: TeacherSettings, input_tokens: int, output_tokens: int) -> int | None:
    """Return the most that so many tokens can cost, in 1e-9 USD; None is unknown."""
    price = teacher.price
    if price is None:
        return worst_price_nusd(teacher.model or "", input_tokens, output_tokens)
    return round((input_tokens * price.input + output_tokens * price.output) * 1000) + 1


def bound_cost(teacher: TeacherSettings) -> Callable[[Request], Bound]:
    """Return a function that bounds what a request can use.

    A prompt has no more tokens than UTF-8 bytes, in any byte-level vocabulary; the answer has at
    most `max_tokens`.
    """

    def bound(request: Request) -> Bound:
        prompt = sum(len(turn.content.encode()) + 8 for turn in request.messages)
        most = request.sampling.max_tokens
        return Bound(cost_of(teacher, prompt, most), prompt + most)

    return bound
