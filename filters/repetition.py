"""Answers that go round in circles."""

from collections import Counter
from itertools import chain, groupby
from operator import eq

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
_PART = 4  # tokens: shorter ones often stand twice
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
        lines = [tokens(line) for line in output.split("\n")]
        found = list(chain.from_iterable(lines))
        run = _longest_run(found)
        if run > MAX_RUN:
            return Verdict("repetition", False, run, MAX_RUN, detail="run of one token")
        if len(found) < MIN_TOKENS:
            return Verdict("repetition", True, None, MAX_NGRAMS)
        share = round(_repeated_lines(lines, len(found)), 3)
        if share > MAX_LINES:
            return Verdict("repetition", False, share, MAX_LINES, detail="lines")
        share = round(_repeated_ngrams(found, NGRAM[draft.lang]), 3)
        kept = share <= MAX_NGRAMS
        return Verdict("repetition", kept, share, MAX_NGRAMS, detail="" if kept else "phrases")

    return ask


def _longest_run(found: list[str]) -> int:
    """Return how often one token stands in a row at most; 1 when no run can be too long."""
    if sum(map(eq, found, found[1:])) < MAX_RUN:
        return 1
    return max(sum(1 for _ in group) for _, group in groupby(found))


def _repeated_lines(lines: list[list[str]], total: int) -> float:
    """Return the share of tokens that stand in a line which stood there before."""
    return 1 - sum(map(len, set(map(tuple, lines)))) / total


def _repeated_ngrams(found: list[str], size: int) -> float:
    """Return the share of tokens inside an n-gram that stood there before."""
    if not _may_repeat(found, size):
        return 0.0
    grams = _ngrams(found, size)
    seen: Counter[tuple[str, ...]] = Counter()
    covered: set[int] = set()
    for place, gram in enumerate(grams):
        if seen[gram]:
            covered.update(range(place, place + size))
        seen[gram] += 1
    return len(covered) / len(found)


def _may_repeat(found: list[str], size: int) -> bool:
    """Return whether an n-gram of this size may stand twice; quickly, as it does in few texts.

    Of those that begin in an n-gram, every `size - _PART + 1`-th one of `_PART` tokens lies in it.
    Where it stands twice, so does that.
    """
    parts = _ngrams(found, _PART)
    some = parts[:: size - _PART + 1]
    return sum(map(set(some).__contains__, parts)) > len(some)


def _ngrams(found: list[str], size: int) -> list[tuple[str, ...]]:
    return list(zip(*(found[place:] for place in range(size)), strict=False))
