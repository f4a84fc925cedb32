"""Turns of scraped ChatGPT pages as markdown, as the ShareGPT scrapes of 2023 have them.

    <div class="markdown prose w-full break-words dark:prose-invert light"><p>Use this:</p><pre>
    <div class="bg-black rounded-md mb-4"><div class="flex items-center ..."><span>python</span>
    <button>Copy code</button></div><div class="p-4 overflow-y-auto"><code class="!whitespace-pre
    hljs language-python"><span class="hljs-built_in">print</span>(1 &lt; 2)</code></div></div>
    </pre></div>

What the reader saw is what comes out. Ordinary text is not escaped: `snake_case`, `2 * 3` and
questions, which the page shows as they were typed, keep their characters, and a model does not
learn backslashes. Only a bar in a table is: it would be another column.
"""

import re
from collections.abc import Set
from html import unescape
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from vicugna.text.page import BLOCKS

# Each level costs frames of the stack, and another copy of the text. Pages have about a dozen.
_DEEPEST = 50
_LONGEST = 1 << 19  # characters; a long answer has a tenth of it with all its tags
# A whole tag, or what is as good as a comment, or a "<" that begins neither: the parser would
# look for the end of each of those, in time that is quadratic, or worse.
_TAG = r"""</?[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*+>"""
_COMMENT = "<!--[^<]*?-->|<[!?][^<>]*>"
_MARKUP = re.compile(f"({_TAG})|{_COMMENT}|(<)")
_TAGS = re.compile(f"{_TAG}|{_COMMENT}")
_ENDS = re.compile(rf"</(?:{BLOCKS}|li|tr)>|<br[ /]*>")
_SILENT = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1>", re.IGNORECASE)
_COPY = "(?:Copy code|复制代码)"
_PAGE_NOISE = re.compile(rf"\d{{1,3}} / \d{{1,3}}|{_COPY}|Copy\d+ chars / \d+ words")
_LANGUAGE = re.compile(r"[a-zA-Z0-9_#+.-]{1,30}")
_BAR = re.compile(rf"\s*+({_LANGUAGE.pattern}?)??\s*+(?:{_COPY})?\s*+")  # above the code
_GLUED_BAR = re.compile(rf"\s*+({_LANGUAGE.pattern}?)??\s*+{_COPY}\n?")  # of a page without tags
_FENCE = re.compile("`{3,}")
_EMPHASIS = {"b", "del", "em", "i", "mark", "s", "small", "strong", "sub", "sup", "u"}
_SPANS = _EMPHASIS | {"a", "abbr", "cite", "code", "font", "kbd", "label", "samp", "span"}
_ONE_LINE = {"a", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th"}
_PARAGRAPHS = {"article", "blockquote", "br", "dd", "div", "dl", "hr", "img", "p", "q", "section"}
_LISTS = {"li", "ol", "table", "tbody", "tfoot", "thead", "tr", "ul"}
_KNOWN = _SPANS | _ONE_LINE | _PARAGRAPHS | _LISTS | {"[document]"}
_CONTROLS = {"button", "select", "svg", "template", "textarea"}
_DROPPED = _CONTROLS | {"head", "noscript", "script", "style", "title"}
_BOXES = {"bg-black", "bg-gray-950", "contain-inline-size"}  # what a code block looks like
_SEVERAL_LINES = ["blockquote", "div", "li", "p", "pre", "table"]


def to_markdown(html: str) -> str:
    r"""Return one turn of a page as markdown; code comes out exactly, but for a last line end.

    Code blocks are fenced, with more backticks than the code has in a row, and have their language;
    in a heading, a table or a link, which hold one line, they are code spans. Formulas are `$TeX$`
    or `$$TeX$$`, images their description, bold and italic are marked with asterisks. Buttons,
    "Copy code" and the "1 / 2" of answers that were asked for again are left out.

    Tags below 50 levels are only read for their text, and so is everything when there are more
    than 2**19 characters, or what is no markup at all. Nothing raises.

    >>> to_markdown("<p>Use <code>a_b</code>:</p><pre><code>if a &lt; b:\n    pass\n</code></pre>")
    'Use `a_b`:\n\n```\nif a < b:\n    pass\n```'
    """
    if "<" not in html:
        return unescape(html).strip()
    if len(html) > _LONGEST:
        return _plain(html)
    try:
        soup = BeautifulSoup(_MARKUP.sub(_tag_or_text, html), "html.parser")
    except (ParserRejectedMarkup, AssertionError):
        return _plain(html)
    return _Converter().convert_soup(soup).strip()


def _tag_or_text(match: re.Match[str]) -> str:
    return "&lt;" if match[2] else match[1] or ""


class _Converter(MarkdownConverter):
    """The library's converter, with what this page has. The library asks for a subclass."""

    def __init__(self) -> None:
        super().__init__(
            autolinks=False,
            bullets="-",
            escape_asterisks=False,
            escape_underscores=False,
            heading_style="atx",
            sub_symbol="<sub>",
            sup_symbol="<sup>",
        )
        self._depth = 0
        self._numbers: dict[int, int] = {}  # of the last item or row, by its list or table

    def process_tag(self, node: Tag, parent_tags: Set[str] = frozenset()) -> str:
        if node.name in _DROPPED:
            return ""
        shown = _special(node, parent_tags)
        if shown is not None:
            return shown
        if self._depth == _DEEPEST:
            return node.get_text()
        _prepare(node)
        self._depth += 1
        convert: Any = super()  # of which the library's types only know `convert`
        text = convert.process_tag(node, parent_tags)
        self._depth -= 1
        return text

    def escape(self, text: str, parent_tags: Set[str]) -> str:
        """Drop what is no part of the answer; it stands in no paragraph, item or cell."""
        bare = parent_tags <= {"[document]", "div", "span"}
        return "" if bare and _PAGE_NOISE.fullmatch(text.strip()) else text

    def convert_a(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        """Return a link; one that shows its address is that address."""
        address = _attribute(el, "href")
        shown = text.strip()
        if not shown or not address or address in (shown, f"{shown}/", f"mailto:{shown}"):
            return text
        return text.replace(shown, f"[{shown}]({address})")

    def convert_br(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        return " " if "_inline" in parent_tags else "\n"

    def convert_img(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        return _attribute(el, "alt")

    def convert_li(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        """Return an item. The library counts those before it, each time anew."""
        mark = "- "
        parent = el.parent
        if parent is not None and parent.name == "ol":
            first = _number(parent, "start", 1)
            number = _number(el, "value", self._numbers.get(id(parent), first - 1) + 1)
            self._numbers[id(parent)] = number
            mark = f"{number}. "
        return f"{mark}{_indent(text.strip(), ' ' * len(mark))}\n"

    def convert_td(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        cell = " ".join(text.split("\n")).strip().replace("|", "\\|")
        return f" {cell} |" + " |" * (_columns(el) - 1)

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: Set[str]) -> str:
        """Return a row; the first is the head, or has an empty head above it."""
        table = id(el.find_parent("table"))
        self._numbers[table] = self._numbers.get(table, 0) + 1
        row = f"|{text}\n"
        if self._numbers[table] > 1:
            return row
        cells = el.find_all(["td", "th"], recursive=False)
        columns = sum(map(_columns, cells))
        line = "|" + " --- |" * columns + "\n"
        if all(cell.name == "th" for cell in cells) or (el.parent and el.parent.name == "thead"):
            return row + line
        return "|" + "  |" * columns + "\n" + line + row


def _prepare(node: Tag) -> None:
    """Make a tag what the library can convert without an error."""
    if node.name not in _KNOWN:
        node.name = "span"
    elif node.name in _SPANS and node.find(_SEVERAL_LINES) is not None:
        node.name = "div"  # bold, links and code end with the paragraph


def _special(node: Tag, parent_tags: Set[str]) -> str | None:
    """Return what a tag is that is converted as a whole, or None."""
    classes = _classes(node)
    if "katex-display" in classes or "math-display" in classes:
        return _formula(node, "$$" if parent_tags & _ONE_LINE else "\n\n$$")
    if "katex" in classes or node.name == "math":
        return _formula(node, "$")
    if node.name == "pre" or (node.name == "code" and "hljs" in classes):
        return _code_block(node, parent_tags)
    if _BOXES & classes and len(node.find_all("code")) == 1 and node.find("p") is None:
        return _code_block(node, parent_tags)  # of a page that lost its <pre>
    if "whitespace-pre-wrap" in classes and node.find(True) is None:
        return f"\n\n{node.get_text()}\n\n"
    return None


def _formula(node: Tag, mark: str) -> str:
    """Return the TeX of a formula, which the page has beside its MathML and its picture."""
    source = node.find("annotation", encoding="application/x-tex") or node.find("math") or node
    tex = source.get_text().strip()
    return f"{mark}{tex}{mark[::-1]}" if tex else ""


def _code_block(node: Tag, parent_tags: Set[str]) -> str:
    code, language = _read_code(node)
    if not code:
        return ""
    if parent_tags & _ONE_LINE:
        line = " ".join(code.split())
        ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
        space = " " if "`" in line else ""
        return f"{ticks}{space}{line}{space}{ticks}" if line else ""
    fence = "`" * max(3, *(len(run) + 1 for run in _FENCE.findall(code)), 3)
    return f"\n\n{fence}{language}\n{code}\n{fence}\n\n"


def _read_code(node: Tag) -> tuple[str, str]:
    """Return the code of a block without a last line end, and its language or ""."""
    codes = [node] if node.name == "code" else node.find_all("code")
    if len(codes) == 1:
        bar = _BAR.fullmatch(_visible(node, codes[0])) if codes[0] is not node else None
        code, language = codes[0].get_text(), _language_of(codes[0])
    else:  # none, or one a line
        code, language = _visible(node), ""
        bar = _GLUED_BAR.match(code)
        code = code[bar.end() :] if bar else code
    return code.removesuffix("\n"), language or (bar[1] if bar else "") or ""


def _language_of(code: Tag) -> str:
    for name in code.get_attribute_list("class"):
        if name and name.startswith("language-") and _LANGUAGE.fullmatch(name[9:]):
            return name[9:]
    return ""


def _visible(node: Tag, before: Tag | None = None) -> str:
    """Return the text of a block, or what comes before a tag in it, without that of its buttons."""
    hidden: set[int] = set()
    texts: list[str] = []
    for one in node.descendants:  # parents first, so each is looked at once
        if one is before:
            break
        if id(one.parent) in hidden or (isinstance(one, Tag) and one.name == "button"):
            hidden.add(id(one))
        elif type(one) is NavigableString:
            texts.append(one)
    return "".join(texts)


def _indent(text: str, margin: str) -> str:
    return "\n".join(
        margin + line if line and place else line for place, line in enumerate(text.split("\n"))
    )


def _attribute(node: Tag, name: str) -> str:
    return str(node.get(name) or "")


def _number(node: Tag, name: str, default: int) -> int:
    written = _attribute(node, name)
    return int(written) if re.fullmatch(r"[0-9]{1,9}", written) else default


def _columns(cell: Tag) -> int:
    return min(max(_number(cell, "colspan", 1), 1), 100)


def _classes(node: Tag) -> set[str]:
    return {name for name in node.get_attribute_list("class") if name}


def _plain(html: str) -> str:
    """Return the text of what is not read as HTML."""
    text = _ENDS.sub("\n", _SILENT.sub("", html))
    return unescape(_TAGS.sub("", text)).strip()
