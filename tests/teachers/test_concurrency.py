"""How many at once is found out: on servers that queue, thrash or refuse, and when they change.

In virtual time, on the model of the offline server; `benchmarks/capacity.py` does it over HTTP.
"""

import asyncio
from functools import cache

import pytest

from tests.scripted import make_reply
from tests.teachers.served import Simulation
from vicugna.errors import Refused, Transient
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.concurrency import Climber, climbing
from vicugna.teachers.offline.capacity import parse_capacity
from vicugna.teachers.slots import Slots

WITHIN = 0.94  # of the best fixed limit
FIXED = (16, 32, 64, 96, 100, 128, 160, 200, 256, 288, 320, 400, 512)


@cache
def _best(capacity, **options):
    server = parse_capacity(capacity)
    runs = (Simulation(server, fixed=limit, **options).run(40) for limit in FIXED)
    return max(run.speed(10, 40) for run in runs)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("capacity", "refusals"),
    [("queue:256", 0), ("thrash:160", 0), ("refuse-queue:256:64", 40), ("refuse:100", 60)],
)
def test_it_settles_within_six_per_cent_of_the_best_fixed_limit(capacity, refusals, seed):
    run = Simulation(parse_capacity(capacity), seed=seed).run(300)

    assert run.speed(180, 300) > WITHIN * _best(capacity)
    assert run.refusals() <= refusals


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("queue:256", "queue:128", id="half the slots"),
        pytest.param("queue:128", "queue:512", id="four times the slots"),
        pytest.param("refuse:100", "refuse:30", id="a lower wall"),
        pytest.param("refuse:30", "refuse:100", id="a higher wall"),
    ],
)
def test_it_follows_a_server_that_changes(before, after):
    run = Simulation(parse_capacity(before)).run(120)
    run.change(parse_capacity(after)).run(600)

    assert run.speed(500, 600) > 0.9 * _best(after)


def test_refusals_that_have_another_reason_do_not_bring_it_down():
    """One attempt of ten is refused whatever the limit is."""
    run = Simulation(parse_capacity("queue:256"), unlucky=0.1).run(300)

    assert run.speed(200, 300) > 0.85 * _best("queue:256")


def test_behind_a_limiter_it_does_not_run_away():
    run = Simulation(parse_capacity("queue:256"), rate=20.0).run(300)

    assert max(run.limits(0, 300)) <= 160
    assert run.speed(200, 300) / 400 == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("demand", [1, 10, 25])
def test_slots_that_nobody_wants_say_nothing_of_the_limit(demand):
    run = Simulation(parse_capacity("queue:256"), demand=lambda now: demand).run(200)

    assert set(run.limits(0, 200)) == {32}


@pytest.mark.parametrize(
    ("seconds", "until"), [pytest.param(0.05, 60, id="short"), pytest.param(30, 3600, id="long")]
)
def test_answers_of_any_length(seconds, until):
    def draw(rng):
        return seconds * rng.lognormvariate(0, 0.3)

    server = parse_capacity("queue:256")
    run = Simulation(server, seconds=draw).run(until)
    fixed = Simulation(server, seconds=draw, fixed=288).run(until / 2)

    half = fixed.speed(until / 4, until / 2)
    assert run.speed(until * 0.75, until) > 0.93 * half


@pytest.mark.parametrize("refusing", [False, True])
def test_it_stays_between_one_and_the_most(refusing):
    now = 0.0
    climber = Climber(32, lambda: now)
    for _ in range(20_000):
        now += 0.01
        if refusing:
            climber.refused(climber.limit)
        else:
            climber.answered(100.0 * climber.limit, 0.1, full=True)
        assert 1 <= climber.limit <= 4096
    assert climber.limit == (1 if refusing else 4096)


# --- around a teacher -----------------------------------------------------------------------------


def _request(number):
    return Request("p", "zh", "m", (Message("user", f"{number}"),), Sampling(1, 1, 9), "p@1")


def test_the_slots_follow_and_a_fault_is_passed_on():
    """More at once bring more a second here, so there are more slots in the end."""
    now, slots, told = 0.0, Slots(4), []

    async def ask(request):
        nonlocal now
        now += 1.0 / slots.limit
        if request.messages[0].content == "7":
            raise Transient("No answer.", cause="timeout")
        if request.messages[0].content == "9":
            raise Refused("Later.", cause="rate_limit")
        return make_reply(request, "好", output_tokens=0)

    attempt = climbing(ask, slots, on_limit=told.append, clock=lambda: now)

    async def ask_in_full_slots(number):
        slots.in_use = slots.limit
        try:
            await attempt(_request(number))
        except (Transient, Refused):
            return 1
        return 0

    async def run():
        return sum([await ask_in_full_slots(number) for number in range(4000)])

    assert asyncio.run(run()) == 2
    assert told[0] > 4
    assert slots.limit == told[-1]
