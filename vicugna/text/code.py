"""Telling code from prose, where code is not fenced."""

import re

_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|for|while|if|else|elif|try|except|print|function|var|let"
    r"|const|public|private|static|void|int|float|double|char|struct|using|package|SELECT|INSERT"
    r"|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|GROUP|ORDER|JOIN|HAVING|VALUES|LIMIT|#include)\b"
    r"|[<{}\[\]()/#@$>]|.*[;{}>]\s*$|[\w.\[\]]+\s*[-+*/]?=\s*\S|\w+\(.*\)\s*:?\s*$)"
)
MIN_SHARE = 0.5


def is_code_line(line: str) -> bool:
    """Return whether one line reads as code or markup."""
    return _LINE.match(line) is not None


def is_code(text: str) -> bool:
    """Return whether at least half of the non-empty lines read as code or markup."""
    lines = [line for line in text.split("\n") if line.strip()]
    code = sum(map(is_code_line, lines))
    return code > 0 and code >= MIN_SHARE * len(lines)
