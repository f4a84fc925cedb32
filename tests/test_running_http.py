"""A whole run with the teacher over HTTP: faults, and keys that must leave no trace."""

import asyncio
from functools import partial
from pathlib import Path

import orjson
import pytest
from rich.console import Console

import filters
from tests.scripted import make_recipe
from vicugna import teaching
from vicugna.pipeline import prepare
from vicugna.running import run_direct
from vicugna.teachers.offline import responses
from vicugna.teachers.offline.faults import FAULTS
from vicugna.teachers.offline.respond import MODEL, respond
from vicugna.teachers.offline.server import open_server

FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")
both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


KEY = "sk-very-secret-0123456789abcdef"


def _run_over_http(faults, **changes):
    """Run a small recipe against the offline teacher's server."""

    async def run():
        async with open_server(respond, faults=faults, seed=5) as base_url:
            teacher = {"name": "openai", "model": MODEL, "base_url": base_url}
            recipe = make_recipe(target=40, formats=FORMATS, teacher=teacher, **changes)
            job = prepare(recipe, filters.chain(), Path("out"))
            return await run_direct(job, Console(quiet=True))

    return asyncio.run(run())


def test_the_key_is_nowhere_in_what_a_run_leaves_behind(monkeypatch, place, capsys, caplog):
    """Not in the ledger, the manifest, the rows, the card, or what is printed."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    manifest = _run_over_http({})

    written = [path for path in place.rglob("*") if path.is_file()]
    assert len(written) >= 10
    assert place / "outputs" / "ledger.db" in written
    for path in written:
        assert KEY.encode() not in path.read_bytes()
    assert KEY not in repr(manifest) + "".join(capsys.readouterr()) + caplog.text


@both_methods
def test_with_every_fault_on_a_run_ends_well(monkeypatch, place, method):
    """Nothing empty or cut is among the tasks, and every fault is counted by its cause."""

    async def at_once(seconds):
        return None

    monkeypatch.setattr(teaching, "retrying", partial(teaching.retrying, sleep=at_once))
    # Or everybody would wait for a second each time.
    monkeypatch.setitem(responses.ERRORS, "429", responses.ERRORS["429-bare"])
    faults = dict.fromkeys(FAULTS, 0.04) | {"hang": 0.0}  # a hang takes until the time-out

    manifest = _run_over_http(faults, method=method)

    assert manifest["counts"]["tasks"] == {"en": 20, "zh": 20}
    assert len(manifest["session"]["faults"]) >= 3
    rows = [orjson.loads(line) for line in Path("out/tasks.jsonl").read_bytes().splitlines()]
    assert all(row["instruction"].strip() and row["output"].strip() for row in rows)
    counts = manifest["counts"]
    rejected = sum(sum(by_lang.values()) for by_lang in counts["rejected"].values())
    assert counts["pieces"] == 40 + rejected + counts["carried"]
