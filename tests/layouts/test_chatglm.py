"""ChatGLM: a row for each round, its history cut so that the question survives."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.chatglm import (
    CHATGLM,
    LONG_QUESTION,
    LONG_ROUND,
    MOST_TOKENS,
    fit_history,
    most_tokens,
)
from vicugna.layouts.layout import Problem
from vicugna.records import Round

ROOM = MOST_TOKENS - most_tokens("[Round 999]\n问：\n答：\n") - 1  # for a question alone


def source(row):
    """Return what ptuning/main.py makes of prompt and history."""
    asked = [*row["history"], (row["prompt"], "")]
    rounds = (
        f"[Round {n}]\n问：{question}\n答：{answer}" for n, (question, answer) in enumerate(asked)
    )
    return "\n".join(rounds)


@settings(deadline=None)
@given(drafts())
def test_what_is_written_comes_back(draft):
    rows = CHATGLM.write(draft)
    if isinstance(rows, str):
        assert rows.endswith(" in a text")
        return

    assert [find_layout(row) for row in rows] == ["chatglm"] * (1 + len(draft.rounds))
    assert all(most_tokens(source(row)) <= MOST_TOKENS for row in rows)
    (content,) = contents(read_back(CHATGLM, rows))
    assert said(content, CHATGLM) == said(draft, CHATGLM)


def test_every_round_is_a_row_with_the_rounds_before_it():
    draft = one_draft(("河？", "长江。"), ("多长？", "很长。"), ("谢谢。", "不客气。"))

    assert CHATGLM.write(draft) == [
        {"prompt": "河？", "response": "长江。", "history": []},
        {"prompt": "多长？", "response": "很长。", "history": [["河？", "长江。"]]},
        {
            "prompt": "谢谢。",
            "response": "不客气。",
            "history": [["河？", "长江。"], ["多长？", "很长。"]],
        },
    ]


@pytest.mark.parametrize(
    ("text", "most"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("the cat", 4, id="two letters of a word"),
        pytest.param("说出一种鸟", 5, id="a Chinese character"),
        pytest.param("你 好", 3, id="a space that no word begins after"),
        pytest.param("a\n\nb", 4, id="a line end"),
        pytest.param("a    b", 3, id="spaces in a row"),
        pytest.param("2048", 4, id="a digit"),
        pytest.param("🦙", 4, id="bytes of an emoji"),
        pytest.param("𠮷", 4, id="bytes of a rare ideograph"),
    ],
)
def test_tokens_are_counted_for_the_worst(text, most):
    assert most_tokens(text) == most


@pytest.mark.parametrize("letter", [pytest.param("字", id="zh"), pytest.param("ab ", id="en")])
def test_a_question_that_just_fits_is_kept_and_one_longer_is_not(letter):
    def write(size):
        return CHATGLM.write(one_draft(((letter * size).strip(), "好")))

    assert isinstance(write(ROOM), list)
    assert write(ROOM + 1) == LONG_QUESTION


def test_the_earliest_rounds_go_first_until_the_question_fits():
    rounds = [(f"{name}{'问' * 300}", "答" * 100) for name in "甲乙丙丁"]
    rows = CHATGLM.write(one_draft(*rounds))

    assert [[pair[0][0] for pair in row["history"]] for row in rows] == [[], ["甲"], ["乙"], ["丙"]]
    (content,) = contents(read_back(CHATGLM, rows))
    assert said(content, CHATGLM)["rounds"] == [Round(*one) for one in rounds]


@pytest.mark.parametrize(
    "answer", [pytest.param("好" * 2000, id="zh"), pytest.param("go " * 2000, id="en")]
)
def test_a_question_that_would_lose_all_its_history_is_refused(answer):
    assert CHATGLM.write(one_draft(("A?", answer), ("B?", "b"))) == LONG_ROUND
    assert isinstance(CHATGLM.write(one_draft(("A?", answer))), list)


@pytest.mark.parametrize("mark", ["<sop>", "<eop>", "[gMASK]", "[MASK]", "<pad>", "<n>", "<|tab|>"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_mark_of_its_tokenizer_is_refused(mark, place):
    pair = ["问", "答"]
    pair[place] += mark

    assert CHATGLM.write(one_draft(tuple(pair))) == f"{mark} in a text"


def row(prompt, response, *history):
    return {"prompt": prompt, "response": response, "history": [list(pair) for pair in history]}


A, B, C = ("a", "1"), ("b", "2"), ("c", "3")


@pytest.mark.parametrize(
    ("rows", "conversations"),
    [
        pytest.param([row(*A), row(*B)], [[A], [B]], id="rows without history"),
        pytest.param([row(*A), row(*B, A), row(*C, A, B)], [[A, B, C]], id="a conversation"),
        pytest.param([row(*C, A, B)], [[A, B, C]], id="its last row alone"),
        pytest.param([row(*A), row(*B, A), row(*C, A)], [[A, B], [A, C]], id="two ways to go on"),
        pytest.param([row(*A), row(*A), row(*B, A)], [[A], [A, B]], id="the same beginning twice"),
        pytest.param([row(*A), row(*C), row(*B, A)], [[A, B], [C]], id="rows of others between"),
        pytest.param(
            [row(*B, A), row(*C, B)], [[A, B], [B, C]], id="an end that would have fitted"
        ),
    ],
)
def test_rows_are_joined_by_their_history(rows, conversations):
    read = contents(read_back(CHATGLM, rows))

    found = [said(content, CHATGLM)["rounds"] for content in read]
    assert found == [[Round(*pair) for pair in rounds] for rounds in conversations]


@pytest.mark.parametrize(
    ("row", "question", "answer"),
    [
        pytest.param({"content": "类型#裙", "summary": "显瘦。"}, "类型#裙", "显瘦。", id="ADGEN"),
        pytest.param({"prompt": "问", "response": "答"}, "问", "答", id="no history"),
        pytest.param({"prompt": "问", "response": "答", "history": None}, "问", "答", id="null"),
    ],
)
def test_published_rows_are_read(row, question, answer):
    assert find_layout(row) == "chatglm"
    (content,) = contents(read_back(CHATGLM, [row]))
    assert (content["instruction"], content["output"]) == (question, answer)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "问", "response": "答", "history": "甲"}, "history is not a list"),
        ({"prompt": "问", "response": "答", "history": [["甲"]]}, "history is not pairs of texts"),
        ({"prompt": "问", "response": ["答"]}, "output is not text"),
        ({"prompt": "", "response": "答"}, "no instruction"),
    ],
)
def test_a_row_that_is_no_task_is_told(row, reason):
    (piece,) = read_back(CHATGLM, [row])

    assert isinstance(piece, Problem)
    assert piece.reason == reason


def test_a_history_is_empty_only_where_nothing_came_before():
    assert fit_history([], "问") == []
    assert fit_history([Round("a", "b")], "问") == [Round("a", "b")]
