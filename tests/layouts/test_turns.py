"""Turns of a conversation, as every layout of chats has them, and what is wrong with them."""

from dataclasses import replace

import pytest
from hypothesis import given

from tests.layouts.drafts import CHAT, RATED, SINGLE, drafts
from vicugna.layouts.layout import Problem
from vicugna.layouts.turns import (
    are_turns,
    as_messages,
    question_turns,
    read_answer,
    read_prompt,
    read_turns,
    to_turns,
    with_reasoning,
)
from vicugna.records import Round


def turns(*pairs):
    return [{"role": role, "content": text} for role, text in pairs]


def test_turns_alternate_from_the_user_to_the_assistant_after_one_system_turn():
    assert [role for role, _ in to_turns(CHAT)] == ["system", *["user", "assistant"] * 3]
    assert to_turns(SINGLE) == [
        ("user", "Sort these words.\npear, apple"),
        ("assistant", "apple, pear"),
    ]
    assert question_turns(CHAT)[-1] == ("user", "谢谢。")


@given(draft=drafts())
def test_what_is_written_as_turns_is_read_back(draft):
    [content] = read_turns(as_messages(to_turns(draft)))

    assert not isinstance(content, Problem)
    known = {name: content.get(name) for name in ("instruction", "output", "system", "rounds")}
    assert known == {name: getattr(draft, name) for name in known}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(turns(("human", "问"), ("gpt", "答")), id="ShareGPT's names"),
        pytest.param(turns(("USER", "问"), ("ChatGPT", "答")), id="other names"),
        pytest.param([{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}], id="keys"),
        pytest.param([{"from": "user", "content": "问"}, {"from": "assistant", "content": "答"}],
                     id="ColossalChat's mixture"),
        pytest.param([{"user": "问", "assistant": "答"}], id="ms-swift's pairs"),
        pytest.param([{"role": "user", "content": [{"type": "text", "text": "问"}]},
                      {"role": "assistant", "content": "答"}], id="parts"),
        pytest.param([{"role": "user", "content": "问", "weight": 0},
                      {"role": "assistant", "content": "答", "tool_calls": None}], id="more keys"),
    ],
)  # fmt: skip
def test_every_way_to_write_a_turn(value):
    assert are_turns(value)
    [content] = read_turns(value)

    assert not isinstance(content, Problem)
    assert (content["instruction"], content["output"]) == ("问", "答")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param([], "no question and no answer", id="none"),
        pytest.param(turns(("system", "x")), "no question and no answer", id="only a system turn"),
        pytest.param(turns(("user", "a"), ("user", "b"), ("assistant", "c")),
                     "turns that do not alternate", id="two questions"),
        pytest.param(turns(("user", "a"), ("assistant", "b"), ("assistant", "c")),
                     "turns that do not alternate", id="two answers"),
        pytest.param(turns(("user", "a"), ("system", "b"), ("assistant", "c")),
                     "a system turn that is not the first", id="late system turn"),
        pytest.param(turns(("user", "a"), ("tool", "b"), ("assistant", "c")),
                     "a turn of a role that is not known", id="tool"),
        pytest.param([{"role": "user", "content": "a"}, {"role": "assistant", "content": "",
                      "tool_calls": [{}]}], "a turn that calls a tool", id="call"),
        pytest.param(turns(("user", ""), ("assistant", "b")), "an empty turn", id="no question"),
        pytest.param(turns(("user", "问"), ("assistant", " \n")), "an empty turn", id="no answer"),
        pytest.param(turns(("user", "问"), ("assistant", None)), "an empty turn", id="null"),
        pytest.param(turns(("user", {"a": 1}), ("assistant", "b")), "a turn that is not text",
                     id="object"),
        pytest.param(turns(("user", [{"type": "image"}]), ("assistant", "b")),
                     "a turn that is not text", id="picture"),
        pytest.param(turns((7, "a"), ("assistant", "b")), "a turn of a role that is not known",
                     id="number for a role"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_one_piece_with_the_reason(value, reason):
    [piece] = read_turns(value)

    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_what_stands_before_the_first_question_and_after_the_last_answer_is_set_apart():
    """FastChat cuts both without a word; the rounds between are good."""
    value = turns(("gpt", "早先的回答"), ("user", "问"), ("gpt", "答"), ("user", "还有呢？"))

    first, content, last = read_turns(value)

    assert first == Problem("an answer before the first question", "早先的回答")
    assert last == Problem("a question without an answer", "还有呢？")
    assert not isinstance(content, Problem)
    assert content["rounds"] == ()


def test_a_system_text_of_the_row_counts_when_no_turn_is_one():
    value = turns(("user", "问"), ("assistant", "答"))

    assert read_turns(value, "你是老师。")[0]["system"] == "你是老师。"
    assert read_turns(turns(("system", "你是学生。")) + value, "你是老师。")[0]["system"] == (
        "你是学生。"
    )


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_is_kept_apart_from_the_answer(key):
    value = [*turns(("user", "1+1?")), {"role": "assistant", "content": "2", key: "One and one."}]
    inline = turns(("user", "1+1?"), ("assistant", "<think>\nOne and one.\n</think>\n\n2"))

    for way in (value, inline):
        [content] = read_turns(way)
        assert (content["output"], content["reasoning"]) == ("2", "One and one.")


def test_reasoning_that_is_written_is_read_back():
    draft = replace(
        CHAT, reasoning="想：散射。", rounds=(Round("那傍晚呢？", "红的。", "光路更长。"),)
    )

    [content] = read_turns(as_messages(to_turns(with_reasoning(draft))))

    assert content["output"] == draft.output
    assert content["reasoning"] == "想：散射。"
    assert content["rounds"] == draft.rounds
    assert with_reasoning(RATED) == RATED  # there is none


@pytest.mark.parametrize(
    "value", [None, "text", {"a": 1}, [1], ["x"], [{}], [{"role": "user"}], [{"value": "x"}]]
)
def test_what_are_no_turns(value):
    assert not are_turns(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("答", "答"),
        ([{"role": "assistant", "content": "答"}], "答"),
        ({"from": "gpt", "value": "答"}, "答"),
        ([], None),
        ([{"content": "a"}, {"content": "b"}], None),
        (None, ""),
    ],
)
def test_an_answer_is_a_text_or_a_message(value, text):
    assert read_answer(value) == text


def test_a_prompt_is_a_text_or_messages_that_end_with_a_question():
    asked = turns(("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"))

    content, problem = read_prompt(asked), read_prompt(asked[:-1])

    assert not isinstance(content, Problem)
    assert (content["instruction"], content["rounds"]) == ("a", (Round("c", ""),))
    assert problem.reason == "turns that do not alternate"
    assert read_prompt("问")["instruction"] == "问"
