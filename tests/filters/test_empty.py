import pytest

from filters.empty import empty


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "output",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n ", id="white space"),
        pytest.param("N/A", id="n/a"),
        pytest.param("nan", id="a missing value of a table"),
        pytest.param("<nooutput>", id="Alpaca's marker"),
        pytest.param("<No output>", id="its marker, spelt apart"),
        pytest.param("&lt;无输出&gt;", id="marker in HTML"),
        pytest.param("No output required.", id="a note that there is none"),
        pytest.param("无需输出", id="such a note in Chinese"),
        pytest.param("（略）", id="left out, in Chinese"),
        pytest.param("不适用。", id="not applicable, in Chinese"),
        pytest.param("待补充", id="to be added, in Chinese"),
        pytest.param("……", id="dots"),
        pytest.param("---", id="a rule"),
        pytest.param("```python\n```", id="a fence without code"),
        pytest.param("[Insert bar chart]", id="a chart to be inserted"),
        pytest.param("<image of a sunset over the sea>", id="an image in angle brackets"),
        pytest.param("![logo](https://example.com/logo.png)", id="an image in Markdown"),
        pytest.param("（插入流程图）", id="a chart to be inserted, in Chinese"),
        pytest.param("【网站截图】", id="a screenshot, in Chinese"),
        pytest.param("&lt;展示销量变化的折线图&gt;", id="a chart in escaped brackets"),
    ],
)
def test_an_answer_that_says_nothing(judge, lang, output):
    """What is nothing is nothing in either language; the detail shows how it begins."""
    verdict = judge(empty(), lang, output=output)

    assert (verdict.kept, verdict.detail) == (False, output.strip()[:20])


@pytest.mark.parametrize(
    ("lang", "output"),
    [
        pytest.param("en", "None", id="en, none of them"),
        pytest.param("en", "0", id="en, zero"),
        pytest.param("en", "No.", id="en, no"),
        pytest.param("en", "... --- ...", id="en, morse code"),
        pytest.param("en", "No output was printed because the loop never ran.", id="en, a reason"),
        pytest.param("en", "<video>", id="en, an HTML tag"),
        pytest.param("en", '<img src="map.png" alt="A map">', id="en, an image in HTML"),
        pytest.param("en", "[1, 2, 3]", id="en, a list"),
        pytest.param("en", "[Start] -> [Weigh] -> [Ship]", id="en, steps in brackets"),
        pytest.param("en", "**Graph Theory in Ten Minutes**", id="en, a title in bold"),
        pytest.param("en", "Use `![alt text](cat.png)`.", id="en, Markdown explained"),
        pytest.param("zh", "无", id="zh, none of them"),
        pytest.param("zh", "没有", id="zh, no"),
        pytest.param("zh", "略长于三米", id="zh, begins like a marker"),
        pytest.param("zh", "《清明上河图》", id="zh, a title"),
        pytest.param("zh", "（一）开头；（二）正文", id="zh, a list"),
    ],
)
def test_a_short_answer_that_says_something(judge, lang, output):
    assert judge(empty(), lang, output=output).kept
