"""ShareGPT as it was scraped: turns in HTML, only read."""

import pytest

from tests.layouts.hostile_drafts import contents, said
from vicugna.layouts import find_layout
from vicugna.layouts.layout import Problem
from vicugna.layouts.sharegpt_page import SHAREGPT_PAGE
from vicugna.records import Round

PAGE = '<div class="markdown prose"><p>{}</p></div>'


def talk(*values, key="conversations"):
    names = ["human", "gpt"] * len(values)
    turns = [{"from": name, "value": value} for name, value in zip(names, values, strict=False)]
    return {"id": "QWJhYvA_0", key: turns}


@pytest.mark.parametrize(
    ("row", "rounds"),
    [
        pytest.param(
            talk("A bird?", PAGE.format("A kite.")), [Round("A bird?", "A kite.")], id="en"
        ),
        pytest.param(talk("鸟？", PAGE.format("麻雀。")), [Round("鸟？", "麻雀。")], id="zh"),
        pytest.param(
            talk("a", PAGE.format("b"), "c < d", "e", key="items"),
            [Round("a", "b"), Round("c < d", "e")],
            id="the older key, and a turn that is no page",
        ),
        pytest.param(talk("a", "b", key="items"), [Round("a", "b")], id="the older key, no page"),
    ],
)
def test_pages_become_text(row, rounds):
    assert find_layout(row) == "sharegpt_page"
    (content,) = contents(SHAREGPT_PAGE.read(row))
    assert said(content, SHAREGPT_PAGE)["rounds"] == rounds


@pytest.mark.parametrize(
    ("row", "layout"),
    [
        pytest.param(talk("a", "b"), "sharegpt", id="plain text"),
        pytest.param(talk("1 < 2?", "Yes, 1 < 2 > 0."), "sharegpt", id="signs of comparison"),
        pytest.param(talk(key="items"), "", id="no items"),
        pytest.param({"id": "1", "items": "a"}, "", id="items that are text"),
    ],
)
def test_what_is_no_page_is_left_to_others(row, layout):
    assert find_layout(row) == layout


def test_turns_that_belong_to_nothing_are_told():
    piece, content = SHAREGPT_PAGE.read(
        {"items": [{"from": "gpt", "value": PAGE.format("x")}, *talk("a", "b")["conversations"]]}
    )

    assert piece == Problem("an answer before the first question", "x")
    assert said(content, SHAREGPT_PAGE)["rounds"] == [Round("a", "b")]


def test_it_is_only_read():
    assert SHAREGPT_PAGE.write is None
