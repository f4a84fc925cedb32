"""Several teachers over HTTP in one run: who answered, what was paid, and the same run again."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
import pytest
from rich.console import Console

import filters
from tests.scripted import make_recipe
from vicugna.pipeline import prepare
from vicugna.previewing import preview_job
from vicugna.running import run_direct
from vicugna.teachers import retry
from vicugna.teachers.offline.respond import respond
from vicugna.teachers.offline.server import open_server

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(retry._RNG, "uniform", lambda low, high: 0.0)


def _run(servers, teachers, *, act=None, **changes):
    """Run a small recipe; `servers` are the options of some, by the names that teachers use."""

    async def run():
        async with AsyncExitStack() as stack:
            urls = {}
            for name, options in servers.items():
                urls[name] = await stack.enter_async_context(open_server(respond, **options))
            named = {
                role: [one | {"base_url": urls[one["model"]]} for one in several]
                for role, several in teachers.items()
            }
            recipe = make_recipe(teachers=named, target=16, **changes)
            job = prepare(recipe, filters.chain(), Path("out"))
            if act is not None:
                return await act(job)
            return await run_direct(job, Console(quiet=True))

    return asyncio.run(run())


def _teacher(model, **fields):
    return {"name": "openai", "model": model, "price": {"input": 1, "output": 2}} | fields


def _replies():
    rows = [orjson.loads(line) for line in Path("out/replies.jsonl").read_bytes().splitlines()]
    return Counter((row["teacher"], row["model"], row["purpose"]) for row in rows)


def test_each_role_asks_its_own_and_the_cost_is_told_by_both(place):
    teachers = {"task_writer": [_teacher("a")], "answerer": [_teacher("b", price=None)]}

    manifest = _run({"a": {}, "b": {}}, teachers, method="self-instruct")

    assert {(who, purpose) for who, _, purpose in _replies()} == {
        ("openai", "new_instructions"),
        ("openai-2", "is_classification"),
        ("openai-2", "input_first"),
        ("openai-2", "output_first"),
    }
    by_teacher = manifest["usage"]["by_teacher"]
    assert float(by_teacher["openai"]["price_usd"]) > 0
    assert by_teacher["openai-2"]["price_usd"] is None
    assert manifest["usage"]["price_usd"] is None


@both_methods
def test_one_that_is_down_is_stood_in_for_and_the_same_run_again_asks_nobody(place, method):
    """Not even the first one, which is up again: the set is that of the answers there are."""
    several = [_teacher("a"), _teacher("b")]
    teachers = dict.fromkeys(["task_writer", "answerer"], several)
    teachers = teachers if method == "self-instruct" else {"task_writer": several}

    first = _run({"a": {"faults": {"500": 1.0}}, "b": {}}, teachers, method=method)
    answered, rows = _replies(), Path("out/tasks.jsonl").read_bytes()
    again = _run({"a": {}, "b": {}}, teachers, method=method)

    assert {model for _, model, _ in answered} == {"b"}
    assert first["session"]["teachers"]["openai"]["handed_on"]["server_error"] > 0
    assert first["counts"]["tasks"] == {"en": 8, "zh": 8}
    assert again["session"]["sent"] == 0
    assert Path("out/tasks.jsonl").read_bytes() == rows


def test_weights_share_out_the_questions(place):
    several = [_teacher("a", weight=1), _teacher("b", weight=1)]

    _run({"a": {}, "b": {}}, {"task_writer": several}, tasks_per_request=1)

    assert {model for _, model, _ in _replies()} == {"a", "b"}


@pytest.mark.parametrize("mode", ["live", "batch"])
def test_the_way_an_answer_comes_does_not_decide_it(place, mode, monkeypatch):
    monkeypatch.setattr("vicugna.batching.batcher.QUIET", 0.05)
    monkeypatch.setattr("vicugna.batching.courier.FIRST_LOOK", 0.05)

    manifest = _run({"a": {}}, {"task_writer": [_teacher("a", mode=mode)]}, seed=3)

    usage = manifest["usage"]
    full = (usage["input_tokens"] + 2 * usage["output_tokens"]) / 1e6
    share = {"live": 1, "batch": 0.5}[mode]
    assert float(usage["price_usd"]) == pytest.approx(full * share, abs=1e-6)
    assert "mode" not in manifest["recipe"]["teachers"]["task_writer"][0]


def test_a_preview_asks_live_whatever_the_mode(place):
    said = []

    async def act(job):
        await preview_job(job, said.append)

    _run({"a": {}}, {"task_writer": [_teacher("a", mode="batch")]}, act=act)

    assert any("pieces" in line for line in said)
