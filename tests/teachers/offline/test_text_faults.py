import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.teachers.offline.text_faults import (
    REFUSALS,
    break_json,
    misnumber,
    refuse,
    swap_language,
)

CJK = re.compile("[\u4e00-\u9fff]")
EN_ITEMS = [
    {"instruction": "Name a bird.", "input": "", "output": "A red kite.", "type": "open_qa"},
    {"instruction": "Add 2 and 3.", "input": "2, 3", "output": "5", "type": "math"},
    {"instruction": "Sort these.", "input": "b a", "output": "a b", "type": "formatting"},
]
ZH_ITEMS = [
    {"instruction": "说出一种鸟。", "input": "", "output": "麻雀。", "type": "open_qa"},
    {"instruction": "二加三等于几？", "input": "", "output": "五", "type": "math"},
]
EN_NUMBERED = "1. Instruction: Name a bird.\n1. Output: A kite.\n2. Instruction: Add 2.5 and 3."
ZH_NUMBERED = "1. 指令：说出一种鸟。\n2. 指令：二加三等于几？\n3. 指令：写一句诗。"


def _lines(items):
    return "\n".join(orjson.dumps(item).decode() for item in items)


def _array(items):
    return orjson.dumps(items, option=orjson.OPT_INDENT_2).decode()


def _fenced(items):
    return f"```json\n{_array(items)}\n```"


def _wrapped(items):
    return orjson.dumps({"tasks": items}).decode()


FORMS = [_lines, _array, _fenced, _wrapped]


def _is_json_lines(text):
    try:
        return [orjson.loads(line) for line in text.split("\n") if line.strip()] != []
    except orjson.JSONDecodeError:
        return False


def _is_json(text):
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_refusal_is_in_the_language_and_settled_by_the_text(lang):
    said = {refuse(f"{i}", lang) for i in range(50)}

    assert said == set(REFUSALS[lang])
    assert all(bool(CJK.search(one)) == (lang == "zh") for one in said)
    assert refuse("a", lang) == refuse("a", lang)


@pytest.mark.parametrize("form", FORMS)
def test_wrong_language_of_english_json(form):
    """Prose becomes Chinese; names, labels, numbers and the number of items stay."""
    text = swap_language(form(EN_ITEMS), "en")
    items = [orjson.loads(line) for line in text.split("\n")]
    if len(items) == 1:
        items = items[0]["tasks"] if isinstance(items[0], dict) else items[0]

    assert [list(item) for item in items] == [list(item) for item in EN_ITEMS]
    assert [item["type"] for item in items] == ["open_qa", "math", "formatting"]
    assert all(CJK.search(item["instruction"]) for item in items)
    assert [bool(CJK.search(item["output"])) for item in items] == [True, False, True]
    assert items[0]["input"] == ""


@pytest.mark.parametrize("form", FORMS)
def test_wrong_language_of_chinese_json(form):
    text = swap_language(form(ZH_ITEMS), "zh")

    assert not CJK.search(text)
    assert text.count("instruction") == 2


@pytest.mark.parametrize(
    ("text", "lang", "lead"),
    [
        pytest.param(EN_NUMBERED, "en", ["1. Instruction: ", "1. Output: "], id="en"),
        pytest.param(ZH_NUMBERED, "zh", ["1. 指令：", "2. 指令："], id="zh"),
        pytest.param("Just a sentence.", "en", [""], id="en, one sentence"),
        pytest.param("positive", "en", [""], id="en, one word"),
        pytest.param("只有一句话。", "zh", [""], id="zh, one sentence"),
        pytest.param("", "en", [""], id="nothing"),
    ],
)
def test_wrong_language_of_text(text, lang, lead):
    """The number and the name of the field stay, what follows is in the other language."""
    swapped = swap_language(text, lang).split("\n")

    assert len(swapped) == len(text.split("\n"))
    for line, start in zip(swapped, lead, strict=False):
        assert line.startswith(start)
        assert bool(CJK.search(line.removeprefix(start))) == (lang == "en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(EN_NUMBERED, EN_NUMBERED.replace("2. Instruction", "4. Instruction"), id="en"),
        pytest.param(ZH_NUMBERED, ZH_NUMBERED.replace("2. 指令", "4. 指令"), id="zh"),
        pytest.param(
            "４．指令：甲\n４．输出：乙\n５．指令：丙",
            "４．指令：甲\n４．输出：乙\n7．指令：丙",
            id="zh, full width",
        ),
        pytest.param("3) only one", "5) only one", id="en, one item"),
        pytest.param("**1.** a\n**2.** b", "**1.** a\n**4.** b", id="en, bold"),
        pytest.param("1. a\n2. b\n2. c\n3. d", "1. a\n4. b\n4. c\n3. d", id="all its lines"),
        pytest.param("plain\n\nlines", "1. plain\n4. lines", id="no numbers"),
        pytest.param("3.14 is pi\n2.72 is e", "1. 3.14 is pi\n4. 2.72 is e", id="decimals"),
        pytest.param("alone", "3. alone", id="one line, no number"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_misnumbered_text(text, expected):
    assert misnumber(text) == expected


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("items", [EN_ITEMS, ZH_ITEMS], ids=["en", "zh"])
def test_misnumbered_json_without_numbers(form, items):
    """Items that carry no number get one, and no item is lost."""
    lines = misnumber(form(items)).split("\n")

    assert [int(line.split(". ")[0]) for line in lines] == [1, 4, 5][: len(items)]
    assert [orjson.loads(line.split(". ", 1)[1]) for line in lines] == items


@pytest.mark.parametrize("key", ["number", "id", "Index", "序号"])
@pytest.mark.parametrize("form", FORMS)
def test_misnumbered_json_with_numbers(key, form):
    text = misnumber(form([{key: n, "text": "a b"} for n in (1, 2, 3)]))

    assert [int(n) for n in re.findall(rf'"{key}":(\d+)', text)] == [1, 4, 3]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("items", [EN_ITEMS, ZH_ITEMS], ids=["en", "zh"])
def test_broken_json_is_nearly_json(form, items):
    """One character is lost, and a strict parser refuses what is left."""
    text = form(items)
    broken = break_json(text)

    assert not _is_json(broken)
    assert not _is_json_lines(broken)
    assert len(broken) == len(text) - 1


def test_broken_json_lines_lose_one_line_only():
    broken = break_json(_lines(EN_ITEMS)).split("\n")

    assert [_is_json(line) for line in broken] == [False, True, True]


TEXTS = st.text(max_size=40) | st.sampled_from(
    [form(items) for form in FORMS for items in (EN_ITEMS, ZH_ITEMS)]
    + [EN_NUMBERED, ZH_NUMBERED, "[]", "{}", "null", "7", '"a"', '"}', "[[]]", '{"a": []}', "```"]
)


@given(TEXTS)
def test_broken_json_never_parses(text):
    assert not _is_json(break_json(text))
    assert not _is_json_lines(break_json(text))


@given(TEXTS, st.sampled_from(["en", "zh"]))
def test_every_text_is_met(text, lang):
    """No text is a bug, and the same text always gives the same fault."""
    for change in (misnumber, break_json, lambda text: swap_language(text, lang)):
        assert change(text) == change(text)
