"""The novelty gate over whole files: what it costs beside other ways, how that grows, what is kept.

    python benchmarks/novelty.py [FILE...] [--max-f1 0.7] [--repeats 3] [--rows N]
    python benchmarks/novelty.py [FILE...] --growth [--most N] [--plot novelty.svg]
    python benchmarks/novelty.py [FILE...] --kept
    python benchmarks/novelty.py [FILE...] --exact

A FILE is a JSON list in the Alpaca layout, plain or .gz; its instructions are gated in their order.
Without a FILE the texts are made here: words and characters by Zipf's law, a fifth of them edits
of an earlier text. Times include tokenizing. They are CPU seconds of this process, which is what
an idle core would take: nothing here waits or uses a second core.

The first command prints a table. Median and range are over the repeats, which take turns.

- vicugna, whole file: the index is told of all rows (`expect`), as `vicugna clean` does; then
  `nearest`, and `add` if there is none, row by row.
- vicugna, row by row: the same without `expect`, as a run does whose drafts come one at a time.
- rapidfuzz: the LCS of every pair by `process.cdist`, many at a time, as fast as it goes. One run;
  the rows it keeps must be those vicugna keeps.
- rouge_score: its `score`, timed on a sample of pairs and *extrapolated* to every pair of a row
  and a kept one before it. It is given our tokens, because it sees none in Chinese.

The second gates 25,000 to 1,000,000 rows made from halves of two instructions (of all files), each
size in fresh processes, prints the exponent of the growth and draws it. The third counts the rows
kept at five limits, of each file and of all in one pool. The fourth compares every answer with that
of brute force at five limits, and ends with 1 if one differs.
"""

import argparse
import os
import platform
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rouge_score.rouge_scorer import RougeScorer  # pyright: ignore[reportMissingTypeStubs]

from benchmarks.novelty_exact import print_exact
from benchmarks.novelty_gates import (
    DENSE,
    SINGLE,
    WHOLE,
    compare_kept,
    gate,
    gate_densely,
    short,
    spread,
    timed,
)
from benchmarks.novelty_growth import print_growth
from benchmarks.novelty_kept import print_kept
from benchmarks.novelty_texts import Source, read_sources
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.tokens import tokens

SAMPLE = 20_000
QUERIES = 2_000


class Timing(NamedTuple):
    """The seconds of each repeat, how many rows were kept, and a word on how it came about."""

    way: str
    seconds: list[float]
    kept: int | None
    note: str


def main() -> int:
    """Do what the options ask for, and say first where; return 1 if an answer is wrong."""
    parser = _parser()
    options = parser.parse_args()
    if not options.plot.parent.is_dir():  # said now, not when the growth has been measured
        parser.error(f"--plot {options.plot}: there is no such folder, make it first")
    print(
        f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, "
        f"{'several limits' if options.kept or options.exact else f'limit {options.max_f1}'}\n"
    )
    if options.growth:
        print_growth(
            options.file,
            options.rows,
            max_f1=options.max_f1,
            repeats=options.repeats,
            most=options.most,
            plot=options.plot,
        )
    elif options.kept:
        print_kept(read_sources(options.file, options.rows))
    elif options.exact:
        return 0 if print_exact(read_sources(options.file, options.rows)) else 1
    else:
        _print_head()
        for source in read_sources(options.file, options.rows):
            _compare(source, options.max_f1, options.repeats)
    return 0


def _compare(source: Source, max_f1: float, repeats: int) -> None:
    """Time all ways on one source and print their rows of the table."""
    texts = source.texts
    print(f"{source.name}, {len(texts):,} rows", flush=True)
    whole, single, reading = list[float](), list[float](), list[float]()
    for _ in range(repeats):  # in turns, so that a busy moment does not fall on one of them
        whole.append(timed(lambda: gate(texts, max_f1, whole=True))[0])
        single.append(timed(lambda: gate(texts, max_f1, whole=False))[0])
        reading.append(timed(lambda: [len(tokens(text)) for text in texts])[0])
    kept, _ = gate(texts, max_f1, whole=True)
    kept_singly, index = gate(texts, max_f1, whole=False)
    once, kept_densely = timed(lambda: gate_densely(texts, max_f1))
    pairs = int(np.searchsorted(kept, np.arange(len(texts))).sum())
    slow = [time_rouge_score(texts, seed) * pairs for seed in range(repeats)]
    note = f"extrapolated from {SAMPLE:,} pairs to {pairs:,}"
    for timing in (
        Timing(WHOLE, whole, len(kept), f"runs: {repeats}"),
        Timing(SINGLE, single, len(kept_singly), compare_kept(kept_singly, kept)),
        Timing(DENSE, [once], len(kept_densely), f"{compare_kept(kept_densely, kept)}, runs: 1"),
        Timing("rouge_score", slow, None, note),
        Timing("tokenizing alone", reading, None, "is part of all but rouge_score"),
    ):
        _print(timing, len(texts), whole, single)
    print(f"  one question against {len(index):,} members: {_latency(index, texts)}\n")


class _Spaces:
    """A tokenizer for `rouge_score` that only splits at spaces: the tokens are ours."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def time_rouge_score(texts: Sequence[str], seed: int) -> float:
    """Return the seconds that `rouge_score` takes for a pair of these texts."""
    source = random.Random(seed)
    split = [" ".join(tokens(text)) for text in source.choices(texts, k=2 * SAMPLE)]
    scorer = RougeScorer(["rougeL"], tokenizer=_Spaces())

    def score() -> None:
        for left, right in zip(split[:SAMPLE], split[SAMPLE:], strict=True):
            scorer.score(left, right)

    return timed(score)[0] / SAMPLE


def _latency(index: NoveltyIndex, texts: list[str]) -> str:
    """Ask about texts of the file; such as were held out of the pool took as long."""
    asked = random.Random(0).sample(texts, min(QUERIES, len(texts)))
    times = [1e6 * timed(lambda text=text: index.nearest(text))[0] for text in asked]
    return (
        f"median {statistics.median(times):.0f} us, "
        f"p99 {np.percentile(times, 99):.0f} us, longest {max(times):.0f} us"
    )


def _print_head() -> None:
    print(
        f"{'':<24}{'kept':>9}{'seconds':>10}{'range':>20}{'us/row':>12}"
        f"{'x whole file':>14}{'x row by row':>14}"
    )


def _print(timing: Timing, rows: int, whole: list[float], single: list[float]) -> None:
    seconds = statistics.median(timing.seconds)
    print(
        f"  {timing.way:<22}{'-' if timing.kept is None else f'{timing.kept:,}':>9}"
        f"{short(seconds):>10}{spread(timing.seconds):>20}{short(1e6 * seconds / rows):>12}"
        f"{short(seconds / statistics.median(whole)):>14}"
        f"{short(seconds / statistics.median(single)):>14}  {timing.note}",
        flush=True,
    )


def _processor() -> str:
    facts = Path("/proc/cpuinfo")  # only Linux has it
    lines = facts.read_text("utf-8").splitlines() if facts.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", nargs="*", type=Path, help="JSON list in the Alpaca layout")
    parser.add_argument("--max-f1", type=float, default=0.7, help="limit of the gate, default 0.7")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way, default 3")
    parser.add_argument("--rows", type=int, help="only the first N rows of each")
    show = parser.add_mutually_exclusive_group()
    show.add_argument("--growth", action="store_true", help="time over rows, with a plot")
    show.add_argument("--kept", action="store_true", help="rows kept at several limits")
    show.add_argument("--exact", action="store_true", help="every answer beside brute force")
    parser.add_argument("--most", type=int, default=1_000_000, help="most rows of --growth")
    parser.add_argument(
        "--plot", type=Path, default=Path("novelty.svg"), help="SVG that --growth writes"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
