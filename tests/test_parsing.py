import pytest

from vicugna.parsing import blank_input, parse_list, parse_tasks

BIRD = {"instruction": "Name a bird.", "input": "", "output": "A kite."}
SUM = {"instruction": "Add them.", "input": "2, 3", "output": "5"}
NIAO = {"instruction": "说一种鸟。", "input": "", "output": "麻雀。"}
HE = {"instruction": "求和。", "input": "2、3", "output": "5"}
B = '{"instruction": "Name a bird.", "input": "", "output": "A kite."}'
S = '{"instruction": "Add them.", "input": "2, 3", "output": "5"}'
N = '{"instruction": "说一种鸟。", "input": "", "output": "麻雀。"}'
H = '{"instruction": "求和。", "input": "2、3", "output": "5"}'
PRETTY = """[
  {
    "instruction": "Name a bird.",
    "input": "",
    "output": "A kite."
  },
  {
    "instruction": "Add them.",
    "input": "2, 3",
    "output": "5"
  }
]"""
EN_LABELLED = (
    "1. Instruction: Name a bird.\n1. Output: A kite.\n2. Instruction: Sing.\n2. Output: La."
)
ZH_LABELLED = "1. 指令：说一种鸟。\n1. 输出：麻雀。\n2. 指令：求和。\n2. 输"


def _fields(pieces):
    return [piece.fields for piece in pieces]


def _reasons(pieces):
    return [piece.reason for piece in pieces]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param(f"{B}\n{S}", [BIRD, SUM], id="lines"),
        pytest.param(f"{N}\n\n{H}\n", [NIAO, HE], id="lines, zh, with a gap"),
        pytest.param(f"[{B}, {S}]", [BIRD, SUM], id="array"),
        pytest.param(PRETTY, [BIRD, SUM], id="pretty-printed array"),
        pytest.param(PRETTY.replace("\n", "\r\n"), [BIRD, SUM], id="with foreign line ends"),
        pytest.param(f"```json\n{B}\n{S}\n```", [BIRD, SUM], id="code fence"),
        pytest.param(f"```\n[{N},\n{H}]\n```", [NIAO, HE], id="code fence, zh"),
        pytest.param(f"Sure! Here are {{two}}:\n{B}\n{S}", [BIRD, SUM], id="preface"),
        pytest.param(
            f"好的，任务如下：\n{N}\n{H}\n希望{{有用}}！", [NIAO, HE], id="preface and end, zh"
        ),
        pytest.param(f'{{"tasks": [{B}, {S}]}}', [BIRD, SUM], id="wrapped in an object"),
        pytest.param(f'{{"任务": [{N}, {H}]}}', [NIAO, HE], id="wrapped in an object, zh"),
        pytest.param(f'{{"1": {B}, "2": {S}}}', [BIRD, SUM], id="under numbers"),
        pytest.param(f"1. {B}\n4. {S}", [BIRD, SUM], id="numbered lines, misnumbered"),
        pytest.param(f"{B} {S}", [BIRD, SUM], id="on one line"),
        pytest.param(
            N.replace("instruction", "指令").replace("input", "输入").replace("output", "输出"),
            [NIAO],
            id="keys in Chinese",
        ),
        pytest.param(
            B.replace("instruction", "Instruction "), [BIRD], id="key with capital and space"
        ),
        pytest.param('{"id": 7, "type": "qa", ' + B[1:], [BIRD], id="other keys first"),
        pytest.param(
            '{"序号": 1, ' + N[1:-1] + ', "难度": "易"}', [NIAO], id="other keys around, zh"
        ),
        pytest.param(S.replace('"5"', "5"), [SUM], id="a number stays as written"),
        pytest.param(S.replace('"5"', "5.10"), [{**SUM, "output": "5.10"}], id="with its zeros"),
        pytest.param(
            S.replace('"5"', "9" * 5000), [{**SUM, "output": "9" * 5000}], id="however long"
        ),
        pytest.param(S.replace('"5"', "true"), [{**SUM, "output": "true"}], id="a truth value"),
        pytest.param(S.replace('"2, 3"', "null"), [{**SUM, "input": ""}], id="null is nothing"),
        pytest.param('{"instruction": "Name a bird.", "output": "A kite."}', [BIRD], id="no input"),
        pytest.param(B.replace('""', '"<noinput>"'), [BIRD], id="a marker for no input"),
        pytest.param(N.replace('""', '"无"'), [NIAO], id="a word for no input, zh"),
        pytest.param(
            B.replace("A kite.", "A\nkite."), [{**BIRD, "output": "A\nkite."}], id="a bare line end"
        ),
        pytest.param(B.replace("A kite.", "A\\u0000 kite.\\r\\n"), [BIRD], id="control characters"),
        pytest.param(
            B.replace("A kite.", "half \\ud83d"),
            [{**BIRD, "output": "half"}],
            id="half a character",
        ),
        pytest.param(
            B.replace("A kite.", '{\\"input\\": 1}'),
            [{**BIRD, "output": '{"input": 1}'}],
            id="JSON in a value",
        ),
        pytest.param(f"<think>two? {{}}</think>\n{B}", [BIRD], id="thinking first"),
        pytest.param(f"I will write one.\n</think>\n\n{B}", [BIRD], id="the end of thinking only"),
    ],
)
def test_json(text, fields):
    pieces = parse_tasks(text, cut=False)

    assert _fields(pieces) == fields
    assert [piece.position for piece in pieces] == list(range(len(fields)))
    assert _reasons(pieces) == [""] * len(fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param(
            '{"instruction": "What does "kite" mean?", "input": "", "output": "A bird."}',
            {"instruction": 'What does "kite" mean?', "input": "", "output": "A bird."},
            id="quotes that are not escaped",
        ),
        pytest.param(
            '{"instruction": "解释"内卷"的意思", "input": "", "output": "指"过度竞争"。"}',
            {"instruction": '解释"内卷"的意思', "input": "", "output": '指"过度竞争"。'},
            id="such quotes, zh",
        ),
        pytest.param(B.replace(",", "", 1), BIRD, id="a comma lost"),
        pytest.param(B.replace('.",', ".,", 1), BIRD, id="a quote lost"),
        pytest.param(B.replace("}", ",}"), BIRD, id="a comma too many"),
        pytest.param(N.replace(": ", "：").replace(", ", "，"), NIAO, id="full-width signs, zh"),
        pytest.param(N.replace('"，', '"、'), NIAO, id="nothing broken, zh"),
    ],
)
def test_json_that_a_repair_mends(text, fields):
    """The rest of the answer is read as it is."""
    assert _fields(parse_tasks(f"{S}\n{text}\n{H}", cut=False)) == [SUM, fields, HE]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('{"instruction": "Name a bird.", "input": ""}', "no output", id="no output"),
        pytest.param('{"input": "", "output": "A kite."}', "no instruction", id="no instruction"),
        pytest.param(S.replace('"2, 3"', "[2, 3]"), "input is not text", id="a list"),
        pytest.param(S.replace('"5"', '{"sum": 5}'), "output is not text", id="an object"),
        pytest.param(
            H.replace('"5"', '{"input": 5}'), "output is not text", id="with a known name"
        ),
        pytest.param(
            '{"instruction": "Name a bird.", "output": A // a kite\n}', "unreadable", id="a comment"
        ),
        pytest.param(
            '{"instruction": "a" "b", "x" "output": "c" d}', "unreadable", id="a word astray"
        ),
        pytest.param(B[:-1], "unreadable", id="no bracket"),
        pytest.param(B[:-3], "unreadable", id="no end"),
        pytest.param(
            '{"instruction": "Write f(x) {return x', "unreadable", id="a bracket inside only"
        ),
        pytest.param(
            '{"instruction": "Close it.", "output": "}', "unreadable", id="a quote that opens"
        ),
        pytest.param('{"instruction": "Fill in 000}', "unreadable", id="a bracket after a digit"),
        pytest.param('{"instruction": "填上“零”}', "unreadable", id="one after a Chinese quote"),
        pytest.param('{"instruction": ' + "[" * 100_000, "unreadable", id="brackets without end"),
    ],
)
def test_json_that_cannot_be_used(text, reason):
    """It costs one piece, never its neighbours; in the last place an open end is a cut."""
    pieces = parse_tasks(f"{S}\n{text}\n{H}", cut=False)

    assert _fields(pieces) == [SUM, None, HE]
    assert _reasons(pieces) == ["", reason, ""]
    assert pieces[1].text.strip() == text.strip()
    last = parse_tasks(text, cut=False)
    open_end = text in (B[:-1], B[:-3]) or text.endswith(("x", "["))
    assert _reasons(last) == ["cut" if open_end else reason]


@pytest.mark.parametrize(
    ("text", "fields", "reasons"),
    [
        pytest.param(f"{B}\n{S[:-9]}", [BIRD, None], ["", "cut"], id="JSON, inside a value"),
        pytest.param(f"{B}\n{S[:-1]}", [BIRD, None], ["", "cut"], id="JSON, before the bracket"),
        pytest.param(f'{B}\n{{"inst', [BIRD], [""], id="JSON, before the first value"),
        pytest.param(f"{B}\n{S}", [BIRD, SUM], ["", ""], id="JSON, right after the end"),
        pytest.param(f"[{B},\n{S}", [BIRD, SUM], ["", ""], id="JSON, before the array's end"),
        pytest.param(
            f'{N}\n{{"instruction": "用"{{}}"写', [NIAO, None], ["", "cut"], id="JSON, zh"
        ),
        pytest.param(EN_LABELLED, [BIRD, None], ["", "cut"], id="numbered, the last is in doubt"),
        pytest.param(ZH_LABELLED, [NIAO, None], ["", "cut"], id="numbered, zh"),
        pytest.param("Once upon", [None], ["cut"], id="prose"),
        pytest.param("<think>first I", [None], ["cut"], id="still thinking"),
        pytest.param("", [None], ["cut"], id="nothing was said"),
    ],
)
def test_an_answer_that_was_cut(text, fields, reasons):
    """The tail is dropped, never completed."""
    pieces = parse_tasks(text, cut=True)

    assert (_fields(pieces), _reasons(pieces)) == (fields, reasons)


@pytest.mark.parametrize("parse", [parse_tasks, parse_list])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \n\t", "empty", id="white space"),
        pytest.param("<think>hm</think>", "empty", id="only thinking"),
        pytest.param("I'm sorry, but I can't help with that.", "unreadable", id="a refusal"),
        pytest.param("很抱歉，我无法完成这个请求。", "unreadable", id="a refusal, zh"),
        pytest.param("[]", "unreadable", id="an empty array"),
        pytest.param('{"tasks": []}', "unreadable", id="an empty object"),
        pytest.param("null", "unreadable", id="null"),
        pytest.param("{“instruction”：“甲”}", "unreadable", id="curly quotes for JSON's"),
    ],
)
def test_an_answer_without_a_task_is_one_piece(parse, text, reason):
    pieces = parse(text, cut=False)

    assert [(piece.position, piece.fields, piece.reason) for piece in pieces] == [(0, None, reason)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<noinput>",
        "<No Input>",
        "No input needed.",
        "No additional input required",
        "None",
        "n/a",
        "null",
        "无",
        "（无）",
        "<无输入>；",
        "&lt;无输入&gt;",
        "“无需输入”",
        "没有额外输入。",
        "不适用",
    ],
)
def test_words_for_no_input(text):
    assert blank_input(text) == ""


@pytest.mark.parametrize(
    "text", ["0", "no", "None of the above", "无锡", "无输入法可用", "nothing", "输入", "空"]
)
def test_an_input_that_only_begins_so(text):
    assert blank_input(text) == text
