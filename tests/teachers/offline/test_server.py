import asyncio
import os
import signal
import socket
import subprocess
import sys

import aiohttp
import pytest

from tests.teachers.offline.talking import BODY, EN, ZH, chat, talk
from vicugna.errors import UserError
from vicugna.teachers.offline.faults import draw_fault
from vicugna.teachers.offline.server import open_server


def test_an_answer_has_the_shape_of_openai():
    """What clients read is there; tokens are words and characters as we count them."""
    ((answer,), _) = talk([chat()])
    status, headers, body = answer

    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert (body["object"], body["model"]) == ("chat.completion", "m")
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": EN},
            "finish_reason": "stop",
        }
    ]
    assert body["usage"]["prompt_tokens"] == 3
    assert body["usage"]["completion_tokens"] == 6
    assert body["usage"]["total_tokens"] == 9


def test_the_answer_is_the_injected_functions():
    bodies = []

    def respond(body):
        bodies.append(body)
        return ZH

    ((answer,), _) = talk([chat()], respond)

    assert bodies == [BODY]
    assert answer[2]["choices"][0]["message"]["content"] == ZH
    assert answer[2]["usage"]["completion_tokens"] == 6


def test_what_clients_look_up():
    answers, _ = talk([("GET", "/models", {}), ("GET", "/../health", {})])

    assert [status for status, _, _ in answers] == [200, 200]
    assert [model["id"] for model in answers[0][2]["data"]] == ["offline"]
    assert answers[1][2] == {"status": "ok"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"data": b"{"}, "not JSON", id="half a body"),
        pytest.param({"data": b""}, "not JSON", id="no body"),
        pytest.param({"json": []}, "messages", id="a list"),
        pytest.param({"json": {"messages": "a"}}, "messages", id="messages are text"),
        pytest.param({"json": {"messages": []}}, "messages", id="no messages"),
        pytest.param({"json": {"messages": [7]}}, "messages", id="a message is a number"),
        pytest.param({"json": {"messages": [{"role": "user"}]}}, "messages", id="no content"),
        pytest.param({"json": BODY}, "no purpose", id="refused by the function"),
    ],
)
def test_a_bad_request_is_a_400(options, words):
    """What is wrong is said as OpenAI says it, and is not paid for."""

    def respond(body):
        raise UserError("no purpose in the prompt")

    ((answer,), stats) = talk([("POST", "/chat/completions", options)], respond)

    assert answer[0] == 400
    assert words in answer[2]["error"]["message"]
    assert (stats["paid"], stats["answered"]) == (0, 0)


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [("429", 429, "1"), ("429-bare", 429, None), ("500", 500, None), ("503", 503, None)],
)
def test_errors_look_like_openais(fault, status, retry_after):
    ((answer,), stats) = talk([chat()], faults={fault: 1.0})

    assert answer[0] == status
    assert answer[1].get("Retry-After") == retry_after
    assert answer[2]["error"]["message"]
    assert stats == {
        "requests": 1,
        "distinct": 1,
        "paid": 0,
        "answered": 0,
        "faults": {fault: 1},
        "refused": 0,
        "in_flight": 0,
        "most_in_flight": 0,
        "tokens": 0,
        "batches": 0,
        "batch_lines": 0,
    }


def test_stats_tell_paid_from_answered():
    """Every composed answer is paid for, whether it arrives or not; repeats are told apart."""

    async def run():
        faults = {"reset": 0.3, "cut-body": 0.3}
        async with open_server(lambda body: EN, faults=faults, seed=5) as url:
            arrived = 0
            async with aiohttp.ClientSession() as session:
                for i in range(40):
                    body = BODY | {"n": i % 10}
                    try:
                        async with session.post(url + "/chat/completions", json=body) as response:
                            await response.json()
                            arrived += 1
                    except aiohttp.ClientError:
                        pass
                async with session.get(url.removesuffix("/v1") + "/stats") as response:
                    return arrived, await response.json()

    arrived, stats = asyncio.run(run())
    assert (stats["requests"], stats["distinct"], stats["paid"]) == (40, 10, 40)
    assert stats["answered"] == arrived
    assert sum(stats["faults"].values()) == 40 - arrived
    assert set(stats["faults"]) == {"reset", "cut-body"}


def test_a_fault_depends_on_seed_body_and_times_seen():
    """The faults of a run can be told beforehand, so they repeat with the seed."""
    faults = {"500": 0.5}
    raw = b'{"messages": [{"role": "user", "content": "a"}]}'
    call = ("POST", "/chat/completions", {"data": raw})

    answers, stats = talk([call] * 12, faults=faults, seed=9)

    expected = [draw_fault(faults, seed=9, body=raw, seen=seen) for seen in range(12)]
    assert [status == 500 for status, _, _ in answers] == [one == "500" for one in expected]
    assert 0 < stats["faults"]["500"] < 12


def test_duplicate_repeats_the_answer_before_in_its_language():
    """A Chinese answer is not repeated to an English question."""
    texts = iter([EN, ZH, "Name a tree.", "请说出一种树。"])

    answers, _ = talk([chat()] * 4, lambda body: next(texts), faults={"duplicate": 1.0})

    said = [body["choices"][0]["message"]["content"] for _, _, body in answers]
    assert said == [EN, ZH, EN, ZH]


@pytest.mark.parametrize(("text", "chinese"), [(EN, False), (ZH, True)], ids=["en", "zh"])
def test_a_refusal_is_in_the_language_of_the_answer(text, chinese):
    ((answer,), _) = talk([chat()], lambda body: text, faults={"refusal": 1.0})

    said = answer[2]["choices"][0]["message"]["content"]
    assert any("\u4e00" <= c <= "\u9fff" for c in said) == chinese


def test_latency_holds_every_answer():
    async def run():
        loop = asyncio.get_running_loop()
        async with (
            open_server(lambda body: EN, latency=0.2) as url,
            aiohttp.ClientSession() as session,
        ):
            started = loop.time()
            posts = (session.post(url + "/chat/completions", json=BODY) for _ in range(8))
            for response in await asyncio.gather(*posts):
                response.release()
            return loop.time() - started

    # Held side by side: eight in turn would take 1.6 s.
    assert 0.2 <= asyncio.run(run()) < 1.2


def test_who_leaves_before_the_answer_has_paid_for_it():
    """A client that gives up too early pays twice: the counts must show it."""

    async def run():
        async with (
            open_server(lambda body: EN, latency=60.0) as url,
            aiohttp.ClientSession() as session,
        ):
            hasty = aiohttp.ClientTimeout(total=0.1)
            with pytest.raises(TimeoutError):
                await session.post(url + "/chat/completions", json=BODY, timeout=hasty)
            async with session.get(url.removesuffix("/v1") + "/stats") as response:
                return await response.json()

    stats = asyncio.run(run())
    assert (stats["paid"], stats["answered"]) == (1, 0)


@pytest.mark.parametrize("port", ["taken", 65_536, -1], ids=str)
def test_a_port_that_cannot_be_had(port):
    """The line names the port and says what to do."""

    async def run(number):
        async with open_server(lambda body: EN, port=number):
            pass

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1] if port == "taken" else port
        with pytest.raises(UserError, match=f"port {number}.*Choose another"):
            asyncio.run(run(number))


SERVE = """
from vicugna.teachers.offline.server import serve
serve(lambda body: "ok", port=0, faults={}, seed=0, announce=lambda url: print(url, flush=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a POSIX signal")
def test_serve_announces_itself_and_ends_on_ctrl_c():
    """The address is told once it listens; Ctrl-C ends it without a traceback."""

    async def ask(url):
        async with aiohttp.ClientSession() as session, session.get(url + "/models") as response:
            return response.status

    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert asyncio.run(ask(url)) == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (0, "")


def test_leaving_does_not_wait_for_those_that_hang():
    """A server with hanging requests stops at once when it is told to."""

    async def run():
        loop = asyncio.get_running_loop()
        async with aiohttp.ClientSession() as session:
            async with open_server(lambda body: EN, faults={"hang": 1.0}) as url:
                post = asyncio.create_task(session.post(url + "/chat/completions", json=BODY))
                stats = url.removesuffix("/v1") + "/stats"
                while not (await (await session.get(stats)).json())["faults"]:
                    await asyncio.sleep(0)
                started = loop.time()
            took = loop.time() - started
            (await post).release()
        return took

    assert asyncio.run(run()) < 1.0
