"""ROUGE-L F1 between two texts: the longest common subsequence of their tokens.

F1 = 2 * LCS / (m + n), the harmonic mean of LCS/m and LCS/n (Lin 2004, section 3.1 with beta 1),
which is the normalised Indel similarity. Two texts without a token score 0.0, as in `rouge_score`.
"""

from rapidfuzz.distance import LCSseq

from vicugna.text.tokens import tokens


def rouge_l(a: str, b: str) -> float:
    """Return the ROUGE-L F1 of two texts, from 0.0 to 1.0.

    >>> rouge_l("今天天气很好", "今天天气不好")
    0.8333333333333334
    """
    left, right = tokens(a), tokens(b)
    total = len(left) + len(right)
    return 2 * LCSseq.similarity(left, right) / total if total else 0.0
