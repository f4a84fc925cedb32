"""Pacing over HTTP: the quota is that of the offline server, the clock a real one."""

import asyncio

import aiohttp
import pytest

from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.limits import Quota, lease_alone
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_http import open_endpoint
from vicugna.teachers.pace import Pace
from vicugna.teachers.retry import retrying

RPM, TPM = 1800, 36_000  # 30 requests, or 600 tokens, a second
GIVEN = Quota(RPM / 60, TPM / 60)
NOTHING = Quota()


def _request(number):
    turn = Message("user", f"{number} " + "rain " * 19)
    return Request("p", "en", "m", (turn,), Sampling(1.0, 1.0, 60), "p")


def _ask_at_once(count, given, **server):
    """Ask so many questions at the same time; return the server's counts, and all that was told."""

    async def run():
        told = []
        async with open_server(lambda body: "wet " * 10, latency=0.05, **server) as url:
            pace = Pace(lease_alone(asyncio.get_running_loop().time), given, on_quota=told.append)
            async with open_endpoint(Endpoint("t", url, "", 10.0), pace.note_headers) as attempt:
                ask = retrying(pace.paced(attempt))
                await asyncio.gather(*(ask(_request(number)) for number in range(count)))
            async with (
                aiohttp.ClientSession() as session,
                session.get(url.removesuffix("/v1") + "/stats") as response,
            ):
                return await response.json(), told

    return asyncio.run(run())


@pytest.mark.parametrize("given", [GIVEN, NOTHING], ids=["given", "learned from headers"])
@pytest.mark.parametrize("burst", [1.0, 60.0])
def test_what_is_paced_is_not_refused(given, burst):
    stats, told = _ask_at_once(40, given, quota=ServerQuota(RPM, TPM, burst))

    assert (stats["answered"], stats["refused"]) == (40, 0)
    assert told[-1] == GIVEN


def test_a_server_that_refuses_is_asked_again_when_it_said():
    """The recipe knows no quota and the server tells none: everything is answered in the end."""
    stats, told = _ask_at_once(40, NOTHING, quota=ServerQuota(RPM, TPM, 1.0, headers=False))

    assert stats["answered"] == 40
    assert 0 < stats["refused"] < 400
    assert told == [NOTHING]


def test_a_server_without_a_quota_is_not_slowed():
    stats, told = _ask_at_once(200, NOTHING)

    assert (stats["answered"], stats["refused"]) == (200, 0)
    assert told == [NOTHING]
