"""Telling code from prose, where code is not fenced."""

import re
from functools import lru_cache

# `*+` gives nothing back: what stands before it is read once, however long the line is.
_START = re.compile(
    r"^\s*+(?:(?:def|class|import|from|return|for|while|if|else|elif|try|except|print|function|var|let"
    r"|const|public|private|static|void|int|float|double|char|struct|using|package|SELECT|INSERT"
    r"|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|GROUP|ORDER|JOIN|HAVING|VALUES|LIMIT|#include)\b"
    # "(", "#", "$", ">" begin prose too: an aside, a heading or hashtag, a price, a quotation.
    r"|[<{}\[\]/@]|\$\w+\s*=)"
)
# What else tells code has one of these signs. To look for one is far cheaper.
_SIGN = re.compile(r"[;{}>=(]")
_SIGNED = re.compile(
    # A list in prose may end its items with a semicolon: a statement needs one more sign of code.
    r"^\s*+(?:\w+;\s*$|[a-z-]+\s*:[^:]+;\s*$|(?=.*(?:[=(){}\[\]]|\+\+|--|->|::)).*;\s*$|.*[{}>]\s*$"
    r"|[\w.\[\]]+\s*[-+*/]?=\s*\S|[\w.]+\(.*\)\s*+(?::\s*+)?$)"
)
_COMMENT = re.compile(r"^\s*+(?:#[\s!]|//|/\*|--\s)")
MIN_SHARE = 0.5


def is_code_line(line: str) -> bool:
    """Return whether one line reads as code, as markup or as a comment."""
    return _is_statement(line) or _COMMENT.match(line) is not None


@lru_cache(maxsize=8)  # the filters ask about the same text one after the other
def is_code(text: str) -> bool:
    """Return whether at least half of the lines read as code or markup.

    Empty lines do not count, nor do comments: "# Title" is also a heading.
    """
    lines = [line for line in text.split("\n") if line.strip() and not _COMMENT.match(line)]
    code = sum(map(_is_statement, lines))
    return code > 0 and code >= MIN_SHARE * len(lines)


def _is_statement(line: str) -> bool:
    if _START.match(line):
        return True
    return _SIGN.search(line) is not None and _SIGNED.match(line) is not None
