"""DeepSpeed-Chat's local files, and Anthropic's HH-RLHF."""

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import check_round_trip, drafts, make_draft, read_back
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round

CUTS = ("Human: in a text", "Assistant: in a text")
ROUNDS = (Round("还有呢？", "没有了。"),)
WORSE = (Alternative("A cat."),)


@settings(deadline=None)
@given(drafts())
def test_a_preference_comes_back(draft):
    assert check_round_trip("deepspeed_chat", draft) in ("", "no rejected answer", *CUTS)


@settings(deadline=None)
@given(drafts())
def test_a_task_without_a_rejected_answer_comes_back(draft):
    assert check_round_trip("deepspeed_chat_sft", draft) in ("", *CUTS)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_question_is_written_as_the_readme_has_it(lang):
    draft = make_draft(lang, input="3", alternatives=WORSE)
    row = {"prompt": f"Human: {draft.instruction}\n3 Assistant:", "chosen": draft.output}

    assert LAYOUTS["deepspeed_chat"].write(draft) == [{**row, "rejected": "A cat."}]
    assert LAYOUTS["deepspeed_chat_sft"].write(draft) == [row]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_more_rounds_are_written_as_in_hh_rlhf(lang):
    draft = make_draft(lang, rounds=ROUNDS, alternatives=WORSE)
    (row,) = LAYOUTS["deepspeed_chat"].write(draft)

    assert row == {
        "prompt": f"Human: {draft.instruction}\n\nAssistant: {draft.output}\n\nHuman: 还有呢？"
        "\n\nAssistant:",
        "chosen": "没有了。",
        "rejected": "A cat.",
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"instruction": "a\n\nHuman: b"}, CUTS[0], id="a name in a question"),
        pytest.param({"output": "a\n\nAssistant: b"}, CUTS[1], id="a name in the answer"),
        pytest.param(
            {"alternatives": (Alternative("a\n\nHuman:"),)}, CUTS[0], id="a name in a bad answer"
        ),
        pytest.param({"rounds": (Round("a\n\n\nHuman: b", "c"),)}, CUTS[0], id="after two lines"),
        pytest.param({"instruction": "Human: b"}, "", id="a name at the start"),
        pytest.param({"instruction": "a\nHuman: b"}, "", id="a name on a line of its own"),
        pytest.param({"instruction": "b Assistant:"}, "", id="a name at the end"),
        pytest.param({"output": "Assistant: b"}, "", id="a name before the answer"),
        pytest.param({"system": "a\n\nHuman: b"}, "", id="a name in what is not written"),
        pytest.param({"alternatives": ()}, "no rejected answer", id="nothing rejected"),
    ],
)
def test_names_of_speakers_that_would_be_new_turns_are_refused(changes, reason):
    draft = make_draft(**({"alternatives": WORSE} | changes))

    assert check_round_trip("deepspeed_chat", draft) == reason


def test_what_is_not_written_is_no_reason():
    draft = make_draft(alternatives=(Alternative("a\n\nHuman:"),))

    assert check_round_trip("deepspeed_chat_sft", draft) == ""


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            {
                "chosen": "\n\nHuman: 1+1?\n\nAssistant: 2",
                "rejected": "\n\nHuman: 1+1?\n\nAssistant: 3",
            },
            id="HH-RLHF",
        ),
        pytest.param(
            {
                "prompt": "\n\nHuman: 1+1?\n\nAssistant:",
                "response": " 2",
                "chosen": " 2",
                "rejected": " 3",
            },
            id="rm-static",
        ),
        pytest.param(
            {
                "prompt": "\n\nHuman: 1+1?\n\n",
                "chosen": "Assistant: 2",
                "rejected": "Assistant: 3",
            },
            id="names in the answers",
        ),
        pytest.param(
            {"prompt": " Human: 1+1? Assistant:", "chosen": "2", "rejected": "3"}, id="README"
        ),
        pytest.param(
            {"prompt": "Human: 1+1?\n Assistant: ", "chosen": "2", "rejected": "3"},
            id="as its chatbot asks",
        ),
    ],
)
def test_published_pairs(row):
    assert find_layout(row) == "deepspeed_chat"

    (task,) = read_back(LAYOUTS["deepspeed_chat"], [row])

    assert (task["instruction"], task["output"]) == ("1+1?", "2")
    assert task["alternatives"] == (Alternative("3"),)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"prompt": "Human: 1+1? Assistant:", "chosen": "2"}, "deepspeed_chat_sft"),
        ({"prompt": "Human: 1+1? Assistant:", "chosen": "2", "rejected": None}, "deepspeed_chat"),
        ({"prompt": "Human: 1+1? Assistant:", "chosen": "2", "rejected": ""}, "deepspeed_chat"),
        ({"prompt": "1+1?", "chosen": "2", "rejected": "3"}, "preference"),
    ],
    ids=["no key", "null", "empty", "a plain question"],
)
def test_rows_near_to_it(row, name):
    assert find_layout(row) == name

    (task,) = read_back(LAYOUTS[name], [row])

    assert (task["instruction"], task["output"]) == ("1+1?", "2")
    assert bool(task.get("alternatives")) == bool(row.get("rejected"))


def test_earlier_rounds_of_hh_rlhf():
    begun = "\n\nHuman: 你好\n\nAssistant: 你好！\n\nHuman: 1+1?\n\nAssistant:"
    row = {"chosen": f"{begun} 2\n", "rejected": f"{begun} 3"}
    (task,) = read_back(LAYOUTS["deepspeed_chat"], [row])

    assert (task["instruction"], task["output"]) == ("你好", "你好！")
    assert task["rounds"] == (Round("1+1?", "2"),)
    assert task["alternatives"] == (Alternative("3"),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(
            {"chosen": "Human: a\n\nAssistant: b", "rejected": "Human: c\n\nAssistant: b"},
            "two answers to different questions",
            id="two questions",
        ),
        pytest.param(
            {"chosen": "Human: a\n\nAssistant:", "rejected": "Human: a\n\nAssistant: b"},
            "an empty turn",
            id="no chosen answer",
        ),
        pytest.param(
            {"chosen": "Human: a\n\nHuman: b\n\nAssistant: c", "rejected": "Human: a"},
            "turns that do not alternate",
            id="two questions in a row",
        ),
        pytest.param(
            {"prompt": "Human: a\n\nAssistant: b\n\nAssistant:", "chosen": "c", "rejected": "d"},
            "turns that do not alternate",
            id="two answers in a row",
        ),
        pytest.param(
            {"prompt": "Human: Assistant:", "chosen": "c", "rejected": "d"},
            "an empty turn",
            id="no question",
        ),
        pytest.param(
            {"prompt": "Human: a Assistant:", "chosen": ["c", "d"], "rejected": "d"},
            "an answer that is not text",
            id="a list",
        ),
        pytest.param(
            {"prompt": "Human: a Assistant:", "chosen": None, "rejected": None},
            "an empty answer",
            id="no answer",
        ),
    ],
)
def test_what_is_no_task_is_told(row, reason):
    (piece,) = read_back(LAYOUTS["deepspeed_chat"], [row])

    assert isinstance(piece, Problem)
    assert piece.reason == reason
