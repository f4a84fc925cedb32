import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.text.hygiene import clean_text, show_lines, show_plain


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("a\r\nb\rc\nd", "a\nb\nc\nd", id="line ends of three systems"),
        pytest.param("第一页\x0c第二页", "第一页\n第二页", id="a new page is a new line"),
        pytest.param("a\u2028b\u2029c\x85d", "a\nb\nc\nd", id="line ends of Unicode"),
        pytest.param("a\x00b\x1bc\x7f", "abc", id="control characters"),
        pytest.param("caf\x92e\x80", "cafe", id="controls of a wrong encoding"),
        pytest.param("半个\ud83d字", "半个字", id="half a character"),
        pytest.param("\ufeff潮\u200b汐\u2060", "潮汐", id="what is never seen"),
        pytest.param("\u202eabc\u202c", "abc", id="marks of direction"),
        pytest.param("👩\u200d🌾 می\u200cخواهم", "👩\u200d🌾 می\u200cخواهم", id="joiners stay"),
        pytest.param("a\tb", "a\tb", id="a tab stays"),
        pytest.param(" \n　潮汐　\n", "潮汐", id="ends are stripped, full-width ones too"),
        pytest.param("a  b\n\n\nc", "a  b\n\n\nc", id="spaces and empty lines inside stay"),
        pytest.param("", "", id="empty"),
    ],
)
def test_clean_text(text, cleaned):
    assert clean_text(text) == cleaned


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_clean_text_can_be_written_and_is_clean(text):
    cleaned = clean_text(text)

    assert cleaned.encode().decode() == cleaned
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("small-1a2b [red] 双语 é 🦙", "small-1a2b [red] 双语 é 🦙", id="as it is"),
        pytest.param("a\x1b[2Jb\x9bc\x7f", "a?[2Jb?c?", id="control characters"),
        pytest.param("a\r\nb\u2028c\td", "a??b?c?d", id="line ends and tabs"),
        pytest.param("\u202egnp.exe\u2066", "?gnp.exe?", id="marks of direction"),
        pytest.param("half\ud83d", "half?", id="half a character"),
        pytest.param("abcdefgh", "abcdefgh", id="at the limit"),
        pytest.param("abcdefghi", "abcdefg…", id="over the limit"),
        pytest.param("", "", id="empty"),
    ],
)
def test_show_plain(text, shown):
    assert show_plain(text, 8 if text.startswith("abcdefgh") else 255) == shown


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_show_plain_is_one_line_that_can_be_printed(text):
    shown = show_plain(text, 20)

    assert shown.isprintable()
    assert len(shown) <= 20


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("第一行\nsecond", "第一行\nsecond", id="lines stay"),
        pytest.param("a\tb", "a       b", id="a tab is blanks"),
        pytest.param("a\x1b[2J\x00\r\x9b", "a?[2J???", id="what steers a terminal"),
        pytest.param("\u202ea\u2028b\ud800", "?a?b?", id="what turns, ends or breaks a line"),
        pytest.param("", "", id="empty"),
    ],
)
def test_show_lines(text, shown):
    assert show_lines(text) == shown
