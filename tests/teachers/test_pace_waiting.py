"""Who waits for room, and in which order: before a quota is known, after refusals, at the end."""

import asyncio
from itertools import pairwise

import pytest

from tests.teachers.paced_server import PROMPT, PacedServer, drive, make_reply, make_request
from tests.teachers.virtual_time import run_virtually
from vicugna.errors import Fatal, Refused, Transient, UserError
from vicugna.teachers.limits import Granted, Quota, lease_alone
from vicugna.teachers.offline.quota import ServerQuota
from vicugna.teachers.pace import Pace
from vicugna.teachers.retry import RULES, retrying

RPM, TPM = 1500, 1_000_000  # of 840 tokens a request, tokens bind
GIVEN = Quota(RPM / 60, TPM / 60)
NOTHING = Quota()


def _now():
    return asyncio.get_running_loop().time()


# --- no quota -------------------------------------------------------------------------------------


def _ask_all(pace, ask, count, **changes):
    """Ask at the same time; return the tasks."""
    paced = pace.paced(ask)
    return [asyncio.create_task(paced(make_request(**changes))) for _ in range(count)]


async def _no_lease(quota, want):
    raise AssertionError("nothing is leased")


def test_while_nothing_is_known_one_goes_out_each_second_until_one_is_answered():
    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            await asyncio.sleep(2.5)
            return make_reply(request)

        await asyncio.gather(*_ask_all(Pace(_no_lease, NOTHING), ask, 40))
        return sent

    sent = run_virtually(run())

    assert sent[:3] == pytest.approx([0.0, 1.0, 2.0])
    assert sent[3] == pytest.approx(2.5)
    assert sent[-1] <= 3.0  # some at a time


def test_one_that_is_trusted_is_asked_at_once_and_its_quota_is_learned_all_the_same():
    async def run():
        server = PacedServer(ServerQuota(RPM, TPM, 1.0))
        pace = Pace(lease_alone(server.now), NOTHING, trusted=True)
        await drive(server, pace, 90.0)
        return server

    server = run_virtually(run())

    assert len(server.admitted) + len(server.refused) > 128
    assert max(server.refused) < 1.0
    assert 0.99 <= server.tokens(10, 88) / GIVEN.tokens <= 1.005


def test_without_a_quota_all_go_at_once():
    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            await asyncio.sleep(1.0)
            return make_reply(request)

        pace = Pace(_no_lease, NOTHING)
        await asyncio.gather(*_ask_all(pace, ask, 1))
        await asyncio.sleep(1.0)
        began = _now()
        await asyncio.gather(*_ask_all(pace, ask, 1000))
        return {at - began for at in sent[1:]}

    assert run_virtually(run()) == {0.0}


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "most"),
    [
        pytest.param(Quota(20.0, None), 2, id="at the pace of the quota"),
        pytest.param(NOTHING, 20, id="without one, a part of them at a time"),
    ],
)
def test_a_refusal_holds_everybody_back_and_then_not_all_come_at_once(given, most):
    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            await asyncio.sleep(0.1)
            if request.purpose == "refused":
                raise Refused("later", cause="rate_limit", retry_after=30.0)
            return make_reply(request)

        pace = Pace(lease_alone(_now), given)
        await asyncio.gather(*_ask_all(pace, ask, 1))
        refused = _ask_all(pace, ask, 1, purpose="refused")
        await asyncio.wait(refused)
        assert isinstance(refused[0].exception(), Refused)
        began = _now()
        await asyncio.gather(*_ask_all(pace, ask, 100))
        return [at - began for at in sent[2:]]

    sent = run_virtually(run())

    assert sent[0] >= 30.0
    assert sum(at < 30.04 for at in sent) <= most
    assert sent[-1] <= 30.0 + 100 / 15


def test_whoever_was_refused_waits_once():
    """`retrying` puts it off as long as the pace does everybody else."""

    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            if len(sent) == 1:
                raise Refused("later", cause="rate_limit", retry_after=10.0)
            return make_reply(request)

        await retrying(Pace(lease_alone(_now), Quota(10.0, None)).paced(ask))(make_request())
        return sent

    first, second = run_virtually(run())

    assert 10.0 <= second - first <= 10.2


def test_when_the_pause_is_longer_than_patience_nobody_waits_for_its_end():
    """So that another teacher may stand in."""
    patience = RULES[Refused].patience

    async def run():
        async def ask(request):
            await asyncio.sleep(1.0)
            raise Refused("tomorrow", cause="rate_limit", retry_after=patience + 60)

        pace = Pace(lease_alone(_now), Quota(1.0, None))
        tasks = _ask_all(pace, ask, 5)
        await asyncio.wait(tasks)
        late = _ask_all(pace, ask, 1)
        await asyncio.wait(late)
        return [task.exception() for task in tasks + late], _now()

    errors, ended = run_virtually(run())

    assert [str(error) for error in errors] == ["tomorrow"] * 6
    assert errors[-1].retry_after > patience
    assert ended < 10


@pytest.mark.parametrize(
    ("fault", "free"),
    [
        pytest.param(Refused("later", cause="rate_limit"), True, id="a refusal used no tokens"),
        pytest.param(Transient("gone", cause="reset"), False, id="a fault may have"),
        pytest.param(Fatal("key", cause="bad_key"), False, id="whatever it was"),
    ],
)
def test_what_an_attempt_without_an_answer_used(fault, free):
    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            if len(sent) == 1:
                raise fault
            return make_reply(request)

        pace = Pace(lease_alone(_now), Quota(None, 100.0))
        for _ in range(2):
            await asyncio.wait(_ask_all(pace, ask, 1))
        return sent[1] - sent[0]

    waited = run_virtually(run())

    expected = (PROMPT + 1010) / 100  # seconds until its debt is worked off
    assert waited < 2 if free else waited > expected


# --- one after the other --------------------------------------------------------------------------


def test_they_go_in_the_order_in_which_they_came():
    async def run():
        order = []
        pace = Pace(lease_alone(_now), Quota(50.0, 20_000.0))

        def numbered(number):
            async def ask(request):
                order.append(number)
                return make_reply(request)

            return pace.paced(ask)(make_request())

        await asyncio.gather(*map(numbered, range(200)))
        return order

    assert run_virtually(run()) == list(range(200))


def test_leases_are_small_and_not_too_many():
    """A quarter of a second each, so nothing is hoarded, and twenty a second."""
    leases = []

    async def run():
        server = PacedServer(ServerQuota(RPM, TPM, 60.0))
        inner = lease_alone(server.now)

        async def lease(quota, want):
            granted = await inner(quota, want)
            leases.append((_now(), want, granted))
            return granted

        await drive(server, Pace(lease, GIVEN), 30.0)

    run_virtually(run())

    assert max(want.requests for _, want, _ in leases) <= 7
    assert max(want.tokens for _, want, _ in leases) <= max(0.25 * GIVEN.tokens, 1450)
    assert min(b[0] - a[0] for a, b in pairwise(leases)) >= 0.049


def test_what_was_leased_for_one_that_went_away_is_given_back():
    async def run():
        sent, slow = [], asyncio.Event()
        inner = lease_alone(_now)

        async def lease(quota, want):
            granted = await inner(quota, want)
            await slow.wait()
            return granted

        async def ask(request):
            sent.append(_now())
            return make_reply(request)

        pace = Pace(lease, Quota(1.0, 100.0))
        (gone,) = _ask_all(pace, ask, 1)
        await asyncio.sleep(1.0)
        gone.cancel()
        await asyncio.sleep(0.1)
        slow.set()
        await asyncio.gather(*_ask_all(pace, ask, 1))
        return sent

    (sent,) = run_virtually(run())

    assert sent < 4  # not as long as the tokens of the other would take


def test_after_stop_nothing_goes_out():
    async def run():
        sent = []

        async def ask(request):
            sent.append(_now())
            await asyncio.sleep(5.0)
            return make_reply(request)

        pace = Pace(lease_alone(_now), Quota(1.0, None))
        tasks = _ask_all(pace, ask, 10)
        await asyncio.sleep(0.5)
        pace.stop()
        tasks += _ask_all(pace, ask, 1)
        await asyncio.wait(tasks)
        return len(sent), [task.cancelled() for task in tasks]

    assert run_virtually(run()) == (1, [False] + [True] * 10)


def test_when_no_room_can_be_leased_all_that_wait_hear_of_it():
    async def run():
        async def lease(quota, want):
            await asyncio.sleep(1.0)
            raise UserError("the ledger is gone")

        async def ask(request):
            raise AssertionError("nothing is sent")

        tasks = _ask_all(Pace(lease, Quota(1.0, None)), ask, 10)
        await asyncio.wait(tasks)
        return {str(task.exception()) for task in tasks}

    assert run_virtually(run()) == {"the ledger is gone"}


def test_a_refusal_while_room_is_leased_keeps_what_was_leased_from_going_out():
    async def run():
        sent = []
        granted = asyncio.Event()

        async def lease(quota, want):
            if sent:
                await granted.wait()
            return Granted(want.requests, want.tokens, 0.0)

        async def ask(request):
            sent.append(_now())
            if len(sent) == 1:
                await asyncio.sleep(1.0)
                granted.set()
                raise Refused("later", cause="rate_limit", retry_after=20.0)
            return make_reply(request)

        pace = Pace(lease, Quota(100.0, None))
        first = _ask_all(pace, ask, 1)
        await asyncio.sleep(0.5)
        await asyncio.wait(first + _ask_all(pace, ask, 3))
        return sent

    sent = run_virtually(run())

    assert sent[1] >= 21.0
