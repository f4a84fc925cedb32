import re
from itertools import product

import pytest

from filters import words
from filters.words import find, load_entries, load_openings, load_patterns

LISTS = [(name, lang) for name in ("blocklist", "refusal") for lang in ("en", "zh")]


@pytest.fixture
def word_list(tmp_path, monkeypatch):
    """Return a function that writes a word list and forgets those read before."""
    monkeypatch.setattr(words, "_FOLDER", tmp_path)
    load_patterns.cache_clear()
    load_openings.cache_clear()

    def write(lang, text):
        (tmp_path / f"mine.{lang}.txt").write_text(text, encoding="utf-8")

    yield write
    load_patterns.cache_clear()
    load_openings.cache_clear()


@pytest.mark.parametrize(
    ("lang", "entries", "text", "hit"),
    [
        pytest.param("en", "plot the data", "Now Plot  the\ndata.", "Plot  the\ndata", id="spaces"),
        pytest.param("en", "draw a", "We withdraw a claim.", "", id="whole words only"),
        pytest.param("en", "I can't", "Sorry, I can’t say.", "I can't", id="either apostrophe"),
        pytest.param("en", "(draw|paint) a", "Paint a door", "Paint a", id="either of two"),
        pytest.param("en", "draw (a |)map", "draw map", "draw map", id="one of two is nothing"),
        pytest.param("en", "open*link", "open the next link", "open the next link", id="a gap"),
        pytest.param("en", "open*link", "open the very first link", "", id="a gap too wide"),
        pytest.param("en", "open*link", "open. A link", "", id="a gap over two sentences"),
        pytest.param("en", "draw\n!draw a line", "draw a line", "", id="an exception"),
        pytest.param("en", "draw\n!draw a line", "draw a line, draw", "draw", id="beside it"),
        pytest.param("en", "draw # ink", "draw", "draw", id="a comment after an entry"),
        pytest.param("en", "# draw\n\n", "draw", "", id="nothing but a comment"),
        pytest.param("zh", "画一", "请画一只猫", "画一", id="zh, inside a sentence"),
        pytest.param("zh", "画(一|个)", "请画个猫", "画个", id="zh, either of two"),
        pytest.param("zh", "打开*链接", "打开下面这个链接", "打开下面这个链接", id="zh, a gap"),
        pytest.param("zh", "打开*链接", "打开门。链接", "", id="zh, a gap over two sentences"),
        pytest.param("zh", "作为AI", "作为 AI 助手", "作为 AI", id="zh, a space before Latin"),
        pytest.param("zh", "AI助手", "AI 助手", "AI 助手", id="zh, a space after Latin"),
        pytest.param("zh", "抱歉，我", "抱歉, 我不能", "抱歉, 我", id="zh, another comma"),
        pytest.param("zh", "抱歉，我", "抱歉我不能", "抱歉我", id="zh, no comma"),
        pytest.param("zh", "画一\n!动画一", "这部动画一共几集", "", id="zh, an exception"),
        pytest.param("zh", "画一", "", "", id="zh, empty"),
    ],
)
def test_how_an_entry_is_matched(word_list, lang, entries, text, hit):
    word_list(lang, entries)

    assert find("mine", lang, text) == hit


@pytest.mark.parametrize(("name", "lang"), LISTS)
def test_no_entry_stands_twice_or_is_empty(name, lang):
    entries = load_entries(name, lang)

    assert len(entries) == len({entry.lower() for entry in entries})
    assert all(re.search(r"\w", entry) for entry in entries)
    assert all(entry.count("(") == entry.count(")") for entry in entries)


@pytest.mark.parametrize(("name", "lang"), LISTS)
def test_an_entry_is_found_and_an_exception_passes(name, lang):
    """Each entry hits one of its own spellings; each exception passes over what would hit."""
    wanted, passed = load_patterns(name, lang)
    for entry in load_entries(name, lang):
        texts = list(_spell(entry.removeprefix("!")))
        hits = [text for text in texts if wanted.search(text)]
        if entry.startswith("!"):
            assert hits, f"{entry} passes over nothing that would hit"
            assert all(passed.search(text) for text in hits), entry
            assert any(not find(name, lang, text) for text in hits), entry
        else:
            assert len(hits) == len(texts), entry


def _spell(entry):
    """Return the spellings of an entry: every choice of "(a|b)", with nothing for "*"."""
    parts = re.split(r"\(([^()]*)\)", entry.replace("*", ""))
    return map("".join, product(*(part.split("|") for part in parts)))
