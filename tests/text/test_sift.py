"""What is sifted out cannot be above the limit; sizes are compared two at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_novelty import LIMITS, lcs, more
from vicugna.text.columns import read_columns
from vicugna.text.limit import Limit
from vicugna.text.paths import MAX_SIZE
from vicugna.text.sift import Meetings, pack_asked, pack_member, sift, sign
from vicugna.text.tokens import tokens
from vicugna.text.vocabulary import Vocabulary

GUARDS = 0x8000_8000
sizes = st.one_of(
    st.integers(1, 40), st.integers(MAX_SIZE - 2, MAX_SIZE + 2), st.integers(1, 10**6)
)
partners = st.one_of(st.integers(0, 40), st.integers(MAX_SIZE - 2, MAX_SIZE))


def _fits(size, partner, asked_size, asked_partner):
    member = pack_member(np.array([size]), np.array([partner], np.uint16))
    asked = pack_asked(np.array([asked_size]), np.array([asked_partner], np.uint16))
    return int(member[0] - asked[0]) & GUARDS == GUARDS


@given(size=sizes, partner=partners, asked_size=sizes, asked_partner=partners)
def test_one_subtraction_compares_both_sizes(size, partner, asked_size, asked_partner):
    """Sizes beyond what fits count as the largest that does: more fits, never less."""
    expected = min(asked_size, MAX_SIZE) <= partner and min(size, MAX_SIZE) <= asked_partner

    assert _fits(size, partner, asked_size, asked_partner) is expected


@pytest.mark.parametrize(
    ("size", "partner", "asked_size", "asked_partner", "fits"),
    [
        pytest.param(5, 9, 9, 5, True, id="both just fit"),
        pytest.param(5, 9, 10, 5, False, id="who asks is too large"),
        pytest.param(6, 9, 9, 5, False, id="the member is too large"),
        pytest.param(10**6, MAX_SIZE, 10**6, MAX_SIZE, True, id="both larger than is told apart"),
    ],
)
def test_whether_sizes_fit(size, partner, asked_size, asked_partner, fits):
    assert _fits(size, partner, asked_size, asked_partner) is fits


long = st.lists(st.sampled_from([f"w{number}" for number in range(400)]), min_size=14, max_size=90)


@settings(deadline=None)
@given(
    texts=st.lists(st.one_of(more, long).map(" ".join), min_size=1, max_size=10),
    max_f1=st.sampled_from(LIMITS),
)
def test_whoever_is_above_the_limit_is_left(texts, max_f1):
    """Everyone meets everyone, and no size is too large: signatures alone decide."""
    columns, limit = read_columns(texts, Vocabulary()), Limit.of(max_f1)
    count = len(texts)
    everyone, any_size = np.arange(count), np.full(count, MAX_SIZE, np.uint16)
    meetings = Meetings(
        everyone, pack_asked(columns.sizes, any_size), np.zeros(count, int), np.full(count, count)
    )
    shown, signed = pack_member(columns.sizes, any_size), sign(columns)

    left = {
        (int(who), int(member))
        for whos, members in sift(meetings, everyone, shown, signed, signed, limit)
        for who, member in zip(whos, members, strict=True)
    }

    for who, one in enumerate(map(tokens, texts)):
        for member, other in enumerate(map(tokens, texts)):
            if lcs(one, other) >= limit.needed(len(one), len(other)):
                assert (who, member) in left


@pytest.mark.parametrize("letters", ["abcdefgh", "春夏秋冬天地日月"], ids=["English", "Chinese"])
def test_long_texts_that_only_look_alike_are_sifted_out(letters):
    """Of two texts of 120 elements that share none, narrow signatures alone let some pass."""
    columns = read_columns(
        [" ".join(f"{a}{b}{c}" for b in "0123456789" for c in "0123") for a in letters],
        Vocabulary(),
    )
    count = len(letters)
    everyone, any_size = np.arange(count), np.full(count, MAX_SIZE, np.uint16)
    meetings = Meetings(
        everyone, pack_asked(columns.sizes, any_size), np.zeros(count, int), np.full(count, count)
    )
    signed = sign(columns)

    left = sift(
        meetings,
        everyone,
        pack_member(columns.sizes, any_size),
        signed,
        signed,
        Limit.of(0.7),
    )

    assert all((who == member).all() for who, member in left)
