"""Which teacher a run asks, what it may cost at most, and where its key is."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scripted import make_recipe, make_reply
from vicugna.errors import UserError
from vicugna.records import Message, Request, Sampling
from vicugna.settings import TeacherSettings
from vicugna.teachers import opening
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.opening import bound_cost, cost_of, open_teacher, resolve_teachers
from vicugna.teachers.roles import Named

KEY = "sk-very-secret-0123456789"
LOCAL = "http://127.0.0.1:8000/v1"
OPENAI = "https://api.openai.com/v1"


def _request(text="写一首诗。", max_tokens=100):
    messages = (Message("system", "Be brief."), Message("user", text))
    return Request("new_tasks", "zh", "m", messages, Sampling(1, 1, max_tokens), "p@1")


def _resolve(monkeypatch, teacher, environment, **changes):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return resolve_teachers(make_recipe(teacher=teacher, **changes)).teacher


@pytest.mark.parametrize(
    ("teacher", "environment", "name", "address"),
    [
        pytest.param({}, {}, "offline", None, id="nothing is said, no key"),
        pytest.param({}, {"OPENAI_API_KEY": ""}, "offline", None, id="an empty key"),
        pytest.param({}, {"OPENAI_API_KEY": KEY}, "openai", OPENAI, id="a key"),
        pytest.param(
            {},
            {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": LOCAL},
            "openai",
            LOCAL,
            id="a key and an address",
        ),
        pytest.param({}, {"OPENAI_BASE_URL": LOCAL}, "offline", None, id="an address, no key"),
        pytest.param({"base_url": LOCAL}, {}, "openai", LOCAL, id="the recipe's address"),
        pytest.param(
            {"base_url": LOCAL},
            {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://other/v1"},
            "openai",
            LOCAL,
            id="the recipe's address over the environment's",
        ),
        pytest.param(
            {"name": "offline", "base_url": LOCAL},
            {"OPENAI_API_KEY": KEY},
            "offline",
            None,
            id="offline by name",
        ),
        pytest.param(
            {"name": "openai"},
            {"OPENAI_BASE_URL": LOCAL},
            "openai",
            LOCAL,
            id="by name, at a server without a key",
        ),
    ],
)
def test_who_is_asked(monkeypatch, teacher, environment, name, address):
    resolved = _resolve(monkeypatch, teacher, environment)

    assert (resolved.name, resolved.base_url) == (name, address)
    assert resolved.model


def test_the_offline_teacher_has_one_model_whatever_was_asked_for(monkeypatch):
    """Its answers are those of its snapshot."""
    plain = _resolve(monkeypatch, {"name": "offline"}, {})

    assert _resolve(monkeypatch, {"name": "offline", "model": "gpt-4o"}, {}) == plain
    assert plain.model.startswith("offline")


def test_the_recipes_model_is_asked(monkeypatch):
    teacher = {"name": "openai", "model": "qwen-plus", "base_url": LOCAL}

    assert _resolve(monkeypatch, teacher, {}).model == "qwen-plus"


def test_without_a_key_openai_is_refused():
    with pytest.raises(UserError) as told:
        resolve_teachers(make_recipe(teacher={"name": "openai"}))

    assert str(told.value) == (
        "teacher openai: OPENAI_API_KEY is not set. Set it, give --base-url for a server that "
        "needs none, or use --teacher offline."
    )


@pytest.mark.parametrize(
    "address",
    [
        *("https://me:hunter2@host/v1", "host:80", "https://h/v1?key=x"),
        *("http://a\x1b[2J/v1", "http://a\udcff/v1", "http://a\u202e/v1"),
    ],
)
def test_an_address_of_the_environment_that_is_none_is_not_repeated(monkeypatch, address):
    """It may hold a password, and what is asked is said on the screen."""
    with pytest.raises(UserError) as told:
        _resolve(monkeypatch, {"name": "openai"}, {"OPENAI_BASE_URL": address})

    assert str(told.value).startswith("OPENAI_BASE_URL: expected an address such as https://")
    assert address not in str(told.value)


@pytest.mark.parametrize(
    ("model", "price", "refused"),
    [
        pytest.param("gpt-4o-mini", None, False, id="a price of the file"),
        pytest.param("my-own", None, True, id="no price"),
        pytest.param("my-own", {"input": 1, "output": 2}, False, id="a price of the recipe"),
        pytest.param("my-own", {"input": 0, "output": 0}, False, id="free by the recipe"),
    ],
)
def test_a_money_cap_needs_a_price(monkeypatch, model, price, refused):
    teacher = {"name": "openai", "model": model, "base_url": LOCAL, "price": price}
    budget = {"budget": {"usd": 1}}
    if refused:
        with pytest.raises(UserError, match=f"the price of {model} is not known"):
            _resolve(monkeypatch, teacher, {}, **budget)
    else:
        assert _resolve(monkeypatch, teacher, {}, **budget).model == model


def test_without_a_money_cap_no_price_is_needed(monkeypatch):
    teacher = {"name": "openai", "model": "my-own", "base_url": LOCAL}

    assert _resolve(monkeypatch, teacher, {}, budget={"tokens": 10}).model == "my-own"


# --- the most a request can use -------------------------------------------------------------------

PRICED = TeacherSettings.model_validate({"model": "m", "price": {"input": 1.5, "output": 6}})


def test_a_request_is_bounded_by_the_bytes_of_its_prompt_and_its_longest_answer():
    request = _request("好", max_tokens=100)

    bound = bound_cost(PRICED)(request)

    prompt = len(b"Be brief.") + 8 + 3 + 8
    assert bound.tokens == prompt + 100
    assert bound.nusd >= prompt * 1500 + 100 * 6000


def test_a_bound_without_a_price_is_unknown_not_zero():
    assert bound_cost(TeacherSettings.model_validate({"model": "my-own"}))(_request()).nusd is None


@given(
    prices=st.tuples(st.floats(0, 200), st.floats(0, 200)),
    tokens=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_a_bound_is_never_below_the_price(prices, tokens):
    """Neither by rounding: a budget would be passed."""
    price = {"input": prices[0], "output": prices[1]}
    teacher = TeacherSettings.model_validate({"model": "m", "price": price})
    reply = make_reply(_request(), "", input_tokens=tokens[0], output_tokens=tokens[1])

    async def ask(request):
        return reply

    paid = asyncio.run(opening._priced(ask, teacher)(_request())).price_nusd
    assert paid <= cost_of(teacher, *tokens) <= paid + 2


@pytest.mark.parametrize(
    ("cached_price", "nusd"),
    [
        pytest.param(None, 100 * 1500 + 10 * 6000, id="a cached token costs as any"),
        pytest.param(0.5, 60 * 1500 + 40 * 500 + 10 * 6000, id="a cached token costs less"),
        pytest.param(0, 60 * 1500 + 10 * 6000, id="a cached token is free"),
    ],
)
def test_a_reply_is_priced_by_the_recipe(cached_price, nusd):
    price = {"input": 1.5, "output": 6, "cached_input": cached_price}
    teacher = TeacherSettings.model_validate({"price": price})

    async def ask(request):
        return make_reply(
            request, "", input_tokens=100, output_tokens=10, cached_tokens=40, price_nusd=None
        )

    assert asyncio.run(opening._priced(ask, teacher)(_request())).price_nusd == nusd


# --- opening --------------------------------------------------------------------------------------


def _ask_once(teacher, request):
    async def run():
        async with open_teacher(Named("offline", teacher)) as ask:
            return await ask(request)

    return asyncio.run(run())


def test_the_offline_teacher_answers_without_a_socket(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", None)
    teacher = resolve_teachers(make_recipe(teacher={"name": "offline"})).teacher

    reply = _ask_once(teacher, _request("Now write 2 new tasks."))

    assert reply.teacher == "offline"
    assert reply.price_nusd == 0
    assert len(reply.text.splitlines()) == 2


def test_a_real_teacher_is_asked_with_the_key_and_priced_by_the_recipe(monkeypatch):
    """The key is in the header of the request, and nowhere else."""
    from aiohttp import web

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    heads = []

    @web.middleware
    async def listen(request, handler):
        heads.append(request.headers.get("Authorization"))
        return await handler(request)

    application = web.Application
    monkeypatch.setattr(
        web, "Application", lambda **options: application(middlewares=[listen], **options)
    )

    async def run():
        async with open_server(respond) as base_url:
            teacher = TeacherSettings.model_validate(
                {
                    "name": "openai",
                    "model": "m",
                    "base_url": base_url,
                    "price": {"input": 1, "output": 1},
                }
            )
            async with open_teacher(Named("mine", teacher)) as ask:
                return await ask(_request("Now write 1 new task.")), repr(teacher)

    reply, shown = asyncio.run(run())

    assert heads == [f"Bearer {KEY}"]
    assert reply.teacher == "mine"
    assert KEY not in repr(reply) + shown
    assert reply.price_nusd == (reply.input_tokens + reply.output_tokens) * 1000
