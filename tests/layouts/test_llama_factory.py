"""LLaMA-Factory's two layouts of preferences."""

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import check_round_trip, drafts, make_draft, read_back
from vicugna.layouts import find_layout
from vicugna.layouts.layout import Problem
from vicugna.layouts.llama_factory import PREFERENCE_ALPACA, PREFERENCE_SHAREGPT
from vicugna.records import Alternative, Round

NAMES = ["preference_sharegpt", "preference_alpaca"]
ROUNDS = (Round("还有呢？", "没有了。"),)
WORSE = (Alternative("A cat."), Alternative("猫。"))
HUMAN = {"from": "human", "value": "Name a bird."}


@settings(deadline=None)
@given(drafts())
def test_a_conversation_comes_back(draft):
    assert check_round_trip("preference_sharegpt", draft) in (
        "",
        "no rejected answer",
        "{{idx}} in a text",
    )


@settings(deadline=None)
@given(drafts())
def test_a_task_comes_back(draft):
    assert check_round_trip("preference_alpaca", draft) in (
        "",
        "no rejected answer",
        "{{idx}} in a text",
        "more than one round",
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_system_prompt_is_a_first_turn(lang):
    draft = make_draft(lang, system="简短。", rounds=ROUNDS, alternatives=WORSE[:1])

    assert PREFERENCE_SHAREGPT.write(draft) == [
        {
            "conversations": [
                {"from": "system", "value": "简短。"},
                {"from": "human", "value": draft.instruction},
                {"from": "gpt", "value": draft.output},
                {"from": "human", "value": "还有呢？"},
            ],
            "chosen": {"from": "gpt", "value": "没有了。"},
            "rejected": {"from": "gpt", "value": "A cat."},
        }
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rejected_answer_is_a_row(lang):
    draft = make_draft(lang, input="3, 4", alternatives=WORSE)
    task = {"instruction": draft.instruction, "input": "3, 4", "chosen": draft.output}

    assert PREFERENCE_ALPACA.write(draft) == [
        {**task, "rejected": "A cat."},
        {**task, "rejected": "猫。"},
    ]


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        pytest.param({}, "preference_sharegpt", "no rejected answer", id="nothing rejected"),
        pytest.param({}, "preference_alpaca", "no rejected answer", id="nothing rejected, Alpaca"),
        pytest.param(
            {"alternatives": WORSE, "rounds": ROUNDS},
            "preference_alpaca",
            "more than one round",
            id="a conversation, Alpaca",
        ),
        pytest.param(
            {"alternatives": WORSE, "instruction": "What is {{idx}}?"},
            "preference_sharegpt",
            "{{idx}} in a text",
            id="the number of the round in a question",
        ),
        pytest.param(
            {"alternatives": WORSE, "input": "{{idx}}"},
            "preference_alpaca",
            "{{idx}} in a text",
            id="the number of the round in an input",
        ),
        pytest.param(
            {"alternatives": WORSE, "output": "It is {{idx}}."},
            "preference_sharegpt",
            "",
            id="the number of the round in an answer, which stays",
        ),
        pytest.param(
            {"alternatives": WORSE, "instruction": "What is {{content}}?"},
            "preference_alpaca",
            "",
            id="another mark, which stays",
        ),
        pytest.param(
            {"alternatives": (Alternative("A red kite."), Alternative(" "))},
            "preference_sharegpt",
            "no rejected answer",
            id="the same answer and an empty one",
        ),
    ],
)
def test_what_would_not_be_read_is_refused(changes, name, reason):
    assert check_round_trip(name, make_draft(**changes)) == reason


PAIR = {"chosen": {"from": "gpt", "value": "好"}, "rejected": {"from": "gpt", "value": "差"}}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        pytest.param(
            {"conversations": [HUMAN], **PAIR}, ("Name a bird.", "", "好", "差"), id="ShareGPT"
        ),
        pytest.param(
            {"conversations": [HUMAN], **PAIR, "system": "简短。"},
            ("Name a bird.", "简短。", "好", "差"),
            id="system column",
        ),
        pytest.param(
            {"conversations": [HUMAN], "chosen": [PAIR["chosen"]], "rejected": "差"},
            ("Name a bird.", "", "好", "差"),
            id="a list of one turn, and a plain text",
        ),
        pytest.param(
            {"instruction": "Name", "input": "a bird.", "chosen": "好", "rejected": "差"},
            ("Name", "", "好", "差"),
            id="Alpaca",
        ),
        pytest.param(
            {"instruction": "Name a bird.", "chosen": "好", "rejected": "差", "system": "s"},
            ("Name a bird.", "s", "好", "差"),
            id="Alpaca without input, with system",
        ),
        pytest.param(
            {"instruction": "Name a bird.", "input": "", "output": ["好", "差"]},
            ("Name a bird.", "", "好", "差"),
            id="two outputs, as in 2023",
        ),
        pytest.param(
            {
                "instruction": "Name a bird.",
                "input": None,
                "chosen": "<think>想</think>好",
                "rejected": "差",
            },
            ("Name a bird.", "", "好", "差"),
            id="reasoning before the answer",
        ),
    ],
)
def test_published_rows(row, found):
    layout = {name: PREFERENCE_ALPACA for name in NAMES}
    layout["preference_sharegpt"] = PREFERENCE_SHAREGPT
    (content,) = read_back(layout[find_layout(row)], [row])

    (worse,) = content["alternatives"]
    assert (content["instruction"], content["system"], content["output"], worse.answer) == found


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"conversations": [], **PAIR}, "no question and no answer", id="no turn"),
        pytest.param(
            {"conversations": [HUMAN, HUMAN], **PAIR}, "turns that do not alternate", id="order"
        ),
        pytest.param(
            {"conversations": [HUMAN], **PAIR, "rejected": None}, "an empty answer", id="null"
        ),
        pytest.param(
            {"conversations": [HUMAN], **PAIR, "rejected": ["a", "b"]},
            "an answer that is not text",
            id="two answers",
        ),
    ],
)
def test_what_is_no_preference_is_told(row, reason):
    (piece,) = read_back(PREFERENCE_SHAREGPT, [row])

    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_an_alpaca_pair_without_an_instruction_is_told():
    (piece,) = read_back(PREFERENCE_ALPACA, [{"instruction": "", "chosen": "好", "rejected": "差"}])

    assert piece.reason == "no instruction"


def test_earlier_rounds_in_a_history():
    row = {
        "instruction": "And now?",
        "history": [["1+1?", "2"]],
        "chosen": "3",
        "rejected": "5",
    }
    (content,) = read_back(PREFERENCE_ALPACA, [row])

    assert (content["instruction"], content["output"]) == ("1+1?", "2")
    assert content["rounds"] == (Round("And now?", "3"),)


def test_a_row_with_an_instruction_is_no_transcript_though_its_answers_look_like_one():
    row = {"instruction": "问", "input": "", "chosen": "Human: 甲", "rejected": "Human: 乙"}

    assert find_layout(row) == "preference_alpaca"
