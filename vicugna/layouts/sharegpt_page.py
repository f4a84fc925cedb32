r"""ShareGPT as it was scraped: {"id", "conversations": [{"from", "value"}]}, values in HTML.

    {"id": "QWJhYvA_0", "conversations": [{"from": "human", "value": "Name a bird."},
     {"from": "gpt", "value": "<div class=\"markdown\"><p>A red kite.</p></div>"}]}

Only read: what lm-sys/FastChat, fastchat/data/clean_sharegpt.py, begins with. Its turns become
Markdown; which conversations are worth keeping is a matter of the filters. The oldest dumps have
"items" for "conversations".
"""

from typing import Any, cast

from vicugna.layouts.layout import Layout, Read, Row
from vicugna.layouts.texts import read_text
from vicugna.layouts.turns import are_turns, read_turns
from vicugna.text.page import is_html


def _matches(row: Row) -> bool:
    if row.keys() & {"chosen", "rejected"}:
        return False
    if "conversations" not in row:
        return bool(row.get("items")) and are_turns(row["items"])
    turns = row["conversations"]
    return are_turns(turns) and any(_is_page(turn.get("value")) for turn in turns)


def _is_page(value: Any) -> bool:  # noqa: ANN401 - from JSON
    return isinstance(value, str) and is_html(value)


def _read(row: Row) -> Read:
    from vicugna.text.markdown import to_markdown  # its parser would slow the start of every run

    turns = cast(list[Row], row.get("conversations", row.get("items")))
    plain = [
        {**turn, "value": to_markdown(turn["value"])} if _is_page(turn.get("value")) else turn
        for turn in turns
    ]
    return read_turns(plain, read_text(row, "system") or "")


SHAREGPT_PAGE = Layout("", "array", None, _matches, _read)
