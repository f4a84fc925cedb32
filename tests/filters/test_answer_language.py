import re

import pytest

from filters.answer_language import FEW, FEW_ALONE, MIN_SHARE, answer_language

HAN = "春夏秋冬东南西北"
WORDS = re.findall(r"\w+", "plain words that say nothing in any particular order at all today")


def _mix(han, latin):
    return HAN[:han] + " " + " ".join(WORDS[:latin])


@pytest.mark.parametrize(
    ("lang", "output", "share", "kept"),
    [
        pytest.param("en", "Tides follow the moon.", 1.0, True, id="en, in English"),
        pytest.param("en", "潮汐跟着月亮走。", 0.0, False, id="en, in Chinese"),
        pytest.param("en", "是", 0.0, False, id="en, one Han character alone"),
        pytest.param("en", "Yes, that is 是", 0.75, True, id="en, one Han character in a sentence"),
        pytest.param("en", " ".join(WORDS[:3]) + HAN, 0.273, True, id="en, few foreign characters"),
        pytest.param(
            "en", " ".join(WORDS[:3]) + HAN + "中", 0.25, False, id="en, one more than few"
        ),
        pytest.param("en", "42", None, True, id="en, a number"),
        pytest.param("en", "", None, True, id="en, empty"),
        pytest.param("zh", "潮汐跟着月亮走。", 1.0, True, id="zh, in Chinese"),
        pytest.param(
            "zh", "the tides follow the moon as it moves", 0.0, False, id="zh, in English"
        ),
        pytest.param("zh", _mix(0, FEW_ALONE["zh"]), 0.0, True, id="zh, few words alone"),
        pytest.param("zh", _mix(0, FEW_ALONE["zh"] + 1), 0.0, False, id="zh, one word more alone"),
        pytest.param("zh", _mix(1, FEW), 0.111, True, id="zh, few foreign words"),
        pytest.param("zh", _mix(1, FEW + 1), 0.1, False, id="zh, one more than few"),
        pytest.param(
            "zh", HAN + "中 " + " ".join(WORDS[:9]), 0.5, True, id="zh, exactly the limit"
        ),
        pytest.param("zh", HAN + " " + " ".join(WORDS[:9]), 0.471, False, id="zh, below the limit"),
        pytest.param("zh", "Java、Python 和 JavaScript", 1.0, True, id="zh, names are not counted"),
        pytest.param("zh", "x = 4", None, True, id="zh, a formula"),
        pytest.param("zh", "", None, True, id="zh, empty"),
    ],
)
def test_answer_language(judge, lang, output, share, kept):
    """The share of the task's own script decides, or that little else is there."""
    instruction = {"en": "Tell me about tides.", "zh": "讲讲潮汐。"}[lang]
    verdict = judge(answer_language(), lang, instruction, output=output)

    assert verdict.kept == kept
    if verdict.measure is not None:
        assert (verdict.measure, verdict.limit) == (share, MIN_SHARE[lang])


FRENCH = "le vent souffle sur la plaine et la lune se couche"
ENGLISH = "the wind blows over the plain and the moon goes down"


@pytest.mark.parametrize(
    ("lang", "instruction", "input", "output"),
    [
        pytest.param("en", "Translate into Chinese.", "Good night", "晚安", id="en, translation"),
        pytest.param("en", "Write a Chinese proverb.", "", "欲速则不达", id="en, names a language"),
        pytest.param(
            "en", "Finish the poem.", "床前明月光", "疑是地上霜", id="en, Chinese material"
        ),
        pytest.param("zh", "译成法语。", "起风了", FRENCH, id="zh, translation"),
        pytest.param(
            "zh",
            "把句子改成被动语态。",
            "he wrote a long letter to them",
            ENGLISH,
            id="zh, English material",
        ),
        pytest.param(
            "zh", "接着写：“once upon a time in the old town”", "", ENGLISH, id="zh, English quoted"
        ),
        pytest.param(
            "zh",
            "写一个求和的函数。",
            "",
            "def add(left, right):\n    return left + right",
            id="zh, code",
        ),
        pytest.param(
            "zh",
            "用“sunny”以外的词填空。",
            "",
            "它说：“" + ENGLISH + "”",
            id="zh, English in quotes",
        ),
        pytest.param(
            "zh",
            "解释 as soon as possible 的意思",
            "",
            "as soon as possible",
            id="zh, words of the task",
        ),
    ],
)
def test_an_answer_that_may_be_in_another_language(judge, lang, instruction, input, output):
    assert judge(answer_language(), lang, instruction, input, output).kept


@pytest.mark.parametrize(
    ("lang", "instruction", "output"),
    [
        pytest.param("en", "Explain rapid growth in simple language.", "增长很快。", id="en"),
        pytest.param("zh", "请用中文、用通俗的语言解释潮汐。", ENGLISH, id="zh"),
    ],
)
def test_asking_for_plain_language_is_no_leave(judge, lang, instruction, output):
    """Only a task about another language may be answered in it."""
    assert not judge(answer_language(), lang, instruction, output=output).kept
