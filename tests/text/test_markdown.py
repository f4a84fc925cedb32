"""A scraped page comes out as the markdown it was made from; what is no page stays as it is."""

import time
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.text.markdown import to_markdown
from vicugna.text.page import is_html

COPY = '<button class="flex ml-auto gap-2"><svg><path d="M16"></path></svg>Copy code</button>'


def block(code: str, language: str = "python", bar: str | None = None) -> str:
    """Return a code block of the page of 2023; `code` is HTML."""
    kind = f"!whitespace-pre hljs language-{language}" if language else "!whitespace-pre hljs"
    said = language if bar is None else bar
    return (
        '<pre><div class="bg-black rounded-md mb-4"><div class="flex items-center relative '
        f'text-gray-200 px-4"><span>{said}</span>{COPY}</div><div class="p-4 overflow-y-auto">'
        f'<code class="{kind}">{code}</code></div></div></pre>'
    )


def newer_block(code: str, bar: str, kind: str = "whitespace-pre!") -> str:
    """Return a code block of the page of 2025."""
    return (
        '<pre class="overflow-visible!" data-start="1"><div class="contain-inline-size '
        f'rounded-2xl relative"><div class="flex items-center text-xs">{bar}</div><div '
        f'class="sticky top-9"><div class="absolute">{COPY}</div></div><div '
        f'class="overflow-y-auto p-4" dir="ltr"><code class="{kind}"><span><span>{code}</span>'
        "</span></code></div></div></pre>"
    )


def page(inside: str) -> str:
    return f'<div class="markdown prose w-full break-words dark:prose-invert light">{inside}</div>'


def formula(tex: str) -> str:
    return (
        '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>E</mi></mrow>'
        f'<annotation encoding="application/x-tex">{tex}</annotation></semantics></math></span>'
        '<span class="katex-html" aria-hidden="true"><span class="base">E</span></span></span>'
    )


DEF = (
    '<span class="hljs-keyword">def</span> <span class="hljs-title">f_x</span>(a):\n'
    '    <span class="hljs-keyword">if</span> a &lt; 3 &amp;&amp; **b:\n\n        return __a__\n'
)
CODE = "def f_x(a):\n    if a < 3 && **b:\n\n        return __a__"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param(block(DEF), f"```python\n{CODE}\n```", id="code with a language"),
        pytest.param(block("x\n", "", ""), "```\nx\n```", id="code without one"),
        pytest.param(block("x", "", "c++"), "```c++\nx\n```", id="language only in the bar"),
        pytest.param(block("x", "", "two words"), "```\nx\n```", id="the bar says no language"),
        pytest.param(block("x", "cpp", "arduino"), "```cpp\nx\n```", id="class before bar"),
        pytest.param(newer_block("ls\n", "bash"), "```bash\nls\n```", id="newer page"),
        pytest.param(
            newer_block("{}\n", "", "whitespace-pre! language-json"),
            "```json\n{}\n```",
            id="newer page without a bar",
        ),
        pytest.param(
            newer_block("ls\n", "bash").partition(">")[2].removesuffix("</pre>"),
            "```bash\nls\n```",
            id="the box without its pre",
        ),
        pytest.param("<pre>pythonCopy codeprint(1)\n</pre>", "```python\nprint(1)\n```", id="bare"),
        pytest.param("<pre>复制代码x</pre>", "```\nx\n```", id="bare, Chinese page"),
        pytest.param('<code class="hljs">ls</code>', "```\nls\n```", id="code without pre"),
        pytest.param(block("x", "", "说明"), "```\nx\n```", id="a bar in Chinese"),
        pytest.param("<pre> a\n  b</pre>", "```\n a\n  b\n```", id="pre without code"),
        pytest.param(
            "<pre><code>a</code>\n<code>b</code></pre>", "```\na\nb\n```", id="a code for each line"
        ),
        pytest.param(block(""), "", id="empty code"),
        pytest.param(block("```\n"), "````python\n```\n````", id="a fence in the code"),
        pytest.param(block("a ````` b"), "``````python\na ````` b\n``````", id="a longer one"),
        pytest.param(
            f"<ol><li><p>先：</p>{block(DEF)}</li><li>b</li></ol>",
            "1. 先：\n\n   ```python\n   def f_x(a):\n       if a < 3 && **b:\n\n"
            "           return __a__\n   ```\n2. b",
            id="code in a list",
        ),
        pytest.param(
            f"<blockquote>{block('a  b')}</blockquote>",
            "> ```python\n> a  b\n> ```",
            id="code in a quotation",
        ),
        pytest.param(
            f"<p><strong>x {block('y')}</strong></p>",
            "x\n\n```python\ny\n```",
            id="bold ends before a block",
        ),
        pytest.param(
            f"<table><tr><th>{block('a |` b')}</th></tr></table>",
            "| `` a \\|` b `` |\n| --- |",
            id="code in a cell",
        ),
    ],
)
def test_code_blocks(html: str, expected: str) -> None:
    assert to_markdown(page(html)) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>a</p><p>b</p>", "a\n\nb", id="paragraphs"),
        pytest.param("<p>snake_case 2 * 3 __x__ #1</p>", "snake_case 2 * 3 __x__ #1", id="marks"),
        pytest.param("<p>a &lt; b &amp;&amp; c &gt; d</p>", "a < b && c > d", id="entities"),
        pytest.param("<p>用 <code>a_b*</code>。</p>", "用 `a_b*`。", id="code span"),
        pytest.param("<p><code>a`b</code></p>", "`` a`b ``", id="backtick in a code span"),
        pytest.param("<p>这是<strong>重点</strong>内容</p>", "这是**重点**内容", id="bold zh"),
        pytest.param("<p>An <em>old</em> <del>x</del> tale</p>", "An *old* ~~x~~ tale", id="em"),
        pytest.param("<p>一行<br>二行<br/>三行</p>", "一行\n二行\n三行", id="line breaks"),
        pytest.param("<p>H<sub>2</sub>O</p>", "H<sub>2</sub>O", id="subscript"),
        pytest.param("<h3>标题 <code>x</code></h3><p>a</p>", "### 标题 `x`\n\na", id="heading"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "- a\n- b", id="list"),
        pytest.param(
            "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul>",
            "- a\n  - b\n    - c",
            id="nested lists",
        ),
        pytest.param(
            '<ol start="9"><li>a</li><li><p>b</p><p>c</p></li></ol>',
            "9. a\n10. b\n\n    c",
            id="numbers that begin later",
        ),
        pytest.param('<ol start="²"><li>a</li></ol>', "1. a", id="start is no number"),
        pytest.param(
            "<table><thead><tr><th>名</th><th>b</th></tr></thead><tbody><tr><td>x|y</td>"
            "<td>1<br>2</td></tr></tbody></table>",
            "| 名 | b |\n| --- | --- |\n| x\\|y | 1 2 |",
            id="table",
        ),
        pytest.param(
            '<table><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></table>',
            "|  |  |\n| --- | --- |\n| a | |\n| b | c |",
            id="table without a head",
        ),
        pytest.param(
            '<p><a href="https://x.cn/a">这里</a>。</p>', "[这里](https://x.cn/a)。", id="a"
        ),
        pytest.param('<a href="https://x.cn/">https://x.cn</a>', "https://x.cn", id="bare address"),
        pytest.param('<p>见<img src="a.png" alt="图"></p>', "见图", id="image"),
        pytest.param(f"<p>式{formula('E &lt; x_1')}中</p>", "式$E < x_1$中", id="formula"),
        pytest.param(
            f'<p>so</p><span class="katex-display">{formula("x^2")}</span><p>y</p>',
            "so\n\n$$x^2$$\n\ny",
            id="displayed formula",
        ),
        pytest.param("<p>a</p><hr><blockquote><p>b</p></blockquote>", "a\n\n---\n\n> b", id="rule"),
        pytest.param("<style>p{}</style><p>a</p><script>x<y</script>", "a", id="scripts"),
        pytest.param("<p>a</p><!-- x --><?y?>", "a", id="comments"),
        pytest.param("<p>open <b>bold", "open **bold**", id="unclosed tags"),
        pytest.param("<p>a < b <c</p>", "a < b <c", id="less than, not written as it should be"),
        pytest.param("<soup>a</soup><h0>b</h0><hn>c</hn>", "abc", id="tags there are none of"),
    ],
)
def test_markup(html: str, expected: str) -> None:
    assert to_markdown(page(html)) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param(
            f"<div>{COPY}<span>1 / 2</span></div>{page('<p>是。</p>')}", "是。", id="answer 1 of 2"
        ),
        pytest.param(f"1 / 2{page('<p>Yes</p>')}", "Yes", id="not in a tag"),
        pytest.param(page("<p>1 / 2</p>"), "1 / 2", id="an answer that is a fraction"),
        pytest.param(page("<p><b>Copy code</b> it</p>"), "**Copy code** it", id="about a button"),
        pytest.param(page("<p>a</p>Copy12 chars / 3 words"), "a", id="words of an extension"),
        pytest.param(
            '<div class="flex items-start whitespace-pre-wrap">f():\n  x\n\n\n*x*  &lt;</div>',
            "f():\n  x\n\n\n*x*  <",
            id="a question as it was typed",
        ),
        pytest.param("no tag &amp; all", "no tag & all", id="no tag"),
        pytest.param("  ", "", id="blank"),
    ],
)
def test_what_is_around_an_answer(html: str, expected: str) -> None:
    assert to_markdown(html) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(page("<p>Hi</p>"), True, id="answer"),
        pytest.param('<div class="[&>p]:mt-0 markdown prose">x</div>', True, id="odd class"),
        pytest.param(f"2 / 2{page('<p>Hi</p>')}", True, id="answer 2 of 2"),
        pytest.param(block("x"), True, id="code block"),
        pytest.param(newer_block("x", "sh"), True, id="newer code block"),
        pytest.param('<div class="min-h-[20px] whitespace-pre-wrap">?</div>', True, id="question"),
        pytest.param("", False, id="empty"),
        pytest.param("a < b and List<int>", False, id="less than"),
        pytest.param("<div>如何居中？</div>", False, id="tags without classes"),
        pytest.param("<p>What is wrong here?</p>", False, id="a paragraph"),
        pytest.param('<div class="card prose">x</div>', False, id="other classes"),
        pytest.param('<pre><code class="hljs language-js">x</code></pre>', False, id="other code"),
        pytest.param(f"Why? {page('<p>Hi</p>')}", False, id="asks about a page"),
        pytest.param("```html\n" + page("<p>Hi</p>"), False, id="a page in a fence"),
    ],
)
def test_what_is_a_page(text: str, expected: bool) -> None:
    assert is_html(text) is expected


@given(
    st.text(st.characters(exclude_categories=["Cs"])).filter(lambda code: code not in ("", "\n"))
)
def test_any_code_comes_back_exactly(code: str) -> None:
    alone = to_markdown(page(block(escape(code)))).split("\n")
    item = to_markdown(page(f"<ul><li>{block(escape(code))}</li></ul>")).split("\n")
    assert item[0] == f"- {alone[0]}"
    assert [line[2:] for line in item[1:]] == alone[1:]
    assert alone[0] == alone[-1] + "python"
    assert "\n".join(alone[1:-1]) == code.removesuffix("\n")
    assert alone[-1] not in code


TAGS = ["p", "b", "pre", "code", "table", "tr", "td", "li", "title", "script", "math", "button"]
TAGS += ["soup", "h99999", "!--", "![CDATA[", "?xml", "span class='katex'", "div class='bg-black'"]
TAGS += ["td colspan='²'", "ol start='9999999999'", "a href=x", "a b='", ""]
TEXTS = [
    "<",
    ">",
    "-->",
    "]]>",
    "&",
    "&lt;",
    "&#x",
    "&#0;",
    "'",
    "\n",
    "\x00",
    "`",
    "|",
    "中",
    "1 / 2",
]
pieces = st.sampled_from(TEXTS + [f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS])


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join)))
def test_nothing_raises(text: str) -> None:
    to_markdown(text)
    is_html(text)


@given(st.text(st.characters(exclude_characters="<&", exclude_categories=["Cs"])))
def test_text_without_markup_stays(text: str) -> None:
    assert to_markdown(text) == unescape(text).strip()


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 10_000 + "深" + "</div>" * 10_000, id="nested"),
        pytest.param("<ul><li>" * 10_000 + "深", id="nested lists that are not closed"),
        pytest.param("<p><b><i>" * 10_000 + "深", id="emphasis that is not closed"),
    ],
)
def test_deep_markup_is_read_for_its_text(html: str) -> None:
    assert to_markdown(html).strip(" -*\n") == "深"


@pytest.mark.parametrize("levels", [20, 24], ids="{} lists".format)
def test_lists_as_deep_as_anybody_writes_keep_their_form(levels: int) -> None:
    assert to_markdown("<ul><li>x" * levels).endswith("\n" + "  " * (levels - 1) + "- x")


def test_what_is_longer_than_the_limit_is_read_for_its_text() -> None:
    html = page("<p>1 &lt; 2</p><script>x</script>" + "<p>长</p>" * (1 << 17))
    assert to_markdown(html).startswith("1 < 2\n长\n长")


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", "<![CDATA[", "<?", "</x>", "<p class='", '<a b="', "&#x", "<pre", "<script>"],
)
def test_time_is_linear_in_what_is_not_closed(piece: str) -> None:
    """Each of these takes html.parser minutes at a length of 200,000, or may in some version."""
    start = time.process_time()
    to_markdown(piece * (200_000 // len(piece)))
    is_html("<div " + piece * (200_000 // len(piece)))
    assert time.process_time() - start < 10
