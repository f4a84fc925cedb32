"""ColossalChat's four layouts."""

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import check_round_trip, drafts, make_draft, read_back
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round

ROUNDS = (Round("还有呢？", "没有了。"),)
USER, OTHER = ({"from": "user", "content": text} for text in ("1+1?", "2+2?"))
TWO, THREE = ({"from": "assistant", "content": text} for text in ("2", "3"))
SYSTEM = {"from": "system", "content": "简短。"}


@settings(deadline=None)
@given(drafts())
def test_a_conversation_comes_back(draft):
    assert check_round_trip("colossalchat", draft) == ""


@settings(deadline=None)
@given(drafts())
def test_a_preference_comes_back(draft):
    assert check_round_trip("colossalchat_preference", draft) in ("", "no rejected answer")


@settings(deadline=None)
@given(drafts())
def test_labelled_answers_come_back_as_a_preference(draft):
    assert check_round_trip("colossalchat_kto", draft) == ""


@settings(deadline=None)
@given(drafts())
def test_prompts_end_with_the_last_question(draft):
    layout = LAYOUTS["colossalchat_prompts"]
    (row,) = layout.write(draft)

    assert find_layout(row) == "colossalchat_prompts"
    (*earlier, last) = read_back(layout, [row])
    question = draft.rounds[-1].question if draft.rounds else row["messages"][-1]["content"]
    assert last == Problem("a question without an answer", question)
    assert [len(piece["rounds"]) + 1 for piece in earlier] == [len(draft.rounds)] * bool(
        draft.rounds
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_rows_mix_the_keys_of_two_systems(lang):
    draft = make_draft(lang, system="简短。", rounds=ROUNDS, alternatives=(Alternative("A cat."),))
    context = [
        SYSTEM,
        {"from": "user", "content": draft.instruction},
        {"from": "assistant", "content": draft.output},
        {"from": "user", "content": "还有呢？"},
    ]
    good, bad = ({"from": "assistant", "content": text} for text in ("没有了。", "A cat."))
    written = {name: LAYOUTS[name].write(draft) for name in LAYOUTS if name.startswith("colossal")}

    assert written == {
        "colossalchat": [{"messages": [*context, good]}],
        "colossalchat_preference": [{"context": context, "chosen": [good], "rejected": [bad]}],
        "colossalchat_prompts": [{"messages": context}],
        "colossalchat_kto": [
            {"prompt": context, "completion": good, "label": True},
            {"prompt": context, "completion": bad, "label": False},
        ],
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_blanks_at_the_ends_are_not_written(lang):
    """A template that strips the turns would not have them, and the reader not find the text."""
    draft = make_draft(lang, instruction=" 说。\n", output="1. a\n2. b\n")
    (row,) = LAYOUTS["colossalchat"].write(draft)

    assert [turn["content"] for turn in row["messages"]] == ["说。", "1. a\n2. b"]


def test_a_preference_needs_a_rejected_answer():
    layout = LAYOUTS["colossalchat_preference"]

    assert layout.write(make_draft()) == "no rejected answer"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        pytest.param({"messages": [USER, TWO]}, "colossalchat", id="supervised"),
        pytest.param({"messages": [SYSTEM, USER, TWO]}, "colossalchat", id="with system"),
        pytest.param({"messages": [USER, TWO], "category": "qa"}, "colossalchat", id="category"),
        pytest.param({"messages": [USER]}, "colossalchat_prompts", id="a question"),
        pytest.param({"messages": [USER, TWO, OTHER]}, "colossalchat_prompts", id="rounds"),
        pytest.param(
            {"messages": [USER], "gt_answer": "2"}, "colossalchat_prompts", id="with the truth"
        ),
        pytest.param(
            {"context": [USER], "chosen": [TWO], "rejected": [THREE]},
            "colossalchat_preference",
            id="preference",
        ),
        pytest.param(
            {"prompt": [USER], "completion": TWO, "label": True}, "colossalchat_kto", id="label"
        ),
        pytest.param(
            {
                "messages": [
                    {"role": "user", "content": "1+1?"},
                    {"role": "assistant", "content": "2"},
                ]
            },
            "messages",
            id="a line of DeepSeek's LoRA data",
        ),
    ],
)
def test_published_rows_are_found(row, name):
    assert find_layout(row) == name

    pieces = read_back(LAYOUTS[name], [row])

    texts = [piece.text if isinstance(piece, Problem) else piece["output"] for piece in pieces]
    assert texts == {
        "colossalchat_prompts": ["2", "2+2?"] if len(row.get("messages", ())) > 1 else ["1+1?"]
    }.get(name, ["2"])


def test_labels_of_one_question_become_a_preference():
    rows = [
        {"prompt": [USER], "completion": THREE, "label": False},
        {"prompt": [USER], "completion": TWO, "label": True},
        {"prompt": [OTHER], "completion": THREE, "label": False},
    ]
    task, problem = read_back(LAYOUTS["colossalchat_kto"], rows)

    assert (task["output"], task["alternatives"]) == ("2", (Alternative("3"),))
    assert problem.reason == "a bad answer to a question that has no good one"


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        pytest.param(
            {"messages": [TWO, USER, THREE]}, ["an answer before the first question"], id="starts"
        ),
        pytest.param({"messages": [TWO]}, ["no question and no answer"], id="answer alone"),
        pytest.param({"messages": [SYSTEM]}, ["no question and no answer"], id="system alone"),
        pytest.param(
            {"messages": [TWO, USER]}, ["an answer before the first question"], id="turned round"
        ),
        pytest.param(
            {"context": [USER, TWO], "chosen": [TWO], "rejected": [THREE]},
            ["turns that do not alternate"],
            id="a context that ends with an answer",
        ),
        pytest.param(
            {"context": [], "chosen": [TWO], "rejected": [THREE]},
            ["no question and no answer"],
            id="no context",
        ),
        pytest.param(
            {"context": [USER], "chosen": [TWO, USER, TWO], "rejected": [THREE]},
            ["an answer that is not text"],
            id="an answer of several turns",
        ),
    ],
)
def test_what_is_no_task_is_told(row, reasons):
    pieces = read_back(LAYOUTS[find_layout(row)], [row])

    assert [piece.reason for piece in pieces if isinstance(piece, Problem)] == reasons
