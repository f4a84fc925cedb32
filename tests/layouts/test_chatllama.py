"""ChatLLaMA's three files."""

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import check_round_trip, drafts, make_draft, read_back
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round

CUTS = {"Human: in a text", "Assistant: in a text"}
SCORES = {
    "an answer without a score",
    "a rejected answer whose score is not lower",
    "a score of 0",
}
ROUNDS = (Round("还有呢？", "没有了。"),)
MARK = "\n\n##\n\n"


@settings(deadline=None)
@given(drafts())
def test_a_conversation_comes_back(draft):
    assert check_round_trip("chatllama_actor", draft) in {"", *CUTS}


@settings(deadline=None)
@given(drafts())
def test_scored_answers_come_back(draft):
    assert check_round_trip("chatllama_reward", draft) in {"", *CUTS, *SCORES}


@settings(deadline=None)
@given(drafts())
def test_a_prompt_comes_back_as_a_question_without_an_answer(draft):
    layout = LAYOUTS["chatllama_rlhf"]
    rows = layout.write(draft)
    if isinstance(rows, str):
        assert rows in CUTS
        return
    (row,) = rows

    assert find_layout(row) == "chatllama_rlhf"
    (piece,) = read_back(layout, [row])
    asked = f"{draft.instruction}\n{draft.input}" if draft.input else draft.instruction
    assert piece.reason == "a question without an answer"
    if draft.rounds:
        assert piece.text.startswith(f"Human: {asked}\n\nAssistant: {draft.output}\n\nHuman: ")
        assert piece.text.endswith(draft.rounds[-1].question)
    else:
        assert piece.text == asked


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_rows_have_the_marks_of_its_own_files(lang):
    draft = make_draft(lang, rounds=ROUNDS, alternatives=(Alternative("A cat.", score=1),), score=4)
    asked = f"Human: {draft.instruction}\n\nAssistant: {draft.output}\n\nHuman: 还有呢？{MARK}"
    good, bad = (
        {"user_input": asked, "completion": f"Assistant: {text}"} for text in ("没有了。", "A cat.")
    )

    assert LAYOUTS["chatllama_actor"].write(draft) == [good]
    assert LAYOUTS["chatllama_reward"].write(draft) == [
        {**good, "score": 4.0},
        {**bad, "score": 1.0},
    ]
    assert LAYOUTS["chatllama_rlhf"].write(draft) == [{"user_input": asked}]


@pytest.mark.parametrize(
    ("score", "worse", "reason"),
    [
        pytest.param(None, (), "", id="alone, to be rated"),
        pytest.param(4, (), "", id="alone"),
        pytest.param(0, (), "a score of 0", id="alone, 0"),
        pytest.param(0.01, (), "", id="alone, nearly 0"),
        pytest.param(4, (1, 0.5), "", id="all scored"),
        pytest.param(4, (0,), "a score of 0", id="one is 0"),
        pytest.param(4, (-1,), "", id="one is below 0"),
        pytest.param(4, (None,), "an answer without a score", id="one has none"),
        pytest.param(None, (1,), "an answer without a score", id="chosen has none"),
        pytest.param(4, (4,), "a rejected answer whose score is not lower", id="the same"),
        pytest.param(4, (3.99,), "", id="a little lower"),
    ],
)
def test_scores(score, worse, reason):
    alternatives = tuple(Alternative(f"差{one}", score=one) for one in worse)
    draft = make_draft("zh", score=score, alternatives=alternatives)

    assert check_round_trip("chatllama_reward", draft) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"instruction": "a\n\nHuman: b"}, "Human: in a text", id="in a question"),
        pytest.param({"output": "a\n\nAssistant: b"}, "Assistant: in a text", id="in an answer"),
        pytest.param({"alternatives": (Alternative("a\n\nHuman: b"),)}, "", id="not written"),
        pytest.param({"instruction": "a ##"}, "", id="the mark at the end"),
        pytest.param({"instruction": "a\n\n##\n\nb"}, "", id="the mark within"),
        pytest.param({"output": "Assistant: b"}, "", id="a name before the answer"),
    ],
)
def test_names_of_speakers_that_would_be_new_turns_are_refused(changes, reason):
    assert check_round_trip("chatllama_actor", make_draft(**changes)) == reason


@pytest.mark.parametrize(
    ("row", "name", "found"),
    [
        pytest.param(
            {"user_input": "1+1?", "completion": "2"},
            "chatllama_actor",
            ("1+1?", "2", None),
            id="README",
        ),
        pytest.param(
            {"user_input": f"\n\nHuman: 1+1?{MARK}", "completion": "Assistant:  2", "score": None},
            "chatllama_reward",
            ("1+1?", "2", None),
            id="made of HH-RLHF",
        ),
        pytest.param(
            {"user_input": "Human: 1+1?\n", "completion": "2", "score": "3.5"},
            "chatllama_reward",
            ("1+1?", "2", 3.5),
            id="as its agents talk, score as text",
        ),
        pytest.param(
            {"user_input": "一加一？", "completion": "Assistant: 二", "score": 0},
            "chatllama_reward",
            ("一加一？", "Assistant: 二", 0.0),
            id="a name that no mark asks for, and 0",
        ),
        pytest.param(
            {"user_input": "1+1?", "completion": 2, "score": True},
            "chatllama_reward",
            ("1+1?", "2", None),
            id="a number, and a score that is none",
        ),
    ],
)
def test_published_rows(row, name, found):
    assert find_layout(row) == name

    (task,) = read_back(LAYOUTS[name], [row])

    assert (task["instruction"], task["output"], task["score"]) == found


def test_scores_of_one_question_become_one_task():
    rows = [
        {"user_input": asked, "completion": text, "score": score}
        for asked, text, score in [
            ("1+1?", "3", 1),
            ("一加一？", "二", 2),
            ("1+1?", "2", 5),
            ("1+1?", "4", None),
            ("1+1?", "two", 5.0),
        ]
    ]
    tasks = read_back(LAYOUTS["chatllama_reward"], rows)

    assert [(task["output"], task["score"], task.get("alternatives", ())) for task in tasks] == [
        ("二", 2.0, ()),
        ("2", 5.0, (Alternative("3", score=1.0),)),
        ("4", None, ()),
        ("two", 5.0, ()),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"user_input": "", "completion": "2"}, "an empty turn", id="no question"),
        pytest.param({"user_input": "1+1?", "completion": " "}, "an empty answer", id="no answer"),
        pytest.param(
            {"user_input": f"Human: 1+1?{MARK}", "completion": "Assistant:", "score": 1},
            "an empty answer",
            id="a name and nothing else",
        ),
        pytest.param(
            {"user_input": ["1+1?"], "completion": "2"}, "user_input is not text", id="a list"
        ),
        pytest.param(
            {"user_input": "1+1?", "completion": {}}, "an answer that is not text", id="an object"
        ),
        pytest.param({"user_input": None}, "an empty turn", id="a prompt that is null"),
    ],
)
def test_what_is_no_task_is_told(row, reason):
    (piece,) = read_back(LAYOUTS[find_layout(row)], [row])

    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_comparisons_of_two_completions_are_no_prompts():
    row = {"user_input": "1+1?", "completion_a": "2", "completion_b": "3"}

    assert not LAYOUTS["chatllama_rlhf"].matches(row)
