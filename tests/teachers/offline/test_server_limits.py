"""The offline server with a quota, with as much as it can take, and what its usage tells."""

import asyncio
import re

import aiohttp
import pytest

from tests.teachers.offline.talking import BODY, EN, ZH, chat, talk
from vicugna.teachers.offline.capacity import parse_capacity
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.offline.server import open_server

# BODY is 3 tokens, EN and ZH are 6 each.
ASKED = BODY | {"max_tokens": 100}


def _statuses(answers):
    return [status for status, _, _ in answers]


def test_over_the_quota_is_a_429_that_says_when_to_come_back():
    """Whole seconds and milliseconds, both rounded up; it is not paid for."""
    answers, stats = talk([chat()] * 3, quota=ServerQuota(rpm=2))
    _, headers, body = answers[2]

    assert _statuses(answers) == [200, 200, 429]
    assert body["error"]["code"] == "rate_limit_exceeded"
    assert body["error"]["message"].startswith("Rate limit reached for requests.")
    # Half a minute until there is room, less what the test took.
    assert 0 <= int(headers["Retry-After"]) * 1000 - int(headers["retry-after-ms"]) < 1000
    assert 20_000 < int(headers["retry-after-ms"]) <= 30_000
    assert (stats["paid"], stats["answered"], stats["refused"], stats["tokens"]) == (2, 2, 1, 18)
    assert stats["faults"] == {}


@pytest.mark.parametrize(
    ("quota", "body", "statuses"),
    [
        pytest.param(ServerQuota(tpm=18), BODY, [200, 200, 429], id="two used"),
        pytest.param(ServerQuota(tpm=17), BODY, [200, 429, 429], id="not quite two used"),
        pytest.param(ServerQuota(tpm=206, counts="asked"), ASKED, [200, 200, 429], id="asked"),
        pytest.param(ServerQuota(tpm=18), ASKED, [200, 200, 429], id="asked for more than used"),
        pytest.param(ServerQuota(tpm=8), BODY, [200, 429, 429], id="larger than the bucket"),
        pytest.param(ServerQuota(rpm=6, burst_seconds=10), BODY, [200, 429, 429], id="burst"),
        pytest.param(ServerQuota(tpm=18, window="fixed"), BODY, [200, 200, 429], id="fixed window"),
    ],
)
@pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
def test_tokens_are_counted(quota, body, statuses, text):
    answers, _ = talk([chat(body)] * 3, lambda body: text, quota=quota)

    assert _statuses(answers) == statuses


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_both_names_of_the_longest_answer_are_read(name):
    ((answer,), _) = talk([chat(BODY | {name: 100})], quota=ServerQuota(tpm=1000, counts="asked"))

    assert 897 <= int(answer[1]["x-ratelimit-remaining-tokens"]) < 950


def test_every_response_tells_what_is_left():
    """Answers, refusals and errors of chat requests; nothing else."""
    calls = [chat(), chat({}), chat(), ("GET", "/models", {})]
    answers, _ = talk(calls, quota=ServerQuota(rpm=1, tpm=6000))
    told = [
        {name: text for name, text in headers.items() if name.startswith("x-ratelimit")}
        for _, headers, _ in answers
    ]

    assert _statuses(answers) == [200, 400, 429, 200]
    assert told[0]["x-ratelimit-limit-requests"] == "1"
    assert told[0]["x-ratelimit-remaining-requests"] == "0"
    assert re.fullmatch(r"1m0s|5\d(\.\d+)?s", told[0]["x-ratelimit-reset-requests"])
    assert told[0]["x-ratelimit-limit-tokens"] == "6000"
    assert 5991 <= int(told[0]["x-ratelimit-remaining-tokens"]) <= 6000
    assert re.fullmatch(r"0s|\d\d?ms", told[0]["x-ratelimit-reset-tokens"])
    assert set(told[0]) == set(told[1]) == set(told[2])
    assert told[3] == {}


def test_a_fault_has_the_headers_and_uses_nothing():
    ((answer,), _) = talk([chat()], quota=ServerQuota(rpm=2), faults={"500": 1.0})

    assert (answer[0], answer[1]["x-ratelimit-remaining-requests"]) == (500, "2")


def test_the_headers_can_be_left_out():
    answers, _ = talk([chat()] * 2, quota=ServerQuota(rpm=1, headers=False))

    assert _statuses(answers) == [200, 429]
    assert not any(name.startswith("x-ratelimit") for name in answers[0][1])
    assert "Retry-After" in answers[1][1]


def test_what_is_refused_is_composed_once():
    """Or a storm of refusals would keep the server busy with answers that nobody gets."""
    asked = []

    def respond(body):
        asked.append(body["n"])
        return EN

    calls = [chat(BODY | {"n": n}) for n in (1, 2, 2, 3, 2)]
    answers, stats = talk(calls, respond, quota=ServerQuota(rpm=1))

    assert _statuses(answers) == [200, 429, 429, 429, 429]
    assert asked == [1, 2, 3]
    assert (stats["requests"], stats["distinct"], stats["refused"]) == (5, 3, 4)


def test_a_queue_lets_wait():
    """One slot, six answers of 50 ms: one after the other, and none is refused."""

    async def run():
        loop = asyncio.get_running_loop()
        capacity = parse_capacity("queue:1")
        async with (
            open_server(lambda body: EN, capacity=capacity, latency=0.05) as url,
            aiohttp.ClientSession() as session,
        ):
            started = loop.time()
            posts = (session.post(url + "/chat/completions", json=BODY) for _ in range(6))
            answers = await asyncio.gather(*posts)
            took = loop.time() - started
            for answer in answers:
                answer.release()
            return [answer.status for answer in answers], took, await _stats(session, url)

    statuses, took, stats = asyncio.run(run())
    assert statuses == [200] * 6
    assert took >= 0.3
    assert (stats["refused"], stats["in_flight"], stats["most_in_flight"]) == (0, 0, 6)


@pytest.mark.parametrize(
    ("capacity", "most", "status", "code"),
    [
        ("refuse:4", 4, 429, "rate_limit_exceeded"),
        ("refuse-queue:1:3", 4, 503, "overloaded"),
    ],
)
def test_no_place_is_a_refusal_that_is_not_paid_for(capacity, most, status, code):
    async def run():
        limits = parse_capacity(capacity)
        async with (
            asyncio.timeout(30),
            open_server(lambda body: EN, capacity=limits, latency=60.0) as url,
            aiohttp.ClientSession() as session,
        ):
            waiting = {
                asyncio.create_task(session.post(url + "/chat/completions", json=BODY))
                for _ in range(10)
            }
            got = []
            while len(waiting) > most:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                got += [
                    (one.status, (await one.json())["error"]["code"]) for one in map(_result, done)
                ]
            stats = await _stats(session, url)
            for post in waiting:
                post.cancel()
            await asyncio.wait(waiting)
            while (await _stats(session, url))["in_flight"]:  # the places of those who left
                await asyncio.sleep(0)
            return got, stats

    got, stats = asyncio.run(run())
    assert got == [(status, code)] * (10 - most)
    assert (stats["refused"], stats["in_flight"], stats["most_in_flight"]) == (6, most, most)
    assert stats["paid"] == (4 if capacity.startswith("refuse:") else 1)


def _result(task):
    return task.result()


async def _stats(session, url):
    async with session.get(url.removesuffix("/v1") + "/stats") as response:
        return await response.json()


@pytest.mark.parametrize(("text", "lang_words"), [(EN, "question"), (ZH, "题目")], ids=["en", "zh"])
def test_thoughts_stand_beside_the_answer_and_are_counted(text, lang_words):
    ((answer,), stats) = talk([chat()], lambda body: text, reasoning=True)
    message, usage = answer[2]["choices"][0]["message"], answer[2]["usage"]
    thoughts = usage["completion_tokens_details"]["reasoning_tokens"]

    assert message["content"] == text
    assert lang_words in message["reasoning_content"]
    assert thoughts > 6
    assert usage["completion_tokens"] == 6 + thoughts
    assert usage["total_tokens"] == stats["tokens"] == 9 + thoughts


def test_without_thoughts_nothing_is_said_of_them():
    ((answer,), _) = talk([chat()])

    assert set(answer[2]["choices"][0]["message"]) == {"role", "content"}
    assert "completion_tokens_details" not in answer[2]["usage"]


@pytest.mark.parametrize("word", ["river ", "河"], ids=["en", "zh"])
@pytest.mark.parametrize(
    ("options", "cached"),
    [
        pytest.param({}, [0, 0, 0], id="off"),
        pytest.param({"cached_prefix": True}, [0, 0, 0], id="under 1,024 tokens"),
        pytest.param({"cached_prefix": True, "cached_minimum": 50}, [0, 50, 52], id="on"),
    ],
)
def test_the_start_of_a_prompt_seen_before_is_cached(word, options, cached):
    def ask(task):
        rules = {"role": "system", "content": word * 50}
        return chat({"model": "m", "messages": [rules, {"role": "user", "content": task}]})

    answers, _ = talk([ask("Task 1"), ask("Task 2"), ask("Task 1")], **options)

    assert [
        body["usage"]["prompt_tokens_details"]["cached_tokens"] for _, _, body in answers
    ] == cached


def test_what_is_refused_is_not_cached():
    """It was not read. Here it asks for more than is left, and then for less."""
    other = BODY | {"messages": [{"role": "user", "content": "Hello."}]}
    bodies = [other, BODY | {"max_tokens": 200}, BODY, BODY]
    quota = ServerQuota(tpm=120, counts="asked")
    answers, _ = talk(map(chat, bodies), quota=quota, cached_prefix=True, cached_minimum=1)

    assert _statuses(answers) == [200, 429, 200, 200]
    details = [body["usage"]["prompt_tokens_details"] for _, _, body in answers[2:]]
    assert [one["cached_tokens"] for one in details] == [0, 3]
