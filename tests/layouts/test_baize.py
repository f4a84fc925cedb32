"""Baize: a transcript as one text, with an empty human turn at its end."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.baize import BAIZE
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round

BEGINNING = "The conversation between human and AI assistant.\n"


@settings(deadline=None)
@given(drafts())
def test_what_is_written_comes_back(draft):
    rows = BAIZE.write(draft)
    if isinstance(rows, str):
        assert rows in ("[|Human|] in a text", "[|AI|] in a text")
        return

    assert [find_layout(row) for row in rows] == ["baize"]
    (content,) = contents(read_back(BAIZE, rows))
    assert said(content, BAIZE) == said(draft, BAIZE)
    assert content.get("topic", "") == draft.topic


def test_the_text_is_what_preprocess_makes():
    draft = one_draft(("河？", "长江。"), ("Long?", "Yes."), topic="geography")

    assert BAIZE.write(draft) == [
        {
            "topic": "geography",
            "input": f"{BEGINNING}[|Human|] 河？\n[|AI|] 长江。\n"
            "[|Human|] Long?\n[|AI|] Yes.\n[|Human|] ",
        }
    ]


@pytest.mark.parametrize("mark", ["[|Human|]", "[|AI|]"])
@pytest.mark.parametrize("text", ["Say {}.", "说{}"])
def test_a_mark_in_a_text_is_refused(mark, text):
    for pair in ((text.format(mark), "a"), ("a", text.format(mark))):
        assert BAIZE.write(one_draft(pair)) == f"{mark} in a text"


@pytest.mark.parametrize(
    ("text", "rounds", "system"),
    [
        pytest.param(
            f"{BEGINNING}[|Human|] Hi!\n[|AI|] Hello!\n[|Human|] ",
            [Round("Hi!", "Hello!")],
            "",
            id="as published",
        ),
        pytest.param("[|Human|]你好\n[|AI|]好", [Round("你好", "好")], "", id="no beginning"),
        pytest.param(
            "You are Baize.\n[|Human|]你好\n[|AI|]好\n[|Human|]",
            [Round("你好", "好")],
            "You are Baize.",
            id="a beginning of its own",
        ),
    ],
)
def test_published_rows_are_read(text, rounds, system):
    row = {"topic": "How do I greet?", "input": text}

    assert find_layout(row) == "baize"
    (content,) = contents(BAIZE.read(row))
    assert said(content, BAIZE)["rounds"] == rounds
    assert content["system"] == system
    assert "topic" not in content  # a question is no topic of ours


def test_a_question_that_nobody_answered_is_a_piece_of_its_own():
    content, piece = BAIZE.read({"input": "[|Human|] a\n[|AI|] b\n[|Human|] c"})

    assert said(content, BAIZE)["rounds"] == [Round("a", "b")]
    assert piece == Problem("a question without an answer", "c")


@pytest.mark.parametrize(
    "row",
    [
        {
            "instruction": "What is [|AI|] after [|Human|]?",
            "input": "[|Human|] [|AI|]",
            "output": "x",
        },
        {"input": "no marks", "output": "x"},
        {"input": ["[|Human|]", "[|AI|]"]},
    ],
)
def test_rows_of_others_are_not_taken(row):
    assert not BAIZE.matches(row)


def test_what_is_not_written_is_no_reason():
    draft = one_draft(("问", "答"), system="[|AI|]", alternatives=(Alternative("[|Human|]"),))

    assert isinstance(BAIZE.write(draft), list)
