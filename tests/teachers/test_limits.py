import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.teachers.limits import (
    BURST,
    Granted,
    Level,
    Quota,
    Want,
    full,
    grant,
    lease_alone,
)

QUOTA = Quota(10 / BURST, 500 / BURST)  # a bucket of 10 requests and 500 tokens


@pytest.mark.parametrize(
    ("quota", "level"),
    [
        pytest.param(QUOTA, Level(10.0, 500.0), id="less than a second of it"),
        pytest.param(
            Quota(0.05, 10 / BURST), Level(1.0, 10.0), id="one request, however few there are"
        ),
        pytest.param(Quota(), Level(0.0, 0.0), id="what has no limit is not counted"),
    ],
)
def test_a_bucket_holds_little(quota, level):
    assert full(quota) == level


@pytest.mark.parametrize(
    ("level", "seconds", "want", "granted", "left"),
    [
        pytest.param(
            Level(10, 500), 0, Want(4, 200), Granted(4, 200, 0), Level(6, 300), id="room for all"
        ),
        pytest.param(
            Level(3, 500),
            0,
            Want(4, 40),
            Granted(3, 30, 0.1 * BURST),
            Level(0, 470),
            id="requests bind: a part now, the next when it has filled",
        ),
        pytest.param(
            Level(10, 100),
            0,
            Want(4, 240),
            Granted(1, 60, 0.04 * BURST),
            Level(9, 40),
            id="tokens bind: the last one must find all of its own",
        ),
        pytest.param(
            Level(10, 119.9),
            0,
            Want(2, 120),
            Granted(1, 60, 0.0002 * BURST),
            Level(9, 59.9),
            id="just not",
        ),
        pytest.param(
            Level(10, 120), 0, Want(2, 120), Granted(2, 120, 0), Level(8, 0), id="just enough"
        ),
        pytest.param(
            Level(0, -100),
            0.2 * BURST,
            Want(1, 10),
            Granted(0, 0, 0.02 * BURST),
            Level(2, 0),
            id="a debt first",
        ),
        pytest.param(
            Level(10, 500),
            0,
            Want(2, 4000),
            Granted(1, 2000, 4 * BURST),
            Level(9, -1500),
            id="one that is larger than the bucket goes when it is full, and is worked off",
        ),
        pytest.param(
            Level(10, 499),
            0,
            Want(1, 2000),
            Granted(0, 0, 0.002 * BURST),
            Level(10, 499),
            id="not sooner",
        ),
        pytest.param(
            Level(0, 0), 60, Want(0, 0), Granted(0, 0, 0), Level(10, 500), id="fills to its size"
        ),
        pytest.param(
            Level(5, 50), -9, Want(1, 10), Granted(1, 10, 0), Level(4, 40), id="a clock set back"
        ),
        pytest.param(
            Level(5, 50),
            0,
            Want(0, 0, Level(1, 80)),
            Granted(0, 0, 0),
            Level(4, -30),
            id="what was used beyond its room is taken in any case",
        ),
        pytest.param(
            Level(5, 50),
            0,
            Want(0, 0, Level(-1, -80)),
            Granted(0, 0, 0),
            Level(6, 130),
            id="what was left is given back",
        ),
        pytest.param(
            Level(10, 400),
            0,
            Want(0, 0, Level(0, -800)),
            Granted(0, 0, 0),
            Level(10, 500),
            id="given back as far as there is place",
        ),
        pytest.param(
            Level(10, 400),
            0,
            Want(1, 900, Level(0, -800)),
            Granted(1, 900, 0),
            Level(9, 0),
            id="there is place for what one request needs",
        ),
    ],
)
def test_what_is_granted_and_what_is_left(level, seconds, want, granted, left):
    got, after = grant(level, QUOTA, seconds, want)

    assert (got.requests, got.tokens) == (granted.requests, granted.tokens)
    assert got.wait == pytest.approx(granted.wait)
    assert after.requests == pytest.approx(left.requests)
    assert after.tokens == pytest.approx(left.tokens)


@pytest.mark.parametrize(
    ("quota", "granted"),
    [
        pytest.param(Quota(None, QUOTA.tokens), 8, id="tokens only"),
        pytest.param(Quota(QUOTA.requests, None), 10, id="requests only"),
        pytest.param(Quota(), 30, id="none"),
    ],
)
def test_what_has_no_limit_binds_nobody_and_is_not_counted(quota, granted):
    got, left = grant(Level(10.0, 500.0), quota, 0, Want(30, 30 * 60.0, Level(0.0, 0.0)))

    assert got.requests == granted
    assert left.requests == (10.0 if quota.requests is None else 10.0 - granted)
    assert left.tokens == (500.0 if quota.tokens is None else 500.0 - 60.0 * granted)


def test_the_lower_of_two_quotas_is_taken_for_each():
    assert Quota(5.0, None).lower(Quota(7.0, 100.0)) == Quota(5.0, 100.0)
    assert Quota(None, 90.0).lower(Quota(7.0, 100.0)) == Quota(7.0, 90.0)
    assert Quota().lower(Quota()) == Quota()


WAITS = st.floats(0, 2)
NEEDS = st.tuples(st.integers(1, 12), st.integers(1, 300))
OWED = st.integers(-200, 200)


@given(st.lists(st.tuples(WAITS, NEEDS, OWED), max_size=60))
def test_never_more_than_the_quota_and_one_bucket(steps):
    """Whatever is asked, settled and waited: what went out stays under the line."""
    asyncio.run(_check(steps))


async def _check(steps):
    now, requests, tokens, most = 0.0, 0, 0.0, 0.0
    lease = lease_alone(lambda: now)
    for wait, (number, each), owed in steps:
        now += wait
        granted = await lease(QUOTA, Want(number, float(number * each), Level(0, owed)))
        requests += granted.requests
        tokens += granted.tokens + owed
        most = max(most, float(each))
        assert requests <= QUOTA.requests * now + 10 + 1e-6
        # Settled debts may be larger than what is there; what is granted never is.
        if granted.requests:
            assert tokens <= QUOTA.tokens * now + max(500.0, most) + 1e-3


def test_whoever_waits_as_long_as_told_is_let_in():
    async def run():
        now = 0.0
        lease = lease_alone(lambda: now)
        went = []
        while len(went) < 50:
            granted = await lease(QUOTA, Want(1, 100.0))
            if granted.requests:
                went.append(now)
            now += granted.wait
        return went

    went = asyncio.run(run())

    assert went[:5] == [0.0] * 5  # the bucket
    assert went[-1] == pytest.approx(9 * BURST)  # and then five in the same time
