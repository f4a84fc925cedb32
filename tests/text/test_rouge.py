"""ROUGE-L F1: known values in both languages, and the reference package on plain English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from vicugna.text.rouge import rouge_l

REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)
WORDS = st.sampled_from(["write", "a", "poem", "about", "the", "sea", "42", "Don't", "naïve", "-"])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        pytest.param("", "", 0.0, id="both empty"),
        pytest.param("写诗", "", 0.0, id="one empty"),
        pytest.param("……", "……", 0.0, id="equal, but without a token"),
        pytest.param("Write a poem", "write a POEM!", 1.0, id="case and punctuation do not count"),
        pytest.param("写一首诗。", "写一首诗", 1.0, id="the same in Chinese"),
        pytest.param("write a poem", "draw the sea", 0.0, id="nothing shared"),
        pytest.param("the cat sat", "the cat slept", 2 / 3, id="two words of three"),
        pytest.param("今天天气很好", "今天天气不好", 5 / 6, id="five characters of six"),
        pytest.param("a b c d", "d c b a", 0.25, id="order counts"),
        pytest.param("床前明月光", "光月明前床", 0.2, id="order counts in Chinese"),
        pytest.param("go go go", "go", 0.5, id="repeats count"),
        pytest.param("用Python写诗", "用Java写诗", 0.75, id="mixed: a word weighs as a character"),
    ],
)
def test_rouge_l(a: str, b: str, expected: float) -> None:
    assert rouge_l(a, b) == pytest.approx(expected)
    assert rouge_l(b, a) == rouge_l(a, b)


@given(st.lists(WORDS, max_size=15).map(" ".join), st.lists(WORDS, max_size=15).map(" ".join))
def test_english_scores_as_in_rouge_score(a: str, b: str) -> None:
    assert rouge_l(a, b) == pytest.approx(REFERENCE.score(a, b)["rougeL"].fmeasure)
