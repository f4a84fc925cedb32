"""An archive answers as the index that was given its texts."""

import random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_novelty import LIMITS, bilingual_texts, brute_force, more, pools
from vicugna.text import archive, paths, prefix_trie, sift
from vicugna.text.archive import build_archive
from vicugna.text.closest import Neighbour
from vicugna.text.digests import digest
from vicugna.text.limit import Limit
from vicugna.text.novelty import NoveltyIndex


def _archive(texts, max_f1=0.7):
    return build_archive([str(place) for place in range(len(texts))], texts, Limit.of(max_f1))


@settings(deadline=None, max_examples=200)
@given(
    pool=pools,
    asked=st.lists(more.map(" ".join), max_size=5),
    max_f1=st.sampled_from(LIMITS),
    full=st.sampled_from([0, 1, 3, 256]),
    steps=st.sampled_from([1, 5, 200]),
    chunk=st.sampled_from([1, 2, 7, 8192]),
)
def test_the_nearest_is_that_of_brute_force(pool, asked, max_f1, full, steps, chunk):
    with (
        patch.object(paths, "_FULL", full),
        patch.object(prefix_trie, "_MAX_PATHS", steps),
        patch.object(archive, "_CHUNK", chunk),
        patch.object(archive, "_MEETINGS", chunk),
        patch.object(sift, "_BLOCK", chunk),
    ):
        built = _archive(pool, max_f1)
        texts = [*asked, *pool]
        expected = [brute_force(pool, text, max_f1) for text in texts]
        assert built.nearest(texts) == expected
        assert [built.nearest([text])[0] for text in texts] == expected


@pytest.mark.parametrize("longest", [12, 120], ids="up to {} tokens".format)
def test_a_large_archive_answers_as_the_index(longest):
    texts = bilingual_texts(1500, seed=longest, longest=longest)
    asked = random.Random(longest).sample(texts, 500)
    built, index = _archive(texts[:1000]), NoveltyIndex()
    for place, text in enumerate(texts[:1000]):
        index.add(str(place), text)

    assert built.nearest(asked) == [index.nearest(text) for text in asked]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("write a POEM", "0", id="English, the first of two"),
        pytest.param("写一首 诗。", "1", id="Chinese"),
        pytest.param("Write a poem!!! 诗", "", id="another"),
        pytest.param("🍎", "4", id="no token"),
        pytest.param(" ", "", id="blank"),
    ],
)
def test_the_first_that_is_the_same(text, expected):
    built = _archive(["Write a poem.", "写一首诗", "WRITE A POEM", "", "🍎"])

    assert built.first_same(digest(text)) == expected


def test_two_digests_that_begin_alike_are_two():
    built = _archive(["one", "two"])
    built.digests.first[:] = built.digests.first[0]

    assert [built.first_same(digest(text)) for text in ("one", "two")] in (["0", ""], ["", "1"])


@pytest.mark.parametrize("texts", [[], [""], ["", "……"]], ids=["none", "empty", "no token"])
def test_an_archive_without_a_token_is_near_to_nothing(texts):
    built = _archive(texts)

    assert built.nearest(["写一首诗", "", "write"]) == [None] * 3
    assert built.nearest([]) == []
    assert len(built) == len(texts)


def test_what_was_asked_about_does_not_change_what_is_answered():
    """New words join the vocabulary, and are rarer than all that is in the archive."""
    built = _archive(["write a poem about rain", "写一首关于雨的诗"])
    for place in range(50):
        built.nearest([f"word{place} write a poem about rain"])

    assert built.nearest(["Write a poem about snow"]) == [Neighbour("0", 0.8)]
    assert built.nearest(["写一首关于雪的诗"]) == [Neighbour("1", 0.875)]
