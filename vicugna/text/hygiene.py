"""What no training text should hold: control characters, half characters, foreign line ends."""

import re

# C0 controls except tab and line feed, DEL, lone surrogates (they cannot be written as UTF-8),
# and the byte order mark inside a text.
_DIRT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")


def clean_text(text: str) -> str:
    r"""Return a text with line ends as "\n", without control characters, ends stripped.

    >>> clean_text("a\r\nb\x00 ")
    'a\nb'
    """
    return _DIRT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
