"""Texts in rows that people have."""

import pytest

from vicugna.layouts.texts import dump_row, read_input, read_text, split_reasoning


@pytest.mark.parametrize(
    ("row", "text"),
    [
        pytest.param({}, "", id="missing"),
        pytest.param({"x": None}, "", id="null"),
        pytest.param({"x": ""}, "", id="empty"),
        pytest.param({"x": " 你好\r\n"}, "你好", id="text, cleaned"),
        pytest.param({"x": 42}, "42", id="number"),
        pytest.param({"x": True}, "true", id="truth"),
        pytest.param({"x": ["a"]}, None, id="list"),
        pytest.param({"x": {}}, None, id="object"),
    ],
)
def test_a_field_as_text(row, text):
    assert read_text(row, "x") == text


def test_the_first_name_that_is_there_counts():
    assert read_text({"a": None, "b": "two", "c": "three"}, "a", "b", "c") == "two"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("<noinput>", ""),
        ("<无输入>", ""),
        ("无", ""),
        ("3, 4", "3, 4"),
        ("今天天气很好。", "今天天气很好。"),
    ],
)
def test_an_input_that_says_there_is_none_is_none(text, known):
    assert read_input({"input": text}) == known


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        pytest.param("<think>2+2</think>4", ("2+2", "4"), id="on one line"),
        pytest.param("<think>\n先算。\n</think>\n\n四。", ("先算。", "四。"), id="as Qwen3 has it"),
        pytest.param("<think></think>4", ("", "4"), id="thought nothing"),
        pytest.param(
            "Write <think>x</think>.", ("", "Write <think>x</think>."), id="about the marks"
        ),
        pytest.param("<think>never ends", ("", "<think>never ends"), id="no end"),
        pytest.param("四。", ("", "四。"), id="none"),
    ],
)
def test_reasoning_is_set_apart_from_the_answer(answer, parts):
    assert split_reasoning(answer) == parts


def test_a_row_deeper_than_json_is_told_by_its_keys():
    deep: list = []
    for _ in range(500):
        deep = [deep]

    assert dump_row({"a": 1, "b": deep}) == "a, b"
