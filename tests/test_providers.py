"""Providers as data: every row can be read, and says of a model what it means to say."""

import re
from dataclasses import fields
from urllib.parse import urlsplit

import orjson
import pytest

from vicugna.providers import (
    PLAIN,
    PROVIDER_FILE,
    BatchRules,
    Provider,
    can_switch,
    find_provider,
    load_providers,
    provider_at,
    rules_for,
)

ROWS = orjson.loads(PROVIDER_FILE.read_bytes())["providers"]
PROVIDERS = load_providers()
SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
PENALTIES = ("presence_penalty", "frequency_penalty")
LOCAL = {"vllm", "sglang", "ollama", "llama_cpp", "lm_studio"}
every_provider = pytest.mark.parametrize("name", PROVIDERS)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_row_holds_fields_of_a_provider_and_says_where_it_is_from(row):
    """A name that is misspelt would change nothing, silently."""
    known = {field.name for field in fields(Provider)}
    said = [row, row.get("elsewhere", {})]
    said += row["models"] if isinstance(row.get("models"), list) else []

    assert {name for one in said for name in one} - known <= {"of"}
    assert row["source"]


@every_provider
def test_an_address_is_one_and_a_key_is_a_variable(name):
    """A server on one's own machine needs no key; the others have a variable of their own."""
    provider = PROVIDERS[name]

    parts = urlsplit(provider.base_url)
    if name in LOCAL:
        assert (parts.scheme, parts.hostname, provider.key_env) == ("http", "localhost", "")
    elif provider.base_url:
        assert parts.scheme == "https"
    assert not provider.base_url.endswith("/")
    assert not parts.query
    if name not in LOCAL | {"offline"}:
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*_API_KEY", provider.key_env)


def test_no_two_providers_share_an_address_or_a_variable():
    for field in ("base_url", "key_env"):
        said = [value for one in PROVIDERS.values() if (value := getattr(one, field))]
        assert sorted(set(said)) == sorted(said)


@every_provider
def test_what_is_left_out_is_what_a_body_may_hold(name):
    provider = PROVIDERS[name]
    parameters = {*SAMPLING, "seed"}

    for model in ("", *provider.models):
        rules = rules_for(provider, model)
        assert {*rules.leaves_out, *rules.leaves_out_thinking} <= parameters
        assert not {*rules.leaves_out} & {*rules.leaves_out_thinking}


@every_provider
def test_patterns_are_written_as_they_are_compared(name):
    provider = PROVIDERS[name]

    for pattern in (*provider.models, *provider.cache.models):
        assert pattern == pattern.casefold() != ""
    assert bool(provider.cache.mark) == bool(provider.cache.models)


def test_what_a_batch_may_hold():
    batches = {name: one.batch for name, one in PROVIDERS.items() if one.batch is not None}

    assert batches == {
        "openai": BatchRules(),
        "azure": BatchRules(),
        "dashscope": BatchRules(max_bytes=500_000_000),
        "zhipu": BatchRules(url="/v4/chat/completions", max_bytes=100_000_000),
        "siliconflow": BatchRules(max_lines=5000, max_bytes=1_000_000_000, names_model=True),
    }


@pytest.mark.parametrize(
    ("model", "max_tokens", "thinks", "leaves_out", "while_thinking"),
    [
        pytest.param("gpt-4o-mini", "max_completion_tokens", False, (), (), id="no rule"),
        pytest.param("gpt-5", "max_completion_tokens", True, SAMPLING, (), id="the name itself"),
        pytest.param("gpt-5-mini", "max_completion_tokens", True, SAMPLING, (), id="up to a dash"),
        pytest.param("GPT-5-Mini", "max_completion_tokens", True, SAMPLING, (), id="capitals"),
        pytest.param("gpt-50", "max_completion_tokens", False, (), (), id="not up to a digit"),
        pytest.param("gpt-5o", "max_completion_tokens", False, (), (), id="not up to a letter"),
        pytest.param("my-gpt-5", "max_completion_tokens", False, (), (), id="only at the start"),
        pytest.param("gpt-5-chat-latest", "max_completion_tokens", False, (), (), id="longer"),
        pytest.param(
            "gpt-5.1-2025-11-13",
            "max_completion_tokens",
            False,
            PENALTIES,
            ("temperature", "top_p"),
            id="a version has its own",
        ),
        pytest.param(
            "gpt-5.6-luna",
            "max_completion_tokens",
            True,
            PENALTIES,
            ("temperature", "top_p"),
            id="reasons unless told not to",
        ),
        pytest.param("gpt-5.9", "max_completion_tokens", True, SAMPLING, (), id="unheard of"),
        pytest.param("gpt-6.1-sol", "max_completion_tokens", True, SAMPLING, (), id="always"),
        pytest.param("o3-mini", "max_completion_tokens", True, SAMPLING, (), id="o-series"),
        pytest.param("o30", "max_completion_tokens", False, (), (), id="no o-series"),
    ],
)
def test_the_rule_of_a_model(model, max_tokens, thinks, leaves_out, while_thinking):
    """The longest pattern counts, and only up to a sign that is no letter or digit."""
    rules = rules_for(find_provider("openai"), model)

    assert (rules.max_tokens, rules.thinks) == (max_tokens, thinks)
    assert (rules.leaves_out, rules.leaves_out_thinking) == (leaves_out, while_thinking)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gpt-4o-mini", False),
        ("gpt-5.5", False),
        ("gpt-5.6", True),
        ("gpt-5.6-sol", True),
        ("gpt-6.1-sol", True),
    ],
)
def test_only_some_models_must_be_told_what_to_keep(model, told):
    """Older ones answer 400 to it."""
    cache = rules_for(find_provider("openai"), model).cache

    assert (bool(cache.mark), bool(cache.options)) == (told, told)
    assert (cache.key, cache.min_tokens) == ("prompt_cache_key", 1024)


def test_azure_has_the_models_of_openai():
    assert find_provider("azure").models == find_provider("openai").models
    assert rules_for(find_provider("azure"), "o3").max_tokens == "max_completion_tokens"


def test_without_rules_a_provider_is_returned_as_it_is():
    assert rules_for(PLAIN, "gpt-5") is PLAIN


@pytest.mark.parametrize(
    ("base_url", "at_home"),
    [
        pytest.param("https://api.openai.com/v1", True, id="its own"),
        pytest.param("https://API.openai.com:443/v1/", True, id="written otherwise"),
        pytest.param("https://eu.api.openai.com/v1", True, id="a region of it"),
        pytest.param("", True, id="none given"),
        pytest.param("https://notapi.openai.com/v1", False, id="another name"),
        pytest.param("https://api.openai.com.example.com/v1", False, id="only the beginning"),
        pytest.param("http://localhost:8000/v1", False, id="this machine"),
        pytest.param("http://[::1/v1", False, id="no address"),
    ],
)
def test_elsewhere_only_what_everybody_understands_is_said(base_url, at_home):
    """The client of any endpoint is called openai; few servers know what OpenAI added."""
    provider = provider_at("openai", base_url)

    assert (provider.max_tokens, provider.cache.key) == (
        ("max_completion_tokens", "prompt_cache_key") if at_home else ("max_tokens", "")
    )
    assert provider.models is find_provider("openai").models
    assert bool(rules_for(provider, "gpt-5.6").cache.mark) == at_home


def test_other_providers_are_the_same_at_every_address():
    """Whoever names DashScope, or Azure, means it, whichever region is asked."""
    for name in ("dashscope", "azure", "vllm"):
        assert provider_at(name, "https://somewhere.example.com/v1") is find_provider(name)


@pytest.mark.parametrize(
    ("name", "model", "on", "off"),
    [
        pytest.param("openai", "gpt-4o-mini", False, True, id="never reasons"),
        pytest.param("openai", "gpt-5-mini", True, False, id="always reasons"),
        pytest.param("openai", "gpt-5.4", True, True, id="can do both"),
        pytest.param("dashscope", "qwen-plus", True, True, id="DashScope"),
        pytest.param("deepseek", "deepseek-flash", True, True, id="DeepSeek"),
        pytest.param("zhipu", "glm-4.7", True, True, id="GLM that can do both"),
        pytest.param("zhipu", "GLM-5.3-Flash", True, False, id="GLM that always reasons"),
        pytest.param("zhipu", "glm-4-plus", False, True, id="GLM that never reasons"),
        pytest.param("moonshot", "kimi-k2.6", True, True, id="Kimi that can do both"),
        pytest.param("moonshot", "kimi-k3.1-pro", True, False, id="Kimi that always reasons"),
        pytest.param("moonshot", "moonshot-v1-8k", False, True, id="Moonshot"),
        pytest.param("vllm", "whatever", True, True, id="vLLM"),
        pytest.param("lm_studio", "whatever", False, False, id="nobody knows how"),
    ],
)
def test_where_reasoning_can_be_switched(name, model, on, off):
    """What a model does by itself needs no switch."""
    provider = find_provider(name)

    assert (can_switch(provider, model, True), can_switch(provider, model, False)) == (on, off)


def test_nobody_knows_how_to_switch_a_model_at_an_unknown_address():
    provider = provider_at("openai", "http://localhost:8000/v1")

    assert not can_switch(provider, "qwen3", True)
    assert not can_switch(provider, "qwen3", False)
