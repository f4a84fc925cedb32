"""Which script a text is written in: the whole of language identification for zh and en.

Counted in units of about the same weight: one Han character, one Latin word, one word of any
other script. Deterministic, needs no model, and right on short text where statistical
identifiers guess.
"""

import re
from dataclasses import dataclass

from vicugna.records import Lang

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_KANA = "\u3041-\u30fa\u1100-\u11ff\uac00-\ud7af"  # and hangul
_ELSE = "\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f"
_KANA_HANGUL = re.compile(f"[{_KANA}]")
_LETTER = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]"  # without × and ÷
_LATIN = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
_OTHER = re.compile(f"[{_ELSE}]{{2,}}")
_NEITHER = re.compile(f"[{_KANA}{_ELSE}]")  # Han nor Latin
MIN_HAN = 0.3  # of a Chinese text: it may name things in Latin letters
MAX_OTHER = 0.4  # Japanese has this much kana and more; an example in another script has less
# No quote holds a second opening mark of its kind, and no name before an "@" is longer than 64
# (RFC 5321, 4.5.3.1.1): so what is never closed is read once, not once for each of its characters.
_MARKED = r"```.*?(?:```|\Z)|`[^`\n]*`|“[^“”]*”|「[^「」]*」|『[^『』]*』|《[^《》]*》|\"[^\"\n]*\""
# In Chinese the sentence may go on right after a link: it ends where ASCII does.
_LINKED = r"https?://[!-~]+|(?<![a-z])www\.[!-~]+|(?<![!#-?A-_a-~])[!#-?A-_a-~]{1,64}+@[!-~]+"
_IN_MARKS = re.compile(_MARKED, re.DOTALL)
_QUOTED = re.compile(f"{_MARKED}|{_LINKED}", re.DOTALL)
# What of ASCII tells words apart: "a" for a letter, "-" for what joins letters, else a space.
_SHAPE = bytes(
    ord("a" if letter.isalpha() else "-" if letter in "'-" else " ")
    for letter in map(chr, range(256))
)


@dataclass(frozen=True, slots=True)
class Scripts:
    """How much of a text is written in each script."""

    han: int
    latin: int
    other: int

    @property
    def total(self) -> int:
        """All that was counted; 0 for a text of digits and signs."""
        return self.han + self.latin + self.other

    def share(self, lang: Lang) -> float:
        """Return the share written in the script of a language; 0.0 of nothing."""
        own = self.han if lang == "zh" else self.latin
        return own / self.total if self.total else 0.0


def count_scripts(text: str) -> Scripts:
    """Count the scripts of a text.

    >>> count_scripts("用 Python 写诗")
    Scripts(han=3, latin=1, other=0)
    """
    if text.isascii():
        return Scripts(0, _count_ascii_words(text), 0)
    # Counted by taking them out: a list of ten million characters takes a gigabyte.
    rest, runs = _HAN.subn(" ", text)
    latin = _LATIN.subn("", rest)[1]
    other = 0
    if _NEITHER.search(rest):
        other = _KANA_HANGUL.subn("", rest)[1] + _OTHER.subn("", rest)[1]
    return Scripts(len(text) - len(rest) + runs, latin, other)


def strip_quoted(text: str) -> str:
    """Remove what stands in quotes, in code or in a link: it may be in any language."""
    return _quoted_in(text).sub(" ", text)


def keep_quoted(text: str) -> str:
    """Return only what `strip_quoted` removes."""
    return " ".join(_quoted_in(text).findall(text))


def language_of(text: str) -> Lang | None:
    """Return the language a text is written in; None when it is neither zh nor en.

    >>> language_of("把 list 转成 tuple，怎么写？")
    'zh'
    """
    scripts = count_scripts(strip_quoted(text))
    if not scripts.total:
        scripts = count_scripts(text)
    if scripts.other >= MAX_OTHER * scripts.total:
        return None
    return "zh" if scripts.share("zh") >= MIN_HAN else "en"


def _count_ascii_words(text: str) -> int:
    """Return the number of matches of `_LATIN`, several times as fast as these are found."""
    shape = b" " + text.encode().translate(_SHAPE)
    # A word begins after a space, or after a joint that has no letter before it.
    return shape.count(b" a") + shape.count(b" -a") + shape.count(b"--a")


def _quoted_in(text: str) -> re.Pattern[str]:
    """Return what finds all that is quoted: where nothing can be a link, what knows of marks only.

    That one skips to the next mark, the other one tries a name at every letter.
    """
    linked = "@" in text or "://" in text or "www." in text
    return _QUOTED if linked else _IN_MARKS
