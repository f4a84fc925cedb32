import pytest

from vicugna.text.code import is_code, is_code_line

PYTHON = "# 求和\ndef add(left, right):\n    # 直接相加\n    return left + right"
SQL = "SELECT name\nFROM birds\nWHERE wings = 0"
CSS = ".note {\n  color: #333333;\n  margin-top: 4px;\n}"
HTML = "<ul>\n  <li>茶</li>\n  <li>米</li>\n</ul>"
ARTICLE_ZH = "# 潮汐\n月亮拉着海水走。\n# 涨落\n一天两次，来了又去。"
ARTICLE_EN = "# Tides\nThe moon pulls the sea.\n# Ebb\nTwice a day it comes and goes."
LIST_EN = "Three ways:\n1. Walk to work;\n2. Take the stairs;\n3. Sleep well;"
POEM = "The fog lies low,\nfor hours it stays;\nthe crows are slow\non grey november days"
HASHTAGS = "#CleanSea\n#一起捡垃圾"
ASIDES = "(a) the first reason\n(b) the second reason"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(PYTHON, True, id="Python with Chinese comments"),
        pytest.param(SQL, True, id="SQL"),
        pytest.param(CSS, True, id="CSS"),
        pytest.param(HTML, True, id="HTML"),
        pytest.param('{"name": "鸟"}', True, id="JSON"),
        pytest.param("x = 4", True, id="an assignment"),
        pytest.param("items.sort()", True, id="a call"),
        pytest.param("for (let i = 0; i < 3; i++) {\n  go(i);\n}", True, id="JavaScript"),
        pytest.param(ARTICLE_ZH, False, id="zh, an article with headings"),
        pytest.param(ARTICLE_EN, False, id="en, an article with headings"),
        pytest.param(LIST_EN, False, id="en, a list with semicolons"),
        pytest.param(POEM, False, id="en, a poem in small letters"),
        pytest.param(HASHTAGS, False, id="hashtags"),
        pytest.param(ASIDES, False, id="letters in brackets"),
        pytest.param("$12.50", False, id="a price"),
        pytest.param("> 知之为知之", False, id="a quotation in Markdown"),
        pytest.param("# only a comment", False, id="a comment alone"),
        pytest.param(
            "打开终端，输入：\nls -l /tmp\n就能看到文件。", False, id="a command in prose"
        ),
        pytest.param("", False, id="empty"),
        pytest.param("\n \n", False, id="blank lines"),
    ],
)
def test_is_code(text, code):
    assert is_code(text) == code


@pytest.mark.parametrize(
    ("prose", "code"),
    [pytest.param(1, True, id="exactly half"), pytest.param(2, False, id="less than half")],
)
def test_half_of_the_lines_is_enough(prose, code):
    lines = ["这里是一句话。"] * prose + ["", "x = 1"]

    assert is_code("\n".join(lines)) == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("    return total;", True, id="a statement"),
        pytest.param("// 求和", True, id="a comment"),
        pytest.param("# 求和", True, id="a comment or a heading"),
        pytest.param("</div>", True, id="a tag"),
        pytest.param("我们走吧。", False, id="zh prose"),
        pytest.param("Let us go.", False, id="en prose"),
        pytest.param("", False, id="empty"),
    ],
)
def test_is_code_line(line, code):
    assert is_code_line(line) == code
