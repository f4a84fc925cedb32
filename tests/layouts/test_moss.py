"""MOSS-003: every part of a turn between its marks, in the order in which it is trained on."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.layout import Problem
from vicugna.layouts.moss import DEFAULT, MOSS
from vicugna.records import Round

PARTS = ["Human", "Inner Thoughts", "Commands", "Tool Responses", "MOSS"]


def turn(question, answer, thought="None", command="None", result="None"):
    return {
        "Human": f"<|Human|>: {question}<eoh>\n",
        "Inner Thoughts": f"<|Inner Thoughts|>: {thought}<eot>\n",
        "Commands": f"<|Commands|>: {command}<eoc>\n",
        "Tool Responses": f"<|Results|>:\n{result}\n<eor>\n",
        "MOSS": f"<|MOSS|>: {answer}<eom>\n",
    }


def dialogue(*turns, **more):
    chat = {f"turn_{number}": one for number, one in enumerate(turns, 1)}
    row = {"conversation_id": 1, "meta_instruction": "You are MOSS.\n", "num_turns": len(turns)}
    return {**row, "chat": chat, **more}


@settings(deadline=None)
@given(drafts())
def test_what_is_written_comes_back(draft):
    rows = MOSS.write(draft)
    if isinstance(rows, str):
        assert rows.endswith(" in a text")
        return

    assert [find_layout(row) for row in rows] == ["moss"]
    (content,) = contents(read_back(MOSS, rows))
    assert said(content, MOSS) == said(draft, MOSS)
    assert content.get("type", "") == draft.type


def test_a_draft_has_the_keys_in_the_order_of_training():
    draft = one_draft(("河？", "长江。"), ("多长？", "很长。"), reasoning="想。", type="open_qa")
    (row,) = MOSS.write(draft)

    assert list(row) == ["conversation_id", "meta_instruction", "num_turns", "chat", "category"]
    assert list(row["chat"]) == ["turn_1", "turn_2"]
    assert all(list(one) == PARTS for one in row["chat"].values())
    assert (row["num_turns"], row["category"]) == (2, "open_qa")
    assert "".join(row["chat"]["turn_1"].values()) == (
        "<|Human|>: 河？<eoh>\n<|Inner Thoughts|>: 想。<eot>\n<|Commands|>: None<eoc>\n"
        "<|Results|>: None<eor>\n<|MOSS|>: 长江。<eom>\n"
    )
    assert row["chat"]["turn_2"]["Inner Thoughts"] == "<|Inner Thoughts|>: None<eot>\n"


@pytest.mark.parametrize(
    ("system", "meta"),
    [
        pytest.param("", f"{DEFAULT}\n", id="one that is not empty, for its loader wants a token"),
        pytest.param("你是助手。", "你是助手。\n", id="the system prompt"),
    ],
)
def test_the_meta_instruction_is_the_system_prompt(system, meta):
    draft = one_draft(("A?", "a"), system=system)
    (row,) = MOSS.write(draft)

    assert row["meta_instruction"] == meta
    (content,) = contents(MOSS.read(row))
    assert content["system"] == system


@pytest.mark.parametrize("mark", ["<eoh>", "<eom>", "<|MOSS|>", "<|Results|>", "<|endoftext|>"])
@pytest.mark.parametrize("place", ["instruction", "output", "system", "reasoning"])
def test_a_mark_in_any_text_is_refused(mark, place):
    changed = one_draft(
        ("问" + mark * (place == "instruction"), "答" + mark * (place == "output")),
        system=mark * (place == "system"),
        reasoning=mark * (place == "reasoning"),
    )

    assert MOSS.write(changed) == f"{mark} in a text"


def test_a_published_dialogue_without_a_category_is_read():
    row = dialogue(turn("如何提高写作？", "1.读。\n\n2.写。"), turn("Go on.", "3. Rest."))

    assert find_layout(row) == "moss"
    (content,) = contents(MOSS.read(row))
    assert content["system"] == "You are MOSS."
    assert "type" not in content
    assert said(content, MOSS)["rounds"] == [
        Round("如何提高写作？", "1.读。\n\n2.写。"),
        Round("Go on.", "3. Rest."),
    ]


def test_turns_are_in_order_of_their_numbers():
    row = dialogue(*(turn(f"q{n}", f"a{n}") for n in range(1, 12)), category="rp")
    row["chat"] = dict(sorted(row["chat"].items()))
    (content,) = contents(MOSS.read(row))

    assert [one.question for one in said(content, MOSS)["rounds"]] == [
        f"q{n}" for n in range(1, 12)
    ]
    assert content["type"] == "rp"


def test_thoughts_without_a_tool_are_reasoning():
    (content,) = contents(MOSS.read(dialogue(turn("两边 3 和 4？", "5。", thought="勾股定理。"))))

    assert content["reasoning"] == "勾股定理。"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(
            dialogue(turn("2+2?", "4.", command='Calculate("2+2")', result="4")),
            "a turn that calls a tool",
            id="a tool",
        ),
        pytest.param(
            dialogue(turn("好", "好。"), turn("2+2?", "4.", command='Calculate("2+2")')),
            "a turn that calls a tool",
            id="a tool in the second turn",
        ),
        pytest.param(dialogue("a"), "a turn that is not an object", id="text for a turn"),
        pytest.param(dialogue(), "no question and no answer", id="no turn"),
        pytest.param(dialogue({"Human": "<|Human|>: 问<eoh>\n"}), "an empty turn", id="no answer"),
        pytest.param(dialogue({"Human": ["a"], "MOSS": 1}), "a turn that is not text", id="a list"),
    ],
)
def test_a_dialogue_that_cannot_be_held_is_told(row, reason):
    assert MOSS.matches(row)
    (piece,) = MOSS.read(row)
    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_the_same_conversations_as_firefly_has_them_are_read():
    pairs = [{"human": "你好", "assistant": "你好！"}, {"human": "Bye", "assistant": "Bye!"}]
    row = {"conversation_id": 1, "category": "Brainstorming", "conversation": pairs}

    assert find_layout(row) == "moss"
    (content,) = contents(MOSS.read(row))
    assert said(content, MOSS)["rounds"] == [Round("你好", "你好！"), Round("Bye", "Bye!")]
    assert content["type"] == "Brainstorming"
