import pytest

from filters.placeholder import placeholder

REVIEW = "I bought this camera (image quality is superb) and a bag [sic] for it."
DRAWER = "爷爷从抽屉里拿出一样东西（我小时候的照片），笑着递给我。"


@pytest.mark.parametrize(
    ("lang", "instruction", "input", "detail"),
    [
        pytest.param(
            "en", "Summarize.", "[Insert article]", "[Insert article]", id="en, to insert"
        ),
        pytest.param(
            "en", "Plan a day in <your city here>.", "", "<your city here>", id="en, yours"
        ),
        pytest.param("en", "Summarize the article.", "Article", "Article", id="en, its name only"),
        pytest.param("en", "Describe the scene.", "<image>", "<image>", id="en, an image"),
        pytest.param(
            "en", "Name the tune.", "(link to a song)", "(link to a song)", id="en, a song"
        ),
        pytest.param("en", "What is it?", "![bird](bird.png)", "![bird]", id="en, Markdown image"),
        pytest.param(
            "en",
            "Summarize this article in two sentences.",
            "https://news.example.com/2020/05/some-story",
            "https://news.example.com/2020/05/some-story",
            id="en, a link in place of the text",
        ),
        pytest.param("zh", "总结文章。", "（此处粘贴文章）", "（此处粘贴文章）", id="zh, to paste"),
        pytest.param("zh", "介绍【请输入城市】。", "", "【请输入城市】", id="zh, yours"),
        pytest.param("zh", "概括这篇文章。", "文章内容", "文章内容", id="zh, its name only"),
        pytest.param("zh", "概括正文。", "（正文略）", "（正文略）", id="zh, left out"),
        pytest.param("zh", "这是什么鸟？", "[附图]", "[附图]", id="zh, a picture"),
        pytest.param(
            "zh", "说说画面。", "（一家杂货店的照片）", "（一家杂货店的照片）", id="zh, a photo"
        ),
        pytest.param("zh", "总结网页。", "www.example.com", "www.example.com", id="zh, a link"),
    ],
)
def test_material_that_was_never_filled_in(judge, lang, instruction, input, detail):
    """The detail is what stands where the material should."""
    verdict = judge(placeholder(), lang, instruction, input)

    assert (verdict.kept, verdict.detail) == (False, detail)


@pytest.mark.parametrize(
    ("lang", "instruction", "input"),
    [
        pytest.param(
            "en", "Make the note formal.", "Dear [Name], see you.", id="en, a form letter"
        ),
        pytest.param(
            "en", "Translate this word into Chinese.", "story", id="en, a word to translate"
        ),
        pytest.param("en", "Is the reviewer pleased?", REVIEW, id="en, brackets in prose"),
        pytest.param(
            "en", "Name the domain of this URL.", "https://a.example.com/b", id="en, a URL"
        ),
        pytest.param("en", "Close the tags of this HTML.", "<image><b>", id="en, tags"),
        pytest.param(
            "en", "Summarize.", "See https://a.example.com for it.", id="en, link in a text"
        ),
        pytest.param("en", "Sign it as [your name].", "", id="en, a name to sign with"),
        pytest.param("en", "", "", id="en, empty"),
        pytest.param("zh", "把便条改得正式些。", "[姓名]您好，明天见。", id="zh, a form letter"),
        pytest.param("zh", "给这个词组词。", "内容", id="zh, a word to use"),
        pytest.param("zh", "续写下去。", DRAWER, id="zh, brackets in prose"),
        pytest.param("zh", "取出网址里的域名。", "https://a.example.com/b", id="zh, a URL"),
        pytest.param("zh", "概括大意。", "（一）总则（二）附则", id="zh, numbered parts"),
        pytest.param("zh", "", "", id="zh, empty"),
    ],
)
def test_brackets_and_links_that_mean_something(judge, lang, instruction, input):
    verdict = judge(placeholder(), lang, instruction, input)

    assert (verdict.kept, verdict.detail) == (True, "")


def test_the_answer_is_not_looked_at(judge):
    """An instruction can be judged before its answer is paid for."""
    assert judge(placeholder(), "en", "Write a letter.", "", "Dear [insert name],").kept
