"""Word lists beside the filters: read once, one entry a line, `#` begins a comment.

An English entry is matched as whole words with any case; a Chinese entry as a phrase anywhere,
since Chinese has no spaces. `*` in an entry stands for up to twelve characters of the same
sentence. A line that begins with `!` is an exception: text it matches is not looked at.
"""

import re
from functools import cache
from pathlib import Path

from vicugna.records import Lang

_FOLDER = Path(__file__).parent


@cache
def load_patterns(name: str, lang: Lang) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of `<name>.<lang>.txt`: what to find, and what to pass over."""
    lines = (_FOLDER / f"{name}.{lang}.txt").read_text(encoding="utf-8").splitlines()
    entries = [line.split("#")[0].strip() for line in lines]
    found = [entry for entry in entries if entry and not entry.startswith("!")]
    passed = [entry[1:].strip() for entry in entries if entry.startswith("!")]
    return _compile(found, lang), _compile(passed, lang)


def find(name: str, lang: Lang, text: str) -> str:
    """Return the first listed word or phrase in a text, as it stands there; "" when none."""
    wanted, exceptions = load_patterns(name, lang)
    text = exceptions.sub(" ", text.translate(_APOSTROPHE))
    hit = wanted.search(text)
    return hit[0] if hit else ""


def _compile(entries: list[str], lang: Lang) -> re.Pattern[str]:
    if not entries:
        return re.compile(r"(?!)")
    parts = [re.escape(entry).replace(r"\*", r"[^.!?。！？\n]{0,12}?") for entry in entries]
    parts.sort(key=len, reverse=True)
    body = "|".join(part.replace(r"\ ", r"\s+") for part in parts)
    return re.compile(rf"\b(?:{body})\b" if lang == "en" else body, re.IGNORECASE)


_APOSTROPHE = {ord("’"): "'", ord("‘"): "'"}
