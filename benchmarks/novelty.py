"""The novelty gate over whole files: ours beside `rouge_score` and a dense rapidfuzz, in one run.

    python benchmarks/novelty.py [FILE...] [--max-f1 0.7] [--repeats 3] [--rows N]

A FILE is a JSON list in the Alpaca layout, plain or .gz; its instructions are gated in their order.
Without a FILE the texts are made here: words and characters by Zipf's law, a fifth of them edits
of an earlier text. Times include tokenizing. They are CPU seconds of this process, which is what
an idle core would take: nothing here waits or uses a second core.

- vicugna: `nearest`, then `add` if there is none, row by row. Median and range over the repeats.
- rapidfuzz: the LCS of every pair by `process.cdist`, many at a time, as fast as it goes. One run;
  the rows it keeps must be those vicugna keeps.
- rouge_score: its `score`, timed on a sample of pairs and *extrapolated* to every pair of a row
  and a kept one before it. It is given our tokens, because it sees none in Chinese.
"""

import argparse
import gzip
import os
import platform
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from time import process_time
from typing import TypeVar

import numpy as np
import orjson
from rapidfuzz import process
from rapidfuzz.distance import LCSseq
from rouge_score.rouge_scorer import RougeScorer  # pyright: ignore[reportMissingTypeStubs]

from vicugna.text.limit import Limit
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.tokens import tokens

T = TypeVar("T")

SAMPLE = 20_000
QUERIES = 2_000
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds of each repeat, and a word on how they came about."""

    method: str
    seconds: list[float]
    note: str


def main() -> None:
    """Time the three methods on every file and print a table."""
    options = _parser().parse_args()
    print(
        f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, limit {options.max_f1}\n"
    )
    print(f"{'':<12}{'rows':>9}{'kept':>9}{'seconds':>10}{'range':>20}{'us/row':>12}{'x ours':>10}")
    for name, texts in _sources(options.file):
        _compare(name, texts[: options.rows], options.max_f1, options.repeats)


def _compare(name: str, texts: list[str], max_f1: float, repeats: int) -> None:
    print(name)
    ours = [_timed(lambda: gate(texts, max_f1)) for _ in range(repeats)]
    seconds, (kept, index) = [run[0] for run in ours], ours[0][1]
    _print(Timing("vicugna", seconds, f"{repeats} runs"), seconds, len(texts), len(kept))
    once, expected = _timed(lambda: gate_densely(texts, max_f1))
    same = "same rows kept" if expected == kept else "OTHER ROWS KEPT: this is a bug"
    _print(Timing("rapidfuzz", [once], f"1 run, {same}"), seconds, len(texts), len(expected))
    pairs = int(np.searchsorted(kept, np.arange(len(texts))).sum())
    slow = [time_rouge_score(texts, seed) * pairs for seed in range(repeats)]
    note = f"extrapolated from {SAMPLE:,} pairs to {pairs:,}"
    _print(Timing("rouge_score", slow, note), seconds, len(texts), None)
    print(f"  one query against {len(kept):,} members: {_latency(index, texts)}\n")


def gate(texts: Sequence[str], max_f1: float) -> tuple[list[int], NoveltyIndex]:
    """Return the rows that have no earlier kept neighbour above the limit, and the index."""
    index, kept = NoveltyIndex(max_f1), list[int]()
    for row, text in enumerate(texts):
        if index.nearest(text) is None:
            index.add(str(row), text)
            kept.append(row)
    return kept, index


def gate_densely(texts: Sequence[str], max_f1: float) -> list[int]:
    """Return the same rows by the LCS of every pair, a block of rows against all before it."""
    codes: dict[str, str] = {}
    coded = ["".join(codes.setdefault(t, chr(len(codes))) for t in tokens(x)) for x in texts]
    sizes = np.array([len(code) for code in coded], np.int32)
    limit = Limit.of(max_f1)
    kept = np.zeros(len(texts), bool)
    for first in range(0, len(texts), BLOCK):
        last = min(first + BLOCK, len(texts))
        common = process.cdist(
            coded[first:last], coded[:last], scorer=LCSseq.similarity, dtype=np.int32
        )
        totals = sizes[first:last, None] + sizes[None, :last]
        above = common * (2 * limit.denominator) > totals * limit.numerator
        for row in range(first, last):
            kept[row] = not (above[row - first, :row] & kept[:row]).any()
    return np.flatnonzero(kept).tolist()


class _Spaces:
    """A tokenizer for `rouge_score` that only splits at spaces: the tokens are ours."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def time_rouge_score(texts: Sequence[str], seed: int) -> float:
    """Return the seconds that `rouge_score` takes for a pair of these texts."""
    source = random.Random(seed)
    split = [" ".join(tokens(text)) for text in source.choices(texts, k=2 * SAMPLE)]
    scorer = RougeScorer(["rougeL"], tokenizer=_Spaces())
    started = process_time()
    for left, right in zip(split[:SAMPLE], split[SAMPLE:], strict=True):
        scorer.score(left, right)
    return (process_time() - started) / SAMPLE


def make_texts(count: int, words: Sequence[str], seed: int) -> list[str]:
    """Return texts of 4 to 22 words by Zipf's law, a fifth of them edits of an earlier one."""
    source = random.Random(seed)
    weights = list(accumulate(1 / rank for rank in range(3, len(words) + 3)))
    texts: list[list[str]] = []
    for _ in range(count):
        text = source.choices(words, cum_weights=weights, k=source.randint(4, 22))
        if texts and source.random() < 0.2:
            text = list(source.choice(texts))
            for _ in range(source.randint(1, len(text) // 2)):
                text[source.randrange(len(text))] = source.choice(words)
        texts.append(text)
    return [" ".join(text) for text in texts]


def _sources(files: list[Path]) -> list[tuple[str, list[str]]]:
    if files:
        return [(file.name, _read(file)) for file in files]
    english = [f"w{number}" for number in range(15_000)]
    chinese = [chr(0x4E00 + number) for number in range(4_000)]
    return [
        ("made here: texts of words", make_texts(20_000, english, seed=1)),
        ("made here: texts of characters", make_texts(10_000, chinese, seed=2)),
    ]


def _read(file: Path) -> list[str]:
    content = file.read_bytes()
    rows = orjson.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
    return [row["instruction"] for row in rows]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = process_time()
    result = work()
    return process_time() - started, result


def _latency(index: NoveltyIndex, texts: list[str]) -> str:
    asked = random.Random(0).sample(texts, min(QUERIES, len(texts)))
    times = [1e6 * _timed(lambda text=text: index.nearest(text))[0] for text in asked]
    return (
        f"median {statistics.median(times):.0f} us, "
        f"p99 {np.percentile(times, 99):.0f} us, longest {max(times):.0f} us"
    )


def _print(timing: Timing, ours: list[float], rows: int, kept: int | None) -> None:
    seconds = statistics.median(timing.seconds)
    spread = f"{_short(min(timing.seconds))} to {_short(max(timing.seconds))}"
    print(
        f"  {timing.method:<12}{rows:>7,}{'-' if kept is None else f'{kept:,}':>9}"
        f"{_short(seconds):>10}{spread:>20}{_short(1e6 * seconds / rows):>12}"
        f"{_short(seconds / statistics.median(ours)):>10}  {timing.note}"
    )


def _short(number: float) -> str:
    return f"{number:,.2f}" if number < 100 else f"{number:,.0f}"


def _processor() -> str:
    facts = Path("/proc/cpuinfo")  # only Linux has it
    lines = facts.read_text("utf-8").splitlines() if facts.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", nargs="*", type=Path, help="JSON list in the Alpaca layout")
    parser.add_argument("--max-f1", type=float, default=0.7)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, help="only the first N rows of each")
    return parser


if __name__ == "__main__":
    main()
