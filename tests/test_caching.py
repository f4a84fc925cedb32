"""How much of the prompts came from the caches, and when too little did."""

from dataclasses import replace

import pytest

from tests.scripted import make_recipe, make_reply
from vicugna.caching import (
    MIN_REQUESTS,
    Prompted,
    add_prompts,
    expects_cached,
    find_caches,
    find_poor_caching,
    note_prompt,
    show_poor_caching,
)
from vicugna.providers import PromptCache
from vicugna.records import Message, Request
from vicugna.teachers.roles import name_teachers

CACHES = {"openai": PromptCache(min_tokens=1024)}
KEY = ("openai", "is_classification", "en")


def _prompted(requests=100, cached=0, **changes):
    """Return prompts of 2,000 tokens, three quarters of which never change."""
    known = Prompted(requests, 6_000 * requests, 8_000 * requests, 2_000 * requests, cached)
    return replace(known, **changes)


def _find(prompts, at_once=0, caches=CACHES):
    return find_poor_caching(prompts, caches, {"openai": at_once})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sizes_of_a_prompt_are_in_bytes_and_its_static_part_goes_as_far_as_is_told(lang):
    system, static, rest = {"en": ("Say.", "One. ", "Two"), "zh": ("请说。", "一。", "二")}[lang]
    messages = (Message("system", system), Message("user", static + rest))
    sampling = make_recipe().sampling["new_tasks"].to_record()
    request = Request("p", lang, "m", messages, sampling, "p@0", static=len(static))
    prompts = {}

    for cached in (0, 4):
        note_prompt(prompts, request, make_reply(request, "", cached_tokens=cached))

    beginning = len((system + static).encode())
    whole = beginning + len(rest.encode())
    assert prompts == {
        ("scripted", "p", lang): Prompted(2, 2 * beginning, 2 * whole, 20, 4),
    }


def test_prompts_of_shards_are_added_up():
    whole = {}

    add_prompts(whole, {KEY: _prompted(3, 7)})
    add_prompts(whole, {KEY: _prompted(2, 1), (*KEY[:2], "zh"): _prompted(1)})

    assert whole == {KEY: _prompted(5, 8), (*KEY[:2], "zh"): _prompted(1)}


@pytest.mark.parametrize(
    ("cached", "poor"),
    [
        pytest.param(0, True, id="nothing"),
        pytest.param(74_999, True, id="a little under half of 150,000"),
        pytest.param(75_000, False, id="half"),
        pytest.param(190_000, False, id="more than expected"),
    ],
)
def test_under_half_of_what_is_expected_is_poor(cached, poor):
    assert bool(_find({KEY: _prompted(cached=cached)})) == poor


@pytest.mark.parametrize(
    ("prompts", "at_once"),
    [
        pytest.param({KEY: _prompted(MIN_REQUESTS - 1)}, 0, id="too few requests"),
        pytest.param({KEY: _prompted(MIN_REQUESTS)}, MIN_REQUESTS, id="all at the same time"),
        pytest.param({KEY: _prompted(static=51_199 * 8)}, 0, id="beginning under 1,024 tokens"),
        pytest.param({("vllm", *KEY[1:]): _prompted()}, 0, id="a teacher of whom nothing is known"),
        pytest.param({KEY: _prompted(input_tokens=0)}, 0, id="a server that does not count"),
        pytest.param({}, 0, id="nothing asked"),
    ],
)
def test_where_nothing_can_be_said_nothing_is(prompts, at_once):
    assert _find(prompts, at_once) == []


@pytest.mark.parametrize(
    ("prompts", "at_once", "expected"),
    [
        pytest.param({KEY: _prompted(MIN_REQUESTS)}, 0, 0.75, id="just enough requests"),
        pytest.param({KEY: _prompted()}, 20, 0.6, id="a fifth found nothing yet"),
        pytest.param({KEY: _prompted(static=51_200 * 8)}, 0, 0.512, id="beginning of 1,024 tokens"),
        pytest.param(
            {KEY: _prompted(), (*KEY[:2], "zh"): _prompted(static=0)},
            0,
            0.375,
            id="in one of two languages only",
        ),
    ],
)
def test_what_is_expected_is_the_static_share_of_a_warm_cache(prompts, at_once, expected):
    assert _find(prompts, at_once) == [
        {
            "teacher": "openai",
            "purpose": "is_classification",
            "cached_share": 0.0,
            "expected_share": expected,
        }
    ]


@pytest.mark.parametrize(
    ("teacher", "min_tokens"),
    [
        pytest.param({"name": "deepseek", "model": "deepseek-chat"}, 64, id="with a cache"),
        pytest.param({"name": "offline", "model": "offline"}, None, id="without"),
        pytest.param(
            {"name": "openai", "model": "m", "base_url": "http://[::1]:8000/v1"},
            None,
            id="another server than the provider's",
        ),
    ],
)
def test_what_a_teacher_keeps_is_what_its_provider_says(teacher, min_tokens):
    recipe = make_recipe(teacher=teacher)

    (cache,) = find_caches(name_teachers(recipe)).values()

    assert cache.min_tokens == min_tokens
    assert expects_cached({(teacher["name"], *KEY[1:]): _prompted()}, {teacher["name"]: cache}) == (
        min_tokens is not None
    )


def test_in_a_batch_nothing_is_expected():
    teacher = {"name": "openai", "model": "gpt-4o-mini", "mode": "batch"}

    assert find_caches(name_teachers(make_recipe(teacher=teacher))) == {}


def test_the_line_says_where_how_much_and_what_to_do():
    (poor,) = _find({KEY: _prompted(cached=6_000)})

    assert show_poor_caching(poor) == (
        "is_classification at openai: 3% of the prompt tokens came from the cache, about 75% "
        "could. Long pauses, and gateways that spread requests over accounts or servers, lose "
        "it: ask the provider's own address."
    )
