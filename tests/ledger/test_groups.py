"""Work in groups: in order, together while one is under way, and nobody waits for ever."""

import asyncio
import threading

import pytest

from vicugna.ledger.groups import Groups


class _Work:
    """Doubles numbers, notes its groups, and can be held up before it does one."""

    def __init__(self, outcomes=None):
        self.groups = []
        self.threads = set()
        self.outcomes = outcomes or {}
        self.go = threading.Event()
        self.go.set()
        self.begun = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def __call__(self, items):
        self.groups.append(list(items))
        self.threads.add(threading.current_thread().name)
        self.loop.call_soon_threadsafe(self.begun.set)
        assert self.go.wait(30)
        failed = self.outcomes.get("all")
        if failed is not None and failed[0] in items:
            raise failed[1]
        return [self.outcomes.get(item, 2 * item) for item in items]


def _run(test, most=100, outcomes=None):
    """Run an async test on a `Groups`, closed at the end; return what it returned and the work."""

    async def run():
        work = _Work(outcomes)
        groups = Groups("test", work, most)
        try:
            return await asyncio.wait_for(test(groups, work), 30), work
        finally:
            work.go.set()
            await groups.close()

    return asyncio.run(run())


async def _do_all(groups, items):
    return await asyncio.gather(*(groups.do(item) for item in items), return_exceptions=True)


async def _hold_up(groups, work, first):
    """Begin one item and stop in the middle of it; return who waits for it."""
    work.go.clear()
    task = asyncio.create_task(groups.do(first))
    await work.begun.wait()
    return task


async def _begin(groups, items):
    """Let callers wait for items."""
    tasks = [asyncio.create_task(groups.do(item)) for item in items]
    await asyncio.sleep(0)  # now each has put in its item
    return tasks


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_each_caller_gets_the_outcome_of_its_item(most):
    outcomes, work = _run(lambda groups, _: _do_all(groups, range(50)), most)

    assert outcomes == [2 * number for number in range(50)]
    assert [item for group in work.groups for item in group] == list(range(50))


@pytest.mark.parametrize(
    ("count", "most", "sizes"),
    [
        pytest.param(1, 10, [1], id="one"),
        pytest.param(10, 10, [10], id="exactly the most"),
        pytest.param(11, 10, [10, 1], id="one more than the most"),
        pytest.param(25, 10, [10, 10, 5], id="several groups"),
        pytest.param(3, 1, [1, 1, 1], id="one at a time"),
    ],
)
def test_no_group_has_more_than_the_most(count, most, sizes):
    _, work = _run(lambda groups, _: _do_all(groups, range(count)), most)

    assert [len(group) for group in work.groups] == sizes


def test_what_comes_while_one_group_is_done_is_the_next_group():
    async def test(groups, work):
        first = await _hold_up(groups, work, 0)
        rest = await _begin(groups, range(1, 10))
        work.go.set()
        return await asyncio.gather(first, *rest)

    outcomes, work = _run(test)

    assert outcomes == [2 * number for number in range(10)]
    assert work.groups == [[0], list(range(1, 10))]


def test_all_groups_are_done_in_one_thread_of_that_name():
    async def test(groups, work):
        for number in range(5):
            assert await groups.do(number) == 2 * number

    _, work = _run(test)

    assert len(work.groups) == 5
    assert work.threads == {"test_0"}


def test_an_outcome_that_is_an_exception_is_raised_where_its_item_waits():
    error = ValueError("no such row")

    outcomes, _ = _run(lambda groups, _: _do_all(groups, [1, 2, 3]), outcomes={2: error})

    assert outcomes == [2, error, 6]


def test_an_outcome_may_be_none():
    outcomes, _ = _run(lambda groups, _: _do_all(groups, [1, 2]), outcomes={2: None})

    assert outcomes == [2, None]


def test_what_the_work_raises_is_raised_for_its_group_and_no_other():
    error = OSError("disk full")

    async def test(groups, work):
        first = await _hold_up(groups, work, 0)
        rest = await _begin(groups, [1, 2])
        work.go.set()
        waiting = (first, *rest)
        return await asyncio.gather(*waiting, return_exceptions=True), await groups.do(3)

    (outcomes, later), _ = _run(test, outcomes={"all": (1, error)})

    assert outcomes == [0, error, error]
    assert later == 6


@pytest.mark.parametrize("outcome", [4, ValueError("no such row")], ids=["value", "exception"])
def test_the_item_of_a_cancelled_caller_is_done_all_the_same(outcome):
    """What was paid for is written, whoever stopped waiting for it."""

    async def test(groups, work):
        first = await _hold_up(groups, work, 0)
        gone, stays = await _begin(groups, [2, 3])
        gone.cancel()
        work.go.set()
        waiting = (first, gone, stays)
        return await asyncio.gather(*waiting, return_exceptions=True)

    outcomes, work = _run(test, outcomes={2: outcome})

    assert (outcomes[0], outcomes[2]) == (0, 6)
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert work.groups == [[0], [2, 3]]


def test_a_caller_that_is_cancelled_in_the_middle_does_not_stop_the_group():
    async def test(groups, work):
        first = await _hold_up(groups, work, 0)
        first.cancel()
        (second,) = await _begin(groups, [1])
        work.go.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    (first, second), work = _run(test)

    assert isinstance(first, asyncio.CancelledError)
    assert second == 2
    assert work.groups == [[0], [1]]


def test_closing_waits_for_what_is_under_way_and_what_waits():
    async def test(groups, work):
        tasks = [await _hold_up(groups, work, 0), *await _begin(groups, [1, 2])]
        closing = asyncio.create_task(groups.close())
        await asyncio.sleep(0)
        assert not closing.done()
        work.go.set()
        await closing
        return [task.done() for task in tasks], [await task for task in tasks]

    (done, outcomes), _ = _run(test)

    assert done == [True] * 3
    assert outcomes == [0, 2, 4]


def test_closing_what_never_did_anything_is_nothing():
    async def test(groups, work):
        await groups.close()

    _, work = _run(test)

    assert work.groups == []


def test_after_closing_nothing_is_taken_on():
    async def test(groups, work):
        await groups.close()
        with pytest.raises(RuntimeError, match="shutdown"):
            await groups.do(1)

    _, work = _run(test)

    assert work.groups == []
