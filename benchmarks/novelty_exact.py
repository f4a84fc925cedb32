"""Whether the novelty gate decides as brute force does: verdict, nearest row and measure."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from benchmarks.novelty_gates import BLOCK
from benchmarks.novelty_texts import Source
from vicugna.text.closest import Neighbour
from vicugna.text.limit import Limit
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.tokens import tokens

LIMITS = (0.3, 0.5, 0.7, 0.9, 0.95)
Answers = dict[float, list[Neighbour | None]]


def print_exact(sources: Sequence[Source]) -> bool:
    """Print how many answers differ from those of brute force, by limit; return whether none."""
    print("rows whose verdict, nearest row or F1 is not that of brute force (want 0)\n")
    print(f"{'':<38}{'rows':>9}{''.join(f'{limit:>12}' for limit in LIMITS)}")
    pooled = [text for source in sources for text in source.texts]
    whole = [Source("all in one pool", pooled)] if len(sources) > 1 else []
    wrong = 0
    for source in [*sources, *whole]:
        expected = gate_by_force(source.texts, LIMITS)
        for way in ("whole file", "row by row"):
            counts = [
                _count_differing(source.texts, limit, expected[limit], way == "whole file")
                for limit in LIMITS
            ]
            wrong += sum(counts)
            row = "".join(f"{count:>12,}" for count in counts)
            print(f"{source.name + ', ' + way:<38}{len(source.texts):>9,}{row}", flush=True)
    return wrong == 0


def gate_by_force(texts: Sequence[str], limits: Sequence[float]) -> Answers:
    """Return, for each row, the nearest earlier kept one above the limit, by every pair's LCS."""
    codes: dict[str, str] = {}
    coded = ["".join(codes.setdefault(t, chr(len(codes))) for t in tokens(x)) for x in texts]
    sizes = np.array([len(code) for code in coded], np.int64)
    kept = {limit: np.zeros(len(texts), bool) for limit in limits}
    found: Answers = {limit: [] for limit in limits}
    for first in range(0, len(texts), BLOCK):
        block = coded[first : first + BLOCK]
        common = process.cdist(
            block, coded[: first + len(block)], scorer=LCSseq.similarity, dtype=np.int32
        )
        for row, shared in enumerate(common, first):
            total = np.maximum(sizes[row] + sizes[:row], 1)
            f1 = 2 * shared[:row] / total
            for limit in limits:
                exact = Limit.of(limit)
                above = 2 * shared[:row] * exact.denominator > total * exact.numerator
                near = np.flatnonzero(above & kept[limit][:row])
                kept[limit][row] = not len(near)
                best = int(near[f1[near].argmax()]) if len(near) else -1
                found[limit].append(Neighbour(str(best), float(f1[best])) if best >= 0 else None)
    return found


def _count_differing(
    texts: Sequence[str], max_f1: float, expected: Sequence[Neighbour | None], whole: bool
) -> int:
    index = NoveltyIndex(max_f1)
    if whole:
        index.expect(texts)
    differing = 0
    for row, text in enumerate(texts):
        nearest = index.nearest(text)
        differing += nearest != expected[row]
        if nearest is None:
            index.add(str(row), text)
    return differing
