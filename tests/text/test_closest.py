"""The nearest of a few texts, and the nearest of all."""

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_novelty import more, pools
from vicugna.text.closest import Neighbour, closest, top
from vicugna.text.limit import Limit
from vicugna.text.rouge import rouge_l

TEXTS = [array("I", words) for words in ([1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4, 9], [7])]


@pytest.mark.parametrize(
    ("asked", "members", "expected"),
    [
        pytest.param([1, 2, 3, 6], [0, 1, 2, 3], (0, 0.75), id="of two as near the first"),
        pytest.param([1, 2, 3, 4, 9], [0, 1, 2, 3], (2, 1.0), id="an equal one"),
        pytest.param([1, 2, 3, 6], [1, 0], (1, 0.75), id="the first in the order given"),
        pytest.param([7, 8, 9], [0, 1, 2, 3], (-1, 0.0), id="none above the limit"),
        pytest.param([1], [], (-1, 0.0), id="no member"),
    ],
)
def test_closest(asked: list[int], members: list[int], expected: tuple[int, float]) -> None:
    found = closest(array("I", asked), members, TEXTS.__getitem__, Limit.of(0.7))

    assert found == expected


@settings(deadline=None)
@given(pool=pools, text=more.map(" ".join), k=st.integers(0, 30))
def test_top_is_the_whole_pool_sorted(pool: list[str], text: str, k: int) -> None:
    texts = {str(number): member for number, member in enumerate(pool)}
    scored = [Neighbour(name, rouge_l(text, member)) for name, member in texts.items()]

    assert top(text, texts, k) == sorted(scored, key=lambda near: -near.f1)[:k]
