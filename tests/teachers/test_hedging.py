"""A request that is late is sent a second time; the first answer counts. In virtual time."""

import asyncio
from collections import Counter, deque
from math import sin
from random import Random

import pytest

from tests.scripted import make_reply
from tests.virtual_time import run_virtual
from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.records import Message, Request, Sampling
from vicugna.teachers import hedging
from vicugna.teachers.hedging import hedged
from vicugna.teachers.latencies import LEAST, Latencies

HANGS = 180.0  # seconds: then the client gives up
LATE = 2.0  # seconds, where a test does not find out by itself
SLACK = 0.25  # seconds between two looks at what is late


def _request(text="q", purpose="new_tasks"):
    return Request(purpose, "en", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


def _transient(cause="reset"):
    return Transient("gone", cause=cause)


REFUSED = Refused("busy", cause="rate_limit")
FATAL = Fatal("bad key", cause="bad_key")


class _Teacher:
    """Answers the n-th request of a question after some seconds, or fails then.

    `plan` gives (seconds, fault or None) for each request of a question; `log` is what happened.
    """

    def __init__(self, plan):
        self.plan = plan
        self.sent = Counter()
        self.log = []
        self.room = True
        self.released = []
        self.hedges = Counter()

    async def ask(self, request):
        number = self.sent[request.key]
        self.sent[request.key] += 1
        seconds, fault = self.plan(request, number)
        begun = _now()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.log.append((begun, _now(), number, "cancelled"))
            raise
        self.log.append((begun, _now(), number, fault or "answered"))
        if fault is not None:
            raise fault
        return make_reply(request, f"answer {number}")

    async def claim(self, request):
        if not self.room:
            return None

        async def release(fault):
            self.released.append(fault)

        return release

    def count(self, won):
        self.hedges["won" if won else "sent"] += 1


def _now():
    return asyncio.get_running_loop().time()


@pytest.fixture
def known(monkeypatch):
    """Let an answer be late after 2 s, whatever came before."""
    monkeypatch.setattr(Latencies, "late_after", LATE)


def _ask_once(first, second, **further):
    """Ask one question; return the text or the fault, the seconds, and the teacher."""
    teacher = _Teacher(lambda request, number: (first, second)[number])

    async def run():
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count, **further)
        try:
            text = (await ask(_request())).text
        except (TeacherError, asyncio.CancelledError) as fault:
            text = fault
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert asyncio.current_task().cancelling() == 0
        return text, _now()

    return *run_virtual(run()), teacher


# --- one attempt ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("first", "second", "got", "seconds", "released"),
    [
        pytest.param((1.9, None), None, "answer 0", 1.9, [], id="in time: sent once"),
        pytest.param((HANGS, None), (3, None), "answer 1", 5.0, ["cancelled"], id="hangs"),
        pytest.param((4, None), (3, None), "answer 0", 4.0, ["cancelled"], id="late, not lost"),
        pytest.param((1, "reset"), None, "reset", 1.0, [], id="fails in time"),
        pytest.param((3, "reset"), (5, None), "answer 1", 7.0, ["reset"], id="first fails"),
        pytest.param((3, "refused"), (5, None), "answer 1", 7.0, ["refused"], id="first refused"),
        pytest.param((9, None), (1, "reset"), "answer 0", 9.0, ["reset"], id="second fails"),
        pytest.param((9, None), (1, "refused"), "answer 0", 9.0, ["refused"], id="second refused"),
        pytest.param((9, None), (1, "fatal"), "answer 0", 9.0, ["fatal"], id="second is fatal"),
        pytest.param((5, "reset"), (9, "cut"), "reset", 11.0, ["cut"], id="both: first told"),
        pytest.param((9, "reset"), (1, "cut"), "reset", 9.0, ["cut"], id="both, second first"),
        pytest.param((5, "fatal"), (9, "cut"), "fatal", 11.0, ["cut"], id="both: fatal told"),
    ],
)
def test_the_first_answer_counts_and_a_fault_only_when_there_is_none(
    first, second, got, seconds, released
):
    """A claim is told what ended the request that was in vain."""
    faults = {
        "reset": _transient(),
        "cut": _transient("cut"),
        "refused": REFUSED,
        "fatal": FATAL,
        None: None,
    }
    plans = [one and (one[0], faults[one[1]]) for one in (first, second)]

    text, took, teacher = _ask_once(*plans)

    assert text == faults.get(got, got)
    assert took == pytest.approx(seconds, abs=SLACK)
    names = {id(fault): name for name, fault in faults.items()}
    told = [names.get(id(fault), "cancelled") for fault in teacher.released]
    assert told == released
    sent = {"sent": 1} if second else {}
    assert teacher.hedges == sent | ({"won": 1} if got == "answer 1" else {})


@pytest.mark.usefixtures("known")
def test_the_one_that_lost_is_cancelled_at_once():
    _, _, teacher = _ask_once((HANGS, None), (3, None))

    assert [what[2:] for what in teacher.log] == [(1, "answered"), (0, "cancelled")]
    assert teacher.log[0][1] == teacher.log[1][1]


@pytest.mark.usefixtures("known")
def test_without_room_under_a_cap_there_is_no_second_one():
    async def run():
        teacher = _Teacher(lambda request, number: (HANGS, None))
        teacher.room = False
        await hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)(_request())
        return teacher

    teacher = run_virtual(run())

    assert teacher.sent.total() == 1
    assert teacher.hedges == {}


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("wait", "got", "claimed"),
    [
        pytest.param(5, "answer 1", 1, id="its turn comes first"),
        pytest.param(15, "answer 0", 0, id="the answer comes first: nothing was claimed"),
    ],
)
def test_what_the_second_one_waits_for_is_waited_for_before_it_is_claimed(wait, got, claimed):
    def paced(ask):
        async def ask_in_turn(request):
            await asyncio.sleep(wait)
            return await ask(request)

        return ask_in_turn

    text, _, teacher = _ask_once((12, None), (1, None), again=paced)

    assert text == got
    assert len(teacher.released) == teacher.hedges["sent"] == claimed


@pytest.mark.usefixtures("known")
def test_a_bug_in_the_second_one_is_not_hidden():
    class Bug(Exception):
        pass

    with pytest.raises(Bug):
        _ask_once((9, None), (1, Bug()))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("seconds", [1, 1.9, 2.1, 3, 4.9])
def test_who_stops_waiting_stops_both(seconds):
    """`asyncio.timeout` around it is as around anything else."""
    teacher = _Teacher(lambda request, number: (HANGS if number == 0 else 3, None))

    async def run():
        ask = hedged(teacher.ask, teacher.claim)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await ask(_request())
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(1)  # nothing is left that would cancel this
        return [what for *_, what in teacher.log]

    log = run_virtual(run())

    assert log == ["cancelled"] * (2 if seconds > LATE else 1)
    assert [type(fault) for fault in teacher.released] == [asyncio.CancelledError] * (len(log) - 1)


@pytest.mark.usefixtures("known")
def test_after_the_second_one_won_the_caller_goes_on_as_if_nothing_was():
    async def run():
        teacher = _Teacher(lambda request, number: (HANGS if number == 0 else 1, None))
        ask = hedged(teacher.ask, teacher.claim)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(_request(str(n)))) for n in range(2)]
        await asyncio.sleep(100)
        return [task.result().text for task in tasks]

    assert run_virtual(run()) == ["answer 1"] * 2


@pytest.mark.usefixtures("known")
def test_whatever_happens_when_one_result_comes_and_one_claim_ends():
    """Two thousand attempts with random seconds, faults and cancellations."""
    rng = Random(7)
    kinds = (None, None, _transient(), REFUSED, FATAL, _transient("unreachable"))

    async def attempt():
        plans = [(rng.choice((0, 1, 2, 2.25, 3, 5)), rng.choice(kinds)) for _ in range(2)]
        teacher = _Teacher(lambda request, number: plans[number])
        claimed = []

        async def claim(request):
            await asyncio.sleep(rng.choice((0, 0.25)))
            release = await teacher.claim(request)
            claimed.append(request)
            return release

        asking = asyncio.create_task(hedged(teacher.ask, claim, on_hedge=teacher.count)(_request()))
        stop = rng.choice((None, 0, 1, 2, 2.25, 2.5, 4.5, 5.25))
        if stop is not None:
            await asyncio.wait([asking], timeout=stop)
            asking.cancel()
        (got,) = await asyncio.gather(asking, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        _check(teacher, plans, claimed, got)

    async def run():
        for _ in range(2_000):
            await attempt()

    run_virtual(run())


def _check(teacher, plans, claimed, got):
    """What holds whenever which of the two ends, and whoever stops waiting."""
    assert len(teacher.released) == teacher.hedges["sent"] <= len(claimed) <= 1
    ended = Counter(number for *_, number, _ in teacher.log)
    assert set(ended.values()) <= {1}
    assert ended.total() == teacher.sent.total()
    answered = [number for *_, number, what in teacher.log if what == "answered"]
    if isinstance(got, asyncio.CancelledError):
        return
    if isinstance(got, TeacherError):
        assert got is plans[0][1]
        assert answered == []
    else:
        assert got.text in {f"answer {number}" for number in answered}
        assert teacher.hedges["won"] == (got.text == "answer 1")


# --- when one is late -----------------------------------------------------------------------------


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
        teacher = _Teacher(plan)
        ask = hedged(teacher.ask, teacher.claim)
        hanging = asyncio.create_task(ask(_request("hangs")))
        for number in range(LEAST - 1):
            await ask(_request(str(number)))
        before = teacher.sent.total()
        await asyncio.sleep(60)
        assert teacher.sent.total() == before
        await ask(_request("last"))
        await hanging
        return _now()

    known = 3 * LEAST + 60
    assert run_virtual(run()) == pytest.approx(known + 3, abs=SLACK)


def test_each_purpose_has_its_own_figure():
    """An answer of 10 s is late among labels, and not among tasks."""

    def plan(request, number):
        slow = request.messages[0].content == "slow" or request.purpose == "new_tasks"
        return (10 if slow and number == 0 else 0.5, None)

    async def run(purpose):
        teacher = _Teacher(plan)
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
        for number in range(40):
            for kind in ("new_tasks", "is_classification"):
                await ask(_request(str(number), kind))
        await ask(_request("slow", purpose))
        return teacher.hedges["sent"]

    assert run_virtual(run("is_classification")) == 1
    assert run_virtual(run("new_tasks")) == 0


# --- few ------------------------------------------------------------------------------------------


async def _all_at_once(teacher, count):
    ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
    return await asyncio.gather(*(ask(_request(str(n))) for n in range(count)))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("in_flight", "most"),
    [
        pytest.param(1, 1, id="one of one"),
        pytest.param(49, 1, id="one of 49"),
        pytest.param(64, 2, id="two of 64"),
        pytest.param(500, 11, id="eleven of 500"),
    ],
)
def test_when_all_are_late_at_the_same_time_few_are_sent_again(in_flight, most):
    """So a server that is slow as a whole gets hardly any more to do."""
    running = [0, 0]

    def plan(request, number):
        return (30, None)

    class Counting(_Teacher):
        async def ask(self, request):
            second = self.sent[request.key] > 0
            running[0] += second
            running[1] = max(running)
            try:
                return await super().ask(request)
            finally:
                running[0] -= second

    teacher = Counting(plan)
    run_virtual(_all_at_once(teacher, in_flight))

    assert running == [0, most]
    assert teacher.hedges["sent"] == most


@pytest.mark.usefixtures("known")
def test_in_the_long_run_one_in_twenty_is_sent_again_at_most():
    async def run():
        teacher = _Teacher(lambda request, number: (4 if number == 0 else 1, None))
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
        for number in range(400):
            await ask(_request(str(number)))
        return teacher.hedges["sent"]

    assert run_virtual(run()) == 3 + 400 // 20


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("plans", "refused_at"),
    [
        pytest.param([(1.5, REFUSED)], 1.5, id="another request"),
        pytest.param([(5, None), (1, REFUSED)], LATE + 1, id="the second one of another"),
    ],
)
def test_after_a_refusal_none_is_sent_for_some_seconds(plans, refused_at):
    def plan(request, number):
        if request.messages[0].content == "refused":
            return plans[number]
        return (HANGS if number == 0 else 1, None)

    async def run():
        teacher = _Teacher(plan)
        ask = hedged(teacher.ask, teacher.claim)
        refused = asyncio.create_task(ask(_request("refused")))
        await asyncio.sleep(SLACK)
        hanging = asyncio.create_task(ask(_request("hanging")))
        await asyncio.gather(refused, hanging, return_exceptions=True)
        return _now()

    ended = refused_at + hedging._REST + 1
    assert run_virtual(run()) == pytest.approx(ended, abs=2 * SLACK)


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
            return HANGS, _transient("timeout")
        return draw(rng, _now(), Random(request.messages[0].content)), None

    async def run():
        teacher, numbers = _Teacher(plan), iter(range(count))
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)

        async def work():
            for number in numbers:
                await asyncio.gather(ask(_request(str(number))), return_exceptions=True)

        await asyncio.gather(*(work() for _ in range(concurrency)))
        return teacher, _now()

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
