"""Tasks that ask for what a text model cannot do: see, hear, draw, open a file, browse."""

import re

from filters.words import find
from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.script import strip_quoted

# What is asked for as code or characters is text: a plot in matplotlib, a chart in Mermaid.
_AS_TEXT = re.compile(
    r"(?<![a-z])(?:ascii|code|function|program|script|python|matplotlib|javascript|html|css|svg|latex"
    r"|tikz|mermaid|markdown)(?![a-z])|代码|程序|函数|脚本|字符画|纯文本|文字版",
    re.IGNORECASE,
)
_KEPT = Verdict("blocklist", True)


def blocklist() -> Filter:
    """Drop a draft whose instruction asks for a medium other than text.

    The lists are `blocklist.en.txt` and `blocklist.zh.txt`, ours; the idea and the media come from
    Self-Instruct and Alpaca (bare words such as "graph" and "map") and BELLE (phrases). Ours name
    the act ("draw a", "the image below"), so "the plot of a novel" and "map() in Python" stay.
    What stands in quotes is not read, and a drawing asked for as code is kept.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        hit = find("blocklist", draft.lang, strip_quoted(draft.instruction))
        if not hit or _AS_TEXT.search(draft.instruction):
            return _KEPT
        return Verdict("blocklist", False, detail=hit)

    return ask
