"""Telling code from prose, where code is not fenced."""

import re

# `*+` gives nothing back: what stands before it is read once, however long the line is.
_LINE = re.compile(
    r"^\s*+(?:(?:def|class|import|from|return|for|while|if|else|elif|try|except|print|function|var|let"
    r"|const|public|private|static|void|int|float|double|char|struct|using|package|SELECT|INSERT"
    r"|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|GROUP|ORDER|JOIN|HAVING|VALUES|LIMIT|#include)\b"
    # "(", "#", "$", ">" begin prose too: an aside, a heading or hashtag, a price, a quotation.
    r"|[<{}\[\]/@]|\$\w+\s*="
    # A list in prose may end its items with a semicolon: a statement needs one more sign of code.
    r"|\w+;\s*$|[a-z-]+\s*:[^:]+;\s*$|(?=.*(?:[=(){}\[\]]|\+\+|--|->|::)).*;\s*$|.*[{}>]\s*$"
    r"|[\w.\[\]]+\s*[-+*/]?=\s*\S|[\w.]+\(.*\)\s*+(?::\s*+)?$)"
)
_COMMENT = re.compile(r"^\s*+(?:#[\s!]|//|/\*|--\s)")
MIN_SHARE = 0.5


def is_code_line(line: str) -> bool:
    """Return whether one line reads as code, as markup or as a comment."""
    return _LINE.match(line) is not None or _COMMENT.match(line) is not None


def is_code(text: str) -> bool:
    """Return whether at least half of the lines read as code or markup.

    Empty lines do not count, nor do comments: "# Title" is also a heading.
    """
    lines = [line for line in text.split("\n") if line.strip() and not _COMMENT.match(line)]
    code = sum(_LINE.match(line) is not None for line in lines)
    return code > 0 and code >= MIN_SHARE * len(lines)
