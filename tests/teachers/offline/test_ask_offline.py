"""The offline teacher in this process says what it says over HTTP."""

import asyncio
from dataclasses import replace

import pytest

from tests.scripted import addressed, make_job, make_recipe
from vicugna.methods import METHODS
from vicugna.pipeline import begin
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.offline.ask import ask_offline
from vicugna.teachers.offline.respond import MODEL, respond
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_http import open_endpoint


def _request(lang, number=0, method="alpaca"):
    job = make_job(make_recipe(method))
    return METHODS[method](job.recipe, addressed(MODEL), job.seeds).compose(
        (lang, ""), number, begin(job)
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_the_same_answers_with_and_without_a_socket(lang, method):
    requests = [_request(lang, number, method) for number in range(3)]

    async def over_http():
        async with (
            open_server(respond) as base_url,
            open_endpoint(Endpoint("openai", base_url, "", 30.0)) as ask,
        ):
            return [await ask(request) for request in requests]

    async def in_process():
        return [await ask_offline(request) for request in requests]

    here, there = asyncio.run(in_process()), asyncio.run(over_http())
    for near, far in zip(here, there, strict=True):
        assert near.text == far.text
        assert near.key == far.key
        assert (near.finish_reason, near.model) == (far.finish_reason, far.model)
        assert (near.input_tokens, near.output_tokens) == (far.input_tokens, far.output_tokens)


def test_it_is_free_and_says_who_it_is():
    reply = asyncio.run(ask_offline(_request("zh")))

    assert (reply.teacher, reply.model, reply.price_nusd) == ("offline", MODEL, 0)
    assert (reply.finish_reason, reply.seconds) == ("stop", 0.0)


def test_another_sample_of_the_same_question_is_another_answer():
    request = _request("en")

    first = asyncio.run(ask_offline(request))
    second = asyncio.run(ask_offline(replace(request, sample=1)))

    assert first.text != second.text
    assert first.key != second.key
