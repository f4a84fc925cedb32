"""Which script a text is written in: the whole of language identification for zh and en.

Counted in units of about the same weight: one Han character, one Latin word, one word of any
other script. Deterministic, needs no model, and right on short text where statistical
identifiers guess.
"""

import re
from dataclasses import dataclass

from vicugna.records import Lang

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA_HANGUL = re.compile("[\u3041-\u30fa\u1100-\u11ff\uac00-\ud7af]")
_LETTER = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]"  # without × and ÷
_LATIN = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
_OTHER = re.compile("[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]{2,}")
MIN_HAN = 0.3  # of a Chinese text: it may name things in Latin letters
MAX_OTHER = 0.4  # Japanese has this much kana and more; an example in another script has less
# No quote holds a second opening mark of its kind, and no name before an "@" is longer than 64
# (RFC 5321, 4.5.3.1.1): so what is never closed is read once, not once for each of its characters.
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|“[^“”]*”|「[^「」]*」|『[^『』]*』|《[^《》]*》|\"[^\"\n]*\""
    # In Chinese the sentence may go on right after a link: it ends where ASCII does.
    r"|https?://[!-~]+|(?<![a-z])www\.[!-~]+"
    r"|(?<![!#-?A-_a-~])[!#-?A-_a-~]{1,64}+@[!-~]+",
    re.DOTALL,
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
    # Counted by taking them out: a list of ten million characters takes a gigabyte.
    han, latin, kana_hangul, other = (
        pattern.subn("", text)[1] for pattern in (_HAN, _LATIN, _KANA_HANGUL, _OTHER)
    )
    return Scripts(han, latin, kana_hangul + other)


def strip_quoted(text: str) -> str:
    """Remove what stands in quotes, in code or in a link: it may be in any language."""
    return _QUOTED.sub(" ", text)


def keep_quoted(text: str) -> str:
    """Return only what `strip_quoted` removes."""
    return " ".join(_QUOTED.findall(text))


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
