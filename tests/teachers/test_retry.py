import asyncio
from random import Random

import pytest

from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.records import Message, Reply, Request, Sampling
from vicugna.teachers.retry import RULES, retrying

REQUEST = Request("compose", "zh", "m", (Message("user", "写一道题"),), Sampling(1.0, 1.0, 9), "p")
REPLY = Reply(REQUEST.key, "t", "m", "好", "stop", 1, 1, 0, None, 0.1)


class _Top(Random):
    """Draws the top of every range, so that waits can be told exactly."""

    def uniform(self, a, b):
        return b


def _run(outcomes, *, rng=None, attempts=6):
    """Ask once of a teacher with these outcomes; return the result, the waits and the causes."""
    waits: list[float] = []
    causes: list[str] = []
    left = iter(outcomes)

    async def ask(request):
        outcome = next(left)
        if isinstance(outcome, TeacherError):
            raise outcome
        return outcome

    async def sleep(seconds):
        waits.append(seconds)

    again = retrying(ask, attempts=attempts, sleep=sleep, rng=rng or _Top(), on_fault=causes.append)
    try:
        result = asyncio.run(again(REQUEST))
    except TeacherError as error:
        result = error
    return result, waits, causes


def _refused(retry_after=None, cause="rate_limit"):
    return Refused("busy", cause=cause, retry_after=retry_after)


def _transient(cause="reset"):
    return Transient("gone", cause=cause)


def _fatal():
    return Fatal("bad key", cause="bad_key")


@pytest.mark.parametrize(
    ("outcomes", "waits", "causes"),
    [
        pytest.param([REPLY], [], [], id="no fault, no wait"),
        pytest.param([_transient(), REPLY], [0.5], ["reset"], id="one fault"),
        pytest.param(
            [*(_transient() for _ in range(5)), REPLY],
            [0.5, 1.0, 2.0, 4.0, 8.0],
            ["reset"] * 5,
            id="the sixth try is the last and may still succeed",
        ),
        pytest.param([_refused(2.5), REPLY], [2.6], ["rate_limit"], id="told to wait"),
        pytest.param(
            [_refused(0.0), _refused(0.0), _refused(0.0), REPLY],
            [0.1, 0.2, 0.4],
            ["rate_limit"] * 3,
            id="told not to wait, waits a little more each time",
        ),
        pytest.param(
            [*(_refused() for _ in range(8)), REPLY],
            [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0],
            ["rate_limit"] * 8,
            id="refused without a word: doubled up to a minute, no attempt used",
        ),
        pytest.param(
            [_transient("timeout"), _refused(1.0), _transient("cut"), _refused(1.0), REPLY],
            [0.5, 1.1, 1.0, 1.2],
            ["timeout", "rate_limit", "cut", "rate_limit"],
            id="each kind counts for itself",
        ),
    ],
)
def test_waits_until_answered(outcomes, waits, causes):
    """A fault that may pass is waited out by its own rule and counted by its cause."""
    result, waited, counted = _run(outcomes)

    assert result == REPLY
    assert waited == pytest.approx(waits)
    assert counted == causes


def test_transient_faults_use_up_the_attempts():
    """The last of six faults is raised as it came, without one more wait."""
    faults = [_transient(f"cause-{i}") for i in range(7)]

    result, waits, causes = _run(faults)

    assert result is faults[5]
    assert len(waits) == 5
    assert causes == [f"cause-{i}" for i in range(6)]


@pytest.mark.parametrize("attempts", [1, 2, 20])
def test_the_number_of_attempts_is_the_callers(attempts):
    result, waits, _ = _run((_transient() for _ in range(99)), attempts=attempts)

    assert isinstance(result, Transient)
    assert len(waits) == attempts - 1
    assert max(waits, default=0.0) <= 30.0


def test_a_fatal_fault_is_raised_at_once():
    """Trying again cannot help, so nothing waits; it is counted all the same."""
    fault = _fatal()

    result, waits, causes = _run([_transient(), fault])

    assert result is fault
    assert len(waits) == 1
    assert causes == ["reset", "bad_key"]


def test_refusals_use_up_patience_not_attempts():
    """After ten minutes of waiting the request gives up, and says of what."""
    result, waits, causes = _run(_refused(9.0, "overloaded") for _ in range(999))

    assert isinstance(result, Transient)
    assert result.cause == "overloaded"
    assert "600 s" in str(result)
    assert len(waits) > 6
    assert sum(waits) <= RULES[Refused].patience < sum(waits) + 15.0
    assert len(causes) == len(waits) + 1


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        pytest.param(599.9, [600.0], id="just within"),
        pytest.param(600.0, [], id="just over"),
        pytest.param(86_400.0, [], id="come back tomorrow"),
    ],
)
def test_a_wait_over_the_limit_is_not_begun(asked, waits):
    result, waited, _ = _run([_refused(asked), REPLY])

    assert waited == pytest.approx(waits)
    assert (result == REPLY) == bool(waits)


def test_jitter_is_full_and_never_early():
    """Waits spread from 0 up; a wait the server asked for is never cut short."""
    bare = [_run([_refused(), REPLY], rng=Random(seed))[1][0] for seed in range(200)]
    told = [_run([_refused(3.0), REPLY], rng=Random(seed))[1][0] for seed in range(200)]
    lost = [_run([_transient(), REPLY], rng=Random(seed))[1][0] for seed in range(200)]

    assert 0.0 <= min(bare) < 0.1 < 0.9 < max(bare) <= 1.0
    assert 3.0 <= min(told) < 3.02 < 3.08 < max(told) <= 3.1
    assert 0.0 <= min(lost) < 0.05 < 0.45 < max(lost) <= 0.5


def test_a_caller_with_thousands_of_attempts_has_them():
    """The doubling ends at the longest wait: no number of attempts overflows it."""
    result, waits, _ = _run((_transient() for _ in range(3000)), attempts=2000)

    assert isinstance(result, Transient)
    assert (len(waits), waits[-1]) == (1999, 30.0)


def test_a_bug_is_not_retried():
    """What is no fault of the teacher passes through."""
    calls = []

    async def ask(request):
        calls.append(request)
        raise KeyError("bug")

    with pytest.raises(KeyError):
        asyncio.run(retrying(ask)(REQUEST))
    assert calls == [REQUEST]
