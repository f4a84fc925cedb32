"""Answers that go round in circles."""

from collections import Counter
from itertools import groupby

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Verdict
from vicugna.text.code import is_code
from vicugna.text.tokens import tokens

# The measures are Gopher's (Rae et al. 2021, arXiv 2112.11446, table A1: text in repeated lines,
# text in repeated 10-grams), its limits are not: 0.2 and 0.1 are for web pages. On Alpaca's 52,002
# rows they reject 200 answers, most of them songs with a refrain and comparisons ("the demand
# for a good ..."). These reject those that loop. Ten English words are about 17 characters.
MAX_LINES = 0.5
MAX_NGRAMS = 0.5
NGRAM: dict[Lang, int] = {"en": 10, "zh": 17}
MIN_TOKENS = 50
MAX_RUN = 20  # one token this often in a row (ours): no sentence has it, degenerate samples do
LONGEST = 100_000  # characters that are looked at: a text that loops does so early


def repetition() -> Filter:
    """Drop a draft whose output repeats its lines, its phrases, or one token again and again.

    Code is not looked at: a table in HTML repeats its lines rightly, a matrix its zeros.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        output = draft.output[:LONGEST]
        if is_code(output):
            return Verdict("repetition", True, None, MAX_NGRAMS)
        found = tokens(output)
        run = max((sum(1 for _ in group) for _, group in groupby(found)), default=0)
        if run > MAX_RUN:
            return Verdict("repetition", False, run, MAX_RUN, detail="run of one token")
        if len(found) < MIN_TOKENS:
            return Verdict("repetition", True, None, MAX_NGRAMS)
        share = round(_repeated_lines(output, len(found)), 3)
        if share > MAX_LINES:
            return Verdict("repetition", False, share, MAX_LINES, detail="lines")
        share = round(_repeated_ngrams(found, NGRAM[draft.lang]), 3)
        kept = share <= MAX_NGRAMS
        return Verdict("repetition", kept, share, MAX_NGRAMS, detail="" if kept else "phrases")

    return ask


def _repeated_lines(text: str, total: int) -> float:
    """Return the share of tokens that stand in a line which stood there before."""
    lines = [tuple(tokens(line)) for line in text.split("\n")]
    return 1 - sum(map(len, set(lines))) / total


def _repeated_ngrams(found: list[str], size: int) -> float:
    """Return the share of tokens inside an n-gram that stood there before."""
    grams = [tuple(found[place : place + size]) for place in range(len(found) - size + 1)]
    if len(grams) == len(set(grams)):
        return 0.0
    seen: Counter[tuple[str, ...]] = Counter()
    covered: set[int] = set()
    for place, gram in enumerate(grams):
        if seen[gram]:
            covered.update(range(place, place + size))
        seen[gram] += 1
    return len(covered) / len(found)
