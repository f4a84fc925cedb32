"""The API key is in no file, no log and no line, whatever sends it back to us.

Servers and what stands before them repeat what they were asked: in errors, in headers, and in
answers, when a model is shown the request as a gateway saw it.
"""

import asyncio
from functools import partial
from pathlib import Path

import orjson
import pytest
import yaml
from aiohttp import web
from rich.console import Console

import filters
from tests.hostile import FORMATS, open_raw, read_everything, read_request
from tests.scripted import make_recipe, say_well
from vicugna import teaching
from vicugna.errors import UserError, VicugnaError
from vicugna.ledger import connect
from vicugna.pipeline import prepare
from vicugna.running import run_direct

KEY = "sk-echo-0123456789abcdef"
SHARED = f"Authorization: Bearer {KEY}"
both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


@pytest.fixture(autouse=True)
def _with_a_key(monkeypatch, place):
    """Set the key, work in an empty folder, and ask again at once after a fault."""

    async def at_once(seconds):
        return None

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(teaching, "retrying", partial(teaching.retrying, sleep=at_once))


def _say(request):
    """Answer well, and put the key wherever a text has room for it."""
    lines = say_well(request).split("\n")
    if request.purpose == "is_classification":
        return f"{lines[0]} {SHARED}"
    if request.purpose == "new_instructions":
        return "\n".join([SHARED, *(f"{line} {KEY}" for line in lines), SHARED])
    rows = [orjson.loads(line) for line in lines]
    told = [row | {"output": f"{row['output']} {SHARED}", KEY: KEY} for row in rows]
    return "\n".join([SHARED, *(orjson.dumps(row).decode() for row in told), SHARED])


def _complete(body, text):
    """Return a completion that has the key everywhere."""
    choice = {"message": {"role": KEY, "content": text, "refusal": KEY}, "finish_reason": KEY}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, KEY: KEY}
    return {"id": KEY, "model": KEY, "choices": [choice], "usage": usage, "system": SHARED}


HEADERS = {"X-Echo": SHARED, "Set-Cookie": f"{KEY}=(;{KEY}", "Date": KEY, "Server": KEY}
FAULTS = [
    (500, {"error": {"message": SHARED, "code": KEY, "type": KEY}}),
    (429, {"error": SHARED}),
    (503, {"detail": f"<b>{SHARED}</b>"}),
    (200, {"error": {"message": SHARED}}),
    (200, {"choices": [{"message": {"content": [KEY]}}], "message": SHARED}),
    (200, SHARED),
]


def _echoing(faults=FAULTS):
    """Return a handler that meets each fault once, then answers."""
    left = list(faults)

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        if left:
            status, document = left.pop()
            raw = orjson.dumps(document) + KEY.encode() * (document == SHARED)
            return web.Response(status=status, body=raw, headers=HEADERS | {"Retry-After": KEY})
        completion = orjson.dumps(_complete(body, _say(read_request(body))))
        return web.Response(body=completion, headers=HEADERS)

    return answer


def _run(handler, **changes):
    async def run():
        async with open_raw(handler) as base_url:
            teacher = {"name": "openai", "model": "echo", "base_url": base_url}
            recipe = make_recipe(formats=FORMATS, teacher=teacher, **changes)
            job = prepare(recipe, filters.chain([]), Path("out"))
            return await run_direct(job, Console())

    return asyncio.run(run())


@both_methods
def test_a_key_that_comes_back_is_in_nothing_that_a_run_leaves(method, place, capfd, caplog):
    """Not in the ledger or what it packs, the rows, the exports, the manifest or a log."""
    caplog.set_level("DEBUG")

    manifest = _run(_echoing(), method=method)

    assert manifest["counts"]["tasks"] == {"en": 12, "zh": 12}
    assert sum(manifest["session"]["faults"].values()) == len(FAULTS)
    found = list(read_everything(place))
    assert sum(b"Bearer ***" in text for text in found) > 3  # it came, and was taken out
    assert not [text[:200] for text in found if KEY.encode() in text]
    assert KEY not in repr(manifest) + "".join(capfd.readouterr()) + caplog.text


@pytest.mark.parametrize(
    ("status", "document"),
    [
        pytest.param(301, SHARED, id="moved"),
        pytest.param(400, {"error": {"message": SHARED, "code": KEY}}, id="bad request"),
        pytest.param(401, {"detail": [KEY, {KEY: KEY}]}, id="bad key"),
        pytest.param(404, {"error": {"message": "a" * 190 + SHARED}}, id="where the line is cut"),
    ],
)
def test_a_key_in_a_refusal_is_in_no_error(status, document, place, capfd, caplog):
    """Nor in the error's causes, which a traceback or an engine would show."""
    caplog.set_level("DEBUG")

    with pytest.raises(VicugnaError) as told:
        _run(_echoing([(status, document)]))

    error = told.value
    said = []
    while error is not None:
        said += [str(error), repr(error.args), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert KEY not in "".join(said) + "".join(capfd.readouterr()) + caplog.text
    assert not [text for text in read_everything(place) if KEY.encode() in text]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(f"HTTP/1.1 {KEY} {KEY}\r\n\r\n", id="status"),
        pytest.param(f"{SHARED}\r\n\r\n", id="no HTTP"),
        pytest.param(f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n", id="header without a colon"),
        pytest.param(f"HTTP/1.1 200 OK\r\nX: {KEY * 2000}\r\n\r\n", id="header without end"),
        pytest.param(f"HTTP/1.1 200 OK\r\nContent-Length: {KEY}\r\n\r\n", id="length"),
        pytest.param(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{KEY}", id="packing"),
        pytest.param(f"HTTP/1.1 302 Go\r\nLocation: http://{KEY}/\r\n\r\n", id="redirect"),
        pytest.param(f"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{KEY}", id="cut"),
    ],
)
def test_a_key_in_broken_http_is_in_no_error(raw, capfd, caplog):
    caplog.set_level("DEBUG")

    async def answer(reader, writer):
        await reader.readuntil(b"}")
        writer.write(raw.encode())
        writer.close()

    async def run():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            teacher = {"name": "openai", "base_url": f"http://127.0.0.1:{port}/v1"}
            recipe = make_recipe(teacher=teacher, lookahead=1)
            await run_direct(prepare(recipe, filters.chain([]), Path("out")), Console())

    with pytest.raises(VicugnaError) as told:
        asyncio.run(run())

    assert KEY not in f"{told.value}" + "".join(capfd.readouterr()) + caplog.text


@pytest.mark.parametrize("command", ["run", "preview", "check"])
@pytest.mark.parametrize("answer", ["refuses", "answers"])
def test_a_key_that_comes_back_is_not_printed(vicugna, command, answer):
    """By any command that asks a teacher, which also asks for its list of models."""

    async def handler(request):
        if request.method == "GET" and answer == "answers":
            data = [{"id": KEY, "object": "model"}, {"id": f"x{KEY}x", "object": "model"}]
            return web.json_response({"object": "list", "data": data}, headers=HEADERS)
        return await _echoing([] if answer == "answers" else [(401, {"error": SHARED})])(request)

    async def run():
        async with open_raw(handler) as base_url:
            recipe = make_recipe().model_dump(mode="json")
            recipe["teacher"] = {"name": "openai", "model": "echo", "base_url": base_url}
            Path("mine.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
            words = [command, "mine.yaml", *(["--direct"] if command == "run" else [])]
            return await asyncio.to_thread(vicugna, *words)

    code, out, err = asyncio.run(run())

    assert code in ((0, 2, 3) if answer == "answers" else (2,))
    assert out + err
    assert KEY not in out + err


@pytest.mark.parametrize("key", [f"a\nb{KEY}", f"{KEY}é", f'{KEY} "'])
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_key_that_cannot_be_one_is_told_without_it(vicugna, monkeypatch, key, command):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    words = ["--direct"] if command == "run" else []

    code, out, err = vicugna(command, "small", "--base-url", "http://127.0.0.1:9/v1", *words)

    assert code == 2
    assert "The API key of teacher" in out + err
    assert KEY not in out + err


def test_a_key_that_is_a_word_is_no_secret(monkeypatch):
    """Servers at home are given "ollama" or "EMPTY": an answer may speak of them."""
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")

    async def answer(request):
        text = say_well(read_request(await request.json())).replace(
            '"output":"', '"output":"EMPTY '
        )
        return web.Response(body=orjson.dumps(_complete({}, text)))

    _run(answer)

    assert b"EMPTY " in Path("out/tasks.jsonl").read_bytes()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://me:{}@127.0.0.1:1/x", id="nobody answers"),
        pytest.param("postgresql:/me:{}@127.0.0.1/x", id="one stroke"),
        pytest.param("postgres//me:{}@127.0.0.1/x", id="no colon"),
        pytest.param("postgresql://me:{}@127.0.0.1:port/x", id="a word for a port"),
        pytest.param("oracle://me:{}@127.0.0.1/x", id="no driver"),
        pytest.param("sqlite://me:{}@127.0.0.1/x", id="another database"),
    ],
)
def test_the_ledgers_password_is_in_no_error(url):
    """A URL that is wrong in any way is told without it."""
    with pytest.raises(UserError) as told:
        connect(url.format(KEY))

    assert KEY not in f"{told.value}"
