import statistics

import pytest

from vicugna.errors import UserError
from vicugna.teachers.offline.latency import parse_latency


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("0.2", 0.2), (" 3 ", 3.0), ("1e1", 10)])
def test_a_number_is_always_the_same(text, seconds):
    assert parse_latency(text, seed=0) == seconds


def test_a_lognormal_is_around_its_median_and_within_its_limits():
    draw = parse_latency("lognormal:2.5:1:8", seed=0)
    draws = [draw() for _ in range(20_000)]

    assert statistics.median(draws) == pytest.approx(2.5, rel=0.02)
    assert (min(draws), max(draws)) == (1.0, 8.0)
    # A few are cut off: the limits are about two sigmas away.
    assert 0.01 < draws.count(1.0) / len(draws) < 0.05
    assert draws.count(8.0) / len(draws) < 0.02


def test_draws_depend_on_the_seed():
    one, same, other = (parse_latency("lognormal:2.5:1:8", seed=seed) for seed in (1, 1, 2))
    first = [one() for _ in range(5)]

    assert first == [same() for _ in range(5)]
    assert first != [other() for _ in range(5)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "fast", "-1", "nan", "inf", "1:2", "lognormal", "lognormal:2.5", "lognormal:2.5:1"),
        *("lognormal:2.5:1:8:9", "lognormal:0:0:8", "lognormal:9:1:8", "lognormal:0.5:1:8"),
        *(
            "lognormal:2.5:a:8",
            "lognormal:2.5:1:inf",
            "lognormal:2.5:-1:8",
            "normal:2.5:1:8",
            "正态",
        ),
    ],
)
def test_it_says_what_is_wrong(text):
    with pytest.raises(UserError) as caught:
        parse_latency(text, seed=0)

    assert f'"{text}"' in str(caught.value)
    assert "lognormal:2.5:1:8" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["lognormal:2:2:2", "lognormal:1:0:1", "lognormal:1:1:2"])
def test_a_median_may_be_a_limit(text):
    draw = parse_latency(text, seed=0)

    assert callable(draw)
    assert 0 <= draw() <= 2
