"""Word lists beside the filters: read once, one entry a line, `#` begins a comment.

An English entry is matched as whole words with any case; a Chinese entry as a phrase anywhere,
since Chinese has no spaces: only where Han meets Latin letters may a space stand or not, and a
comma in an entry matches any comma or none. `*` stands for up to twelve characters of the same
sentence, `(a|b)` for either. A line that begins with `!` is an exception: text it matches is not
looked at.
"""

import re
from functools import cache
from pathlib import Path

from vicugna.records import Lang

_FOLDER = Path(__file__).parent


@cache
def load_patterns(name: str, lang: Lang) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of `<name>.<lang>.txt`: what to find, and what to pass over."""
    entries = load_entries(name, lang)
    found = [entry for entry in entries if not entry.startswith("!")]
    passed = [entry[1:].strip() for entry in entries if entry.startswith("!")]
    return _compile(found, lang), _compile(passed, lang)


def load_entries(name: str, lang: Lang) -> list[str]:
    """Return the entries of `<name>.<lang>.txt` in the order of the file, "!" and all."""
    lines = (_FOLDER / f"{name}.{lang}.txt").read_text(encoding="utf-8").splitlines()
    return [entry for line in lines if (entry := line.split("#")[0].strip())]


def find(name: str, lang: Lang, text: str) -> str:
    """Return the first listed word or phrase in a text, as it stands there; "" when none."""
    wanted, exceptions = load_patterns(name, lang)
    text = exceptions.sub(" \n ", text.translate(_APOSTROPHE))
    hit = wanted.search(text)
    return hit[0].strip() if hit else ""


def _compile(entries: list[str], lang: Lang) -> re.Pattern[str]:
    if not entries:
        return re.compile(r"(?!)")
    entries = sorted(entries, key=len, reverse=True)
    body = "|".join(_expand(entry, r"\s*" if lang == "zh" else "") for entry in entries)
    return re.compile(rf"\b(?:{body})\b" if lang == "en" else body, re.IGNORECASE)


def _expand(entry: str, seam: str) -> str:
    """Return the pattern of an entry; `seam` may stand around words of Latin letters."""

    def expand(piece: re.Match[str]) -> str:
        text = piece[0]
        if text.isascii() and text.isalnum():
            return f"{seam}{text}{seam}"
        return r"\s+" if text.isspace() else _SIGNS.get(text) or re.escape(text)

    return re.sub(r"[A-Za-z0-9]+|\s+|.", expand, entry)


_APOSTROPHE = {ord("’"): "'", ord("‘"): "'"}
_SIGNS = {
    "*": r"[^.!?。！？\n]{0,12}?",
    "(": "(?:",
    "|": "|",
    ")": ")",
    "，": r"[，,、]?\s*",
}
