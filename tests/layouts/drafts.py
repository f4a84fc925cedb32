"""Drafts of every shape, for the tests of layouts."""

from typing import Any

from hypothesis import strategies as st

from vicugna.layouts import LAYOUTS
from vicugna.layouts.layout import Content, Problem
from vicugna.records import Alternative, Draft, Round, Source
from vicugna.text.hygiene import clean_text

SINGLE = Draft("en-1", "en", "Sort these words.", "pear, apple", "apple, pear", Source(), "en-1")
CHAT = Draft(
    "zh-1",
    "zh",
    "为什么天是蓝的？",
    "",
    "因为瑞利散射。",
    Source(),
    "zh-1",
    system="你是一位物理老师。",
    rounds=(
        Round("那傍晚呢？", "光走的路更长，剩下红光。"),
        Round("谢谢。", "不客气。"),
    ),
)
RATED = Draft(
    "en-2",
    "en",
    "Name a bird that swims.",
    "",
    "A penguin.",
    Source(),
    "en-2",
    alternatives=(Alternative("A kite.", score=2.0), Alternative("I do not know.", score=1.0)),
    score=5.0,
)
RATED_CHAT = Draft(
    "zh-2",
    "zh",
    "推荐一道家常菜。",
    "",
    "番茄炒蛋。",
    Source(),
    "zh-2",
    system="你是厨师。",
    rounds=(Round("先放哪个？", "先炒蛋，盛出，再炒番茄。"),),
    alternatives=(Alternative("随便。"),),
)
ALL = {"single": SINGLE, "chat": CHAT, "rated": RATED, "rated chat": RATED_CHAT}

TEXT = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
    .map(clean_text)
    .filter(bool)
)
ANSWER = TEXT.filter(lambda text: not text.startswith("<think>"))
ROUND = st.builds(Round, TEXT, ANSWER)


def drafts(**changes: Any) -> st.SearchStrategy[Draft]:
    """Return a strategy for drafts: with a system turn or not, with further rounds or not."""
    fields: dict[str, Any] = {
        "id": st.just("x"),
        "lang": st.sampled_from(["en", "zh"]),
        "instruction": TEXT,
        "input": st.just(""),
        "output": ANSWER,
        "source": st.just(Source()),
        "system": st.one_of(st.just(""), TEXT),
        "rounds": st.lists(ROUND, max_size=3).map(tuple),
    }
    return st.builds(Draft, **(fields | changes))


def write(name: str, draft: Draft) -> list[dict[str, Any]]:
    """Return the rows of a draft in a layout that holds it."""
    known = LAYOUTS[name].write
    assert known is not None
    rows = known(draft)
    assert not isinstance(rows, str), rows
    return rows


def refuse(name: str, draft: Draft) -> str:
    """Return why a layout refuses a draft."""
    known = LAYOUTS[name].write
    assert known is not None
    reason = known(draft)
    assert isinstance(reason, str), reason
    return reason


def read(name: str, *rows: dict[str, Any]) -> list[Content | Problem]:
    """Return what is in rows of a layout, those that belong together joined."""
    layout = LAYOUTS[name]
    assert all(layout.matches(row) for row in rows)
    located = [(number, piece) for number, row in enumerate(rows, 1) for piece in layout.read(row)]
    return [piece for _, piece in (layout.join(located) if layout.join else located)]


def read_back(name: str, draft: Draft) -> Content:
    """Return a draft as it comes back from a layout."""
    [content] = read(name, *write(name, draft))
    assert not isinstance(content, Problem)
    return content
