import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import Refused, UserError
from vicugna.teachers.offline.quota import (
    Bucket,
    FixedWindow,
    QuotaMeter,
    ServerQuota,
    say_duration,
)


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _ask(meter, *, read=10, written=20, longest=None):
    """Return "yes", or the limit that is named and the seconds to wait."""
    try:
        meter.admit(read=read, written=written, longest=longest)
    except Refused as refused:
        return str(refused).removeprefix("Rate limit reached for "), refused.retry_after
    return "yes"


@pytest.mark.parametrize(
    ("taken", "later", "need", "wait"),
    [
        pytest.param(0, 0, 10, 0, id="full"),
        pytest.param(10, 0, 1, 1, id="empty"),
        pytest.param(9, 0, 1, 0, id="just enough"),
        pytest.param(9, 0, 2, 1, id="one too few"),
        pytest.param(10, 0.75, 1, 0.25, id="nearly grown again"),
        pytest.param(10, 1, 1, 0, id="grown again"),
        pytest.param(0, 0, 11, 0, id="more than the size, full"),
        pytest.param(1, 0, 11, 1, id="more than the size, not full"),
        pytest.param(25, 0, 1, 16, id="a debt is worked off first"),
        pytest.param(5, 600, 10, 0, id="never fuller than full"),
    ],
)
def test_a_bucket_fills_steadily(taken, later, need, wait):
    """One a second, ten at most."""
    bucket = Bucket(per_minute=60, size=10, now=100)
    bucket.take(taken, 100)

    assert bucket.wait(need, 100 + later) == pytest.approx(wait)


def test_a_bucket_tells_when_it_is_full():
    bucket = Bucket(per_minute=60, size=10, now=0)

    assert bucket.reset(0) == 0
    bucket.take(4, 0)
    assert (bucket.level(0), bucket.reset(0)) == (6, 4)
    assert (bucket.level(3), bucket.reset(3)) == (9, 1)


@given(
    st.floats(0.5, 1e6),
    st.floats(0.1, 600),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 50)), max_size=40),
)
def test_a_bucket_never_lets_more_through_than_its_rate(per_minute, size, asked):
    """In any time from the start: its size, what has grown since, and the last one's excess."""
    bucket, now, taken, last = Bucket(per_minute, size, 0.0), 0.0, 0.0, 0.0
    for pause, need in asked:
        now += pause
        if bucket.wait(need, now) == 0:
            bucket.take(need, now)
            taken += need
            last = max(0.0, need - size)
            assert taken <= (size + last + now * per_minute / 60) * (1 + 1e-6)


@given(st.floats(0.5, 1e6), st.floats(0.1, 600), st.lists(st.floats(0, 50), max_size=20))
def test_who_comes_back_when_told_is_let_in(per_minute, size, needs):
    bucket, now = Bucket(per_minute, size, 0.0), 0.0
    for need in needs:
        now += bucket.wait(need, now)
        assert bucket.wait(need, now) <= 1e-6
        bucket.take(need, now)


@pytest.mark.parametrize(
    ("now", "need", "wait"),
    [
        pytest.param(100, 3, 0, id="room"),
        pytest.param(100, 4, 60, id="one too many"),
        pytest.param(159.5, 4, 0.5, id="end of the minute"),
        pytest.param(160, 10, 0, id="the next minute forgets"),
        pytest.param(160, 11, 0, id="more than a minute allows, when nothing is used"),
        pytest.param(100, 11, 60, id="more than a minute allows, when some is used"),
        pytest.param(340, 10, 0, id="minutes go by"),
    ],
)
def test_a_window_starts_anew_each_minute(now, need, wait):
    window = FixedWindow(per_minute=10, start=100)
    window.take(7, 100)

    assert window.wait(need, now) == pytest.approx(wait)


def test_a_window_tells_what_is_left_of_it():
    window = FixedWindow(per_minute=10, start=100)
    window.take(7, 110)

    assert (window.level(110), window.reset(110)) == (3, 50)
    assert (window.level(175), window.reset(175)) == (10, 45)


def test_both_limits_must_have_room():
    """The one that has room last is named, and a refusal takes nothing from the other."""
    clock = Clock()
    meter = QuotaMeter(ServerQuota(rpm=60, tpm=600, burst_seconds=2), clock)

    assert _ask(meter, read=5, written=10) == "yes"
    assert _ask(meter, read=5, written=10) == ("tokens.", pytest.approx(1.0))
    assert meter.headers()["x-ratelimit-remaining-requests"] == "1"
    assert _ask(meter, read=5, written=0) == "yes"
    assert _ask(meter, read=0, written=0) == ("requests.", pytest.approx(1.0))
    clock.now += 1
    assert _ask(meter, read=0, written=10) == "yes"


@pytest.mark.parametrize(
    ("counts", "longest", "left"),
    [
        pytest.param("used", 400, 970, id="used"),
        pytest.param("used", None, 970, id="used, no max_tokens"),
        pytest.param("asked", 400, 590, id="asked"),
        pytest.param("asked", None, 970, id="asked, no max_tokens"),
    ],
)
def test_what_a_request_is_worth(counts, longest, left):
    meter = QuotaMeter(ServerQuota(tpm=1000, counts=counts), Clock())

    assert _ask(meter, read=10, written=20, longest=longest) == "yes"
    assert meter.headers()["x-ratelimit-remaining-tokens"] == str(left)


def test_a_request_that_is_larger_than_the_bucket_is_let_through_alone():
    clock = Clock()
    meter = QuotaMeter(ServerQuota(tpm=600, burst_seconds=1), clock)

    assert _ask(meter, read=25, written=5) == "yes"
    assert meter.headers()["x-ratelimit-remaining-tokens"] == "0"
    assert _ask(meter, read=1, written=0) == ("tokens.", pytest.approx(2.1))
    clock.now += 2.0
    assert _ask(meter, read=25, written=5) == ("tokens.", pytest.approx(1.0))
    clock.now += 1.0
    assert _ask(meter, read=25, written=5) == "yes"


def test_a_burst_is_one_request_at_least():
    """At one request a minute and a burst of a second, one of 60 would never fit."""
    meter = QuotaMeter(ServerQuota(rpm=1, burst_seconds=1), Clock())

    assert _ask(meter) == "yes"
    assert _ask(meter) == ("requests.", pytest.approx(60.0))


def test_the_headers_of_openai():
    clock = Clock()
    meter = QuotaMeter(ServerQuota(rpm=5000, tpm=160_000), clock)
    full = meter.headers()
    _ask(meter, read=8, written=16)

    assert full["x-ratelimit-reset-requests"] == full["x-ratelimit-reset-tokens"] == "0s"
    assert meter.headers() == {
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-remaining-requests": "4999",
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-limit-tokens": "160000",
        "x-ratelimit-remaining-tokens": "159976",
        "x-ratelimit-reset-tokens": "9ms",
    }


def test_the_headers_of_a_fixed_window():
    clock = Clock()
    meter = QuotaMeter(ServerQuota(rpm=10, window="fixed"), clock)
    clock.now += 20.5
    _ask(meter)

    assert meter.headers() == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "39.5s",
    }


@pytest.mark.parametrize(
    "quota",
    [ServerQuota(), ServerQuota(rpm=10, headers=False)],
    ids=["no limit", "headers off"],
)
def test_nothing_is_told(quota):
    assert QuotaMeter(quota, Clock()).headers() == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0001, "1ms"),
        (0.25, "250ms"),
        (0.9991, "1s"),
        (1, "1s"),
        (8.64, "8.64s"),
        (59.9999, "1m0s"),
        (72.172, "1m12.172s"),
        (360, "6m0s"),
        (3600, "1h0m0s"),
        (86_399, "23h59m59s"),
    ],
    ids=str,
)
def test_a_time_as_go_writes_it(seconds, text):
    assert say_duration(seconds) == text


@pytest.mark.parametrize("number", [0, -1, math.inf, math.nan], ids=str)
@pytest.mark.parametrize("name", ["rpm", "tpm", "burst_seconds"])
def test_a_quota_is_above_0(name, number):
    with pytest.raises(UserError, match=f"{name} is .*above 0"):
        ServerQuota(**{name: number})
