import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_time import run_virtual
from vicugna.errors import Refused, UserError
from vicugna.teachers.offline.capacity import (
    UNLIMITED,
    Capacity,
    Engine,
    ServerCapacity,
    parse_capacity,
)


def _even(working: int) -> float:
    """Two take twice as long as one: the machine gives the same in all."""
    return working


@pytest.mark.parametrize(
    ("text", "slots", "waiting", "full"),
    [
        ("queue:256", 256, float("inf"), "503"),
        ("thrash:160", 256, float("inf"), "503"),
        ("thrash:1", 2, float("inf"), "503"),
        ("refuse-queue:256:64", 256, 64, "503"),
        ("refuse-queue:1:0", 1, 0, "503"),
        ("refuse:100", 100, 0, "429-bare"),
    ],
)
def test_parse(text, slots, waiting, full):
    capacity = parse_capacity(text)

    assert (capacity.slots, capacity.waiting, capacity.full) == (slots, waiting, full)


@pytest.mark.parametrize(
    "text",
    [
        *("", "queue", "queue:", "queue:0", "queue:-1", "queue:1.5", "queue:1:2", "queue:1:a"),
        *("thrash:0", "refuse-queue:256", "refuse-queue:0:1", "refuse:0", "refuse:1:x", "tide:9"),
        *("256", "queue:²", "队列:9"),
    ],
)
def test_parse_says_what_is_wrong(text):
    with pytest.raises(UserError) as caught:
        parse_capacity(text)

    assert f'"{text}"' in str(caught.value)
    assert "queue:256" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        pytest.param("queue:256", {16: 6.0, 64: 14.0, 160: 19.1, 512: 21.0}, id="queue"),
        pytest.param("thrash:160", {16: 6.1, 64: 14.0, 160: 19.1, 512: 7.1}, id="thrash"),
    ],
)
def test_the_formulas_give_what_was_measured(text, measured):
    """Thousands of tokens a second, with so many in flight all the time."""
    capacity = parse_capacity(text)
    scale = 21.0 * parse_capacity("queue:256").slower(256) / 256

    def speed(in_flight):
        working = min(in_flight, capacity.slots)
        return scale * working / capacity.slower(working)

    assert {n: speed(n) for n in measured} == pytest.approx(measured, rel=0.02)


def test_a_server_that_refuses_is_never_slow():
    capacity = parse_capacity("refuse:100")

    assert [capacity.slower(n) for n in (0, 1, 100)] == [1, 1, 1]


def test_an_answer_alone_takes_its_time():
    engine = Engine(_even, 10.0)
    ticket = engine.add(2.0, 10.0)

    assert engine.next_end() == 12.0
    assert engine.take_ended(11.9) == []
    assert engine.take_ended(12.0) == [ticket]
    assert engine.next_end() is None


def test_one_that_joins_slows_down_the_other():
    """At 1 the first has a second left; the two halves of a machine need two for it."""
    engine = Engine(_even, 0.0)
    first = engine.add(2.0, 0.0)
    second = engine.add(1.5, 1.0)

    assert engine.next_end() == 3.0
    assert engine.take_ended(3.0) == [first]
    assert engine.next_end() == 3.5
    assert engine.take_ended(3.5) == [second]


def test_one_that_goes_leaves_its_part_to_the_other():
    engine = Engine(_even, 0.0)
    gone, stays = engine.add(2.0, 0.0), engine.add(2.0, 0.0)
    engine.drop(gone, 2.0)

    assert engine.next_end() == 3.0
    assert engine.take_ended(3.0) == [stays]
    engine.drop(stays, 3.0)
    assert engine.next_end() is None


def _one_by_one(arrivals, slower):
    """Work the same out by keeping what is left of every answer."""
    left, ends, now, waiting = {}, {}, 0.0, sorted(enumerate(arrivals), key=lambda one: one[1][0])
    while left or waiting:
        pace = slower(len(left)) if left else 1.0
        end = now + min(left.values()) * pace if left else float("inf")
        then = min(end, waiting[0][1][0] if waiting else float("inf"))
        left = {name: rest - (then - now) / pace for name, rest in left.items()}
        now = then
        for name in [name for name, rest in left.items() if rest <= 1e-9]:
            ends[name] = now
            del left[name]
        while waiting and waiting[0][1][0] <= now:
            name, (_, seconds) = waiting.pop(0)
            left[name] = seconds
    return ends


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=12),
    st.sampled_from([_even, parse_capacity("queue:4").slower, parse_capacity("thrash:2").slower]),
)
def test_answers_end_when_they_would_one_by_one(arrivals, slower):
    async def one(engine, ends, name, arrival, seconds):
        await asyncio.sleep(arrival)
        await engine.work(seconds)
        ends[name] = asyncio.get_running_loop().time()

    async def run():
        capacity = ServerCapacity(100, drag=1.0)
        shared, ends = Capacity(capacity), {}
        shared._engine._slower = slower
        await asyncio.gather(
            *(one(shared, ends, name, *arrival) for name, arrival in enumerate(arrivals))
        )
        return ends

    assert run_virtual(run()) == pytest.approx(_one_by_one(arrivals, slower), abs=1e-6)


def _answers_in(text: str, clients: int, seconds: float) -> tuple[int, int]:
    """Return answers and refusals when so many clients ask all the time; alone it takes 1 s."""

    async def run():
        capacity, met = Capacity(parse_capacity(text)), [0, 0]

        async def ask():
            while True:
                try:
                    async with capacity.enter():
                        await capacity.work(1.0)
                        met[0] += 1
                except Refused:
                    met[1] += 1
                    await asyncio.sleep(1.0)

        asking = [asyncio.create_task(ask()) for _ in range(clients)]
        await asyncio.sleep(seconds + 0.5)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        assert capacity.in_flight == 0
        return met[0], met[1]

    return run_virtual(run())


@pytest.mark.parametrize(
    ("text", "clients", "answers", "refusals"),
    [
        pytest.param("queue:10", 10, 110, 0, id="all slots"),
        pytest.param("queue:10", 30, 110, 0, id="a queue changes nothing"),
        pytest.param("queue:10", 1, 60, 0, id="alone"),
        pytest.param("thrash:10", 10, 157, 0, id="at the knee"),
        pytest.param("thrash:10", 16, 57, 0, id="above it less comes out"),
        pytest.param("refuse:10", 10, 600, 0, id="every place taken"),
        pytest.param("refuse:10", 11, 600, 60, id="one too many"),
        pytest.param("refuse-queue:10:5", 15, 110, 0, id="as many wait as may"),
        pytest.param("refuse-queue:10:5", 16, 110, 60, id="one more"),
    ],
)
def test_what_comes_out_in_a_minute(text, clients, answers, refusals):
    """Answers are at most the clients' number off: those that are not done yet."""
    done, refused = _answers_in(text, clients, 60.0)

    assert done == pytest.approx(answers, abs=clients)
    assert refused == pytest.approx(refusals, abs=2)


def test_who_finds_no_place_is_told_which_error():
    async def run(text):
        capacity = Capacity(parse_capacity(text))
        async with capacity.enter():
            with pytest.raises(Refused) as caught:
                async with capacity.enter():
                    pass
        return caught.value.cause, capacity.in_flight, capacity.most_in_flight

    assert asyncio.run(run("refuse:1")) == ("429-bare", 0, 1)
    assert asyncio.run(run("refuse-queue:1:0")) == ("503", 0, 1)


def test_who_is_cancelled_leaves_the_place():
    """In work and in the queue alike; the next in the queue is let in."""

    async def run():
        capacity, begun = Capacity(parse_capacity("queue:1")), list[str]()

        async def ask(name):
            async with capacity.enter():
                begun.append(name)
                await capacity.work(10.0)

        tasks = [asyncio.create_task(ask(name)) for name in "abc"]
        await asyncio.sleep(1)
        in_flight = capacity.in_flight
        for task in tasks[:2]:
            task.cancel()
        await asyncio.wait(tasks)
        return begun, in_flight, capacity.in_flight, asyncio.get_running_loop().time()

    assert run_virtual(run()) == (["a", "c"], 3, 0, pytest.approx(11.0))


def test_one_that_is_cancelled_in_work_slows_nobody_any_more():
    async def run():
        capacity = Capacity(ServerCapacity(10, drag=1.0))  # two take twice as long
        gone, stays = (asyncio.create_task(capacity.work(2.0)) for _ in range(2))
        await asyncio.sleep(2)
        gone.cancel()
        await asyncio.wait([gone, stays])
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) == pytest.approx(3.0)


def test_without_limits_all_work_side_by_side():
    async def run():
        capacity = Capacity(UNLIMITED)
        await asyncio.gather(*(capacity.work(2.0) for _ in range(1000)), capacity.work(0.0))
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) == pytest.approx(2.0)
