"""The bounds that a limit on F1 sets, against the definition."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import UserError
from vicugna.text.limit import Limit

LIMITS = [0.1, 0.29, 0.3, 0.5, 0.65, 0.7, 0.8, 0.9, 0.95, 0.999, 1.0]
SIZES = st.integers(1, 300)


@pytest.mark.parametrize("max_f1", LIMITS)
def test_needed_is_the_first_lcs_above_the_limit(max_f1: float) -> None:
    limit, exact = Limit.of(max_f1), Fraction(str(max_f1))
    for total in range(2, 600):
        needed = limit.needed(total // 3, total - total // 3)
        assert Fraction(2 * needed, total) > exact >= Fraction(2 * (needed - 1), total)


@pytest.mark.parametrize("max_f1", LIMITS)
@given(m=SIZES, n=SIZES)
def test_shortest_and_longest_enclose_the_sizes_that_can_pass(
    max_f1: float, m: int, n: int
) -> None:
    limit = Limit.of(max_f1)
    assert (limit.needed(m, n) <= min(m, n)) == (limit.shortest(m) <= n <= limit.longest(m))


@pytest.mark.parametrize("max_f1", LIMITS)
@given(m=SIZES, n=SIZES)
def test_slack_spares_every_pair_above_the_limit(max_f1: float, m: int, n: int) -> None:
    limit = Limit.of(max_f1)
    assert m + n - 2 * limit.needed(m, n) <= limit.slack * (m + n)


@pytest.mark.parametrize("max_f1", [0, -0.1, 1.0001, 70, float("nan"), float("inf")])
def test_a_limit_out_of_range_is_refused(max_f1: float) -> None:
    with pytest.raises(UserError, match="expected above 0 and at most 1"):
        Limit.of(max_f1)


@pytest.mark.parametrize("max_f1", [0.3, 0.7, 0.123456789, 0.30000000000000004, 1e-13, 1.0])
def test_a_small_limit_is_never_above_and_fits(max_f1: float) -> None:
    limit = Limit.of(max_f1)
    small = limit.small
    assert small.denominator <= 1 << 30
    assert (
        small.numerator * limit.denominator <= limit.numerator * small.denominator or max_f1 < 1e-12
    )
    for m, n in [(1, 1), (7, 10), (1000, 3), (10**6, 10**6)]:
        assert small.needed(m, n) <= limit.needed(m, n)
        assert limit.needed(m, n) - small.needed(m, n) <= 1
