"""Columns hold what the vocabulary says of one text at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.text.columns import number_by_frequency, read_columns, renumber
from vicugna.text.tokens import tokens
from vicugna.text.vocabulary import Vocabulary

texts = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "写", "诗", "……"]), max_size=9).map(" ".join),
    max_size=12,
)


@given(texts=texts)
def test_columns_are_the_texts_one_by_one(texts: list[str]) -> None:
    vocabulary = Vocabulary()
    columns = read_columns(texts, vocabulary)
    assert len(columns) == len(texts)
    for place, text in enumerate(texts):
        words = vocabulary.encode(tokens(text))
        own = slice(columns.starts[place], columns.starts[place + 1])
        assert columns.words[own].tolist() == list(words)
        assert columns.ranked[own].tolist() == vocabulary.rank(words)
        assert columns.sizes[place] == len(words)


@given(texts=texts)
def test_by_frequency_texts_share_what_they_shared_and_rare_elements_come_first(
    texts: list[str],
) -> None:
    columns = read_columns(texts, Vocabulary())
    again = renumber(columns, number_by_frequency(columns))
    frequency = np.bincount(again.ranked)
    sets, renumbered = (
        [
            set(rows.ranked[start:end].tolist())
            for start, end in zip(rows.starts, rows.starts[1:], strict=False)
        ]
        for rows in (columns, again)
    )
    for left, right in zip(sets, renumbered, strict=True):
        for other, its in zip(sets, renumbered, strict=True):
            assert len(left & other) == len(right & its)
    for start, end in zip(again.starts, again.starts[1:], strict=False):
        assert (np.diff(frequency[again.ranked[start:end]]) >= 0).all()


@pytest.mark.parametrize("text", ["the cat and the dog and the bird", "人人为我我为人人"])
def test_a_repeat_is_an_element_of_its_own_in_whatever_text(text: str) -> None:
    columns = read_columns([text, text + " x"], Vocabulary())
    first, second = np.split(columns.ranked, [columns.starts[1]])
    assert len(set(first.tolist())) == len(tokens(text))
    assert set(first.tolist()) < set(second.tolist())
