"""When an answer is late, and that healthy ones hardly ever are. In virtual time."""

import asyncio
from collections import deque
from math import sin
from random import Random

import pytest

from tests.planned import HANGS, SLACK, Planned, now, question, transient
from tests.virtual_time import run_virtual
from vicugna.teachers.hedging import hedged
from vicugna.teachers.latencies import LEAST, Latencies


def _late_after(seconds):
    latencies = Latencies()
    for one in seconds:
        latencies.add(one)
    return latencies.late_after


@pytest.mark.parametrize(
    ("seconds", "late"),
    [
        pytest.param([], None, id="nothing is known"),
        pytest.param([3] * 4, None, id="four are too few"),
        pytest.param([3] * 5, 3 * 1.5 * (1 + 2 / 5**0.5), id="five are enough"),
        pytest.param([*range(1, 21)], 20 * 1.5 * (1 + 2 / 20**0.5), id="of 20 the longest"),
        pytest.param([*range(1, 101)], 99 * 1.5 * 1.2, id="of 100 the second"),
        pytest.param([0.1] * 500, 1.0, id="never under a second"),
        pytest.param([9] * 500 + [3] * 494 + [5] * 6, 5 * 1.5 * (1 + 2 / 500**0.5), id="six"),
        pytest.param([9] * 500 + [3] * 495 + [5] * 5, 3 * 1.5 * (1 + 2 / 500**0.5), id="five"),
    ],
)
def test_late_is_what_takes_much_longer_than_the_99th_percentile_of_the_newest_500(seconds, late):
    assert _late_after(seconds) == pytest.approx(late)


def test_the_newest_500_are_those_that_a_sorted_list_of_them_would_hold():
    rng = Random(1)
    latencies, newest = Latencies(), deque(maxlen=500)
    for _ in range(1_500):
        newest.append(rng.choice((rng.random(), 0.5)))
        latencies.add(newest[-1])

        assert latencies._sorted == sorted(newest)


def test_what_began_before_anything_was_known_is_sent_again_as_soon_as_it_is():
    """The first of all hangs, and is late when the fifth answer has come."""

    def plan(request, number):
        hangs = request.messages[0].content == "hangs" and number == 0
        return (HANGS if hangs else 3, None)

    async def run():
        teacher = Planned(plan)
        ask = hedged(teacher.ask, teacher.claim)
        hanging = asyncio.create_task(ask(question("hangs")))
        for number in range(LEAST - 1):
            await ask(question(str(number)))
        before = teacher.sent.total()
        await asyncio.sleep(60)
        assert teacher.sent.total() == before
        await ask(question("last"))
        await hanging
        return now()

    known = 3 * LEAST + 60
    assert run_virtual(run()) == pytest.approx(known + 3, abs=SLACK)


def test_each_purpose_has_its_own_figure():
    """An answer of 10 s is late among labels, and not among tasks."""

    def plan(request, number):
        slow = request.messages[0].content == "slow" or request.purpose == "new_tasks"
        return (10 if slow and number == 0 else 0.5, None)

    async def run(purpose):
        teacher = Planned(plan)
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
        for number in range(40):
            for kind in ("new_tasks", "is_classification"):
                await ask(question(str(number), kind))
        await ask(question("slow", purpose))
        return teacher.hedges["sent"]

    assert run_virtual(run("is_classification")) == 1
    assert run_virtual(run("new_tasks")) == 0


def _count_of_one_after_another(plans):
    """Ask one question after another; return which were sent a second time."""

    async def run():
        teacher = Planned(lambda request, number: plans[int(request.messages[0].content)][number])
        ask = hedged(teacher.ask, teacher.claim)
        for number in range(len(plans)):
            await ask(question(str(number)))
        return [number for number in range(len(plans)) if teacher.sent[_key(number)] > 1]

    return run_virtual(run())


def _key(number):
    return question(str(number)).key


def test_a_late_answer_says_that_answers_take_longer_now():
    """So when a server gets slower, only the first of the slow ones are sent again."""
    slow = [(10, None), (10, None)]

    assert _count_of_one_after_another([[(1, None)]] * 20 + [slow] * 10) == [20]


def test_so_does_the_answer_to_a_second_one():
    hanging = [(HANGS, None), (4, None)]

    again = _count_of_one_after_another([[(1, None)]] * 20 + [hanging] + [[(5, None), (1, None)]])

    assert again == [20]


# --- healthy servers ------------------------------------------------------------------------------


def _lognormal(rng, now, own):
    return min(8.0, max(1.0, rng.lognormvariate(0.916, 0.5)))


def _uncut(rng, now, own):
    return rng.lognormvariate(0.916, 0.5)


def _bimodal(rng, now, own):
    """Labels and long answers: a question that was sent again gets the same kind of answer."""
    return rng.lognormvariate(-1.0, 0.4) if own.random() < 0.5 else rng.lognormvariate(1.8, 0.5)


def _few_long(rng, now, own):
    return rng.lognormvariate(-1.0, 0.4) if own.random() < 0.95 else rng.lognormvariate(1.8, 0.5)


def _slower(rng, now, own):
    return rng.lognormvariate(0.916, 0.5) * (1 + now / 60)


def _thrice(rng, now, own):
    return rng.lognormvariate(0.916, 0.5) * (1 if now < 40 else 3)


def _waves(rng, now, own):
    return rng.lognormvariate(0.916, 0.5) * (1.5 + sin(now / 20))


def _simulate(draw, hang, count=3_000, concurrency=64, seed=3):
    """Ask of a server with these latencies; return the teacher, the seconds, and who hung."""
    rng, hung = Random(seed), set()

    def plan(request, number):
        if number == 0 and rng.random() < hang:
            hung.add(request.key)
            return HANGS, transient("timeout")
        return draw(rng, now(), Random(request.messages[0].content)), None

    async def run():
        teacher, numbers = Planned(plan), iter(range(count))
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)

        async def work():
            for number in numbers:
                await asyncio.gather(ask(question(str(number))), return_exceptions=True)

        await asyncio.gather(*(work() for _ in range(concurrency)))
        return teacher, now()

    return *run_virtual(run()), hung


@pytest.mark.parametrize(
    "draw", [_lognormal, _uncut, _bimodal, _few_long, _slower, _thrice, _waves]
)
def test_of_healthy_requests_fewer_than_one_in_two_hundred_are_sent_again(draw):
    teacher, _, _ = _simulate(draw, hang=0.0)

    assert teacher.hedges["sent"] < 0.005 * 3_000


@pytest.mark.parametrize("draw", [_lognormal, _bimodal, _waves])
def test_what_hangs_is_sent_again_and_what_does_not_is_hardly_ever(draw):
    teacher, _, hung = _simulate(draw, hang=0.01)

    again = {key for key, sent in teacher.sent.items() if sent > 1}
    assert len(hung) > 15
    assert len(again & hung) >= len(hung) - 1
    assert len(again - hung) < 0.005 * 3_000


def test_what_was_waited_for_in_vain_does_not_make_the_next_be_waited_for_longer():
    teacher, _, hung = _simulate(_uncut, hang=0.03)

    waits = [ended - begun for begun, ended, number, what in teacher.log if what == "cancelled"]
    assert len(waits) > 80
    assert len(hung) > 80
    assert max(waits[-20:]) < 1.5 * max(waits[:20])
