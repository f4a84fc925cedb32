"""The teachers of a run keep to their quotas, which all processes on a ledger share."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import select

from tests.scripted import make_recipe
from vicugna.ledger import connect, open_ledger
from vicugna.ledger.tables import QUOTA
from vicugna.ledger.traffic import Traffic
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.roles import name_teachers
from vicugna.teaching import open_teachers

KEY = "sk-secret-0123456789abcdef"


def _request(number):
    turn = Message("user", f"{number} " + "rain " * 19)
    sampling = Sampling(1.0, 1.0, 60)
    return Request("new_tasks", "en", "m", (turn,), sampling, "p", teacher="openai")


@asynccontextmanager
async def _open(url, ledger_url, traffic, **teacher):
    settings = {"name": "openai", "model": "m", "base_url": url, "concurrency": 64} | teacher
    recipe = make_recipe(teacher=settings)
    async with (
        open_ledger(ledger_url) as ledger,
        open_teachers(recipe, name_teachers(recipe), ledger, traffic) as ask,
    ):
        yield ask


def _serve(quota=None, latency=0.05):
    return open_server(lambda body: "wet " * 10, latency=latency, quota=quota)


@pytest.mark.parametrize(
    ("teacher", "quota"),
    [
        pytest.param({"rpm": 1800.0, "tpm": 36_000.0}, (1800, 36_000), id="given"),
        pytest.param({"concurrency": None}, (1800, 36_000), id="learned from headers"),
        pytest.param({"rpm": 1200.0}, (1200, 36_000), id="the lower one of both"),
    ],
)
def test_two_processes_share_one_quota_and_neither_is_refused(
    tmp_path, monkeypatch, teacher, quota
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ledger_url = f"sqlite:///{tmp_path}/ledger.db"
    traffic = Traffic(), Traffic()

    async def run():
        async with (
            _serve(ServerQuota(1800, 36_000, 1.0)) as url,
            _open(url, ledger_url, traffic[0], **teacher) as one,
            _open(url, ledger_url, traffic[1], **teacher) as other,
        ):
            asks = [*map(one, map(_request, range(12))), *map(other, map(_request, range(12, 24)))]
            await asyncio.gather(*asks)
            return url

    url = asyncio.run(run())

    for one in traffic:
        counts = one.of("openai")
        assert (counts.sent, counts.faults, counts.rpm, counts.tpm) == (12, {}, *quota)
    engine = connect(ledger_url)
    with engine.connect() as connection:
        (scope,) = connection.scalars(select(QUOTA.c.scope))
    engine.dispose()
    assert scope == f"{url} m"  # and nothing of the key


def test_when_a_run_ends_what_waits_for_its_turn_is_not_sent(tmp_path):
    traffic = Traffic()

    async def run():
        async with (
            _serve() as url,
            _open(url, f"sqlite:///{tmp_path}/l.db", traffic, rpm=60) as ask,
        ):
            tasks = [asyncio.create_task(ask(_request(number))) for number in range(20)]
            with suppress(asyncio.CancelledError):
                await tasks[0]
        await asyncio.gather(*tasks, return_exceptions=True)
        return sum(task.cancelled() for task in tasks)

    cancelled = asyncio.run(run())

    assert traffic.of("openai").sent <= 2
    assert cancelled >= 18


def test_without_a_quota_the_ledger_lends_nothing(tmp_path):
    ledger_url = f"sqlite:///{tmp_path}/ledger.db"
    traffic = Traffic()

    async def run():
        async with _serve() as url, _open(url, ledger_url, traffic) as ask:
            await asyncio.gather(*map(ask, map(_request, range(40))))

    asyncio.run(run())

    engine = connect(ledger_url)
    with engine.connect() as connection:
        assert connection.scalars(select(QUOTA.c.scope)).all() == []
    engine.dispose()
    assert (traffic.of("openai").rpm, traffic.of("openai").tpm) == (None, None)
