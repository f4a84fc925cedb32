"""What prompts begin with is the same every time, so that a provider's cache can hit."""

import asyncio
import re
from collections import defaultdict
from functools import cache
from itertools import pairwise
from os.path import commonprefix
from pathlib import Path

import orjson
import pytest

import filters
from tests.scripted import make_recipe, scripted
from vicugna.pipeline import Job, begin, generate
from vicugna.providers import PromptCache, find_provider
from vicugna.records import LANGS, Message, Request, Sampling
from vicugna.seeds import load_seeds
from vicugna.settings import PURPOSES_OF
from vicugna.teachers.prompt_cache import expected_cached_share, mark_static, static_bytes

PURPOSES = [(method, purpose) for method, several in PURPOSES_OF.items() for purpose in several]
every_prompt = pytest.mark.parametrize(
    ("method", "purpose", "lang"),
    [(*one, lang) for one in PURPOSES for lang in LANGS],
    ids=str,
)


@cache
def asked_by(method: str) -> dict[tuple[str, str], list[Request]]:
    """Return what a run on the seed tasks that ship asks, by purpose and language."""
    recipe = make_recipe(method, target=40)
    job = Job(recipe, filters.chain(None), {lang: load_seeds(lang) for lang in LANGS}, Path("x"))
    asked: list[Request] = []
    asyncio.run(generate(job, scripted(asked=asked), begin(job)))
    sorted_: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in asked:
        sorted_[request.purpose, request.lang].append(request)
    return sorted_


def _texts(request: Request) -> str:
    return "\0".join(message.content for message in request.messages)


@every_prompt
def test_every_request_of_a_prompt_begins_with_the_same_bytes(method, purpose, lang):
    """The system turn, and the demonstrations that go with it, before anything that changes."""
    requests = asked_by(method)[purpose, lang]

    assert len({request.messages[-1].content for request in requests}) > 1
    assert len({request.messages[0] for request in requests}) == 1
    assert [message.role for message in requests[0].messages] == ["system", "user"]
    (static,) = {request.static for request in requests}
    assert len({request.messages[-1].content[:static] for request in requests}) == 1
    assert (static > 0) == (purpose not in ("new_tasks", "new_instructions"))


@every_prompt
def test_nothing_that_could_be_the_same_comes_after_what_changes(method, purpose, lang):
    """What two requests begin with ends inside of a task that is shown: there they must differ."""
    first, second = asked_by(method)[purpose, lang][:2]
    common = commonprefix([_texts(first), _texts(second)])  # noqa: RUF071 - of texts

    assert len(common.encode()) >= static_bytes(first)
    line = common.rsplit("\n", 1)[-1]
    assert line.startswith('{"instruction":"')


@every_prompt
def test_no_date_and_no_id_is_in_what_never_changes(method, purpose, lang):
    requests = asked_by(method)[purpose, lang]
    request = requests[0]
    system, static = request.messages[0].content, request.messages[-1].content[: request.static]

    assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b[0-9a-f]{16,}\b", system)
    named = {shown for one in requests for shown in (*one.shown, one.about)} - {""}
    assert not [one for one in named if one in system + static]


@every_prompt
def test_keys_of_what_is_shown_are_in_one_order(method, purpose, lang):
    """Another order of the same task would be another beginning."""
    orders = {"instruction": ["instruction"], "input": ["input", "output"]}
    orders |= {"output": ["output", "input"]}
    if purpose == "new_tasks":
        orders["instruction"] = ["instruction", "input", "output"]
    for request in asked_by(method)[purpose, lang]:
        for line in request.messages[-1].content.splitlines():
            if line.startswith('{"'):
                keys = list(orjson.loads(line))
                assert keys == orders[keys[0]]


def test_demonstrations_are_worth_keeping():
    """For every provider that says from how many tokens on it keeps what it read."""
    for lang in LANGS:
        for purpose in ("is_classification", "input_first", "output_first"):
            request = asked_by("self-instruct")[purpose, lang][0]
            assert static_bytes(request) > 1024 * 4, (purpose, lang)


def test_two_requests_of_a_prompt_are_marked_at_the_same_place():
    """Else each would be kept for itself, and paid for."""
    keep = find_provider("dashscope").cache
    requests = asked_by("self-instruct")["input_first", "zh"]
    marked = [orjson.loads(orjson.dumps(mark_static(one, keep))) for one in requests]

    blocks = [messages[1]["content"][0] for messages in marked]
    assert blocks[0]["cache_control"] == {"type": "ephemeral"}
    assert all(one == other for one, other in pairwise(blocks))


@pytest.mark.parametrize(
    ("messages", "static", "expected"),
    [
        pytest.param(("一二", "abc"), 0, 6, id="the system turn"),
        pytest.param(("一二", "abc"), 2, 8, id="and a part of the question"),
        pytest.param(("abc",), 0, 0, id="nothing"),
        pytest.param(("abc",), 3, 3, id="only a question"),
    ],
)
def test_how_much_never_changes(messages, static, expected):
    turns = tuple(Message("user", text) for text in messages)
    request = Request("p", "zh", "m", turns, Sampling(1, 1, 9), "p", static=static)

    assert static_bytes(request) == expected


@pytest.mark.parametrize(
    ("static", "whole", "tokens", "least", "share"),
    [
        pytest.param(3000, 4000, 2000, 1024, 0.75, id="long enough"),
        pytest.param(1024, 2048, 2048, 1024, 0.5, id="just long enough"),
        pytest.param(1024, 2048, 2047, 1024, 0.0, id="too short"),
        pytest.param(3000, 4000, 100, 64, 0.75, id="little is enough"),
        pytest.param(3000, 4000, 2000, None, None, id="nobody says"),
        pytest.param(0, 0, 2000, 1024, None, id="nothing was asked"),
        pytest.param(0, 4000, 2000, 1024, 0.0, id="nothing stays the same"),
    ],
)
def test_how_much_should_come_from_the_cache(static, whole, tokens, least, share):
    assert expected_cached_share(static, whole, tokens, PromptCache(least)) == share
