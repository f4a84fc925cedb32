"""Processes on one ledger share the quota of an endpoint."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from vicugna.ledger import connect, open_ledger, quotas
from vicugna.ledger.tables import QUOTA
from vicugna.teachers.limits import BURST, Granted, Level, Quota, Want, full

SCOPE = "https://api.example.com/v1 m"
TEN = Quota(10 / BURST, 500 / BURST)  # a bucket of ten requests and 500 tokens
STILL = Quota(1e-6, 1e-3)  # hardly fills: one request


@pytest.fixture
def engine(any_url):
    engine = connect(any_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock(monkeypatch):
    """Return a clock of the database that stands where it is set."""
    times = [1_700_000_000.0]
    monkeypatch.setattr(quotas, "_read_clock", lambda connection: times[0])
    return times


def _lend(engine, *wants, quota=TEN, scope=SCOPE):
    """Lend in one transaction; return how many requests were granted to each."""
    lends = [quotas.Lend(scope, quota, want) for want in wants]
    with engine.execution_options(writes=True).begin() as connection:
        granted = quotas.lend_all(connection, lends)
    return [one.requests for one in granted]


def _row(engine, scope=SCOPE):
    with engine.connect() as connection:
        return connection.execute(select(QUOTA).where(QUOTA.c.scope == scope)).one()


def test_a_new_bucket_holds_its_burst_and_not_a_minute(engine, clock):
    assert _lend(engine, Want(600, 600.0)) == [10]
    assert _row(engine) == (SCOPE, 0.0, 490.0, clock[0])


def test_what_one_took_the_other_does_not_get(engine, clock):
    assert _lend(engine, Want(7, 70.0), Want(7, 70.0)) == [7, 3]
    assert _lend(engine, Want(7, 70.0)) == [0]


def test_it_fills_with_the_time_of_the_database(engine, clock):
    _lend(engine, Want(10, 10.0))
    clock[0] += BURST * 0.4

    assert _lend(engine, Want(10, 10.0)) == [4]


def test_it_never_holds_more_than_its_burst(engine, clock):
    _lend(engine, Want(10, 10.0))
    clock[0] += 86_400

    assert _lend(engine, Want(99, 99.0)) == [10]


def test_a_debt_is_worked_off_first(engine, clock):
    _lend(engine, Want(0, 0.0, Level(0.0, 1000.0)))
    clock[0] += BURST * 0.99

    assert _lend(engine, Want(1, 10.0)) == [0]
    clock[0] += BURST * 0.04
    assert _lend(engine, Want(1, 10.0)) == [1]


@pytest.mark.parametrize("back", [0.001, 4.9, 5.1, 3600.0])
def test_a_clock_that_goes_back_grants_nothing(engine, clock, back):
    _lend(engine, Want(10, 10.0))
    clock[0] -= back

    assert _lend(engine, Want(10, 10.0)) == [0]


def test_a_clock_that_goes_back_and_forth_grants_nothing_twice(engine, clock):
    _lend(engine, Want(10, 10.0))
    granted = 0
    for step in (-2.0, 2.0) * 20:
        clock[0] += step
        granted += _lend(engine, Want(10, 10.0))[0]

    assert granted == 0


def test_a_clock_that_was_set_back_for_good_does_not_stop_a_run(engine, clock):
    _lend(engine, Want(10, 10.0))
    clock[0] -= 3600
    _lend(engine, Want(10, 10.0))
    clock[0] += BURST

    assert _lend(engine, Want(10, 10.0)) == [10]


def test_scopes_do_not_share(engine, clock):
    _lend(engine, Want(10, 10.0))

    assert _lend(engine, Want(10, 10.0), scope="https://api.example.com/v1 other") == [10]


def test_what_has_no_limit_is_not_counted(engine, clock):
    """Or a limit that is learned later would begin with a debt."""
    only_tokens = Quota(None, TEN.tokens)

    assert _lend(engine, Want(3, 60.0), quota=only_tokens) == [3]
    assert _row(engine)[:3] == (SCOPE, 0.0, 440.0)


def test_the_clock_is_that_of_the_database(engine):
    before = time.time()
    with engine.connect() as connection:
        now = quotas._read_clock(connection)

    assert before - 5 < now < time.time() + 5


# --- through the ledger ---------------------------------------------------------------------------


def _with_ledgers(url, count, work):
    async def run():
        async with AsyncExitStack() as stack:
            ledgers = [await stack.enter_async_context(open_ledger(url)) for _ in range(count)]
            return await work(*ledgers)

    return asyncio.run(run())


def test_two_ledgers_on_one_database_share_one_bucket(any_url):
    async def work(one, other):
        first = await one.lend(SCOPE, STILL, Want(1, 0.0))
        return first, await other.lend(SCOPE, STILL, Want(1, 0.0))

    first, second = _with_ledgers(any_url, 2, work)

    assert first == Granted(1, 0.0, 0.0)
    assert (second.requests, second.tokens) == (0, 0.0)
    assert second.wait == pytest.approx(1e6, rel=0.01)


def test_many_leases_at_the_same_time_are_together_within_the_quota(any_url):
    """Whoever asks, in whatever group: no more than the bucket and what it filled meanwhile."""
    quota = Quota(400.0, None)

    async def work(*ledgers):
        started = time.monotonic()
        leases = [one.lend(SCOPE, quota, Want(25, 0.0)) for one in ledgers for _ in range(40)]
        granted = await asyncio.gather(*leases)
        return sum(one.requests for one in granted), time.monotonic() - started

    granted, seconds = _with_ledgers(any_url, 2, work)

    assert full(quota).requests <= granted <= full(quota).requests + 400 * seconds + 1


def test_each_lease_of_a_group_is_of_its_own_scope(any_url):
    async def work(ledger):
        wants = [ledger.lend(f"{SCOPE}{number}", TEN, Want(3, 30.0)) for number in range(20)]
        return await asyncio.gather(*wants)

    granted = _with_ledgers(any_url, 1, work)

    assert [one.requests for one in granted] == [3] * 20
