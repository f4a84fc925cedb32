"""The tokens that ROUGE-L, lengths and repetition are counted in, for every language.

Full-width ASCII is folded and letters are lower-cased; then each run of `[a-z0-9]` is one token
and each CJK character (ideograph, kana, bopomofo, hangul) is one; all else separates. On text
without CJK and full-width forms this equals the default tokenizer of `rouge_score`
(google-research/rouge, `tokenize.py`).
"""

import re
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
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def tokens(text: str) -> list[str]:
    """Split text into tokens.

    >>> tokens("用Ｐｙｔｈｏｎ写 2 行")
    ['用', 'python', '写', '2', '行']
    """
    if not text.isascii():  # half the cost of an English text is this look-up
        text = text.translate(_FOLD)
    return _TOKEN.findall(text.lower())


@lru_cache(maxsize=4096)
def count_tokens(text: str) -> int:
    """Return the number of tokens: words for English, characters for Chinese."""
    return len(tokens(text))
