"""What is a piece of a scraped ChatGPT page. `markdown` reads one, and takes a while to import."""

import re
from collections.abc import Sequence

BLOCKS = "div|p|pre|ol|ul|h[1-6]|table|blockquote|hr"
_STARTS = re.compile(rf"\s*(?:\d+ / \d+\s*)?<(?:{BLOCKS}|span)[ >]")
_CLASSES = re.compile(r'class="([^"<]*)"')
_TYPED = {"min-h-[20px]", "text-message", "items-start"}  # around a question, shown as typed


def is_html(text: str) -> bool:
    """Return whether a turn is a piece of a scraped page, and not a text that may have tags in it.

    It is when it begins with the tag of a block (after a "1 / 2" of the page) and some tag has
    classes of the page: `markdown prose`, those of its code blocks, or those around a question as
    it was typed. HTML that somebody asks about has other classes, or is not all there is.

    >>> is_html('<div class="markdown prose light"><p>Hi</p></div>'), is_html("<div>a < b</div>")
    (True, False)
    """
    if _STARTS.match(text) is None:
        return False
    return any(_is_of_page(match[1].split()) for match in _CLASSES.finditer(text))


def _is_of_page(classes: Sequence[str]) -> bool:
    names = set(classes)
    return (
        {"markdown", "prose"} <= names
        or any(name.startswith("!whitespace-pre") or name == "whitespace-pre!" for name in names)
        or ("contain-inline-size" in names and any(name.startswith("rounded") for name in names))
        or ("whitespace-pre-wrap" in names and bool(names & _TYPED))
    )
