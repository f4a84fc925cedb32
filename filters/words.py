"""Word lists beside the filters: read once, one entry a line, `#` begins a comment.

An English entry is matched as whole words with any case; a Chinese entry as a phrase anywhere,
since Chinese has no spaces: only where Han meets Latin letters may a space stand or not, and a
comma in an entry matches any comma or none. `*` stands for up to twelve characters of the same
sentence, `(a|b)` for either. A line that begins with `!` is an exception: text it matches is not
looked at.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from vicugna.records import Lang
from vicugna.text.caseless import fold_case
from vicugna.text.tokens import tokens

_FOLDER = Path(__file__).parent
_OPENING = 3  # tokens of an entry that are looked for first; of two, half of the texts have some


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
    if not load_openings(name, lang)(text):
        return ""
    wanted, exceptions = load_patterns(name, lang)
    text = exceptions.sub(" \n ", text.translate(_APOSTROPHE))
    hit = wanted.search(text)
    return hit[0].strip() if hit else ""


@cache
def load_openings(name: str, lang: Lang) -> Callable[[str], bool]:
    """Return what says whether a text has the first words of an entry of `<name>.<lang>.txt`.

    No entry, wanted or exception, is in a text that has not. Few have, and to look for them costs
    a small part of what the patterns cost.
    """
    entries = [entry.removeprefix("!") for entry in load_entries(name, lang)]
    spelt = {spelling for entry in entries for spelling in _spell(entry)}
    return _find_han(spelt) if lang == "zh" else _find_words(spelt)


def _spell(entry: str) -> set[str]:
    """Return what the spellings of an entry begin with: enough words, or all up to a gap."""
    before, gap, _ = entry.partition("*")
    growing, found = {""}, set[str]()
    for part in filter(None, re.split(r"[()]", before)):
        growing = {spelling + choice for spelling in growing for choice in part.split("|")}
        # An "x" would lengthen a word that may go on.
        long = {spelling for spelling in growing if len(tokens(f"{spelling}x")) > _OPENING}
        growing, found = growing - long, found | long
    if gap:  # a word may go on in it
        growing = {re.sub(r"[A-Za-z0-9]+\Z", "", spelling) for spelling in growing}
    return found | growing


def _find_words(spelt: set[str]) -> Callable[[str], bool]:
    openings = {tuple(tokens(spelling)[:_OPENING]) for spelling in spelt}
    sizes = {len(opening) for opening in openings}
    if 0 in sizes:  # an entry of which nothing is certain
        return lambda _: True

    def has_one(text: str) -> bool:
        words = tokens(text) if text.isascii() else _WORD.findall(fold_case(text))
        rows = [words[place:] for place in range(_OPENING)]
        return any(not openings.isdisjoint(zip(*rows[:size], strict=False)) for size in sizes)

    return has_one


def _find_han(spelt: set[str]) -> Callable[[str], bool]:
    """Look for Chinese characters that stand together in every text with a spelling.

    Latin letters may be part of a longer word there, a comma may be missing.
    """
    runs = [_HAN.search(spelling) for spelling in spelt]
    if None in runs:
        return lambda _: True
    search = re.compile(_tree(run[0] for run in runs if run)).search
    return lambda text: not text.isascii() and search(text) is not None


def _tree(texts: Iterable[str]) -> str:
    """Return a pattern of texts that is tried only where the first character of one stands."""
    rests = dict[str, set[str]]()
    for text in texts:
        rests.setdefault(text[0], set()).add(text[1:])
    return "|".join(
        first if "" in some else f"{first}(?:{_tree(some)})" for first, some in rests.items()
    )


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


_WORD = re.compile(r"[a-z0-9]+")
_HAN = re.compile(rf"[\u4e00-\u9fff]{{1,{_OPENING}}}")
_APOSTROPHE = {ord("’"): "'", ord("‘"): "'"}
_SIGNS = {
    "*": r"[^.!?。！？\n]{0,12}?",
    "(": "(?:",
    "|": "|",
    ")": ")",
    "，": r"[，,、]?\s*",
}
