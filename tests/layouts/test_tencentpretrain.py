"""TencentPretrain and Linly: the whole question in the input."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.layout import MORE_ROUNDS, Problem
from vicugna.layouts.tencentpretrain import TENCENTPRETRAIN


@settings(deadline=None)
@given(drafts(most_rounds=1))
def test_what_is_written_comes_back_as_its_reader_has_it(draft):
    rows = TENCENTPRETRAIN.write(draft)
    if isinstance(rows, str):
        assert rows == "\\n in a text"
        return

    assert [find_layout(row) for row in rows] == ["tencentpretrain"]
    assert all(text.replace("\\n", "\n") == text for row in rows for text in row.values())
    (content,) = contents(read_back(TENCENTPRETRAIN, rows))
    assert said(content, TENCENTPRETRAIN) == said(draft, TENCENTPRETRAIN)


@pytest.mark.parametrize(
    ("given", "asked"),
    [("", "排序。\n"), ("梨，苹果", "排序。\n梨，苹果\n")],
)
def test_the_question_ends_with_its_line(given, asked):
    """Its reader puts nothing between the fields, nor before the answer."""
    draft = one_draft(("排序。", "苹果，梨"), input=given)

    assert TENCENTPRETRAIN.write(draft) == [
        {"instruction": "", "input": asked, "output": "苹果，梨"}
    ]


def test_a_conversation_is_refused():
    assert TENCENTPRETRAIN.write(one_draft(("A?", "a"), ("B?", "b"))) == MORE_ROUNDS


@pytest.mark.parametrize("pair", [('print("\\n")', "a"), ("用 C 写。", 'puts("好\\n");')])
def test_a_line_end_that_is_spelt_out_is_refused(pair):
    """Its reader would break the line there."""
    assert TENCENTPRETRAIN.write(one_draft(pair)) == "\\n in a text"


@pytest.mark.parametrize(
    ("row", "layout"),
    [
        ({"instruction": "", "input": "生成一个标题。\n", "output": "好"}, "tencentpretrain"),
        ({"instruction": " \n", "input": "Hi", "output": "x"}, "tencentpretrain"),
        ({"instruction": "翻译成英文。\n", "input": "你好\n", "output": "Hello"}, "alpaca"),
        ({"instruction": "", "output": "x"}, "alpaca"),
        ({"instruction": None, "input": "a", "output": "x"}, "alpaca"),
    ],
)
def test_only_an_empty_instruction_makes_the_difference(row, layout):
    assert find_layout(row) == layout


def test_a_row_without_any_question_is_told():
    (piece,) = TENCENTPRETRAIN.read({"instruction": "", "input": " ", "output": "x"})

    assert isinstance(piece, Problem)
    assert piece.reason == "no instruction"
