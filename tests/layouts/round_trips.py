"""Drafts to write in every layout, random ones too, and what must come back of them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.formats.rows import SOURCE, TEXTS
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Content, Layout, Problem, Row
from vicugna.layouts.preference import rejected_answers
from vicugna.layouts.texts import split_reasoning
from vicugna.layouts.turns import user_turn
from vicugna.parsing import blank_input
from vicugna.records import Alternative, Draft, Round
from vicugna.text.hygiene import clean_text

# Words of both languages, and what some layout takes for the end or the beginning of something.
PARTS = (
    "a bird", "麻雀", "，", " ", "\n", "\n\n", "42", "null", "None", "无", "🦙", "𠮷", "\t", "\\n",
    "Human:", "Assistant:", "\n\nHuman:", "\n\nAssistant:", " Assistant:", "Human: ", "##",
    "{{idx}}", "{{content}}", "</s>", "<unk>", " ASSISTANT: ", "<eoh>", "<|endoftext|>", "[|AI|]",
    "[|Human|]", "### Response:", "\n答：", "[Round 0]", "<image>", '{"a": [', "</think>", "user",
)  # fmt: skip


def make_draft(lang: str = "en", **changes: Any) -> Draft:
    """Return a draft in a language."""
    texts = {"en": ("Name a bird.", "A red kite."), "zh": ("说出一种鸟。", "麻雀。")}[lang]
    fields = {"instruction": texts[0], "input": "", "output": texts[1], "source": SOURCE}
    return Draft(**({"id": "a-1", "lang": lang} | fields | changes))


def _several(draft: Draft) -> dict[str, Draft]:
    """Return a draft as a task, a conversation, and a preference, with scores and without."""
    plain = Alternative(f"No: {draft.output}")
    rounds = (Round("And one more?", f"Yes, {draft.output}"), Round("还有呢？", "没有了。"))
    scored = (Alternative("A worse one.", score=1.5), Alternative("最差的。", score=-1))
    return {
        "task": draft,
        "with system": replace(draft, system="You are 一只鸟."),
        "conversation": replace(draft, rounds=rounds),
        "preference": replace(draft, alternatives=(plain,)),
        "scored": replace(draft, alternatives=scored, score=3),
        "everything": replace(
            draft, system="简短。", rounds=rounds, alternatives=scored, score=4.5
        ),
        "same answer twice": replace(draft, alternatives=(Alternative(draft.output),)),
    }


def _with_texts(name: str) -> Draft:
    texts = dict(zip(("instruction", "input", "output"), TEXTS[name], strict=True))
    lang = "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in texts["instruction"]) else "en"
    return make_draft(lang, **texts)


DRAFTS: dict[str, Draft] = {
    f"{name}, {kind}": draft
    for name in TEXTS
    for kind, draft in _several(_with_texts(name)).items()
}


def texts() -> st.SearchStrategy[str]:
    """Return texts as they are after cleaning, made of ordinary and of hostile parts."""
    part = st.one_of(st.sampled_from(PARTS), st.text(max_size=4))
    joined = st.lists(part, min_size=1, max_size=5).map("".join).map(clean_text)
    return joined.filter(bool).filter(lambda text: split_reasoning(text) == ("", text))


def drafts() -> st.SearchStrategy[Draft]:
    """Return drafts with every part there or not."""
    scores = st.one_of(st.none(), st.integers(-3, 3), st.floats(-5, 5))
    return st.builds(
        Draft,
        id=st.sampled_from(["a-1", "b-2"]),
        lang=st.sampled_from(["en", "zh"]),
        instruction=texts(),
        input=st.one_of(st.just(""), texts().filter(lambda text: blank_input(text) == text)),
        output=texts(),
        source=st.just(SOURCE),
        system=st.one_of(st.just(""), texts()),
        rounds=st.lists(st.builds(Round, texts(), texts()), max_size=2).map(tuple),
        alternatives=st.lists(
            st.builds(Alternative, texts(), st.just(""), scores),
            max_size=3,
            unique_by=lambda one: one.answer,
        ).map(tuple),
        score=scores,
    )


def as_read(layout: Layout, row: Row) -> Row:
    """Return a row as it is given for reading: LMFlow's instances with the type of their file."""
    kind, _, of = layout.container.partition(" ")
    return {**row, "type": of} if kind == "lmflow" else row


def read_back(layout: Layout, rows: list[Row]) -> list[Content | Problem]:
    """Return what is in rows, joined where rows belong together."""
    read = [
        (number, piece)
        for number, row in enumerate(rows, 1)
        for piece in layout.read(as_read(layout, row))
    ]
    return [piece for _, piece in (layout.join(read) if layout.join else read)]


def turns_of(content: Content) -> list[tuple[str, str]]:
    """Return the questions of a content with their answers."""
    given = content.get("input", "")
    first = content["instruction"] + (f"\n{given}" if given else "")
    later = content.get("rounds", ())
    return [(first, content["output"]), *((one.question, one.answer) for one in later)]


def check_round_trip(name: str, draft: Draft) -> str:
    """Check that a draft comes back from a layout as far as it holds it; return why not written."""
    layout = LAYOUTS[name]
    assert layout.write is not None
    rows = layout.write(draft)
    if isinstance(rows, str):
        return rows
    assert rows
    assert {find_layout(as_read(layout, row)) for row in rows} == {name}
    rounds = [(user_turn(draft), draft.output)]
    rounds += [(one.question, one.answer) for one in draft.rounds]
    found: list[tuple[str, float | None]] = []
    for content in read_back(layout, rows):
        assert not isinstance(content, Problem), content
        assert turns_of(content) == rounds
        assert content.get("system", "") == (draft.system if "system" in layout.holds else "")
        assert content.get("score") == (draft.score if "score" in layout.holds else None)
        found += [(one.answer, one.score) for one in content.get("alternatives", ())]
    if "alternatives" not in layout.holds:
        assert found == []
        return ""
    assert [answer for answer, _ in found] == rejected_answers(draft)
    worse = [one for one in draft.alternatives if one.answer != draft.answer]
    scores = [one.score if "score" in layout.holds else None for one in worse]
    assert [score for _, score in found] == scores
    return ""
