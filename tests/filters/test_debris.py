import pytest

from filters.debris import debris

MERGED_EN = "Walk every day.\n\n6. Instruction: Name a bird.\n6. Input:\n6. Output: A kite."
MERGED_ZH = "每天散步。\n\n6. 指令：说一种鸟。\n6. 输入：无\n6. 输出：麻雀。"
RELABELLED = "每天散步。\n\n6. 说明：说一种鸟。\n6.输入：\n随便\n6.输出：\n麻雀。"
PARTS_EN = "1. Input: a keyboard\n2. Processing: the chip\n3. Output: a screen"
PARTS_ZH = "1. 输入：键盘\n2. 处理：芯片\n3. 输出：屏幕"


@pytest.mark.parametrize(
    ("lang", "instruction", "input", "output", "detail"),
    [
        pytest.param(
            "en", "Stay fit.", "", MERGED_EN, "6. Instruction:", id="en, two run together"
        ),
        pytest.param(
            "en", "Instruction: Name a bird.", "", "A kite.", "Instruction:", id="en, label"
        ),
        pytest.param(
            "en", "Name a bird.", "### Input:\n", "A kite.", "### Input:", id="en, heading"
        ),
        pytest.param("en", "Name a bird.", "", "A kite.\n###\n", "###", id="en, rule of hashes"),
        pytest.param("en", "Name a bird.", "", "<noinput> A kite.", "<noinput>", id="en, marker"),
        pytest.param(
            "en", "Name a bird.", "", "A kite.<|im_end|>", "<|im_end|>", id="en, end token"
        ),
        pytest.param("en", "Task 3: Name a bird.", "", "A kite.", "Task 3:", id="en, task number"),
        pytest.param("en", "Name a bird.", "", "Output: A kite.", "Output:", id="en, output label"),
        pytest.param("en", "Fix it&#39;s", "", "its", "&#39;", id="en, an HTML entity"),
        pytest.param("zh", "保持健康。", "", MERGED_ZH, "6. 指令：", id="zh, two run together"),
        pytest.param(
            "zh",
            "保持健康。",
            "",
            RELABELLED,
            "6.输入： 随便 6.输出：",
            id="zh, with another label",
        ),
        pytest.param("zh", "指令：说一种鸟。", "", "麻雀。", "指令：", id="zh, label"),
        pytest.param(
            "zh", "说一种鸟。", "", "麻雀。&lt;无输入&gt;", "&lt;无输入&gt;", id="zh, marker"
        ),
        pytest.param("zh", "任务2：说一种鸟。", "", "麻雀。", "任务2：", id="zh, task number"),
        pytest.param("zh", "说一种鸟。", "", "输出：麻雀。", "输出：", id="zh, output label"),
        pytest.param("zh", "比大小", "3 &lt; 5", "对", "&lt;", id="zh, an HTML entity"),
    ],
)
def test_remains_of_the_prompt(judge, lang, instruction, input, output, detail):
    """The detail is the label, rule or marker that was left."""
    verdict = judge(debris(), lang, instruction, input, output)

    assert (verdict.kept, verdict.detail) == (False, detail)


@pytest.mark.parametrize(
    ("lang", "instruction", "input", "output"),
    [
        pytest.param("en", "Name the parts of a computer.", "", PARTS_EN, id="en, a list of parts"),
        pytest.param("en", "List two tasks.", "", "Task 1: Sweep.\nTask 2: Mop.", id="en, tasks"),
        pytest.param("en", "What does this print?", "print(4)", "Output: 4", id="en, code output"),
        pytest.param(
            "en", "Write a recipe.", "", "Instructions: Boil.", id="en, a recipe's heading"
        ),
        pytest.param("en", "Which <b> tag?", "", "Write &lt; for <.", id="en, about HTML"),
        pytest.param(
            "en", "Write a README.", "", "## Usage\n### Options", id="en, Markdown headings"
        ),
        pytest.param("en", "Join the names.", "", "R&D; B&B", id="en, ampersands"),
        pytest.param("en", "", "", "", id="en, empty"),
        pytest.param("zh", "说出电脑的组成部分。", "", PARTS_ZH, id="zh, a list of parts"),
        pytest.param("zh", "列出两项任务。", "", "任务1：扫地\n任务2：拖地", id="zh, tasks"),
        pytest.param("zh", "下面的代码打印什么？", "print(4)", "输出：4", id="zh, code output"),
        pytest.param("zh", "网页里怎样写小于号？", "", "写成 &lt; 就行。", id="zh, about HTML"),
        pytest.param("zh", "", "", "", id="zh, empty"),
    ],
)
def test_what_only_looks_like_it(judge, lang, instruction, input, output):
    verdict = judge(debris(), lang, instruction, input, output)

    assert (verdict.kept, verdict.detail) == (True, "")
