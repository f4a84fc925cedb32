import pytest

from vicugna.parsing import LONGEST, MOST, parse_list, parse_tasks

BIRD = {"instruction": "Name a bird.", "input": "", "output": "A kite."}
SUM = {"instruction": "Add them.", "input": "2, 3", "output": "5"}
NIAO = {"instruction": "说一种鸟。", "input": "", "output": "麻雀。"}
HE = {"instruction": "求和。", "input": "2、3", "output": "5"}
INSTANCE = ("input", "output")
EN_PLAIN = """Instruction: Name a bird.
Output: A kite.

Instruction: Add them.
Input: 2, 3
Output: 5"""
EN_HEADED = """Task 1:
**Instruction:** Name a bird.
**Output:** A kite.

---

**Task 2:**
**Instruction:** Add them.
**Input:** 2, 3
**Output:** 5"""
EN_BLOCKS = """### Instruction 1:
Name a bird.
### Output:
A kite.
### Instruction 2:
Add them.
### Input:
2, 3
### Output:
5"""
EN_NUMBERED = """1. Instruction: Name a bird.
1. Input: <noinput>
1. Output: A kite.
###
2. Instruction: Add them.
2. Input: 2, 3
2. Output: 5"""
ZH_NUMBERED = """1. 指令：说一种鸟。
1. 输入：无
1. 输出：麻雀。

2. 指令：求和。
2. 输入：2、3
2. 输出：5"""


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param(EN_NUMBERED, [BIRD, SUM], id="en"),
        pytest.param(EN_NUMBERED.replace("2. ", "7. "), [BIRD, SUM], id="en, misnumbered"),
        pytest.param(EN_NUMBERED.replace("2. ", "1. "), [BIRD, SUM], id="en, one number for all"),
        pytest.param(
            EN_NUMBERED.replace(". I", ") i").replace(". O", ") o"),
            [BIRD, SUM],
            id="en, brackets, small letters",
        ),
        pytest.param(EN_NUMBERED.replace("###", "---"), [BIRD, SUM], id="en, rules of dashes"),
        pytest.param("Here you are.\n\n" + EN_NUMBERED, [BIRD, SUM], id="en, preface"),
        pytest.param(f"```\n{EN_NUMBERED}\n```", [BIRD, SUM], id="en, in a fence"),
        pytest.param(
            EN_PLAIN,
            [BIRD, SUM],
            id="en, no numbers",
        ),
        pytest.param(
            EN_HEADED,
            [BIRD, SUM],
            id="en, headings and bold",
        ),
        pytest.param(
            EN_BLOCKS,
            [BIRD, SUM],
            id="en, numbers after the label",
        ),
        pytest.param(ZH_NUMBERED, [NIAO, HE], id="zh"),
        pytest.param(ZH_NUMBERED.replace("：", ":"), [NIAO, HE], id="zh, half-width"),
        pytest.param(
            ZH_NUMBERED.replace("1. ", "１．").replace("2. ", "２．"),
            [NIAO, HE],
            id="zh, full-width",
        ),
        pytest.param(
            ZH_NUMBERED.replace("1. ", "一、").replace("2. ", "二、"),
            [NIAO, HE],
            id="zh, Chinese numerals",
        ),
        pytest.param(ZH_NUMBERED.replace("2. ", "9. "), [NIAO, HE], id="zh, misnumbered"),
        pytest.param(
            "任务一：\n指令：说一种鸟。\n输入：无\n输出：麻雀。\n\n任务二：\n指令：求和。\n输入：2、3\n输出：5",
            [NIAO, HE],
            id="zh, headings",
        ),
    ],
)
def test_labelled_text(text, fields):
    """Numbers are read by nobody, so one that is wrong loses nothing."""
    assert [piece.fields for piece in parse_tasks(text, cut=False)] == fields


@pytest.mark.parametrize(
    ("text", "output"),
    [
        pytest.param(
            "1. Instruction: Name the parts.\n1. Output: They are\nInput: keys\nOutput: screen",
            "They are\nInput: keys\nOutput: screen",
            id="en, labels in an output",
        ),
        pytest.param(
            "1. Instruction: Write a prompt.\n1. Output: Try this.\nInstruction: Sing.",
            "Try this.\nInstruction: Sing.",
            id="en, an instruction in an output",
        ),
        pytest.param(
            "Instruction: List them.\nOutput:\n1. One\n2. Two",
            "1. One\n2. Two",
            id="en, a list at the end",
        ),
        pytest.param(
            "Instruction: Say it in code.\nOutput: So:\n```\nx = 1\n```",
            "So:\n```\nx = 1\n```",
            id="en, a fence at the end",
        ),
        pytest.param(
            "指令：说出组成部分。\n输出：分为\n输入：键盘\n输出：屏幕",
            "分为\n输入：键盘\n输出：屏幕",
            id="zh, labels in an output",
        ),
        pytest.param(
            "指令：列出来。\n输出：\n一、甲\n二、乙", "一、甲\n二、乙", id="zh, a list at the end"
        ),
    ],
)
def test_what_looks_like_a_label_inside_an_output(text, output):
    pieces = parse_tasks(text, cut=False)

    assert [piece.fields["output"] for piece in pieces] == [output]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param(
            '{"output": "good", "input": "Lovely."}\n{"output": "bad", "input": "Awful."}',
            [("Lovely.", "good"), ("Awful.", "bad")],
            id="JSON, output first",
        ),
        pytest.param(
            "Input: Lovely.\nOutput: good\n\nInput: Awful.\nOutput: bad",
            [("Lovely.", "good"), ("Awful.", "bad")],
            id="en, input first",
        ),
        pytest.param(
            "Output: good\nInput: Lovely.\n\nOutput: bad\nInput: Awful.",
            [("Lovely.", "good"), ("Awful.", "bad")],
            id="en, output first",
        ),
        pytest.param(
            "1. 输出：好\n1. 输入：真不错。\n2. 输出：差\n2. 输入：太糟了。",
            [("真不错。", "好"), ("太糟了。", "差")],
            id="zh, output first",
        ),
    ],
)
def test_instances_keep_their_own_label(text, fields):
    """An answer is never paired with the input of its neighbour."""
    pieces = parse_tasks(text, cut=False, required=INSTANCE)

    assert [(piece.fields["input"], piece.fields["output"]) for piece in pieces] == fields


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param(
            "1. Name a bird.\n2. Add 2.5 and 3.", ["Name a bird.", "Add 2.5 and 3."], id="en"
        ),
        pytest.param(
            "Sure!\n\n1) Name a bird.\n\n2) Sing.", ["Name a bird.", "Sing."], id="en, preface"
        ),
        pytest.param(
            "1. Name a bird.\n5. Sing.\n5. Dance.",
            ["Name a bird.", "Sing.", "Dance."],
            id="en, misnumbered",
        ),
        pytest.param(
            "1. **Name a bird.**\n**2.** Sing.\n### 3. Go.",
            ["Name a bird.", "Sing.", "Go."],
            id="en, bold",
        ),
        pytest.param(
            "1. Instruction: Sing.\n2. Instruction: Go.", ["Sing.", "Go."], id="en, labelled"
        ),
        pytest.param(
            "1. Name\n   a bird.\n2. Sing.\n---", ["Name a bird.", "Sing."], id="en, wrapped line"
        ),
        pytest.param(
            "1. Do this:\n   1. stir\n   2. wait\n2. Sing.",
            ["Do this: 1. stir 2. wait", "Sing."],
            id="en, a list inside",
        ),
        pytest.param("```\n1. Sing.\n2. Go.\n```", ["Sing.", "Go."], id="en, in a fence"),
        pytest.param("1. 说一种鸟。\n2. 求和。", ["说一种鸟。", "求和。"], id="zh"),
        pytest.param("１．说一种鸟。\n２．求和。", ["说一种鸟。", "求和。"], id="zh, full-width"),
        pytest.param("1、说一种鸟。\n3、求和。", ["说一种鸟。", "求和。"], id="zh, misnumbered"),
        pytest.param(
            "（一）说一种鸟。\n（二）求和。", ["说一种鸟。", "求和。"], id="zh, Chinese numerals"
        ),
        pytest.param("好的：\n1：说一种鸟。\n2：求和。", ["说一种鸟。", "求和。"], id="zh, colons"),
        pytest.param(
            '{"instruction": "Sing."}\n{"instruction": "求和。"}', ["Sing.", "求和。"], id="JSON"
        ),
        pytest.param(
            '1. {"instruction": "Sing."}\n2. {"instruction": "Go."}',
            ["Sing.", "Go."],
            id="numbered JSON",
        ),
        pytest.param("<think>1. no</think>\n1. Sing.", ["Sing."], id="thinking first"),
    ],
)
def test_lists_of_instructions(text, items):
    pieces = parse_list(text, cut=False)

    assert [piece.fields["instruction"] for piece in pieces] == items
    assert [piece.position for piece in pieces] == list(range(len(items)))


@pytest.mark.parametrize(
    ("text", "kept", "text_of_last"),
    [
        pytest.param("1. Name a bird.\n2. Add th", ["Name a bird."], "Add th", id="en"),
        pytest.param("1. 说一种鸟。\n2. 求", ["说一种鸟。"], "求", id="zh"),
        pytest.param(
            '{"instruction": "Sing."}\n{"instruction": "G',
            ["Sing."],
            '{"instruction": "G',
            id="JSON",
        ),
    ],
)
def test_the_last_item_of_a_list_that_was_cut(text, kept, text_of_last):
    pieces = parse_list(text, cut=True)

    assert [piece.fields["instruction"] for piece in pieces if piece.fields] == kept
    assert (pieces[-1].reason, pieces[-1].text) == ("cut", text_of_last)


def test_a_number_without_an_item_is_a_piece():
    pieces = parse_list("1.\n2. Sing.", cut=False)

    assert [piece.reason for piece in pieces] == ["no instruction", ""]


@pytest.mark.parametrize("parse", [parse_tasks, parse_list])
@pytest.mark.parametrize("cut", [False, True])
def test_an_answer_that_is_too_long_is_not_read(parse, cut):
    """Its beginning is kept to look at; the ledger has the whole."""
    longest = ("字" * (LONGEST - 1)) + "。"

    assert [piece.reason for piece in parse(longest, cut=cut)] == ["cut" if cut else "unreadable"]
    (piece,) = parse(f"{longest}。", cut=cut)
    assert (piece.position, piece.fields, piece.reason) == (0, None, "too long")
    assert piece.text == "字" * 2_000


@pytest.mark.parametrize(
    ("parse", "line"),
    [
        pytest.param(parse_tasks, '{"instruction": "a", "input": "", "output": "b"}', id="JSON"),
        pytest.param(parse_tasks, '{"instruction": "a" "output": "b" c}', id="broken JSON"),
        pytest.param(parse_tasks, "指令：a\n输出：b", id="labels"),
        pytest.param(parse_list, "1. a", id="list"),
        pytest.param(parse_list, '{"instruction": "a"}', id="list of JSON"),
    ],
)
def test_what_follows_the_most_pieces_is_one_piece(parse, line):
    text = "\n".join([line] * MOST)

    assert [piece.position for piece in parse(text, cut=False)] == list(range(MOST))
    pieces = parse(f"{text}\n{text}", cut=False)
    assert [piece.position for piece in pieces] == list(range(MOST + 1))
    assert (pieces[-1].fields, pieces[-1].reason) == (None, "too many")
    assert "too many" not in {piece.reason for piece in pieces[:-1]}


@pytest.mark.parametrize(
    ("text", "output"),
    [
        pytest.param("Instruction: Add 9 and 9.\nOutput:\n18.", "18.", id="a number"),
        pytest.param("指令：求 9 加 9。\n输出：\n18.", "18.", id="a number, zh"),
        pytest.param("Instruction: Draw.\nOutput: *\n**\n***\n\n---", "*\n**\n***", id="signs"),
        pytest.param("Instruction: Go.\nOutput: a\n  ```", "a\n  ```", id="half a fence"),
        pytest.param("```\nInstruction: Go.\nOutput: a\n\n  ```", "a", id="an indented fence"),
        pytest.param("Instruction: Go.\nOutput: a ##", "a", id="a rule in the last line"),
        pytest.param("Instruction: Go.\nOutput: a #", "a #", id="one sign is no rule"),
    ],
)
def test_the_end_of_the_last_field(text, output):
    """A rule and a fence around it go; a number on its last line is no heading of a next task."""
    (piece,) = parse_tasks(text, cut=False)

    assert piece.fields is not None
    assert piece.fields["output"] == output
