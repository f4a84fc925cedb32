"""`vicugna check` asks an endpoint which models there are, in the words of its provider."""

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from tests.scripted import make_recipe

KEY = "a-very-secret-key-0123456789"


@contextmanager
def _serve(*models, status=200):
    """Run a server that lists models, in a thread of its own; it notes what it is asked."""
    asked = []
    loop = asyncio.new_event_loop()

    async def answer(request):
        asked.append((request.path_qs, request.headers.copy()))
        data = [{"id": model, "object": "model"} for model in models]
        words = {"error": {"message": f"refused: {dict(request.headers)}"}}
        body = {"object": "list", "data": data} if status == 200 else words
        return web.json_response(body, status=status)

    async def start():
        app = web.Application()
        app.router.add_get("/{rest:.*}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _check(vicugna, **teacher):
    """Return the exit code and the line about the teacher."""
    recipe = make_recipe(teacher=teacher).model_dump(mode="json", exclude_none=True)
    Path("mine.yaml").write_text(yaml.safe_dump(recipe))
    code, out, err = vicugna("check", "mine.yaml")
    assert err == ""
    return code, next(line for line in out.splitlines() if line.split()[1] == "teacher")


@pytest.mark.parametrize(
    ("name", "variable", "header"),
    [
        pytest.param("dashscope", "DASHSCOPE_API_KEY", "Authorization", id="a key"),
        pytest.param("vllm", "", "", id="none"),
        pytest.param("openai", "", "", id="none, elsewhere"),
    ],
)
def test_models_are_listed_with_the_key(vicugna, monkeypatch, name, variable, header):
    if variable:
        monkeypatch.setenv(variable, KEY)
    with _serve("m", "n") as (url, asked):
        code, line = _check(vicugna, name=name, model="m", base_url=f"{url}/v1")

    assert (code, asked[0][0]) == (0, "/v1/models")
    assert f"{url}/v1 offers m" in line
    assert asked[0][1].get("Authorization") == (f"Bearer {KEY}" if header else None)


@pytest.mark.parametrize(
    ("path", "query", "listed"),
    [
        pytest.param("/openai/v1", {}, "/openai/v1/models", id="now"),
        pytest.param(
            "/openai/deployments/mine",
            {"api-version": "2024-10-21"},
            "/openai/models?api-version=2024-10-21",
            id="as it was",
        ),
    ],
)
def test_azure_lists_models_and_not_what_was_deployed(vicugna, monkeypatch, path, query, listed):
    """So address and key are checked, and the name cannot be."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    with _serve("gpt-4o-mini") as (url, asked):
        base_url = url + path
        code, line = _check(vicugna, name="azure", model="mine", base_url=base_url, query=query)

    assert code == 0
    assert f"{base_url} answers; it does not tell whether there is mine" in line
    ((asked_for, headers),) = asked
    assert asked_for == listed
    assert (headers.get("api-key"), headers.get("Authorization")) == (KEY, None)


@pytest.mark.parametrize(
    ("name", "model", "good"),
    [
        pytest.param("ollama", "qwen3", True, id="the latest"),
        pytest.param("ollama", "qwen3:latest", True, id="by its whole name"),
        pytest.param("ollama", "qwen3:8b", False, id="another"),
        pytest.param("vllm", "qwen3", False, id="only Ollama adds a tag"),
    ],
)
def test_ollama_adds_a_tag_to_a_name(vicugna, name, model, good):
    with _serve("qwen3:latest") as (url, _):
        code, line = _check(vicugna, name=name, model=model, base_url=f"{url}/v1")

    assert (code, line.startswith("BAD")) == ((0, False) if good else (2, True))
    assert good or f"no model {model}. It offers qwen3:latest." in line


@pytest.mark.parametrize(
    ("name", "variable"), [("azure", "AZURE_OPENAI_API_KEY"), ("deepseek", "DEEPSEEK_API_KEY")]
)
def test_a_key_that_is_refused_is_not_shown(vicugna, monkeypatch, name, variable):
    """Whatever header it was in, the server may quote it."""
    monkeypatch.setenv(variable, KEY)
    with _serve(status=401) as (url, _):
        code, line = _check(vicugna, name=name, model="m", base_url=f"{url}/v1")

    assert code == 2
    assert "refused" in line
    assert KEY not in line
