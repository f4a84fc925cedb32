from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.layouts.drafts import ANSWER, RATED, RATED_CHAT, SINGLE, drafts, read, refuse, write
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative

BOTH = pytest.mark.parametrize("name", ["preference", "preference_implicit"])
MANY = st.lists(
    st.builds(Alternative, ANSWER), min_size=1, max_size=3, unique_by=lambda one: one.answer
).map(tuple)
RATED_DRAFTS = drafts(alternatives=st.builds(Alternative, ANSWER).map(lambda one: (one,)))


def message(role, text):
    return {"role": role, "content": text}


def test_explicit_rows_are_lists_of_messages():
    """TRL raises when a prompt is a list and an answer a string."""
    assert write("preference", RATED_CHAT) == [
        {
            "prompt": [
                message("system", "你是厨师。"),
                message("user", "推荐一道家常菜。"),
                message("assistant", "番茄炒蛋。"),
                message("user", "先放哪个？"),
            ],
            "chosen": [message("assistant", "先炒蛋，盛出，再炒番茄。")],
            "rejected": [message("assistant", "随便。")],
        }
    ]


def test_implicit_rows_begin_alike():
    [row, _] = write("preference_implicit", RATED)

    assert row["chosen"][:-1] == row["rejected"][:-1] == [message("user", RATED.instruction)]
    assert (row["chosen"][-1]["content"], row["rejected"][-1]["content"]) == (
        "A penguin.",
        "A kite.",
    )


@BOTH
def test_every_rejected_answer_is_a_row(name):
    assert len(write(name, RATED)) == 2


@BOTH
@pytest.mark.parametrize("answer", ["", " ", "A penguin."], ids=["empty", "blank", "the same"])
def test_an_answer_that_teaches_nothing_is_no_row(name, answer):
    """TRL trains on two equal answers without a word."""
    only = replace(RATED, alternatives=(Alternative(answer),))

    assert refuse(name, only) == refuse(name, SINGLE) == "no rejected answer"


@BOTH
@given(draft=RATED_DRAFTS)
def test_a_preference_comes_back(name, draft):
    assume(draft.alternatives[0].answer != draft.answer)

    [content] = read(name, *write(name, draft))

    names = ("instruction", "output", "system", "rounds", "alternatives")
    assert {one: content[one] for one in names} == {one: getattr(draft, one) for one in names}


@pytest.mark.parametrize(
    ("row", "known"),
    [
        pytest.param({"prompt": "问", "chosen": "好", "rejected": "差"}, ("问", "好", "差"),
                     id="texts"),
        pytest.param({"prompt": "q", "chosen": "a", "reject": "b"}, ("q", "a", "b"), id="BELLE"),
        pytest.param({"question": "q", "chosen": "a", "rejected": "b"}, ("q", "a", "b"),
                     id="question"),
        pytest.param({"instruction": "问", "chosen_response": "好", "rejected_response": "差"},
                     ("问", "好", "差"), id="responses"),
        pytest.param({"prompt": "q", "chosen": [message("user", "q"), message("assistant", "a")],
                      "rejected": [message("user", "q"), message("assistant", "b")]},
                     ("q", "a", "b"), id="UltraFeedback: a prompt beside whole conversations"),
    ],
)  # fmt: skip
def test_rows_as_people_have_them(row, known):
    [content] = read("preference", row)

    [rejected] = content["alternatives"]
    assert (content["instruction"], content["output"], rejected.answer) == known


def test_scores_beside_the_answers_are_read():
    row = {"prompt": "q", "chosen": "a", "rejected": "b", "score_chosen": 9, "score_rejected": 2.5}

    [content] = read("preference", row)

    assert (content["score"], content["alternatives"][0].score) == (9.0, 2.5)


@pytest.mark.parametrize("name", ["preference", "preference_implicit"])
def test_reasoning_of_both_answers_is_set_apart(name):
    better, worse = "<think>想过</think>好", "<think>没想好</think>差"
    row = {"prompt": [message("user", "问")], "chosen": better, "rejected": worse}
    if name == "preference_implicit":
        asked = row.pop("prompt")
        row = {key: [*asked, message("assistant", text)] for key, text in row.items()}

    [content] = read(name, row)

    [rejected] = content["alternatives"]
    assert (content["output"], content["reasoning"]) == ("好", "想过")
    assert (rejected.answer, rejected.reasoning) == ("差", "没想好")


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("preference", {"prompt": "q", "chosen": "a", "rejected": ""}, "an empty answer"),
        ("preference", {"prompt": "q", "chosen": "a", "rejected": None}, "an empty answer"),
        (
            "preference",
            {"prompt": "q", "chosen": "<think>t</think>", "rejected": "b"},
            "an empty answer",
        ),
        (
            "preference",
            {"prompt": "q", "chosen": {"a": 1}, "rejected": "b"},
            "an answer that is not text",
        ),
        ("preference", {"prompt": "", "chosen": "a", "rejected": "b"}, "an empty turn"),
        (
            "preference_implicit",
            {
                "chosen": [message("user", "问"), message("assistant", "a")],
                "rejected": [message("user", "另一问"), message("assistant", "b")],
            },
            "two answers to different questions",
        ),
    ],
)
def test_what_is_no_preference(name, row, reason):
    [piece] = read(name, row)

    assert isinstance(piece, Problem)
    assert piece.reason == reason


@BOTH
@given(draft=drafts(alternatives=MANY))
def test_every_rejected_answer_comes_back_with_its_task(name, draft):
    assume(draft.answer not in {one.answer for one in draft.alternatives})

    [content] = read(name, *write(name, draft))

    assert content["alternatives"] == draft.alternatives


def test_pairs_of_other_answers_and_pairs_that_come_again_stay_apart():
    rows = [
        {"prompt": "问", "chosen": "好", "rejected": "差"},
        {"prompt": "问", "chosen": "也好", "rejected": "差"},
        {"prompt": "问", "chosen": "好", "rejected": "差"},
        {"prompt": "q", "chosen": "好", "rejected": "bad"},
        {"prompt": "问", "chosen": "好", "rejected": "更差"},
    ]

    tasks = read("preference", *rows)

    assert [[one.answer for one in task["alternatives"]] for task in tasks] == [
        ["差", "更差"],
        ["差"],
        ["差"],
        ["bad"],
    ]


def test_a_system_text_of_the_row_is_read():
    row = {"system": "简短。", "question": "问", "chosen": "好", "rejected": "差"}

    assert read("preference", row)[0]["system"] == "简短。"
