"""Second requests are few, also when everything is late. In virtual time."""

import asyncio

import pytest

from tests.planned import HANGS, LATE, REFUSED, SLACK, Planned, now, question
from tests.virtual_time import run_virtual
from vicugna.teachers import hedging
from vicugna.teachers.hedging import hedged
from vicugna.teachers.latencies import Latencies


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    """Let an answer be late after 2 s, whatever came before."""
    monkeypatch.setattr(Latencies, "late_after", LATE)


async def _all_at_once(teacher, count):
    ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
    return await asyncio.gather(*(ask(question(str(n))) for n in range(count)))


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

    class Counting(Planned):
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


def test_with_room_for_one_it_is_the_oldest_of_any_purpose():
    """The run waits for its answer first."""

    def plan(request, number):
        quick = request.messages[0].content == "quick"
        return (HANGS if number == 0 and not quick else 5, None)

    async def run():
        ask = hedged((teacher := Planned(plan)).ask, teacher.claim)
        await ask(question("quick", "new_tasks"))  # so that this purpose is looked at first
        await asyncio.sleep(SLACK / 5)  # so that both are late at the same look
        tasks = []
        for purpose in ("is_classification", "new_tasks"):
            tasks.append(asyncio.create_task(ask(question(purpose, purpose))))
            await asyncio.sleep(0.1)
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*tasks)
        return [tasks.index(task) for task in done]

    assert run_virtual(run()) == [0]


def test_in_the_long_run_one_in_twenty_is_sent_again_at_most():
    async def run():
        teacher = Planned(lambda request, number: (4 if number == 0 else 1, None))
        ask = hedged(teacher.ask, teacher.claim, on_hedge=teacher.count)
        for number in range(400):
            await ask(question(str(number)))
        return teacher.hedges["sent"]

    assert run_virtual(run()) == 3 + 400 // 20


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
        teacher = Planned(plan)
        ask = hedged(teacher.ask, teacher.claim)
        refused = asyncio.create_task(ask(question("refused")))
        await asyncio.sleep(SLACK)
        hanging = asyncio.create_task(ask(question("hanging")))
        await asyncio.gather(refused, hanging, return_exceptions=True)
        return now()

    ended = refused_at + hedging._REST + 1
    assert run_virtual(run()) == pytest.approx(ended, abs=2 * SLACK)
