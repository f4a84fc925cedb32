"""Requests go out as the quota allows: in virtual time, against the offline server's quota."""

import asyncio
from contextlib import suppress
from math import inf

import pytest

from tests.teachers.paced_server import PacedServer, drive, make_request
from tests.teachers.virtual_time import run_virtually
from vicugna.errors import Refused
from vicugna.teachers.limits import Quota, lease_alone
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.pace import RAMP, Pace

RPM, TPM = 1500, 1_000_000  # of 840 tokens a request, tokens bind
GIVEN = Quota(RPM / 60, TPM / 60)
NOTHING = Quota()


def _drive(quota, given=NOTHING, seconds=90.0, guess=inf, processes=1, **options):
    """Drive a server at full speed; return it."""

    async def run():
        server = PacedServer(quota)
        lease = lease_alone(server.now)
        paces = [Pace(lease, given, guess=guess) for _ in range(processes)]
        options.setdefault("at_once", 128 // processes)
        await asyncio.gather(*(drive(server, pace, seconds, **options) for pace in paces))
        return server

    return run_virtually(run())


# --- as much as there is, and no more -------------------------------------------------------------


@pytest.mark.parametrize("burst", [1.0, 5.0, 60.0])
@pytest.mark.parametrize(
    ("given", "guess"),
    [
        pytest.param(GIVEN, 160, id="guess too low"),
        pytest.param(GIVEN, 410, id="guess right"),
        pytest.param(GIVEN, inf, id="as long as it may be"),
        pytest.param(NOTHING, inf, id="nothing given"),
    ],
)
def test_all_of_the_quota_is_used_and_nothing_is_refused(burst, given, guess):
    server = _drive(ServerQuota(RPM, TPM, burst), given, guess=guess)

    assert server.refused == []
    assert 0.99 <= server.tokens(10, 88) / GIVEN.tokens <= 1.005


def test_answers_that_may_be_far_longer_than_they_are_slow_only_the_start():
    server = _drive(ServerQuota(RPM, TPM, 1.0), GIVEN, max_tokens=16_000)

    assert server.refused == []
    assert server.tokens(12, 88) / GIVEN.tokens >= 0.99


@pytest.mark.parametrize("given", [NOTHING, Quota(10.0, None)])
def test_where_requests_bind_they_go_out_at_their_rate(given):
    server = _drive(ServerQuota(600, None, 1.0), given)

    assert server.refused == []
    assert 0.99 <= server.requests(10, 88) / 10 <= 1.0


def test_a_few_requests_a_minute_are_a_few():
    server = _drive(ServerQuota(3, None, 60.0), Quota(0.05, None), seconds=600, at_once=4)

    assert server.refused == []
    assert 28 <= len(server.admitted) <= 31


def test_two_that_share_a_lease_are_together_within_the_quota():
    server = _drive(ServerQuota(RPM, TPM, 1.0), processes=2)

    assert server.refused == []
    assert 0.99 <= server.tokens(10, 88) / GIVEN.tokens <= 1.005


def test_a_fixed_window_shared_with_others_is_not_used_up():
    """What is left is spread over the rest of the window."""

    async def run():
        server = PacedServer(ServerQuota(RPM, TPM, window="fixed"))
        pace = Pace(lease_alone(server.now), NOTHING)

        async def others():
            while True:
                await asyncio.sleep(0.5)
                with suppress(Refused):
                    server.meter.admit(read=round(0.15 * GIVEN.tokens), written=0, longest=None)

        other = asyncio.create_task(others())
        await drive(server, pace, 240.0)
        other.cancel()
        return server

    server = run_virtually(run())

    assert len(server.refused) <= 0.002 * len(server.admitted)
    assert server.tokens(60, 240) >= 0.68 * GIVEN.tokens


def test_a_server_that_counts_what_was_asked_for_is_not_overrun():
    """It counts 1,450 tokens where 840 are used; what is left says so."""
    server = _drive(ServerQuota(RPM, TPM, 60.0, counts="asked"), seconds=300)

    assert server.refused == []
    assert server.requests(60, 300) * 1450 >= 0.99 * GIVEN.tokens


def test_it_begins_with_a_part_of_the_quota():
    server = _drive(ServerQuota(RPM, None, 60.0), Quota(25.0, None), seconds=20)

    assert server.requests(0, 1) <= 0.75 * 25 * 0.5 + 0.3 * 25
    assert server.requests(RAMP, 20) >= 0.98 * 25


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(NOTHING, Quota(10.0, 1000.0), id="none: that of headers"),
        pytest.param(Quota(5.0, 9999.0), Quota(5.0, 1000.0), id="the lower one for each"),
    ],
)
def test_the_lower_one_of_recipe_and_headers_counts_and_is_told(given, told):
    quotas = []

    async def run():
        server = PacedServer(ServerQuota(600, 60_000))
        pace = Pace(lease_alone(server.now), given, on_quota=quotas.append)
        await pace.paced(server.ask(pace))(make_request())
        await drive(server, pace, 60.0, at_once=32)
        return server

    server = run_virtually(run())

    assert (quotas[0], quotas[-1]) == (given, told)
    assert server.requests(20, 60) <= told.requests
