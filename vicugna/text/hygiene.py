"""What no text should hold: control characters, half characters, foreign line ends."""

import re

# Line ends of old systems and of Unicode: "\r\n", "\r", vertical tab, form feed, NEL, LS, PS.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 and C1 controls except tab and line feed, lone surrogates (they cannot be written as UTF-8),
# and what is never seen: zero-width space and joiner, marks of direction, the byte order mark
# inside a text. The joiners U+200C and U+200D stay: emoji and some scripts are spelt with them.
_DIRT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
    "\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)


def clean_text(text: str) -> str:
    r"""Return a text with line ends as "\n", without control characters, ends stripped.

    >>> clean_text("a\r\nb\x00 ")
    'a\nb'
    """
    return _DIRT.sub("", _LINE_END.sub("\n", text)).strip()


def show_plain(text: str, most: int = 255) -> str:
    r"""Return a text of somebody else as one line of at most `most` characters for a terminal.

    What is not printed as itself (control characters, marks of direction, line ends) becomes "?".

    >>> show_plain("a\x1b[31mb\nc"), show_plain("abcdef", 4)
    ('a?[31mb?c', 'abc…')
    """
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= most else line[: most - 1] + "…"


def show_lines(text: str) -> str:
    r"""Return a text of somebody else with its lines, for a terminal.

    >>> show_lines("a\x1b[2J\n\tb")
    'a?[2J\n        b'
    """
    lines = text.expandtabs().split("\n")
    return "\n".join(show_plain(line, len(line)) for line in lines)
