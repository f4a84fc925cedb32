"""Which teachers a run asks, and how one is opened."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from math import ceil

from vicugna.errors import UserError
from vicugna.providers import (
    OFFLINE,
    OPENAI,
    BatchRules,
    can_switch,
    find_provider,
    provider_at,
)
from vicugna.records import Bound, Reply, Request
from vicugna.settings import Recipe
from vicugna.teacher_settings import ADDRESS, NOT_AN_ADDRESS, TeacherSettings
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.prices import check_prices, worst_price_nusd
from vicugna.teachers.roles import Cast, Named, everyone, stand_ins

DEFAULT_MODEL = "gpt-4o-mini"  # cheap, and takes the published sampling parameters as they are


def resolve_teachers(recipe: Recipe) -> Recipe:
    """Return the recipe with name, model and address of every teacher filled in.

    What it does not say comes from the environment and from the provider. `teacher` itself, where
    it has no role, becomes the first one of the first role.

    Raises:
        UserError: a real teacher is asked for and there is no key, model or address, or a money cap
            and no price.
    """
    teachers = {
        role: tuple(
            _resolve(one, f"teachers.{role}{f'.{place}' if len(several) > 1 else ''}", recipe)
            for place, one in enumerate(several)
        )
        for role, several in recipe.teachers.items()
    }
    if all(role in teachers for role in recipe.roles):
        teacher = teachers[recipe.roles[0]][0]
    else:
        teacher = _resolve(recipe.teacher, "teacher", recipe)
    return recipe.model_copy(update={"teacher": teacher, "teachers": teachers})


def _resolve(teacher: TeacherSettings, place: str, recipe: Recipe) -> TeacherSettings:
    key = os.environ.get(teacher.key_env or find_provider(OPENAI).key_env, "")
    name = teacher.name or (OPENAI if key or teacher.base_url else OFFLINE)
    if name == OFFLINE:
        from vicugna.teachers.offline.respond import MODEL

        return teacher.model_copy(update={"name": name, "model": MODEL, "base_url": None})
    address = _find_address(teacher, name, place)
    model = teacher.model or (DEFAULT_MODEL if name == OPENAI else None)
    if model is None:
        raise UserError(f"{place}.model: {name} needs the name of a model. Give it (--model).")
    resolved = teacher.model_copy(update={"name": name, "model": model, "base_url": address})
    _check_key(resolved)
    _check_thinking(resolved, place)
    check_prices()
    caps = (("budget.usd", recipe.budget), ("month_budget.usd", recipe.month_budget))
    capped = next((name for name, cap in caps if cap.usd is not None), "")
    if capped and cost_of(resolved, 1, 1) is None:
        raise UserError(
            f"{capped}: the price of {model} is not known, so the cap cannot be kept. Give "
            f"{place}.price (USD per million tokens) in the recipe, or cap tokens instead."
        )
    return resolved


def _find_address(teacher: TeacherSettings, name: str, place: str) -> str:
    provider = find_provider(name)
    environment = os.environ.get("OPENAI_BASE_URL") if name == OPENAI else None
    address = teacher.base_url or environment or provider.base_url
    if not address:
        raise UserError(f"{place}.base_url: {name} has no address. Give it (--base-url).")
    if not ADDRESS.fullmatch(address) or not address.isprintable():
        said = "OPENAI_BASE_URL" if environment and not teacher.base_url else f"{place}.base_url"
        raise UserError(f"{said}: {NOT_AN_ADDRESS}.")
    return address


def _check_key(teacher: TeacherSettings) -> None:
    """Raise when a provider that needs a key has none. A server elsewhere may need none."""
    name = teacher.name or ""
    provider = find_provider(name)
    variable = teacher.key_env or provider.key_env
    anywhere = bool(provider.elsewhere) and teacher.key_env is None
    elsewhere = anywhere and teacher.base_url != provider.base_url
    if variable and not os.environ.get(variable) and not elsewhere:
        raise UserError(
            f"teacher {name}: {variable} is not set. Set it, give --base-url for a server that "
            "needs none, or use --teacher offline."
        )


def _check_thinking(teacher: TeacherSettings, place: str) -> None:
    """Raise when reasoning is to be switched and nobody knows how."""
    name, model, wanted = teacher.name or "", teacher.model or "", teacher.thinking
    provider = provider_at(name, teacher.base_url or "")
    if wanted is not None and not can_switch(provider, model, wanted):
        said = "on" if wanted else "off"
        raise UserError(
            f"{place}.thinking: nothing is known that switches reasoning {said} for {model} "
            f"({name}). Leave it out, or say it in extra_body."
        )


def endpoint_of(teacher: Named) -> Endpoint:
    """Return where a resolved teacher is reached, with its key from the environment."""
    settings = teacher.settings
    provider = provider_at(settings.name or OPENAI, settings.base_url or "")
    if settings.query:
        provider = replace(provider, query={**provider.query, **settings.query})
    return Endpoint(
        name=teacher.label,
        base_url=settings.base_url or provider.base_url,
        api_key=os.environ.get(settings.key_env or provider.key_env, ""),
        timeout=settings.timeout_seconds,
        provider=provider,
    )


@asynccontextmanager
async def open_teacher(
    teacher: Named, on_headers: Callable[[Mapping[str, str]], None] = lambda headers: None
) -> AsyncGenerator[Ask, None]:
    """Open a resolved teacher; its `Ask` makes one attempt, and prices what comes.

    `on_headers` is told the headers of every response.
    """
    if teacher.settings.name == OFFLINE:
        from vicugna.teachers.offline import ask

        yield ask.ask_offline
        return
    # Imported here: a run with the offline teacher does not pay for an HTTP client.
    from vicugna.teachers.openai_http import open_endpoint

    async with open_endpoint(endpoint_of(teacher), on_headers) as ask:
        yield _priced(ask, teacher.settings)


def _priced(ask: Ask, teacher: TeacherSettings) -> Ask:
    """Price replies by the recipe's own prices, where it gives some."""
    if teacher.price is None:
        return ask

    async def ask_priced(request: Request) -> Reply:
        return price_reply(await ask(request), teacher)

    return ask_priced


def price_reply(reply: Reply, teacher: TeacherSettings) -> Reply:
    """Return a reply with the price that the recipe gives, and the discount of a batch."""
    price = teacher.price
    if not reply.input_tokens + reply.output_tokens:
        return reply  # the server did not count, so nobody knows what it cost
    nusd = reply.price_nusd
    if price is not None:
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = reply.input_tokens - reply.cached_tokens
        usd_per_million = (
            fresh * price.input + reply.cached_tokens * cached + reply.output_tokens * price.output
        )
        nusd = ceil(usd_per_million * 1000)
    return replace(reply, price_nusd=None if nusd is None else ceil(nusd * _share(teacher)))


def cost_of(teacher: TeacherSettings, input_tokens: int, output_tokens: int) -> int | None:
    """Return the most that so many tokens can cost, in 1e-9 USD; None is unknown."""
    price = teacher.price
    if price is None:
        name = teacher.name or OPENAI
        nusd = worst_price_nusd(teacher.model or "", input_tokens, output_tokens, provider=name)
    else:
        nusd = round((input_tokens * price.input + output_tokens * price.output) * 1000) + 1
    return None if nusd is None else ceil(nusd * _share(teacher))


def bound_cost(teacher: TeacherSettings) -> Callable[[Request], Bound]:
    """Return a function that bounds what a request to one teacher can use.

    A prompt has no more tokens than UTF-8 bytes, in any byte-level vocabulary; the answer has at
    most `max_tokens`.
    """

    def bound(request: Request) -> Bound:
        prompt = sum(len(turn.content.encode()) + 8 for turn in request.messages)
        most = request.sampling.max_tokens
        return Bound(cost_of(teacher, prompt, most), prompt + most)

    return bound


def bound_any(cast: Cast) -> Callable[[Request], Bound]:
    """Return a function that bounds what a request can use, whoever of its role answers."""
    bounds = {one.label: bound_cost(one.settings) for one in everyone(cast)}

    def bound(request: Request) -> Bound:
        several = [bounds[one.teacher](one) for one in (request, *stand_ins(cast, request))]
        prices = [one.nusd for one in several if one.nusd is not None]
        nusd = max(prices) if len(prices) == len(several) else None
        return Bound(nusd, max(one.tokens for one in several))

    return bound


def _share(teacher: TeacherSettings) -> float:
    """Return the share of the live price that is paid."""
    if teacher.mode != "batch":
        return 1.0
    return (find_provider(teacher.name or OPENAI).batch or BatchRules()).price_share
