"""Scores in rows that people have, and answers that are ranked by them."""

import pytest

from vicugna.layouts.layout import Content, Problem
from vicugna.layouts.scores import answer_with, as_score, join_scores
from vicugna.records import Alternative, Round


@pytest.mark.parametrize(
    ("value", "score"),
    [
        pytest.param(4, 4.0, id="whole number"),
        pytest.param(-0.5, -0.5, id="below 0"),
        pytest.param("3.5", 3.5, id="text that is a number"),
        pytest.param("好", None, id="text that is none"),
        pytest.param("", None, id="empty"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("inf", None, id="without end"),
        pytest.param(10**400, None, id="beyond every float"),
        pytest.param(True, None, id="truth"),
        pytest.param(None, None, id="null"),
        pytest.param([1], None, id="list"),
        pytest.param({}, None, id="object"),
    ],
)
def test_a_value_as_a_score(value, score):
    assert as_score(value) == score


def _answer(text: str, score: float | None, question: str = "说出一种鸟。") -> Content:
    asked: Content = {
        "instruction": "Hi.",
        "output": "Hello.",
        "rounds": (Round(question, ""),),
    }
    return answer_with(asked, text, score)


def test_answers_are_compared_only_within_their_question():
    read = [
        (1, _answer("猫。", 1.0)),
        (2, Problem("broken")),
        (3, _answer("A cat.", 0.5, "Name a bird.")),
        (4, _answer("<think>想</think>麻雀。", 2.0)),
        (5, _answer("<think>错</think>狗。", 0.0)),
    ]
    joined = join_scores(read)

    assert [number for number, _ in joined] == [2, 3, 4]
    best = joined[-1][1]
    assert not isinstance(best, Problem)
    assert best["rounds"] == (Round("说出一种鸟。", "麻雀。", "想"),)
    assert best["alternatives"] == (
        Alternative("猫。", score=1.0),
        Alternative("狗。", "错", 0.0),
    )


def test_the_order_of_rows_does_not_choose_the_best():
    read = [(number, _answer(str(number), float(number))) for number in range(5)]

    for rows in (read, read[::-1]):
        ((number, best),) = join_scores([(number, dict(piece)) for number, piece in rows])
        assert number == 4
        assert sorted(one.answer for one in best["alternatives"]) == ["0", "1", "2", "3"]
