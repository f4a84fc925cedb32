"""Drafts whose texts hold what layouts write between them, and what a layout keeps of a draft."""

from collections.abc import Iterable
from typing import Any

import orjson
from hypothesis import strategies as st

from vicugna.layouts.layout import Content, Layout, Problem, Row
from vicugna.layouts.preference import rejected_answers
from vicugna.parsing import blank_input
from vicugna.records import Alternative, Draft, Round, Source
from vicugna.text.hygiene import clean_text

SIGNS = (
    *(
        "\n",
        "\n\n",
        " ",
        "\\n",
        "：",
        ",",
        "+",
        "[",
        "]",
        "<|eos|>",
        "</s>",
        "human_0",
        "marker_user",
    ),
    *("<|Human|>", "<|MOSS|>: ", "<eoh>", "<eom>\n", "None", "[|Human|]", "[|AI|] ", "[Human]"),
    *("Human:", "\n\nHuman: ", "\n\nAssistant: \n", "Assistant:", "USER:", "GPT:", "<sop>", "<n>"),
    *("### End", "### Response:", "### Instruction:\n", "[Round 0]\n问：", "\n答：", "<p>a</p>"),
)
_WORDS = ("Name a bird.", "说出一种鸟。", "x = [1, 2]", "👩\u200d👧", "１２", "𠮷")
_PLAIN = st.sampled_from(_WORDS) | st.text(max_size=6)
_HOSTILE = st.sampled_from(SIGNS) | _PLAIN


def texts(*, hostile: bool) -> st.SearchStrategy[str]:
    """Return texts as cleaning leaves them, none empty and none that begins with a thought."""
    pieces = st.lists(_HOSTILE if hostile else _PLAIN, min_size=1, max_size=4)
    cleaned = pieces.map(lambda parts: clean_text("".join(parts)))
    return cleaned.filter(lambda text: bool(text) and not text.startswith("<think>"))


@st.composite
def drafts(draw: st.DrawFn, *, most_rounds: int = 3) -> Draft:
    """Return drafts; half of them have harmless texts only, which layouts take."""
    some = texts(hostile=draw(st.booleans()))
    none = st.just("")
    thought = none | some.filter(lambda text: text != "None")
    worse = st.builds(Alternative, some)
    return Draft(
        id="0123456789abcdef-00",
        lang=draw(st.sampled_from(["en", "zh"])),
        instruction=draw(some),
        input=blank_input(draw(none | some)),
        output=draw(some),
        source=Source(),
        system=draw(none | some),
        reasoning=draw(thought),
        rounds=tuple(
            draw(st.lists(st.builds(Round, some, some, thought), max_size=most_rounds - 1))
        ),
        alternatives=tuple(draw(st.lists(worse, max_size=2))),
        type=draw(st.sampled_from(["", "open_qa"])),
        topic=draw(st.sampled_from(["", "nature"])),
    )


def one_draft(*rounds: tuple[str, str], **changes: Any) -> Draft:
    """Return a draft of these questions and answers."""
    (instruction, output), *more = rounds
    later = tuple(Round(question, answer) for question, answer in more)
    fields: dict[str, Any] = {"id": "a-01", "lang": "en", "input": "", "source": Source()}
    asked = {"instruction": instruction, "output": output, "rounds": later}
    return Draft(**{**fields, **asked, **changes})


def said(known: Content | Draft, layout: Layout) -> dict[str, Any]:
    """Return what a draft or a content says, as far as a layout holds it."""
    content: Any = _content_of(known) if isinstance(known, Draft) else known
    question = "\n".join(filter(None, (content["instruction"], content.get("input", ""))))
    first = Round(question, content["output"], content.get("reasoning", ""))
    rounds = [first, *content.get("rounds", ())]
    if "reasoning" not in layout.holds:
        rounds = [Round(one.question, one.answer) for one in rounds]
    answers = [one.answer for one in content.get("alternatives", ())]
    return {
        "rounds": rounds,
        "system": content.get("system", "") if "system" in layout.holds else "",
        "alternatives": answers if "alternatives" in layout.holds else [],
    }


def _content_of(draft: Draft) -> dict[str, Any]:
    names = ("instruction", "input", "output", "reasoning", "rounds", "system")
    worse = tuple(Alternative(answer) for answer in rejected_answers(draft))
    return {name: getattr(draft, name) for name in names} | {"alternatives": worse}


def read_back(layout: Layout, rows: Iterable[Row]) -> list[Content | Problem]:
    """Return what is read of rows that stood in a file, those that belong together joined."""
    located = [
        (number, piece)
        for number, row in enumerate(rows, 1)
        for piece in layout.read(orjson.loads(orjson.dumps(row)))
    ]
    joined = located if layout.join is None else layout.join(located)
    return [piece for _, piece in joined]


_LEAF = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | _HOSTILE
_NAMES = st.sampled_from(
    [
        "role",
        "from",
        "value",
        "content",
        "human",
        "gpt",
        "Human",
        "MOSS",
        "turn_1",
        "score",
        "response",
    ]
)
JSON = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)
)


def contents(pieces: Iterable[Content | Problem]) -> list[Content]:
    """Return pieces that are all tasks."""
    found = list(pieces)
    assert not any(isinstance(piece, Problem) for piece in found), found
    return found
