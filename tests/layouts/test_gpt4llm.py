"""GPT-4-LLM: answers of several models to one question, only read."""

import pytest

from tests.layouts.hostile_drafts import contents
from vicugna.layouts import find_layout
from vicugna.layouts.gpt4llm import GPT4LLM, TWICE
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative

BEGINNING = "Below is an instruction that describes a task. Write a response.\n\n"
ASKED = f"{BEGINNING}### Instruction:\nName a bird.\n\n### Response:"


def scored(*answers, asked=ASKED):
    keys = ("response", "source", "score")
    known = [dict(zip(keys, (text, "gpt4", score), strict=True)) for text, score in answers]
    return {"user_input": asked, "responses_and_scores": known}


def pair(better, worse, asked=ASKED):
    return {"user_input": asked, "completion_a": better, "completion_b": worse}


@pytest.mark.parametrize(
    ("asked", "instruction", "given"),
    [
        pytest.param(ASKED, "Name a bird.", "", id="no input"),
        pytest.param(
            f"{BEGINNING}### Instruction:\n排序。\n\n### Input:\n梨\n苹果\n\n### Response:",
            "排序。",
            "梨\n苹果",
            id="input",
        ),
        pytest.param(
            f"{BEGINNING}### Instruction:\n说\n\n出\n\n### Response:\n",
            "说\n\n出",
            "",
            id="blank lines",
        ),
        pytest.param("说出一种鸟。", "说出一种鸟。", "", id="no template"),
        pytest.param("What is ### Response: for?", "What is ### Response: for?", "", id="about it"),
    ],
)
def test_a_question_is_taken_out_of_the_template(asked, instruction, given):
    (content,) = contents(GPT4LLM.read(pair("A kite.", "A cat.", asked)))

    assert (content["instruction"], content["input"]) == (instruction, given)
    assert (content["output"], content["alternatives"]) == ("A kite.", (Alternative("A cat."),))


def test_two_answers_that_are_the_same_are_a_task_without_an_alternative():
    content, piece = GPT4LLM.read(pair("麻雀。", " 麻雀。"))

    assert content["output"] == "麻雀。"
    assert "alternatives" not in content
    assert piece == Problem(TWICE, "麻雀。")


def test_the_highest_score_is_chosen_and_lower_ones_are_worse():
    row = scored(("A cat.", 3), ("A kite.", 9.0), ("A bird.", "8"))
    (content,) = contents(GPT4LLM.read(row))

    assert find_layout(row) == "gpt4llm"
    assert (content["output"], content["score"]) == ("A kite.", 9.0)
    assert content["alternatives"] == (
        Alternative("A cat.", "", 3.0),
        Alternative("A bird.", "", 8.0),
    )


@pytest.mark.parametrize(
    ("answers", "tasks", "problems"),
    [
        pytest.param([("麻雀。", 9), ("鹰。", 9)], ["麻雀。", "鹰。"], [], id="as good"),
        pytest.param([("麻雀。", 9), ("麻雀。", 8)], ["麻雀。"], [TWICE], id="the same"),
        pytest.param([("麻雀。", 9), ("", 1)], ["麻雀。"], ["an empty answer"], id="empty"),
        pytest.param(
            [("鹰。", 9), ({}, 1)], ["鹰。"], ["an answer that is not text"], id="no text"
        ),
        pytest.param([("麻雀。", 9), ("鹰。", None)], ["麻雀。", "鹰。"], [], id="no score"),
        pytest.param([], [], ["no answer"], id="none"),
    ],
)
def test_what_is_not_worse_is_told_or_a_task_of_its_own(answers, tasks, problems):
    read = GPT4LLM.read(scored(*answers))

    assert [piece["output"] for piece in read if not isinstance(piece, Problem)] == tasks
    assert [piece.reason for piece in read if isinstance(piece, Problem)] == problems
    assert not any(isinstance(piece, dict) and piece.get("alternatives") for piece in read)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (pair("a", ""), "an empty answer"),
        (pair("", ""), "an empty answer"),
        (pair(["a"], "b"), "an answer that is not text"),
        (pair("a", "b", ""), "no instruction"),
        (pair("a", "b", ["x"]), "instruction is not text"),
        (scored(("a", 1), asked=None), "no instruction"),
    ],
)
def test_a_row_that_is_no_task_is_told(row, reason):
    assert find_layout(row) == "gpt4llm"
    (piece,) = GPT4LLM.read(row)
    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_it_is_only_read():
    assert GPT4LLM.write is None
