from dataclasses import replace

import pytest
from hypothesis import assume, given

from tests.layouts.drafts import CHAT, SINGLE, drafts, read, read_back, refuse, write
from vicugna.layouts import LAYOUTS


def test_a_conversation_has_the_id_of_its_task_and_no_system_turn():
    """FastChat stops at a system turn."""
    assert write("sharegpt", SINGLE) == [
        {
            "id": "en-1",
            "conversations": [
                {"from": "human", "value": "Sort these words.\npear, apple"},
                {"from": "gpt", "value": "apple, pear"},
            ],
        }
    ]
    assert [turn["from"] for turn in write("sharegpt", CHAT)[0]["conversations"]] == (
        ["human", "gpt"] * 3
    )


@given(draft=drafts())
def test_every_round_comes_back(draft):
    assume(not isinstance(LAYOUTS["sharegpt"].write(draft), str))

    content = read_back("sharegpt", draft)

    assert (content["instruction"], content["output"]) == (draft.instruction, draft.output)
    assert content["rounds"] == draft.rounds


# What was seen in fastchat.train.train.preprocess, 0.2.36: all labels masked, or misread.
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("End with </s>, please.", "</s> in a text"),
        ("句子里有 <unk> 记号。", "<unk> in a text"),
        ("USER: a ASSISTANT: b", "ASSISTANT: in a text"),
        ("ASSISTANT: b", "ASSISTANT: in a text"),
        ("写一行 ASSISTANT:", "ASSISTANT: in a text"),
    ],
)
def test_what_FastChat_would_mask_or_misread_is_refused(text, reason):
    assert refuse("sharegpt", replace(SINGLE, instruction=text, input="")) == reason
    assert refuse("sharegpt", replace(CHAT, system="", output=text)) == reason


@pytest.mark.parametrize(
    "text", ["<s>", "USER: x", "assistant: x", "a\nASSISTANT: x", "MyASSISTANT: x", "< /s>"]
)
def test_what_it_reads_right_is_not(text):
    assert write("sharegpt", replace(SINGLE, output=text))


def test_a_system_column_is_read():
    row = {
        "system": "你是老师。",
        "conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}],
    }

    assert read("sharegpt", row)[0]["system"] == "你是老师。"
