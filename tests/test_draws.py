from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.draws import draw, member_hash, shuffle

IDS = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=30)


def _hashes(ids):
    return np.array([member_hash(name) for name in ids], dtype=np.uint64)


def _draw(ids, salt, count):
    return [ids[place] for place in draw(_hashes(ids), salt, count)]


def test_a_draw_is_the_same_everywhere_and_always():
    """Fixed values: a new release must not re-bill what an old one drew."""
    ids = [f"seed-{number}" for number in range(20)]

    assert _draw(ids, "1/7/en", 3) == ["seed-4", "seed-7", "seed-19"]
    assert _draw(ids, "1/7/zh", 3) == ["seed-15", "seed-9", "seed-12"]
    assert member_hash("种子一") == 11779747031321832602


@given(IDS, st.text(max_size=8))
def test_a_shuffle_is_a_draw_of_all(ids, salt):
    assert [ids[place] for place in shuffle(ids, salt)] == _draw(ids, salt, len(ids))


@pytest.mark.parametrize(
    ("members", "count", "drawn"),
    [
        pytest.param(0, 3, 0, id="no members"),
        pytest.param(5, 0, 0, id="none wanted"),
        pytest.param(2, 3, 2, id="fewer than wanted"),
        pytest.param(3, 3, 3, id="as many as wanted"),
        pytest.param(9, 3, 3, id="more than wanted"),
    ],
)
def test_how_many_are_drawn(members, count, drawn):
    names = _draw([str(number) for number in range(members)], "salt", count)

    assert len(names) == len(set(names)) == drawn


@settings(deadline=None)
@given(IDS, st.text(max_size=8), st.integers(0, 10), st.randoms())
def test_the_order_of_members_does_not_matter(ids, salt, count, rng):
    shuffled = rng.sample(ids, len(ids))

    assert _draw(ids, salt, count) == _draw(shuffled, salt, count)


@settings(deadline=None)
@given(IDS, st.text(min_size=1, max_size=8), st.text(max_size=8), st.integers(0, 10))
def test_a_new_member_changes_only_the_draws_it_wins(ids, new, salt, count):
    """When it wins, it takes the last place among the others, which keep their order."""
    ids = [name for name in ids if name != new]
    before, after = _draw(ids, salt, count), _draw([*ids, new], salt, count)

    if new not in after:
        assert after == before
    else:
        rest = [name for name in after if name != new]
        assert rest == before[: len(rest)]
        assert len(before) - len(rest) <= 1


@settings(deadline=None)
@given(IDS, st.text(max_size=8), st.integers(0, 10))
def test_a_longer_draw_begins_with_the_shorter_one(ids, salt, count):
    assert _draw(ids, salt, count + 1)[: len(_draw(ids, salt, count))] == _draw(ids, salt, count)


def test_every_member_is_drawn_about_equally_often():
    """Chi-square over 50 members and 2,000 draws of 5: 49 degrees of freedom, p = 0.001 at 85."""
    hashes = _hashes([f"member-{number}" for number in range(50)])
    counts = np.zeros(50)
    firsts = np.zeros(50)
    for number in range(2000):
        places = draw(hashes, f"3/{number}/en", 5)
        counts[places] += 1
        firsts[places[0]] += 1

    assert ((counts - 200) ** 2 / 200).sum() < 85
    assert ((firsts - 40) ** 2 / 40).sum() < 85


def test_two_draws_do_not_resemble_each_other():
    """Salts that differ in one digit share members as by chance: 5 of 50, so 0.5 a pair."""
    hashes = _hashes([f"member-{number}" for number in range(50)])
    drawn = [set(draw(hashes, f"1/{number}/zh", 5)) for number in range(1000)]
    shared = [len(one & other) for one, other in pairwise(drawn)]

    assert 0.4 < sum(shared) / len(shared) < 0.6
