import pytest

from filters.length import length
from vicugna.pool import Pool
from vicugna.records import Draft, Round, Source

EN = "Explain how a sourdough starter stays alive from one week to the next "
ZH = "请说明酵头怎样从一周养到下一周"


@pytest.mark.parametrize(
    ("lang", "instruction", "count", "limit", "kept"),
    [
        pytest.param("en", "Define entropy briefly.", 3, 150, True, id="en, exactly the least"),
        pytest.param("en", "Define entropy.", 2, 3, False, id="en, one word too few"),
        pytest.param("en", "word " * 150, 150, 150, True, id="en, exactly the most"),
        pytest.param("en", "word " * 151, 151, 150, False, id="en, one word too many"),
        pytest.param("en", EN, 13, 150, True, id="en, an ordinary instruction"),
        pytest.param("en", "Calculate 12 + 4.", 3, 150, True, id="en, a sum is a task"),
        pytest.param("en", "", 0, 3, False, id="en, empty"),
        pytest.param("en", "?!", 0, 3, False, id="en, only signs"),
        pytest.param("zh", "解释熵增", 4, 300, True, id="zh, exactly the least"),
        pytest.param("zh", "删错字。", 3, 4, False, id="zh, one character too few"),
        pytest.param("zh", "字" * 300, 300, 300, True, id="zh, exactly the most"),
        pytest.param("zh", "字" * 301, 301, 300, False, id="zh, one character too many"),
        pytest.param("zh", ZH, 15, 300, True, id="zh, an ordinary instruction"),
        pytest.param("zh", "用 Python 排序", 4, 300, True, id="zh, a Latin word counts once"),
        pytest.param("zh", "", 0, 4, False, id="zh, empty"),
    ],
)
def test_length(judge, lang, instruction, count, limit, kept):
    """The verdict names the count and the limit it was compared with."""
    verdict = judge(length(), lang, instruction)

    assert (verdict.filter, verdict.measure, verdict.limit) == ("length", count, limit)
    assert verdict.kept == kept


@pytest.mark.parametrize(
    ("lang", "questions", "count", "kept"),
    [
        pytest.param("en", ["Hi", "Name a bird"], 4, True, id="en, a greeting first"),
        pytest.param("en", ["Hi", "Why", "now"], 3, True, id="en, exactly the least"),
        pytest.param("en", ["Hi", "Why?"], 2, False, id="en, nothing is asked"),
        pytest.param("en", ["word " * 151, "Go on"], 153, True, id="en, a page quoted"),
        pytest.param("zh", ["你好", "推荐一本书"], 7, True, id="zh, a greeting first"),
        pytest.param("zh", ["你好", "谢谢"], 4, True, id="zh, exactly the least"),
        pytest.param("zh", ["你好", "嗯"], 3, False, id="zh, nothing is asked"),
        pytest.param("zh", ["字" * 301, "继续"], 303, True, id="zh, a page quoted"),
    ],
)
def test_length_of_a_conversation_is_that_of_all_its_questions(lang, questions, count, kept):
    first, *later = questions
    rounds = tuple(Round(question, "x") for question in later)

    verdict = length()(Draft("d", lang, first, "", "x", Source(), rounds=rounds), Pool(0.7))

    assert (verdict.measure, verdict.kept) == (count, kept)
