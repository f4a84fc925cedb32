"""The tokens that ROUGE-L, lengths and repetition are counted in, for every language.

Full-width ASCII is folded and letters are lower-cased; then each run of `[a-z0-9]` is one token
and each CJK character (ideograph, kana, hangul) is one; all else separates. On text without CJK
this equals the default tokenizer of `rouge_score` (google-research/rouge, `tokenize.py`).
"""

import re
from functools import lru_cache

# Ideographs with extensions A-J and the compatibility blocks, the iteration mark and zero,
# kana with half-width forms, and hangul.
CJK = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"
)
_TOKEN = re.compile(f"[a-z0-9]+|[{CJK}]")
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def tokens(text: str) -> list[str]:
    """Split text into tokens.

    >>> tokens("用Ｐｙｔｈｏｎ写 2 行")
    ['用', 'python', '写', '2', '行']
    """
    return _TOKEN.findall(text.translate(_FOLD).lower())


@lru_cache(maxsize=4096)
def count_tokens(text: str) -> int:
    """Return the number of tokens: words for English, characters for Chinese."""
    return len(tokens(text))
