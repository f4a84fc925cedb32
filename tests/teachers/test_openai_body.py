"""What is sent: one body for everybody, and in the words of each provider."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vicugna.providers import find_provider, load_providers, provider_at
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.openai_body import sendable, write_body

REQUEST = Request(
    "compose",
    "zh",
    "gpt-4o-mini",
    (Message("system", "你是出题人。"), Message("user", "Write 2 tasks.")),
    Sampling(temperature=0.7, top_p=0.5, max_tokens=1024),
    "alpaca",
)
MESSAGES = [
    {"role": "system", "content": "你是出题人。"},
    {"role": "user", "content": "Write 2 tasks."},
]
BARE = {"temperature": 0.7, "top_p": 0.5, "max_tokens": 1024}
FULL = {"seed": 3, "presence_penalty": 0.5, "frequency_penalty": -0.5}
LONG = "Rules. " * 1000  # 7,000 bytes, so surely more than 1,024 tokens by our measure
SHORT = "Rules. " * 500


def _request(model="m", **sampling):
    return replace(REQUEST, model=model, sampling=replace(REQUEST.sampling, **sampling))


def _body(name, request, **options):
    return orjson.loads(write_body(request, find_provider(name), **options))


def _parameters(name, request, **options):
    """Return a body without the model and the messages."""
    body = _body(name, request, **options)
    assert body.pop("model") == request.model
    assert body.pop("messages") == MESSAGES
    return body


def test_what_is_sent():
    """The model, the messages and the sampling; what is not asked for is not sent."""
    assert orjson.loads(write_body(REQUEST)) == {
        "model": "gpt-4o-mini",
        "messages": MESSAGES,
        "temperature": 0.7,
        "top_p": 0.5,
        "max_tokens": 1024,
    }


@pytest.mark.parametrize("penalty", ["presence_penalty", "frequency_penalty"])
@pytest.mark.parametrize("value", [2.0, -0.5])
def test_a_penalty_is_sent_unless_zero(penalty, value):
    assert orjson.loads(write_body(_request(**{penalty: value})))[penalty] == value


@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=3))
@example(["a\ud83db\x00", "好\udc00"])
def test_every_text_can_be_sent(texts):
    """Lone surrogates become U+FFFD; everything else, NUL included, arrives as it is."""
    request = sendable(replace(REQUEST, messages=tuple(Message("user", t) for t in texts)))
    sent = [message["content"] for message in orjson.loads(write_body(request))["messages"]]

    assert sent == [
        "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text) for text in texts
    ]
    assert len(request.key) == 64


def test_a_good_request_is_sent_as_it_is():
    assert sendable(REQUEST) is REQUEST


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("offline", BARE | FULL),
        (
            "openai",
            {"temperature": 0.7, "top_p": 0.5, "max_completion_tokens": 1024}
            | FULL
            | {"prompt_cache_key": "alpaca"},
        ),
        ("azure", BARE | FULL),
        ("dashscope", BARE | FULL),
        ("deepseek", {"top_p": 0.5, "max_tokens": 1024, "seed": 3}),
        ("zhipu", BARE),
        ("moonshot", BARE | FULL),
        ("siliconflow", BARE | FULL),
        ("openrouter", BARE | FULL),
        ("vllm", BARE | FULL),
        ("sglang", BARE | FULL),
        ("ollama", BARE | FULL),
        ("llama_cpp", BARE | FULL),
        ("lm_studio", BARE | FULL),
    ],
)
def test_the_parameters_of_each_provider(name, expected):
    """All of them where they are known; where a model reasons, only those that count then."""
    request = _request(presence_penalty=0.5, frequency_penalty=-0.5)

    assert _parameters(name, replace(request, sample=3)) == expected


SWITCHES = {
    "dashscope": ({"enable_thinking": True}, {"enable_thinking": False}),
    "deepseek": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "zhipu": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "siliconflow": ({"enable_thinking": True}, {"enable_thinking": False}),
    "openrouter": ({"reasoning": {"enabled": True}}, {"reasoning": {"effort": "none"}}),
    "vllm": (
        {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}},
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
    ),
    "sglang": (
        {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}},
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
    ),
    "ollama": ({"reasoning_effort": "medium"}, {"reasoning_effort": "none"}),
    "llama_cpp": (
        {"chat_template_kwargs": {"enable_thinking": True}},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ),
}


@pytest.mark.parametrize("name", load_providers())
def test_both_switches_of_reasoning(name):
    """Each in its provider's words; unless it is switched, nothing is said of it."""
    bodies = [_parameters(name, _request("m", thinking=wanted)) for wanted in (None, True, False)]
    silent, on, off = (
        {key: value for key, value in body.items() if key not in {*BARE, "max_completion_tokens"}}
        for body in bodies
    )

    silent.pop("prompt_cache_key", None)
    assert silent == {}
    for body, expected in zip((on, off), SWITCHES.get(name, ({}, {})), strict=True):
        body.pop("prompt_cache_key", None)
        assert body == expected


@pytest.mark.parametrize(
    ("name", "model", "thinking", "expected"),
    [
        pytest.param("openai", "gpt-5-mini", None, {"seed": 3}, id="always reasons"),
        pytest.param("openai", "gpt-50", None, {"temperature": 0.7, "top_p": 0.5, **FULL}, id="no"),
        pytest.param(
            "openai",
            "gpt-5.4-mini",
            None,
            {"temperature": 0.7, "top_p": 0.5, "seed": 3},
            id="does not reason by itself",
        ),
        pytest.param(
            "openai",
            "gpt-5.4-mini",
            True,
            {"seed": 3, "reasoning_effort": "medium"},
            id="is to reason",
        ),
        pytest.param("openai", "gpt-5.5", None, {"seed": 3}, id="reasons by itself"),
        pytest.param(
            "openai",
            "gpt-5.5",
            False,
            {"temperature": 0.7, "top_p": 0.5, "seed": 3, "reasoning_effort": "none"},
            id="is not to reason",
        ),
        pytest.param("azure", "o4-mini", None, {"seed": 3}, id="Azure"),
    ],
)
def test_a_model_is_sent_what_it_takes(name, model, thinking, expected):
    """OpenAI's models refuse temperature and top_p while they reason, and the old max_tokens."""
    request = _request(model, thinking=thinking, presence_penalty=0.5, frequency_penalty=-0.5)
    body = _parameters(name, replace(request, sample=3))

    body.pop("prompt_cache_key", None)
    assert body == {"max_completion_tokens": 1024} | expected


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("kimi-k2.6", {}),
        ("kimi-k3", {}),
        ("moonshot-v1-8k", {"temperature": 0.7, "top_p": 0.5}),
        ("kimiko", {"temperature": 0.7, "top_p": 0.5}),
    ],
)
def test_kimi_takes_no_temperature(model, kept):
    assert _parameters("moonshot", _request(model)) == {"max_tokens": 1024} | kept


def test_what_a_user_adds_goes_last():
    """It may say more, or otherwise; objects of the same name are put together."""
    extra = '{"chat_template_kwargs":{"thinking":true,"lang":"zh"},"min_p":0.1,"top_p":null}'
    body = _parameters("vllm", _request(thinking=False, extra=extra))

    assert body == BARE | {
        "top_p": None,
        "min_p": 0.1,
        "chat_template_kwargs": {"enable_thinking": False, "thinking": True, "lang": "zh"},
    }


def test_the_same_request_is_another_body_for_each_that_is_asked():
    """What is kept from one call to the next is kept by all that decides it."""
    asked = [
        (replace(request, sample=sample, prompt=prompt), find_provider(name))
        for request in (REQUEST, _request(temperature=0.8), _request(extra='{"a":1}'))
        for sample in (0, 1)
        for prompt in ("p", "q")
        for name in ("openai", "vllm")
    ]

    bodies = [write_body(request, provider) for request, provider in asked]
    assert bodies == [write_body(request, provider) for request, provider in asked]
    assert len(set(bodies)) == 18  # the name of the prompt is for OpenAI alone


def test_a_whole_number_is_written_as_any_other():
    """Or what is sent would depend on which of two equal requests came first."""
    whole, other = _request(temperature=1, top_p=1), _request(temperature=1.0, top_p=1.0)

    assert write_body(whole) == write_body(other)
    assert b'"temperature":1.0,"top_p":1.0' in write_body(whole)


def test_elsewhere_openai_is_asked_as_anybody():
    provider = provider_at("openai", "http://localhost:8000/v1")

    assert orjson.loads(write_body(_request("gpt-5.6", max_tokens=9), provider)) == {
        "model": "gpt-5.6",
        "messages": MESSAGES,
        "max_completion_tokens": 9,
    }


def _long(system=LONG, user="Write 2 tasks.", static=0, model="m"):
    messages = (Message("system", system), Message("user", user))
    return replace(REQUEST, model=model, messages=messages, static=static)


@pytest.mark.parametrize(
    ("name", "model", "mark", "options"),
    [
        pytest.param("openai", "gpt-5.5", {}, {}, id="OpenAI finds it by itself"),
        pytest.param(
            "openai",
            "gpt-5.6-luna",
            {"prompt_cache_breakpoint": {"mode": "explicit"}},
            {"prompt_cache_options": {"mode": "explicit"}},
            id="OpenAI must be told",
        ),
        pytest.param(
            "dashscope", "qwen-plus", {"cache_control": {"type": "ephemeral"}}, {}, id="DashScope"
        ),
        pytest.param("dashscope", "qwen-long", {}, {}, id="DashScope finds it by itself"),
        pytest.param("azure", "gpt-5.6-luna", {}, {}, id="Azure"),
        pytest.param("vllm", "qwen3", {}, {}, id="vLLM"),
    ],
)
def test_what_never_changes_is_marked_where_a_provider_wants_it(name, model, mark, options):
    body = _body(name, _long(model=model))

    system, user = body["messages"]
    block = {"type": "text", "text": LONG, **mark}
    assert system == {"role": "system", "content": [block] if mark else LONG}
    assert user == MESSAGES[1]
    assert body.get("prompt_cache_options") == options.get("prompt_cache_options")


def test_demonstrations_that_never_change_are_marked_too():
    """The mark is at the end of them, in the middle of the question."""
    request = _long("Rules.", LONG + "问题", len(LONG), "gpt-6.1-sol")
    mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}

    system, user = _body("openai", request)["messages"]
    assert system == {"role": "system", "content": "Rules."}
    assert user["content"] == [
        {"type": "text", "text": LONG, **mark},
        {"type": "text", "text": "问题"},
    ]
    (block,) = _body("openai", replace(request, static=len(LONG) + 2))["messages"][1]["content"]
    assert block == {"type": "text", "text": LONG + "问题", **mark}


@pytest.mark.parametrize(
    ("request_", "marked"),
    [
        pytest.param(_long("a" * 4095), False, id="too short a system turn"),
        pytest.param(_long("a" * 4096), True, id="just long enough"),
        pytest.param(_long("中" * 1365), False, id="too short in Chinese"),
        pytest.param(_long("中" * 1366), True, id="long enough in Chinese"),
        pytest.param(_long(SHORT, SHORT + "?", len(SHORT)), True, id="long enough together"),
        pytest.param(_long(SHORT, SHORT + "?", 9), False, id="too short together"),
        pytest.param(
            replace(_long(), messages=(Message("user", LONG),)), False, id="nothing is said to last"
        ),
    ],
)
def test_what_is_too_short_to_be_kept_is_not_marked(request_, marked):
    """A mark would switch off the cache that needs none, at DashScope."""
    body = _body("dashscope", replace(request_, model="qwen-plus"))
    contents = [message["content"] for message in body["messages"]]

    assert any(isinstance(content, list) for content in contents) == marked
    if not marked:
        assert contents == [message.content for message in request_.messages]


def test_a_batch_keeps_nothing_and_pays_for_no_keeping():
    """Its lines are not answered one after another, as a cache needs it."""
    body = _body("openai", _long(model="gpt-5.6-luna"), batch=True)

    assert body["messages"][0] == {"role": "system", "content": LONG}
    assert "prompt_cache_key" not in body
    assert body["prompt_cache_options"] == {"mode": "explicit"}


@pytest.mark.parametrize("name", load_providers())
@pytest.mark.parametrize("batch", [False, True], ids=["live", "batch"])
def test_the_cache_changes_no_word(name, batch):
    """Put together, the blocks are the messages; and the key of the request is one for all."""
    provider = find_provider(name)
    for model in ("m", *provider.models, *provider.cache.models):
        request = _long("Rules.", LONG + "x", len(LONG), model)
        body = orjson.loads(write_body(request, provider, batch=batch))
        texts = [
            "".join(block["text"] for block in content) if isinstance(content, list) else content
            for content in (message["content"] for message in body["messages"])
        ]

        assert texts == ["Rules.", LONG + "x"]
        assert request.key == replace(request, static=0, prompt="other").key
