"""Places in flight: in order, never too many, and none is lost whoever gives up when."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.teachers.slots import Slots


async def _turn():
    for _ in range(3):
        await asyncio.sleep(0)


class _Users:
    """Tasks that hold a place until they are told to leave; `entered` is the order."""

    def __init__(self, slots):
        self.slots, self.entered, self.tasks, self.leaving = slots, [], [], []

    def come(self):
        number, leave = len(self.tasks), asyncio.Event()

        async def use():
            async with self.slots.place():
                self.entered.append(number)
                await leave.wait()

        self.leaving.append(leave)
        self.tasks.append(asyncio.create_task(use()))

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def test_they_are_let_in_in_the_order_in_which_they_came():
    async def run():
        users = _Users(Slots(2))
        for _ in range(5):
            users.come()
        await _turn()
        before = list(users.entered)
        users.leaving[1].set()
        await _turn()
        users.slots.limit = 4
        await _turn()
        await users.end()
        return before, users.entered, users.slots.in_use

    assert asyncio.run(run()) == ([0, 1], [0, 1, 2, 3, 4], 0)


def test_a_limit_that_is_lowered_takes_nobodys_place():
    async def run():
        users = _Users(Slots(3))
        for _ in range(4):
            users.come()
        await _turn()
        users.slots.limit = 1
        users.leaving[0].set()
        await _turn()
        users.leaving[1].set()
        await _turn()
        held = list(users.entered)
        users.leaving[2].set()
        await _turn()
        await users.end()
        return held, users.entered

    assert asyncio.run(run()) == ([0, 1, 2], [0, 1, 2, 3])


def test_a_place_can_be_given_back_before_the_block_ends_but_once():
    async def run():
        slots = Slots(1)
        async with slots.place() as leave:
            leave()
            leave()
            async with slots.place():
                leave()
                return slots.in_use

    assert asyncio.run(run()) == 1


@pytest.mark.parametrize(("asked", "limit"), [(1, 1), (0, 1), (-5, 1), (7, 7)])
def test_there_is_always_one(asked, limit):
    slots = Slots(3)
    slots.limit = asked

    assert slots.limit == limit


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.none()),
        st.tuples(st.sampled_from(["leave", "cancel"]), st.integers(0, 40)),
        st.tuples(st.just("limit"), st.integers(1, 6)),
        st.tuples(st.just("turn"), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(steps=_STEPS)
def test_none_is_lost_and_never_are_there_too_many(steps):
    """Whoever leaves, is cancelled while it waits or in the moment it is let in, or the limit."""

    async def run():
        users = _Users(Slots(2))
        most = 2
        for what, value in steps:
            if what == "come":
                users.come()
            elif what == "limit":
                users.slots.limit = value
                most = max(most, value)
            elif what == "turn":
                await _turn()
            elif users.tasks:
                number = value % len(users.tasks)
                users.leaving[number].set() if what == "leave" else users.tasks[number].cancel()
            assert 0 <= users.slots.in_use <= most
        await _turn()
        waiting = [task for task in users.tasks if not task.done()]
        assert users.slots.in_use == min(len(waiting), users.slots.limit) or (
            users.slots.in_use > users.slots.limit
        )
        await users.end()
        assert users.slots.in_use == 0

    asyncio.run(run())
