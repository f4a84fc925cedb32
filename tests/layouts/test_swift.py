"""ms-swift's layout of preferences."""

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import check_round_trip, drafts, make_draft, read_back
from vicugna.layouts import find_layout
from vicugna.layouts.layout import Problem
from vicugna.layouts.swift import PREFERENCE_SWIFT
from vicugna.records import Alternative, Round

USER = {"role": "user", "content": "说出一种鸟。"}
GOOD, BAD = ({"role": "assistant", "content": text} for text in ("麻雀。", "猫。"))


@settings(deadline=None)
@given(drafts())
def test_a_preference_comes_back(draft):
    assert check_round_trip("preference_swift", draft) in ("", "no rejected answer")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_rejected_answer_stands_beside_the_messages(lang):
    draft = make_draft(lang, system="简短。", alternatives=(Alternative("A cat."),))

    assert PREFERENCE_SWIFT.write(draft) == [
        {
            "messages": [
                {"role": "system", "content": "简短。"},
                {"role": "user", "content": draft.instruction},
                {"role": "assistant", "content": draft.output},
            ],
            "rejected_response": "A cat.",
        }
    ]


@pytest.mark.parametrize(
    ("alternatives", "reason"),
    [
        pytest.param((), "no rejected answer", id="none"),
        pytest.param((Alternative("A red kite."),), "no rejected answer", id="the same answer"),
        pytest.param((Alternative("A cat."),), "", id="another answer"),
    ],
)
def test_only_a_preference_is_written(alternatives, reason):
    assert check_round_trip("preference_swift", make_draft(alternatives=alternatives)) == reason


@pytest.mark.parametrize(
    ("row", "rejected"),
    [
        pytest.param({"messages": [USER, GOOD], "rejected_response": "猫。"}, "猫。", id="text"),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_response": [BAD]}, "猫。", id="a list of one"
        ),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_messages": [USER, BAD]}, "猫。", id="messages"
        ),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_messages": [USER, BAD], "rejected_response": None},
            "猫。",
            id="messages beside null",
        ),
        pytest.param(
            {"query": "说出一种鸟。", "response": "麻雀。", "rejected_response": "猫。"},
            "猫。",
            id="columns of version 2",
        ),
    ],
)
def test_published_rows(row, rejected):
    assert find_layout(row) == "preference_swift"

    (content,) = read_back(PREFERENCE_SWIFT, [row])

    assert (content["instruction"], content["output"]) == ("说出一种鸟。", "麻雀。")
    assert content["alternatives"] == (Alternative(rejected),)


def test_reasoning_of_both_answers_is_kept():
    row = {
        "messages": [USER, {"role": "assistant", "content": "<think>想</think>麻雀。"}],
        "rejected_response": "<think>错</think>猫。",
    }
    (content,) = read_back(PREFERENCE_SWIFT, [row])

    assert (content["reasoning"], content["output"]) == ("想", "麻雀。")
    assert content["alternatives"] == (Alternative("猫。", "错"),)


def test_earlier_rounds_of_version_2():
    row = {
        "system": "s",
        "query": "And now?",
        "response": "3",
        "rejected_response": "5",
        "history": [["1+1?", "2"]],
    }
    (content,) = read_back(PREFERENCE_SWIFT, [row])

    assert (content["system"], content["instruction"]) == ("s", "1+1?")
    assert content["rounds"] == (Round("And now?", "3"),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(
            {"messages": [USER], "rejected_response": "猫。"},
            "no question and no answer",
            id="no answer",
        ),
        pytest.param(
            {"messages": [USER, GOOD, USER], "rejected_response": "猫。"},
            "a question without an answer",
            id="ends with a question",
        ),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_response": None}, "an empty answer", id="null"
        ),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_response": {"a": []}},
            "an answer that is not text",
            id="an object",
        ),
        pytest.param(
            {
                "messages": [USER, GOOD],
                "rejected_messages": [{"role": "user", "content": "x"}, BAD],
            },
            "two answers to different questions",
            id="another question",
        ),
        pytest.param(
            {"messages": [USER, GOOD], "rejected_messages": 3},
            "rejected messages that are no conversation",
            id="a number of messages",
        ),
    ],
)
def test_what_is_no_preference_is_told(row, reason):
    (piece,) = read_back(PREFERENCE_SWIFT, [row])

    assert isinstance(piece, Problem)
    assert piece.reason == reason
