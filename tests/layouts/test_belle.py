"""BELLE: conversations, pairs as templated text, and its set of 0.8 million conversations."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.belle import BELLE, BELLE_DPO, BELLE_MULTITURN, BELLE_REWARD
from vicugna.layouts.layout import NO_REJECTED, Problem
from vicugna.records import Alternative, Round

PAIRS = {"belle_dpo": BELLE_DPO, "belle_reward": BELLE_REWARD}
TALK = one_draft(
    ("河？", "长江。"),
    ("多长？", "六千三百公里。"),
    lang="zh",
    alternatives=(Alternative("不知道。"),),
)
ASKED = "Human: \n河？\n\nAssistant: \n长江。\n\nHuman: \n多长？\n\nAssistant: \n"


@settings(deadline=None)
@given(drafts())
def test_a_conversation_comes_back(draft):
    rows = BELLE.write(draft)
    if isinstance(rows, str):
        assert rows == "</s> in a text"
        return

    assert [find_layout(row) for row in rows] == ["belle"]
    (content,) = contents(read_back(BELLE, rows))
    assert said(content, BELLE) == said(draft, BELLE)


@settings(deadline=None)
@pytest.mark.parametrize("name", PAIRS)
@given(draft=drafts())
def test_the_pairs_of_a_task_come_back_as_one(name, draft):
    layout = PAIRS[name]
    rows = layout.write(draft)
    if isinstance(rows, str):
        assert rows == NO_REJECTED or rows.endswith(" in a text")
        return

    assert {find_layout(row) for row in rows} == {name}
    known = said(draft, layout)
    read = [said(content, layout) for content in contents(read_back(layout, rows))]
    assert read == [known | {"alternatives": [*dict.fromkeys(known["alternatives"])]}]


def test_answers_are_from_the_assistant_and_no_turn_is_from_the_system():
    """All that is not from "human" is trained on there."""
    draft = one_draft(("Name a bird.", "A kite."), system="Be short.")

    assert BELLE.write(draft) == [
        {
            "id": "a-01",
            "conversations": [
                {"from": "human", "value": "Name a bird."},
                {"from": "assistant", "value": "A kite."},
            ],
        }
    ]


def test_pairs_have_the_template_that_the_model_is_trained_with():
    assert BELLE_DPO.write(TALK) == [
        {"prompt": ASKED, "chosen": "六千三百公里。", "rejected": "不知道。"}
    ]
    assert BELLE_REWARD.write(TALK) == [
        {"chosen": f"{ASKED}六千三百公里。", "rejected": f"{ASKED}不知道。"}
    ]


@pytest.mark.parametrize("layout", [BELLE, BELLE_DPO, BELLE_REWARD])
@pytest.mark.parametrize("answer", ["x</s>", "好</s>y"])
def test_the_end_of_text_is_refused(layout, answer):
    draft = one_draft(("A?", answer), alternatives=(Alternative("b"),))

    assert layout.write(draft) == "</s> in a text"


@pytest.mark.parametrize("layout", PAIRS.values())
@pytest.mark.parametrize("text", ["a\n\nHuman: b", "甲\n\nHuman:"])
def test_the_name_of_the_next_speaker_is_refused_in_a_transcript(layout, text):
    draft = one_draft(("A?", "a"), alternatives=(Alternative(text),))

    assert layout.write(draft) == "Human: in a text"
    assert isinstance(BELLE.write(draft), list)


@pytest.mark.parametrize("layout", PAIRS.values())
def test_a_task_without_a_rejected_answer_is_no_pair(layout):
    assert layout.write(one_draft(("A?", "a"))) == NO_REJECTED
    assert layout.write(one_draft(("A?", "a"), alternatives=(Alternative("a"),))) == NO_REJECTED


def test_the_readme_of_dpo_is_read_in_both_spellings():
    row = {"chosen": "H2O。", "prompt": "Human: \n水的化学式是什么？\n\nAssistant: \n"}
    for name in ("reject", "rejected"):
        (content,) = contents(read_back(BELLE_DPO, [row | {name: "水。"}]))

        assert find_layout(row | {name: "水。"}) == "belle_dpo"
        assert content["instruction"] == "水的化学式是什么？"
        assert content["alternatives"] == (Alternative("水。"),)


@pytest.mark.parametrize(
    ("asked", "rounds"),
    [
        pytest.param("Human:你好\nAssistant:", [Round("你好", "嗯")], id="one round"),
        pytest.param(
            "Human:写诗。\nAssistant:好的：\n春眠\nHuman:再来\n一首\nAssistant:",
            [Round("写诗。", "好的：\n春眠"), Round("再来\n一首", "嗯")],
            id="lines in turns",
        ),
        pytest.param(
            "Human: Hi.\nAssistant: Hello.\nHuman: Bye.\nAssistant:\n",
            [Round("Hi.", "Hello."), Round("Bye.", "嗯")],
            id="spaces",
        ),
    ],
)
def test_a_history_inside_the_instruction_is_a_conversation(asked, rounds):
    row = {"instruction": asked, "input": "", "output": "嗯"}

    assert find_layout(row) == "belle_multiturn"
    (content,) = contents(read_back(BELLE_MULTITURN, [row]))
    assert said(content, BELLE_MULTITURN)["rounds"] == rounds


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Human:你好\nAssistant:", "input": "x", "output": "嗯"},
        {"instruction": "What does Human: mean?\nAssistant:", "input": "", "output": "x"},
        {"instruction": "Human: wrote this. Who?", "input": "", "output": "x"},
    ],
)
def test_an_instruction_about_such_words_is_alpaca(row):
    assert find_layout(row) == "alpaca"


@pytest.mark.parametrize(
    ("layout", "row", "reason"),
    [
        (
            BELLE_MULTITURN,
            {"instruction": "Human:a\nHuman:b\nAssistant:", "output": "x"},
            "turns that do not alternate",
        ),
        (
            BELLE_MULTITURN,
            {"instruction": "Human:a\nAssistant:", "output": ["x"]},
            "a turn that is not text",
        ),
        (
            BELLE_DPO,
            {"prompt": "Human: \na\n\nAssistant: \n", "chosen": "", "rejected": "x"},
            "an empty answer",
        ),
        (
            BELLE_DPO,
            {"prompt": "Human: \n", "chosen": "a", "rejected": "x"},
            "an empty turn",
        ),
        (
            BELLE_REWARD,
            {
                "chosen": "Human: \na\n\nAssistant: \n1",
                "rejected": "Human: \nb\n\nAssistant: \n2",
            },
            "two answers to different questions",
        ),
        (
            BELLE_REWARD,
            {"chosen": "Human: \na", "rejected": "Human: \na"},
            "no question and no answer",
        ),
    ],
)
def test_a_row_that_is_no_task_is_told(layout, row, reason):
    assert layout.matches(row)
    (piece,) = layout.read(row)
    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_reasoning_of_both_answers_is_set_apart():
    asked = "Human: \n说出一种鸟。\n\nAssistant: \n"
    row = {
        "chosen": f"{asked}<think>会飞</think>麻雀。",
        "rejected": f"{asked}<think>不会</think>猫。",
    }

    [content] = contents(read_back(BELLE_REWARD, [row]))

    [rejected] = content["alternatives"]
    assert (content["output"], content["reasoning"]) == ("麻雀。", "会飞")
    assert (rejected.answer, rejected.reasoning) == ("猫。", "不会")
