"""Requests that go out as files: each is answered once, paid for once, whatever happens between."""

import asyncio

import pytest
from sqlalchemy import select

from tests.batching.world import (
    Steps,
    ask_all,
    make_request,
    open_batching,
    read_stats,
    say,
)
from tests.kept import verify
from vicugna.errors import BudgetReached, Fatal, Transient
from vicugna.ledger import connect, read_all
from vicugna.ledger.accounts import read_accounts
from vicugna.ledger.tables import BATCH
from vicugna.ledger.traffic import Traffic
from vicugna.records import Reply
from vicugna.teachers.offline.batch_job import BatchBehaviour
from vicugna.teachers.offline.server import open_server


def _url(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


def _texts(replies):
    return [reply.text for reply in replies]


def _expected(count):
    return [f"好：{make_request(number).messages[-1].content}" for number in range(count)]


def _account(url, scope="run:run"):
    engine = connect(url)
    with engine.connect() as connection:
        account = read_accounts(connection, [scope])[scope]
    engine.dispose()
    return account


def _run(tmp_path, count=20, behaviour=None, **options):
    """Ask by batches; return what came, what was sent, and what the server counted."""
    traffic = Traffic()

    async def run():
        async with open_server(say, batches=behaviour) as base_url:
            opening = open_batching(_url(tmp_path), base_url, traffic, **options)
            async with opening as (ask, _):
                came = await ask_all(ask, count)
            return came, await read_stats(base_url)

    came, stats = asyncio.run(run())
    assert _open_batches(_url(tmp_path)) == 0
    return came, traffic, stats


def _open_batches(url):
    engine = connect(url)
    with engine.connect() as connection:
        states = connection.scalars(select(BATCH.c.state)).all()
    engine.dispose()
    return sum(state != "done" for state in states)


def test_all_are_answered_in_one_batch_at_half_the_price(tmp_path):
    came, traffic, stats = _run(tmp_path)

    assert _texts(came) == _expected(20)
    assert (stats["batches"], stats["batch_lines"], stats["answered"]) == (1, 20, 0)
    for reply in came:
        assert reply.price_nusd == (reply.input_tokens * 1000 + reply.output_tokens * 2000) / 2
    assert traffic.sent == 20
    assert traffic.sent_nusd == sum(reply.price_nusd for reply in came)
    account = _account(_url(tmp_path))
    assert (account.requests, account.held_requests) == (20, 0)
    assert account.nusd == traffic.sent_nusd
    assert verify(_url(tmp_path))[0] == []


def test_what_is_in_the_ledger_is_in_no_batch(tmp_path):
    _run(tmp_path, 8)
    came, traffic, stats = _run(tmp_path, 12)

    assert _texts(came) == _expected(12)
    assert (stats["batch_lines"], traffic.replayed) == (4, 8)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param({"missing_share": 0.4}, id="lines in neither file"),
        pytest.param({"error_share": 0.4}, id="lines in the error file"),
        pytest.param({"error_share": 0.4, "errors_in_output": True}, id="errors in the output"),
        pytest.param({"expire_share": 0.4}, id="it expired"),
    ],
)
def test_only_what_is_missing_is_sent_again_and_nothing_is_paid_twice(tmp_path, behaviour):
    came, _, stats = _run(tmp_path, 30, BatchBehaviour(**behaviour))
    answered = [reply for reply in came if isinstance(reply, Reply)]
    given_up = [error for error in came if not isinstance(error, Reply)]

    assert stats["batches"] > 1
    assert len(answered) > 25
    assert stats["batch_lines"] == len(answered) == len(_stored(tmp_path))
    assert all(isinstance(error, Transient) for error in given_up)
    assert _account(_url(tmp_path)).held_requests == 0


def _stored(tmp_path):
    engine = connect(_url(tmp_path))
    stored = list(read_all(engine))
    engine.dispose()
    return stored


def test_several_files_when_lines_are_limited(tmp_path):
    came, _, stats = _run(tmp_path, 23, rules={"max_lines": 10})

    assert _texts(came) == _expected(23)
    assert stats["batches"] == 3


def test_several_files_when_bytes_are_limited(tmp_path):
    came, _, stats = _run(tmp_path, 8, rules={"max_bytes": 1200})

    assert _texts(came) == _expected(8)
    assert stats["batches"] == 4


def test_a_batch_that_is_too_large_for_the_account_goes_out_in_halves(tmp_path):
    behaviour = BatchBehaviour(max_enqueued_tokens=60)

    came, _, stats = _run(tmp_path, 16, behaviour)

    assert _texts(came) == _expected(16)
    assert stats["batch_lines"] == 16


def test_a_file_that_is_refused_ends_the_run_with_the_words_of_the_server(tmp_path):
    came, _, stats = _run(tmp_path, 5, BatchBehaviour(fail_validation=True))

    assert {type(error) for error in came} == {Fatal}
    assert "refused a batch of 5" in str(came[0])
    assert stats["batch_lines"] == 0
    account = _account(_url(tmp_path))
    assert (account.requests, account.held_requests) == (0, 0)


@pytest.mark.parametrize("room", [0, 7, 12])
def test_what_a_cap_has_no_room_for_is_not_sent(tmp_path, room):
    came, _, stats = _run(tmp_path, 12, budget={"requests": room} if room else {"tokens": 1})

    assert stats["batch_lines"] == room
    assert sum(isinstance(one, Reply) for one in came) == room
    assert all(isinstance(one, Reply | BudgetReached) for one in came)


def test_answers_that_are_cheaper_than_their_bound_leave_room_for_others(tmp_path):
    """2,000 tokens are held back for each, about 20 are used."""
    came, _, stats = _run(tmp_path, 6, budget={"tokens": 4_500})

    assert _texts(came) == _expected(6)
    assert stats["batches"] > 1


def test_two_processes_pay_for_each_answer_once(tmp_path):
    async def run():
        async with open_server(say) as base_url:
            async with (
                open_batching(_url(tmp_path), base_url, dead=False) as (one, _),
                open_batching(_url(tmp_path), base_url, dead=False) as (other, _),
            ):
                came = await asyncio.gather(ask_all(one, 12), ask_all(other, 12))
            return came, await read_stats(base_url)

    came, stats = asyncio.run(run())

    assert [_texts(replies) for replies in came] == [_expected(12)] * 2
    assert stats["batch_lines"] == 12


# --- killed ---------------------------------------------------------------------------------------

COUNT = 6
STEPS = 30  # of a process that asks for so many


async def _until_killed(url, base_url, steps):
    async with open_batching(url, base_url, steps=steps) as (ask, _):
        asking = asyncio.create_task(ask_all(ask, COUNT))
        killed = asyncio.create_task(steps.killed.wait())
        await asyncio.wait((asking, killed), return_when=asyncio.FIRST_COMPLETED)
        for task in (asking, killed):
            task.cancel()
        await asyncio.gather(asking, killed, return_exceptions=True)


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    steps, folder = Steps(), tmp_path_factory.mktemp("steps")

    async def run():
        async with open_server(say) as base_url:
            await _until_killed(_url(folder), base_url, steps)

    asyncio.run(run())
    return steps.taken


def test_a_batch_that_is_gone_is_counted_as_paid_for_and_its_lines_are_asked_again(tmp_path):
    url = _url(tmp_path)

    async def run():
        async with open_server(say, batches=BatchBehaviour(seconds=1e6)) as gone:
            port = int(gone.rpartition(":")[2].removesuffix("/v1"))
            async with open_batching(url, gone) as (ask, ledger):
                asking = asyncio.create_task(ask_all(ask, COUNT))
                while not any(one.state == "created" for one in await ledger.open_batches(gone)):
                    await asyncio.sleep(0.01)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        async with (
            open_server(say, port=port) as base_url,
            open_batching(url, base_url) as (ask, _),
        ):
            return await ask_all(ask, COUNT)

    assert _texts(asyncio.run(run())) == _expected(COUNT)
    account = _account(url)
    assert (account.requests, account.held_requests) == (2 * COUNT, 0)
    assert _open_batches(url) == 0


def test_how_many_steps_there_are(steps):
    assert len(steps) == STEPS


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_any_step_the_next_one_takes_in_what_was_paid_for(tmp_path, steps, step):
    url = _url(tmp_path)

    async def run():
        async with open_server(say) as base_url:
            await asyncio.wait_for(_until_killed(url, base_url, Steps(kill_at=step)), 30)
            async with open_batching(url, base_url) as (ask, _):
                came = await asyncio.wait_for(ask_all(ask, COUNT), 60)
            return came, await read_stats(base_url)

    came, stats = asyncio.run(run())

    assert _texts(came) == _expected(COUNT)
    assert (stats["batch_lines"], _open_batches(url)) == (COUNT, 0), steps[step - 1]
    account = _account(url)
    assert (account.requests, account.held_requests) == (COUNT, 0)
    assert verify(url)[0] == []
