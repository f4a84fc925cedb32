"""The tokens that ROUGE-L, lengths and repetition are counted in, for every language.

Full-width ASCII is folded and letters are lower-cased; then each run of `[a-z0-9]` is one token
and each CJK character (ideograph, kana, bopomofo, hangul) is one; all else separates. On text
without CJK and full-width forms this equals the default tokenizer of `rouge_score`
(google-research/rouge, `tokenize.py`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

# Radicals, the iteration mark and zero, kana without its punctuation and voicing marks, bopomofo,
# ideographs with extensions A-J and the compatibility blocks, half-width kana, hangul.
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003347f"
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff\uffa1-\uffdc"
)
_TOKEN = re.compile(f"[a-z0-9]+|[{CJK}]")
# What a sentence can do without: `3 < 4` and `3 <= 4`, `8` and `-8`, `C` and `C#` stay apart.
_SENTENCE_MARKS = re.escape(".,;:!?\"'…·、。“”‘’「」『』《》")
_WRITTEN = re.compile(rf"[a-z0-9]+|[^\s{_SENTENCE_MARKS}]")
_LONGEST_KEPT = 10_000  # characters; 4,096 longer texts that are remembered may fill a machine
_WIDE = re.compile("[\uff01-\uff5e\u3000]")  # full-width ASCII and space
# ASCII as tokens see it: small letters and digits, a space for all else.
_PLAIN = bytes(
    ord(letter.lower() if letter.isascii() and letter.isalnum() else " ")
    for letter in map(chr, range(256))
)


def tokens(text: str) -> list[str]:
    """Split text into tokens.

    >>> tokens("用Ｐｙｔｈｏｎ写 2 行")
    ['用', 'python', '写', '2', '行']
    """
    return list(_split(text)) if len(text) <= _LONGEST_KEPT else _find_all(text)


def iter_tokens(text: str) -> Iterator[str]:
    """Yield what `tokens` returns, for a text that need not be read to its end."""
    return (match[0] for match in _TOKEN.finditer(_fold(text)))


def count_tokens(text: str) -> int:
    """Return the number of tokens: words for English, characters for Chinese."""
    return _count(text) if len(text) <= _LONGEST_KEPT else _TOKEN.subn("", _fold(text))[1]


def normal_form(text: str) -> str:
    """Return a text as it is told from others: without case, width, spacing and sentence marks.

    Of a text that is nothing but marks only the spacing is made alike; of a blank one "" is left.

    >>> normal_form("用 Ｐｙｔｈｏｎ 写：x<=2。") == normal_form("用Python写 x <= 2")
    True
    """
    return " ".join(_WRITTEN.findall(_fold(text))) or " ".join(text.split())


@lru_cache(maxsize=4096)
def _count(text: str) -> int:
    return len(_split(text))


@lru_cache(maxsize=16)  # the filters ask about the same text one after the other
def _split(text: str) -> tuple[str, ...]:
    return tuple(_find_all(text))


def _find_all(text: str) -> list[str]:
    if text.isascii():  # the same at a third of the cost
        return text.encode().translate(_PLAIN).decode().split()
    return _TOKEN.findall(_fold(text))


def _fold(text: str) -> str:
    if not text.isascii():
        place = 0  # `translate` costs more: the signs are few, and each kind is replaced at once
        while wide := _WIDE.search(text, place):
            place = wide.end()
            narrow = " " if wide[0] == "\u3000" else chr(ord(wide[0]) - 0xFEE0)
            text = text.replace(wide[0], narrow)
    return text.lower()
