"""A request that is late is sent a second time; the first answer counts. In virtual time."""

import asyncio
from collections import Counter
from random import Random

import pytest

from tests.planned import FATAL, HANGS, LATE, REFUSED, SLACK, Planned, now, question, transient
from tests.scripted import make_reply
from tests.virtual_time import run_virtual
from vicugna.errors import TeacherError
from vicugna.teachers.hedging import hedged
from vicugna.teachers.latencies import Latencies


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    """Let an answer be late after 2 s, whatever came before."""
    monkeypatch.setattr(Latencies, "late_after", LATE)


def _ask_once(first, second, third=(HANGS, None), **further):
    """Ask one question; return the text or the fault, the seconds, and the teacher."""
    teacher = Planned(lambda request, number: (first, second, third)[number])

    async def run():
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count, **further)
        try:
            text = (await ask(question())).text
        except (TeacherError, asyncio.CancelledError) as fault:
            text = fault
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert asyncio.current_task().cancelling() == 0
        return text, now()

    return *run_virtual(run()), teacher


@pytest.mark.parametrize(
    ("first", "second", "got", "seconds", "released"),
    [
        pytest.param((1.9, None), None, "answer 0", 1.9, [], id="in time: sent once"),
        pytest.param((HANGS, None), (3, None), "answer 1", 5.0, ["cancelled"], id="hangs"),
        pytest.param((4, None), (3, None), "answer 0", 4.0, ["cancelled"], id="late, not lost"),
        pytest.param((1, "reset"), None, "reset", 1.0, [], id="fails in time"),
        pytest.param((3, "reset"), (5, None), "answer 1", 7.0, ["reset"], id="first fails"),
        pytest.param((3, "refused"), (5, None), "answer 1", 7.0, ["refused"], id="first refused"),
        pytest.param((4, None), (1, "reset"), "answer 0", 4.0, ["reset"], id="second fails"),
        pytest.param((9, None), (1, "refused"), "answer 0", 9.0, ["refused"], id="second refused"),
        pytest.param((9, None), (1, "fatal"), "answer 0", 9.0, ["fatal"], id="second is fatal"),
        pytest.param((5, "reset"), (9, "cut"), "reset", 11.0, ["cut"], id="both: first told"),
        pytest.param((4, "reset"), (1, "cut"), "reset", 4.0, ["cut"], id="both, second first"),
        pytest.param((5, "fatal"), (9, "cut"), "fatal", 11.0, ["cut"], id="both: fatal told"),
    ],
)
def test_the_first_answer_counts_and_a_fault_only_when_there_is_none(
    first, second, got, seconds, released
):
    """A claim is told what ended the request that was in vain."""
    faults = {
        "reset": transient(),
        "cut": transient("cut"),
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


@pytest.mark.parametrize(
    ("first", "third", "got", "seconds"),
    [
        pytest.param((HANGS, None), (1, None), "answer 2", 6.0, id="the third answers"),
        pytest.param((9, None), (HANGS, None), "answer 0", 9.0, id="the first answers"),
        pytest.param((9, transient()), (8, None), "answer 2", 13.0, id="the first fails"),
    ],
)
def test_after_a_second_that_failed_there_is_another_when_it_is_late_again(
    first, third, got, seconds
):
    text, took, teacher = _ask_once(first, (1, transient("cut")), third)

    assert (text, teacher.hedges["sent"]) == (got, 2)
    assert took == pytest.approx(seconds, abs=2 * SLACK)
    assert teacher.hedges["won"] == (got == "answer 2")
    assert len(teacher.released) == 2


def test_the_one_that_lost_is_cancelled_at_once():
    _, _, teacher = _ask_once((HANGS, None), (3, None))

    assert [what[2:] for what in teacher.log] == [(1, "answered"), (0, "cancelled")]
    assert teacher.log[0][1] == teacher.log[1][1]


def test_without_room_under_a_cap_there_is_no_second_one():
    async def run():
        teacher = Planned(lambda request, number: (HANGS, None))
        teacher.room = False
        await hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)(question())
        return teacher

    teacher = run_virtual(run())

    assert teacher.sent.total() == 1
    assert teacher.hedges == {}


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


def test_a_bug_in_the_second_one_is_not_hidden():
    class Bug(Exception):
        pass

    with pytest.raises(Bug):
        _ask_once((9, None), (1, Bug()))


def test_an_answer_that_comes_although_it_was_cancelled_counts():
    """A client that does not stop leaves nothing of the cancellation behind."""

    async def run():
        teacher = Planned(lambda request, number: (HANGS if number == 0 else 1, None))

        async def ask(request):
            try:
                return await teacher.ask(request)
            except asyncio.CancelledError:
                return make_reply(request, "all the same")

        reply = await hedged(ask, teacher.claim)(question())
        assert asyncio.current_task().cancelling() == 0
        return reply.text

    assert run_virtual(run()) == "all the same"


@pytest.mark.parametrize("seconds", [1, 1.9, 2.1, 3, 4.9])
def test_who_stops_waiting_stops_both(seconds):
    """`asyncio.timeout` around it is as around anything else."""
    teacher = Planned(lambda request, number: (HANGS if number == 0 else 3, None))

    async def run():
        ask = hedged(teacher.ask, teacher.claim)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await ask(question())
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(1)  # nothing is left that would cancel this
        return [what for *_, what in teacher.log]

    log = run_virtual(run())

    assert log == ["cancelled"] * (2 if seconds > LATE else 1)
    assert [type(fault) for fault in teacher.released] == [asyncio.CancelledError] * (len(log) - 1)


def test_after_the_second_one_won_the_caller_goes_on_as_if_nothing_was():
    async def run():
        teacher = Planned(lambda request, number: (HANGS if number == 0 else 1, None))
        ask = hedged(teacher.ask, teacher.claim)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(question(str(n)))) for n in range(2)]
        await asyncio.sleep(100)
        return [task.result().text for task in tasks]

    assert run_virtual(run()) == ["answer 1"] * 2


def test_whatever_happens_when_one_result_comes_and_one_claim_ends():
    """Two thousand attempts with random seconds, faults and cancellations."""
    rng = Random(7)
    kinds = (None, None, transient(), REFUSED, FATAL, transient("unreachable"))

    async def attempt():
        plans = [(rng.choice((0, 1, 2, 2.25, 3, 5)), rng.choice(kinds)) for _ in range(9)]
        teacher = Planned(lambda request, number: plans[number])
        claimed = []

        async def claim(request):
            await asyncio.sleep(rng.choice((0, 0.25)))
            release = await teacher.claim(request)
            claimed.append(request)
            return release

        asking = asyncio.create_task(hedged(teacher.ask, claim, on_hedge=teacher.count)(question()))
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
    assert len(teacher.released) == teacher.hedges["sent"] <= len(claimed)
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
        assert teacher.hedges["won"] == (got.text != "answer 0")
