import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.text.script import (
    Scripts,
    count_scripts,
    keep_quoted,
    language_of,
    strip_quoted,
)


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        pytest.param("用 Python 写诗", Scripts(3, 1, 0), id="zh with a term"),
        pytest.param("A well-known café isn't far", Scripts(0, 5, 0), id="en, joined words"),
        pytest.param("3 × 4 ÷ 2 = 6", Scripts(0, 0, 0), id="signs and digits"),
        pytest.param("こんにちは", Scripts(0, 0, 5), id="kana"),
        pytest.param("안녕", Scripts(0, 0, 2), id="hangul"),
        pytest.param("Привет мир", Scripts(0, 0, 2), id="Cyrillic words"),
        pytest.param("the angle α", Scripts(0, 2, 0), id="one Greek letter is a sign"),
        pytest.param("𠮷野家", Scripts(3, 0, 0), id="a rare ideograph"),
        pytest.param("", Scripts(0, 0, 0), id="empty"),
    ],
)
def test_count_scripts(text, scripts):
    assert count_scripts(text) == scripts


@pytest.mark.parametrize(
    ("scripts", "zh", "en"),
    [(Scripts(3, 1, 0), 0.75, 0.25), (Scripts(1, 1, 2), 0.25, 0.25), (Scripts(0, 0, 0), 0.0, 0.0)],
    ids=["zh and en", "with another", "nothing"],
)
def test_share(scripts, zh, en):
    assert (scripts.share("zh"), scripts.share("en")) == (zh, en)


@pytest.mark.parametrize(
    ("text", "plain", "quoted"),
    [
        pytest.param("说“hi”吧", "说 吧", "“hi”", id="Chinese quotes"),
        pytest.param('say "你好" now', "say   now", '"你好"', id="straight quotes"),
        pytest.param("读《Walden》一书", "读 一书", "《Walden》", id="a title"),
        pytest.param("run `ls -l` 吧", "run   吧", "`ls -l`", id="code in a line"),
        pytest.param("看\n```\nx = 1\n```\n吧", "看\n \n吧", "```\nx = 1\n```", id="fenced code"),
        pytest.param("看```x = 1", "看 ", "```x = 1", id="a fence that is not closed"),
        pytest.param(
            "看https://a.example.com/b?c=1，再说",
            "看 ，再说",
            "https://a.example.com/b?c=1",
            id="a link",
        ),
        pytest.param("写到a@example.com即可", "写到 即可", "a@example.com", id="an address"),
        pytest.param(f"{'a' * 64}@b.de", " ", f"{'a' * 64}@b.de", id="the longest name"),
        pytest.param(f"{'a' * 65}@b.de", f"{'a' * 65}@b.de", "", id="longer than any name"),
        pytest.param("说“他说“好”", "说“他说 ", "“好”", id="a quote opened twice"),
        pytest.param("《《山海经》》", "《 》", "《山海经》", id="a title in a title"),
        pytest.param('5" and\n6" wide', '5" and\n6" wide', "", id="inches are no quotes"),
        pytest.param("", "", "", id="empty"),
    ],
)
def test_strip_and_keep_quoted(text, plain, quoted):
    """A link ends where the Chinese sentence goes on."""
    assert strip_quoted(text) == plain
    assert keep_quoted(text) == quoted


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        pytest.param("Explain tides.", "en", id="en"),
        pytest.param("Explain the word 潮汐 to a small child", "en", id="en with a term"),
        pytest.param("讲讲潮汐。", "zh", id="zh"),
        pytest.param("把 list 转成 tuple，怎么写？", "zh", id="zh with terms"),
        pytest.param("一二三 a b c d e f g", "zh", id="three parts in ten of Han"),
        pytest.param("一二三 a b c d e f g h", "en", id="less than three parts in ten"),
        pytest.param("译成中文：“The early bird catches the worm”", "zh", id="English in quotes"),
        pytest.param("“写一段自我介绍”", "zh", id="all in quotes"),
        pytest.param("彼女は優秀な教師です。", None, id="Japanese"),
        pytest.param("日语的ありがとう是什么意思", "zh", id="zh about Japanese"),
        pytest.param("오늘 날씨가 좋다", None, id="Korean"),
        pytest.param("Привет, как дела?", None, id="Russian"),
        pytest.param("12 + 30 = ?", None, id="a sum"),
        pytest.param("", None, id="empty"),
    ],
)
def test_language_of(text, lang):
    assert language_of(text) == lang


@settings(deadline=None)
@given(st.text())
def test_no_text_is_too_strange(text):
    scripts = count_scripts(text)

    assert 0 <= scripts.share("zh") + scripts.share("en") <= 1
    assert language_of(text) in ("en", "zh", None)
