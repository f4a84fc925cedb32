"""How near the instructions of a run are to its seed tasks, counted in ten bins per language.

Figure 4 of Self-Instruct (Wang et al. 2023) counts generated instructions by their ROUGE-L F1 to
the seed instruction that is most similar to them: far to the left the teacher makes tasks of its
own, far to the right it says the seed tasks again. Tokens are those of the novelty gate, and every
instruction is compared with the seed tasks of all languages.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from vicugna.records import Lang, SeedTask, Task
from vicugna.text.tokens import tokens

BINS = 10
_PAIRS = 1 << 20  # compared at once: a few arrays of 4 MB, whatever the number of seed tasks


def count_by_similarity(
    tasks: Iterable[Task], seeds: Mapping[Lang, Sequence[SeedTask]]
) -> dict[Lang, list[int]]:
    """Return for each language how many instructions are in each of ten bins of F1.

    The bins are [0, 0.1), [0.1, 0.2), ..., [0.9, 1]. Instances of one instruction count once.
    Only languages that have tasks are there, in the order of their codes.
    """
    # A draft without a group is one of its own.
    instructions = {task.draft.group or task.draft.id: task.draft for task in tasks}.values()
    known = [seed.instruction for seed in chain.from_iterable(seeds.values())]
    bins = find_bins([draft.instruction for draft in instructions], known)
    histogram: dict[Lang, list[int]] = {}
    for draft, place in zip(instructions, bins, strict=True):
        histogram.setdefault(draft.lang, [0] * BINS)[place] += 1
    return dict(sorted(histogram.items()))


def find_bins(texts: Sequence[str], seeds: Sequence[str]) -> list[int]:
    """Return for each text the bin, 0 to 9, of its F1 to the nearest of the seeds.

    Exact at the edges, by integers: the bin is 10 * F1 rounded down, 20 * LCS // (m + n) for texts
    of m and n tokens, and at most 9. A text without a token is in bin 0.

    >>> find_bins(["写一首关于秋天的诗", "Name a river."], ["写一首关于春天的诗"])
    [8, 0]
    """
    split = [tokens(seed) for seed in seeds]
    lengths = np.array([len(words) for words in split], np.int32)[:, np.newaxis]
    # One character for each token: rapidfuzz reads a string at once, and a list item by item.
    letters = {word: chr(number) for number, word in enumerate(dict.fromkeys(chain(*split)))}
    spelt = ["".join(letters[word] for word in words) for words in split]
    step = max(_PAIRS // max(len(seeds), 1), 1)
    bins: list[int] = []
    for start in range(0, len(texts), step):
        read = [_spell(text, letters) for text in texts[start : start + step]]
        common = process.cdist(
            spelt, [text for text, _ in read], scorer=LCSseq.similarity, dtype=np.int32
        )
        totals = np.maximum(lengths + np.array([length for _, length in read], np.int32), 1)
        # Rounding down keeps the order, so the greatest of the bins is that of the nearest.
        nearest = (2 * BINS * common // totals).max(axis=0, initial=0)
        bins += np.minimum(nearest, BINS - 1).tolist()
    return bins


def render_bins(histogram: Mapping[Lang, Sequence[int]]) -> str:
    """Return the bins as rows of a Markdown table, a column for each language in its order.

    The first of ten: "| 0.0–0.1 | 12 | 1,034 |". Rows end with line feeds.
    """
    columns = zip(*histogram.values(), strict=True)
    return "".join(
        f"| {place / BINS:.1f}–{(place + 1) / BINS:.1f} | "
        f"{' | '.join(f'{count:,}' for count in counts)} |\n"
        for place, counts in enumerate(columns)
    )


def _spell(text: str, letters: Mapping[str, str]) -> tuple[str, int]:
    """Return a text in the letters of its tokens, and the number of its tokens.

    A token that no seed has is left out: it is in no common subsequence, but counts as a token.
    """
    words = tokens(text)
    return "".join([letters[word] for word in words if word in letters]), len(words)
