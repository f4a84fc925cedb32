"""Of two texts above the limit, at least one is filed in a bucket where both are."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_novelty import LIMITS, lcs, pools
from vicugna.text import paths, prefix_trie
from vicugna.text.columns import read_columns
from vicugna.text.limit import Limit
from vicugna.text.paths import enter
from vicugna.text.tokens import tokens
from vicugna.text.vocabulary import Vocabulary


def _places(texts, limit, chunk):
    """Return, by text, its buckets with (largest partner, whether it is filed there)."""
    entries, buckets = enter(read_columns(texts, Vocabulary()), limit, chunk)
    found = [{} for _ in texts]
    for part in entries:
        rows = zip(part.texts, part.buckets, part.largest, part.filed, strict=True)
        for text, bucket, largest, filed in rows:
            assert 0 <= bucket < buckets
            found[text].setdefault(int(bucket), []).append((int(largest), bool(filed)))
    return found


@settings(deadline=None, max_examples=300)
@given(
    texts=pools,
    max_f1=st.sampled_from(LIMITS),
    full=st.sampled_from([0, 1, 3, 256]),
    steps=st.sampled_from([1, 5, 200]),
    chunk=st.sampled_from([1, 3, 8192]),
)
def test_two_texts_above_the_limit_meet_where_neither_is_too_large(
    texts, max_f1, full, steps, chunk
):
    limit = Limit.of(max_f1)
    with patch.object(paths, "_FULL", full), patch.object(prefix_trie, "_MAX_PATHS", steps):
        places = _places(texts, limit, chunk)
    words = [tokens(text) for text in texts]
    for one in range(len(texts)):
        for other in range(one):
            m, n = len(words[one]), len(words[other])
            if lcs(words[one], words[other]) >= limit.needed(m, n):
                meetings = [
                    (left, right)
                    for bucket in places[one].keys() & places[other].keys()
                    for left in places[one][bucket]
                    for right in places[other][bucket]
                ]
                assert any(
                    n <= left and m <= right and (left_files or right_files)
                    for (left, left_files), (right, right_files) in meetings
                )


@pytest.mark.parametrize("texts", [[], [""], ["……", "!"]], ids=["none", "empty", "no token"])
def test_texts_without_a_token_are_in_no_bucket(texts):
    assert all(not places for places in _places(texts, Limit.of(0.7), 2))


@pytest.mark.parametrize("text", ["write a poem", "写一首诗"], ids=["English", "Chinese"])
def test_a_text_alone_is_in_no_bucket_and_two_equal_ones_are_in_the_same(text):
    alone, both = _places([text, ""], Limit.of(0.7), 8192), _places([text] * 2, Limit.of(0.7), 8192)

    assert alone == [{}, {}] or all(len(entries) > 1 for entries in alone[0].values())
    assert both[0]
    assert both[0].keys() == both[1].keys()
