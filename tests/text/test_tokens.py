"""What counts as one token, in every script, and that plain English counts as in `rouge_score`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenizers import DefaultTokenizer

from vicugna.text.tokens import CJK, count_tokens, iter_tokens, normal_form, tokens

REFERENCE = DefaultTokenizer(use_stemmer=False)
WIDE = re.compile(f"[{CJK}\uff01-\uff5e]")  # what `rouge_score` does not see


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n\t，。！？…—.,!?'\"", [], id="only spaces and punctuation"),
        pytest.param("Don't stop at 3.5%!", ["don", "t", "stop", "at", "3", "5"], id="English"),
        pytest.param("snake_case x2 UTF-8", ["snake", "case", "x2", "utf", "8"], id="code"),
        pytest.param("naïve café", ["na", "ve", "caf"], id="accents separate, as in rouge_score"),
        pytest.param("春眠不觉晓。", list("春眠不觉晓"), id="Chinese"),
        pytest.param("請用繁體字", list("請用繁體字"), id="traditional characters"),
        pytest.param(
            "用Python3写2行代码", ["用", "python3", "写", "2", "行", "代", "码"], id="mixed"
        ),
        pytest.param("ＡＢｃ　１２３！", ["abc", "123"], id="full-width letters and digits"),
        pytest.param("时时刻刻、〇々", list("时时刻刻〇々"), id="zero and iteration mark"),
        pytest.param("𠮷野家", list("𠮷野家"), id="ideograph beyond the first plane"),
        pytest.param("ひらカタｶﾅ", list("ひらカタｶﾅ"), id="kana"),
        pytest.param("한국어 말", list("한국어말"), id="hangul"),
        pytest.param("привет мир", [], id="other scripts separate"),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == list(iter_tokens(text)) == expected
    assert count_tokens(text) == len(expected)
    assert count_tokens(f"{text} " * 10_000) == 10_000 * len(expected)  # too long to be kept


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        pytest.param("Name a tree.", "name  a\ttree", True, id="case, spaces, full stop"),
        pytest.param(
            "用 Ｐｙｔｈｏｎ 写诗！", "用python写诗", True, id="width, spaces between scripts"
        ),
        pytest.param("“海”，山", '"海",山', True, id="quotes and commas of either width"),
        pytest.param("8", "-8", False, id="minus"),
        pytest.param("x < 2", "x<=2", False, id="another sign"),
        pytest.param("x < 2", "x<2", True, id="the same sign"),
        pytest.param("C", "C#", False, id="a name with a sign"),
        pytest.param("ab", "a b", False, id="where words end"),
        pytest.param("привет", "пока", False, id="other scripts"),
        pytest.param("。。。", "。", False, id="only marks"),
        pytest.param(" 。\n。", "。 。", True, id="only marks, spaced otherwise"),
        pytest.param(" \u3000", "", True, id="blank"),
    ],
)
def test_normal_form(left: str, right: str, same: bool) -> None:
    assert (normal_form(left) == normal_form(right)) is same


@given(st.text().filter(lambda text: not WIDE.search(text)))
def test_text_without_cjk_has_the_tokens_of_rouge_score(text: str) -> None:
    assert tokens(text) == REFERENCE.tokenize(text)


@given(st.text(), st.text())
def test_a_separator_joins_tokens_of_both_sides(left: str, right: str) -> None:
    assert tokens(f"{left} {right}") == tokens(left) + tokens(right)
