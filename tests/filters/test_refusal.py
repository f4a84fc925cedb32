import pytest

from filters.refusal import OPENING, refusal
from vicugna.teachers.offline.text_faults import REFUSALS


@pytest.mark.parametrize(
    ("lang", "output", "detail"),
    [
        pytest.param(
            "en", "As an AI language model, I have no age.", "As an AI language model", id="en, AI"
        ),
        pytest.param(
            "en",
            "I’m sorry, but I can’t help with that.",
            "I'm sorry, but I can't help with",
            id="en, sorry",
        ),
        pytest.param(
            "en", "Sorry, the task requires a picture.", "Sorry, the task", id="en, the task"
        ),
        pytest.param(
            "en", "This task cannot be completed.", "This task cannot be completed", id="en, cannot"
        ),
        pytest.param(
            "en",
            "I do not have access to the internet.",
            "I do not have access to the internet",
            id="en, net",
        ),
        pytest.param(
            "en", "No output, GPT model cannot draw.", "No output, GPT", id="en, no output"
        ),
        pytest.param("zh", "作为一个AI，我没有年龄。", "作为一个AI，我没", id="zh, AI"),
        pytest.param(
            "zh", "作为一个 AI 语言模型，我无法预测。", "作为一个 AI 语言模型，我", id="zh, spaces"
        ),
        pytest.param("zh", "抱歉,我无法提供这些信息。", "抱歉,我无法提供", id="zh, ASCII comma"),
        pytest.param("zh", "很抱歉，此任务需要画图。", "抱歉，此任务", id="zh, the task"),
        pytest.param("zh", "无法完成此任务，因为需要看图。", "无法完成此任务", id="zh, cannot"),
        pytest.param("zh", "我没有个人观点。", "我没有个人观点", id="zh, no views"),
        pytest.param(
            "en", "抱歉，我无法完成这个请求。", "抱歉，我无法完成", id="Chinese in an English task"
        ),
        pytest.param(
            "zh",
            "I cannot assist with this.",
            "I cannot assist with this",
            id="English in a Chinese task",
        ),
    ],
)
def test_a_refusal(judge, lang, output, detail):
    """A teacher may decline in either language; the detail is the phrase it used."""
    verdict = judge(refusal(), lang, output=output)

    assert (verdict.kept, verdict.detail) == (False, detail)


@pytest.mark.parametrize(
    ("lang", "output"),
    [
        pytest.param("en", "I'm sorry to hear that your parcel is late.", id="en, customer care"),
        pytest.param("en", "I'm sorry, but I can't come on Friday.", id="en, turning down a party"),
        pytest.param("en", "A GPT model is trained on text.", id="en, about models"),
        pytest.param("en", "Jo worked as an AI researcher for years.", id="en, a profession"),
        pytest.param("en", "The thief was unable to open the safe.", id="en, a story"),
        pytest.param("en", "", id="en, empty"),
        pytest.param("zh", "很抱歉，我们的快递晚到了。", id="zh, customer care"),
        pytest.param("zh", "抱歉，我周五不能来了。", id="zh, turning down a party"),
        pytest.param("zh", "作为人工智能的一个分支，机器学习发展很快。", id="zh, about the field"),
        pytest.param("zh", "我是人工智能专业的学生，想应聘实习。", id="zh, a student"),
        pytest.param("zh", "作为我国最大的淡水湖，它养活了许多渔民。", id="zh, begins like it"),
        pytest.param("zh", "他问起往事，我无法回答，只好低下头。", id="zh, a story"),
        pytest.param("zh", "", id="zh, empty"),
    ],
)
def test_an_apology_is_no_refusal(judge, lang, output):
    assert judge(refusal(), lang, output=output).kept


@pytest.mark.parametrize(
    ("lang", "filler", "phrase"),
    [("en", " x" * 80, "I cannot assist with that"), ("zh", "话" * 160, "我没有个人观点")],
    ids=["en", "zh"],
)
def test_only_the_opening_is_read(judge, lang, filler, phrase):
    """A phrase that ends with the opening counts; one character later it does not."""
    inside = filler[: OPENING - len(phrase)] + phrase

    assert not judge(refusal(), lang, output=inside).kept
    assert judge(refusal(), lang, output=filler[0] + inside).kept


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_refusals_of_the_offline_teacher(judge, lang):
    """What the practice teacher says when it declines is caught too."""
    kept = [said for said in REFUSALS[lang] if judge(refusal(), lang, output=said).kept]

    assert kept == []
