import pytest

from vicugna.teachers.limits import Quota
from vicugna.teachers.offline.quota import QuotaMeter, ServerQuota
from vicugna.teachers.rate_headers import (
    LearnedQuota,
    find_gauges,
    read_number,
    read_seconds,
)


def _limits(kind, limit, left, reset):
    """Return headers as OpenAI writes them."""
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(left),
        f"x-ratelimit-reset-{kind}": reset,
    }


def _learn(*responses, now=0.0):
    """Return what is learned from responses, one a second."""
    learned = LearnedQuota()
    for number, headers in enumerate(responses):
        learned.note(headers, now + number)
    return learned


def _quota(*responses):
    return _learn(*responses).quota(len(responses) - 1.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("17ms", 0.017),
        ("1m30.951s", 90.951),
        ("2m59.56s", 179.56),
        ("1h2m3.5s", 3723.5),
        ("55", 55.0),
        ("33011.382867", 33011.382867),
        ("1700000060", 60.0),
        ("1700000060500", 60.5),
        ("2023-11-14T22:14:20Z", 60.0),
        ("1699999999", 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("1s or so", 0.0),
        ("-5", 0.0),
        ("9" * 400, 0.0),
        ("inf", 0.0),
        (None, 0.0),
    ],
)
def test_the_time_until_a_reset_is_read_in_every_way_it_is_written(text, seconds):
    assert read_seconds(text, now=1_700_000_000.0) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1500", 1500.0),
        ("0", 0.0),
        ("100, 100;w=60", 100.0),
        ("100;w=60", 100.0),
        ("-1", None),
        ("nan", None),
        ("1e999", None),
        ("many", None),
        ("", None),
        (None, None),
    ],
)
def test_a_count_is_read_or_ignored(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        pytest.param({}, Quota(), id="none"),
        pytest.param({"content-type": "application/json"}, Quota(), id="none of these"),
        pytest.param(
            _limits("requests", 5000, 4999, "12ms") | _limits("tokens", 160000, 159976, "9ms"),
            Quota(5000 / 60, 160000 / 60),
            id="OpenAI, both of a minute",
        ),
        pytest.param(
            _limits("requests", 10000, 9998, "14.981s")
            | _limits("tokens", 200000, 199603, "119ms"),
            Quota(9998 / 60, 200000 / 60),
            id="OpenAI, requests of a day: what is left may go within a minute",
        ),
        pytest.param(
            _limits("requests", 14400, 14370, "2m59.56s") | _limits("tokens", 8000, 3164, "36.27s"),
            Quota(14370 / 60, 3165 / 36.27),
            id="Groq, requests of a day, more than half of the tokens used",
        ),
        pytest.param(
            _limits("requests", 14400, 4, "23h59m"), Quota(14400 / 86400, None), id="a day's, empty"
        ),
        pytest.param(
            _limits("tokens", 240000, 120000, "30"), Quota(None, 4000.0), id="Azure, in seconds"
        ),
        pytest.param(_limits("tokens", -1, -1, "0"), Quota(), id="Azure, which does not count"),
        pytest.param(
            {"x-ratelimit-remaining-requests": "79", "x-ratelimit-remaining-tokens": "61353"},
            Quota(),
            id="Azure, no limit told",
        ),
        pytest.param({"x-ratelimit-limit-req-minute": "0"}, Quota(), id="Mistral, not in the plan"),
        pytest.param(
            {
                "x-ratelimit-limit-req-minute": "120",
                "x-ratelimit-remaining-req-minute": "119",
                "x-ratelimit-limit-tokens-minute": "60000",
                "x-ratelimit-remaining-tokens-minute": "58700",
            },
            Quota(2.0, 1000.0),
            id="Mistral, without a reset",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-requests-day": "86400",
                "x-ratelimit-remaining-requests-day": "30",
                "x-ratelimit-reset-requests-day": "33011.38",
                "x-ratelimit-limit-tokens-minute": "60000",
                "x-ratelimit-remaining-tokens-minute": "60000",
                "x-ratelimit-reset-tokens-minute": "11.38",
            },
            Quota(1.0, 1000.0),
            id="Cerebras, windows told by the names",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-tokens-per-minute": "60000",
                "x-ratelimit-limit-tokens-per-day": "6000",
                "x-ratelimit-remaining-tokens-per-day": "6000",
            },
            Quota(None, 100.0),
            id="DigitalOcean, the lower of two windows",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-requests-limit": "60",
                "anthropic-ratelimit-requests-remaining": "59",
                "anthropic-ratelimit-tokens-limit": "60000",
            },
            Quota(1.0, 1000.0),
            id="Anthropic",
        ),
        pytest.param(
            {
                "RateLimit-Limit": "60, 60;w=60",
                "RateLimit-Remaining": "59",
                "RateLimit-Reset": "50",
            },
            Quota(1.0, None),
            id="the IETF draft, in any case of letters",
        ),
        pytest.param(
            {"x-ratelimit-limit-requests": "x" * 9999, "x-ratelimit-limit-tokens": "1e400"},
            Quota(),
            id="nonsense",
        ),
    ],
)
def test_the_quota_is_learned_from_one_response(headers, quota):
    learned = _quota({name.lower(): value for name, value in headers.items()})

    assert learned.requests == pytest.approx(quota.requests)
    assert learned.tokens == pytest.approx(quota.tokens)


def test_names_are_found_in_any_case():
    (gauge,) = find_gauges({"X-RateLimit-Limit-Requests": "60"})

    assert (gauge.kind, gauge.limit, gauge.window) == ("requests", 60.0, 60.0)


@pytest.mark.parametrize(
    ("left", "reset", "rate"),
    [
        pytest.param(600, "1m0s", 10.0, id="a new window"),
        pytest.param(300, "30s", 10.0, id="half of both"),
        pytest.param(450, "15s", 10.0, id="more left than time: no faster for that"),
        pytest.param(149, "30s", 5.0, id="others use it: what is left must last"),
        pytest.param(0, "30s", 1 / 30, id="nothing is left, but what was rounded away"),
        pytest.param(0, "1.9s", 10.0, id="the last moment is as good as over"),
    ],
)
def test_a_fixed_window_is_never_used_up_before_it_ends(left, reset, rate):
    assert _quota(_limits("requests", 600, left, reset)).requests == pytest.approx(rate)


def test_when_the_window_is_over_the_whole_rate_is_back():
    learned = _learn(_limits("requests", 600, 0, "30s"))

    assert learned.quota(29.9).requests < 10.0
    assert learned.quota(30.0).requests == 10.0


def test_the_last_moments_do_not_lift_what_was_said_before():
    learned = _learn(_limits("requests", 600, 0, "3s"), _limits("requests", 600, 0, "1.5s"))

    assert learned.quota(2.9).requests < 10.0


def test_a_bucket_that_is_empty_fills_while_nothing_is_heard_of_it():
    learned = _learn(_limits("tokens", 60000, 0, "60s"))

    assert learned.quota(0.0).tokens == pytest.approx(1.0)
    assert learned.quota(20.0).tokens == pytest.approx(500.0, rel=0.01)
    assert learned.quota(30.0).tokens == pytest.approx(1000.0, rel=0.01)


def test_a_window_is_not_taken_for_another_for_one_odd_response():
    """A fixed window just begun looks like the bucket of a day, for a moment."""
    minute = _limits("requests", 1500, 750, "30s")
    like_a_day = _limits("requests", 1500, 1498, "1m0s")
    learned = _learn(minute, like_a_day, like_a_day, minute, like_a_day)

    assert learned.usual == Quota(25.0, None)


def test_a_limit_of_a_day_is_no_rate():
    assert _learn(_limits("requests", 10000, 9998, "14.981s")).usual == Quota()


def test_a_limit_that_is_raised_counts_at_once():
    learned = _learn(_limits("requests", 600, 599, "60ms"), _limits("requests", 6000, 5999, "6ms"))

    assert learned.quota(1.0).requests == 100.0


def test_a_response_without_them_changes_nothing():
    learned = _learn(_limits("requests", 600, 599, "60ms"), {}, {"x-ratelimit-limit-requests": "?"})

    assert learned.quota(2.0).requests == 10.0


def test_where_there_were_none_for_long_only_a_few_responses_are_looked_at():
    looked = []

    class Headers(dict):
        def items(self):
            looked.append(1)
            return super().items()

    learned = _learn(*[Headers()] * 160)

    assert 16 <= len(looked) <= 30
    for number in range(16):
        learned.note(_limits("requests", 600, 599, "60ms"), 200.0 + number)
    assert learned.quota(300.0).requests == 10.0


@pytest.mark.parametrize("burst", [1.0, 5.0, 60.0])
@pytest.mark.parametrize("window", ["bucket", "fixed"])
def test_the_offline_server_is_understood(burst, window):
    now = 0.0
    meter = QuotaMeter(ServerQuota(1500, 1_000_000, burst, window=window), lambda: now)
    learned = LearnedQuota()
    for _ in range(400):  # at half the pace
        meter.admit(read=400, written=400, longest=1000)
        learned.note(meter.headers(), now)
        # A fixed window that is used from its first moment is a little less than whole.
        expected = pytest.approx(25.0, rel=0.003), pytest.approx(1_000_000 / 60, rel=0.003)
        assert learned.quota(now) == Quota(*expected)
        now += 0.1
