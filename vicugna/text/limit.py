"""A limit on ROUGE-L F1 in integers, so that a pair exactly at it never counts as above it.

F1 = 2 * LCS / (m + n) is above p/q if and only if 2 * LCS * q > p * (m + n). Everything here is
that inequality, solved for one of its numbers.
"""

from dataclasses import dataclass
from fractions import Fraction

from vicugna.errors import UserError

_SMALL = 1 << 30  # times twice the tokens of any text it fits in 64 bits


@dataclass(frozen=True, slots=True)
class Limit:
    """The fraction `numerator / denominator`, above 0 and at most 1."""

    numerator: int
    denominator: int

    @staticmethod
    def of(max_f1: float) -> "Limit":
        """Read a limit as it is written in decimal: 0.7 is 7/10, not the double next to it.

        Raises:
            UserError: `max_f1` is not above 0 and at most 1.
        """
        if not 0 < max_f1 <= 1:
            raise UserError(f"max_f1 is {max_f1}, expected above 0 and at most 1. Try 0.7.")
        exact = Fraction(str(max_f1))
        return Limit(exact.numerator, exact.denominator)

    def needed(self, m: int, n: int) -> int:
        """Return the least LCS that puts texts of m and n tokens above the limit.

        It grows with m and with n. It may be more than either text has.

        >>> Limit.of(0.7).needed(10, 10)
        8
        """
        return self.numerator * (m + n) // (2 * self.denominator) + 1

    def shortest(self, m: int) -> int:
        """Return the least n with `needed(m, n) <= n`, which is n > m * p / (2q - p).

        >>> Limit.of(0.7).shortest(10)
        6
        """
        return self.numerator * m // (2 * self.denominator - self.numerator) + 1

    def longest(self, m: int) -> int:
        """Return the greatest n with `needed(m, n) <= m`, which is n < m * (2q - p) / p.

        >>> Limit.of(0.7).longest(10)
        18
        """
        return (m * (2 * self.denominator - self.numerator) - 1) // self.numerator

    @property
    def small(self) -> "Limit":
        """A limit that is not above this one, and whose multiples fit in 64 bits; to prune with.

        Below 1/2**30 it decides as this one on every text that fits in a machine.
        """
        if self.denominator <= _SMALL:
            return self
        return Limit(max(self.numerator * _SMALL // self.denominator, 1), _SMALL)

    @property
    def slack(self) -> float:
        """Return, per token of both texts, how many may differ; rounded up, to prune with."""
        return 1 - self.numerator / self.denominator + 1e-9
