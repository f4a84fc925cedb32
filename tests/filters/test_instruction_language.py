import pytest

from filters.instruction_language import MIN_SHARE, instruction_language

QUOTED_ZH = "Translate “春眠不觉晓，处处闻啼鸟” into English."
QUOTED_EN = "把“The early bird catches the worm, so set your alarm”译成中文。"


@pytest.mark.parametrize(
    ("lang", "instruction", "share", "kept"),
    [
        pytest.param("en", "Name three uses of baking soda.", 1.0, True, id="en"),
        pytest.param("en", "说出小苏打的三种用途。", 0.0, False, id="en asked, zh given"),
        pytest.param("en", QUOTED_ZH, 1.0, True, id="en, Chinese in quotes"),
        pytest.param(
            "en", "Explain the term 内卷 in one line", 0.75, True, id="en, a Chinese term"
        ),
        pytest.param("en", "one two three 一二三四五六七", 0.3, True, id="en, exactly the limit"),
        pytest.param(
            "en", "one two three 一二三四五六七八", 0.273, False, id="en, just below the limit"
        ),
        pytest.param("en", "", 0.0, False, id="en, empty"),
        pytest.param("en", "12 + 30 = ?", 0.0, False, id="en, no words at all"),
        pytest.param("zh", "说出小苏打的三种用途。", 1.0, True, id="zh"),
        pytest.param("zh", "Name three uses of baking soda.", 0.0, False, id="zh asked, en given"),
        pytest.param("zh", QUOTED_EN, 1.0, True, id="zh, English in quotes"),
        pytest.param("zh", "把 list 转成 tuple", 0.6, True, id="zh, English terms"),
        pytest.param("zh", "一二三 a b c d e f g", 0.3, True, id="zh, exactly the limit"),
        pytest.param("zh", "一二三 a b c d e f g h", 0.273, False, id="zh, just below the limit"),
        pytest.param("zh", "", 0.0, False, id="zh, empty"),
    ],
)
def test_instruction_language(judge, lang, instruction, share, kept):
    """The share of the asked script, outside quotes, is what decides."""
    verdict = judge(instruction_language(), lang, instruction)

    assert (verdict.measure, verdict.limit) == (share, MIN_SHARE)
    assert verdict.kept == kept


@pytest.mark.parametrize(
    ("lang", "instruction"),
    [("en", '"Summarise the plot of Hamlet"'), ("zh", "“写一段自我介绍”")],
    ids=["en", "zh"],
)
def test_an_instruction_all_in_quotes_is_read(judge, lang, instruction):
    assert judge(instruction_language(), lang, instruction).kept
