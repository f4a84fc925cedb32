"""A digest is the same for texts of the same normal form, and nobody has that of a blank one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.text.digests import digest, digest_all
from vicugna.text.tokens import normal_form

texts = st.lists(st.sampled_from(["Name a tree.", "name a tree", "写诗", "写 诗！", "", " ", "🍎"]))


@given(st.text(), st.text())
def test_equal_if_the_normal_form_is(left, right):
    assert (digest(left) == digest(right)) is (normal_form(left) == normal_form(right))


@given(texts=texts, wanted=st.sampled_from(["NAME A TREE", "写诗。", "🍎", "", "none"]))
def test_the_first_is_found(texts, wanted):
    forms = [normal_form(text) for text in texts]
    form = normal_form(wanted)
    expected = forms.index(form) if form and form in forms else -1

    assert digest_all(texts).find(digest(wanted)) == expected


@pytest.mark.parametrize("text", ["", " \n", "\u3000"])
def test_a_blank_text_has_none(text):
    assert digest(text) == b""
