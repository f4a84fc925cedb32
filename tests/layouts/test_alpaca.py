from dataclasses import replace

import pytest
from hypothesis import given

from tests.layouts.drafts import CHAT, SINGLE, TEXT, drafts, read, read_back, refuse, write
from vicugna.layouts import find_layout
from vicugna.layouts.layout import Problem
from vicugna.records import Round


@given(draft=drafts(input=TEXT))
def test_a_task_comes_back_with_its_input_apart(draft):
    draft = replace(draft, rounds=(), system="")

    content = read_back("alpaca", draft)

    assert (content["instruction"], content["output"]) == (draft.instruction, draft.output)


def test_a_row_has_three_texts_and_a_conversation_is_refused():
    """A row without its earlier rounds would be an answer out of the air."""
    assert write("alpaca", SINGLE) == [
        {"instruction": "Sort these words.", "input": "pear, apple", "output": "apple, pear"}
    ]
    assert refuse("alpaca", CHAT) == "more than one round"


@pytest.mark.parametrize(
    ("row", "known"),
    [
        pytest.param({"instruction": "问", "output": "答"}, ("问", "", "答"), id="no input"),
        pytest.param({"instruction": "问", "input": None, "output": "答"}, ("问", "", "答"),
                     id="null"),
        pytest.param({"instruction": "q", "input": "<noinput>", "output": "a"}, ("q", "", "a"),
                     id="Alpaca's mark"),
        pytest.param({"instruction": "q", "input": "i", "response": "a"}, ("q", "i", "a"),
                     id="GPTeacher"),
        pytest.param({"input": "问", "target": "答"}, ("问", "", "答"), id="BELLE on the hub"),
        pytest.param({"query": "问", "response": "答"}, ("问", "", "答"), id="ms-swift"),
        pytest.param({"question": "q", "answer": "a"}, ("q", "", "a"), id="question and answer"),
        pytest.param({"problem": "1+1", "solution": "2"}, ("1+1", "", "2"), id="a problem"),
        pytest.param({"input": "q", "output": "a"}, ("q", "", "a"), id="input and output"),
        pytest.param({"instruction": "q", "input": "", "output": 42}, ("q", "", "42"),
                     id="a number"),
    ],
)  # fmt: skip
def test_rows_as_people_have_them(row, known):
    [content] = read("alpaca", row)

    assert (content["instruction"], content["input"], content["output"]) == known


def test_a_history_comes_before_the_question():
    """As LLaMA-Factory reads it; the input belongs to the last question."""
    [content] = read(
        "alpaca",
        {
            "instruction": "译成英文。",
            "input": "你好",
            "output": "Hello",
            "system": "你是翻译。",
            "history": [["你是谁？", "翻译。"], ["会什么？", "中英互译。"]],
        },
    )

    assert content["system"] == "你是翻译。"
    assert (content["instruction"], content["output"]) == ("你是谁？", "翻译。")
    assert content["rounds"] == (
        Round("会什么？", "中英互译。"),
        Round("译成英文。\n你好", "Hello"),
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instruction": ""}, "no instruction"),
        ({"instruction": [1]}, "instruction is not text"),
        ({"input": {}}, "input is not text"),
        ({"output": []}, "output is not text"),
        ({"history": "x"}, "history is not a list"),
        ({"history": [["only a question"]]}, "history is not pairs of texts"),
        ({"history": [["q", ""]]}, "history is not pairs of texts"),
    ],
)
def test_what_is_no_task(changes, reason):
    [piece] = read("alpaca", {"instruction": "q", "input": "", "output": "a"} | changes)

    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_reasoning_is_set_apart():
    [content] = read("alpaca", {"instruction": "q", "output": "<think>t</think>a"})

    assert (content["output"], content["reasoning"]) == ("a", "t")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        pytest.param({"kind": "NLI", "input": "问", "target": "答"}, "NLI", id="Firefly"),
        pytest.param({"instruction": "q", "instruction_type": "Open QA"}, "Open QA", id="en"),
        pytest.param(
            {"instruction": "问", "category": "open_qa", "output": "答"}, "open_qa", id="zh"
        ),
        pytest.param({"instruction": "q", "output": "a", "category": None}, None, id="null"),
        pytest.param({"instruction": "q", "output": "a", "category": ["x"]}, None, id="no text"),
    ],
)
def test_the_kind_of_a_task_is_its_type(row, kind):
    [content] = read("alpaca", row)

    assert content.get("type") == kind


def test_a_system_prompt_of_OpenOrca():
    row = {"id": "1", "system_prompt": "你是老师。", "question": "问", "response": "答"}

    [content] = read("alpaca", row)

    assert (content["system"], content["instruction"], content["output"]) == (
        "你是老师。",
        "问",
        "答",
    )
    assert find_layout(row) == "alpaca"
