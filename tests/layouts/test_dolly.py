"""Dolly: an instruction, a context that may be empty, a response and a category."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.dolly import DOLLY
from vicugna.layouts.layout import MORE_ROUNDS, Problem


@settings(deadline=None)
@given(drafts(most_rounds=1))
def test_what_is_written_comes_back(draft):
    rows = DOLLY.write(draft)
    if isinstance(rows, str):
        assert rows.endswith(" in a text")
        return

    assert [find_layout(row) for row in rows] == ["dolly"]
    (content,) = contents(read_back(DOLLY, rows))
    assert said(content, DOLLY) == said(draft, DOLLY)
    assert (content["input"], content.get("type", "")) == (draft.input, draft.type)


def test_all_columns_are_there():
    """Its trainer removes the four by name."""
    draft = one_draft(("排序。", "苹果，梨"), input="梨，苹果", type="closed_qa")

    assert DOLLY.write(draft) == [
        {
            "instruction": "排序。",
            "context": "梨，苹果",
            "response": "苹果，梨",
            "category": "closed_qa",
        }
    ]
    assert DOLLY.write(one_draft(("A?", "a"))) == [
        {"instruction": "A?", "context": "", "response": "a", "category": ""}
    ]


def test_a_conversation_is_refused():
    assert DOLLY.write(one_draft(("A?", "a"), ("B?", "b"))) == MORE_ROUNDS


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a\n### End", "### End"),
        ("The ### Endpoints", "### End"),
        ("### Response:\n答", "### Response:"),
        ("### Instruction: 写", "### Instruction:"),
        ("### 结束", ""),
        ("# End", ""),
    ],
)
@pytest.mark.parametrize("place", ["instruction", "input", "output"])
def test_a_token_of_its_template_is_refused(text, refused, place):
    draft = one_draft(("Q", "A"), **({"input": text} if place == "input" else {}))
    if place != "input":
        pair = (text, "A") if place == "instruction" else ("Q", text)
        draft = one_draft(pair)
    written = DOLLY.write(draft)

    assert written == f"{refused} in a text" if refused else isinstance(written, list)


def test_a_published_row_is_read_with_its_citations():
    row = {
        "instruction": "When did it open?",
        "context": "It opened in 1901.[1][2]",
        "response": "In 1901.",
        "category": "information_extraction",
    }
    (content,) = contents(DOLLY.read(row))

    assert content["input"] == "It opened in 1901.[1][2]"
    assert content["type"] == "information_extraction"


@pytest.mark.parametrize("context", [None, "", "无"])
def test_no_context_is_no_input(context):
    (content,) = contents(DOLLY.read({"instruction": "A?", "context": context, "response": "a"}))

    assert content["input"] == ""
    assert "type" not in content


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"instruction": "", "context": "", "response": "a"}, "no instruction"),
        ({"instruction": "A?", "context": ["x"], "response": "a"}, "input is not text"),
        ({"instruction": "A?", "context": "", "response": {}}, "output is not text"),
    ],
)
def test_a_row_that_is_no_task_is_told(row, reason):
    assert find_layout(row) == "dolly"
    (piece,) = DOLLY.read(row)
    assert isinstance(piece, Problem)
    assert piece.reason == reason
