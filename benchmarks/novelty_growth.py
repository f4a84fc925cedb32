"""How the time and memory of the novelty gate grow with the rows: a table, an exponent, a plot.

Real sets of a million instructions are not at hand, so texts are made of two halves of real ones.
"""

import hashlib
import resource
import statistics
import sys
import tempfile
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np

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
from benchmarks.novelty_texts import read_sources, splice
from benchmarks.plot import Line, draw

P = ParamSpec("P")
T = TypeVar("T")

SIZES = (25_000, 50_000, 100_000, 200_000, 400_000, 1_000_000)
FITTED = 100_000  # rows from which the exponent is taken: below, what every run costs weighs in
SEED = 1
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that `ru_maxrss` counts in


class Run(NamedTuple):
    """What gating so many rows took, in a process of its own."""

    rows: int
    kept: int
    digest: str  # of the rows kept
    seconds: float
    megabytes: float  # by which the peak grew


def print_growth(
    files: Sequence[Path], rows: int | None, *, max_f1: float, repeats: int, most: int, plot: Path
) -> None:
    """Gate growing numbers of spliced texts, print what it took, and draw it."""
    names = ", ".join(file.name for file in files) or "texts made here"
    print(f"rows made from halves of two instructions of {names}; seed {SEED}\n")
    sizes = sorted({min(size, most) for size in SIZES})
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts"
        # Not here: Linux hands the peak of a process down to those it starts, where it would hide
        # what they add to it.
        _apart(write_texts, files, rows, sizes[-1], texts)
        runs, dense = _measure(texts, sizes, max_f1, repeats)
    exponents = {way: fit_exponent(found) for way, found in runs.items()}
    print()
    for way, exponent in exponents.items():
        print(f"{way}: {_describe(exponent)}")
    print(
        "MB added: the peak memory of a fresh process that gates the rows, less its peak before,\n"
        "with Python, the modules and the texts in it. What is left is the index and the list of\n"
        "the rows kept. The most over the repeats."
    )
    plot.write_text(_draw(runs, dense, exponents, sizes[-1]), "utf-8")
    print(f"plot: {plot}")


def write_texts(files: Sequence[Path], rows: int | None, count: int, file: Path) -> None:
    """Write so many spliced texts, one a line."""
    texts = [text for source in read_sources(files, rows) for text in source.texts]
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{text}\n" for text in splice(texts, count, SEED))


def run(file: Path, rows: int, max_f1: float, way: str) -> Run:
    """Read so many texts, then gate them and note by how much the peak memory grows."""
    with file.open(encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in islice(lines, rows)]
    before = _peak()
    seconds, kept = timed(lambda: _gate(texts, max_f1, way))
    megabytes = (_peak() - before) * PEAK_UNIT / 1e6
    digest = hashlib.sha256(array("Q", kept)).hexdigest()
    return Run(rows, len(kept), digest, seconds, megabytes)


def fit_exponent(runs: Sequence[Run]) -> float | None:
    """Return the slope of log seconds over log rows, by least squares, or None if too few."""
    fitted = [run for run in runs if run.rows >= FITTED]
    if len(fitted) < 2:
        return None
    logs = np.log([[run.rows, run.seconds] for run in fitted])
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def _measure(
    texts: Path, sizes: Sequence[int], max_f1: float, repeats: int
) -> tuple[dict[str, list[Run]], Run]:
    """Print a row for each size and way; return the runs, and the one of every pair."""
    print(
        f"{'':<24}{'rows':>10}{'kept':>9}{'seconds':>10}{'range':>18}{'us/row':>10}{'MB added':>10}"
    )
    dense = _apart(run, texts, sizes[0], max_f1, DENSE)
    runs: dict[str, list[Run]] = {WHOLE: [], SINGLE: []}
    for size in sizes:
        ways: dict[str, list[Run]] = {way: [] for way in runs}
        for _ in range(repeats):  # in turns, so that a busy moment does not fall on one of them
            for way, done in ways.items():
                done.append(_apart(run, texts, size, max_f1, way))
        for way, done in ways.items():
            same = compare_kept(done[0].digest, ways[WHOLE][0].digest)
            note = f"runs: {repeats}" if way == WHOLE else same
            runs[way].append(_sum_up(done))
            _print(way, done, note)
        if size == dense.rows:
            _print(DENSE, [dense], compare_kept(dense.digest, ways[WHOLE][0].digest) + ", runs: 1")
    last = dense._replace(rows=sizes[-1], seconds=_extrapolate(dense, sizes[-1]))
    print(
        f"{DENSE:<24}{last.rows:>10,}{'-':>9}{short(last.seconds):>10}{'-':>18}"
        f"{short(1e6 * last.seconds / last.rows):>10}{'-':>10}  extrapolated from {dense.rows:,}"
    )
    return runs, dense


def _gate(texts: list[str], max_f1: float, way: str) -> list[int]:
    if way == DENSE:
        return gate_densely(texts, max_f1)
    return gate(texts, max_f1, whole=way == WHOLE)[0]


def _apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what it returns in a fresh process, whose peak memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _sum_up(runs: Sequence[Run]) -> Run:
    return runs[0]._replace(
        seconds=statistics.median(run.seconds for run in runs),
        megabytes=max(run.megabytes for run in runs),
    )


def _extrapolate(dense: Run, rows: float) -> float:
    """Return the seconds for so many rows at the same rate of pairs."""
    return dense.seconds * (rows / dense.rows) ** 2


def _print(way: str, runs: Sequence[Run], note: str) -> None:
    middle = _sum_up(runs)
    speed = short(1e6 * middle.seconds / middle.rows)
    print(
        f"{way:<24}{middle.rows:>10,}{middle.kept:>9,}{short(middle.seconds):>10}"
        f"{spread([run.seconds for run in runs]):>18}"
        f"{speed:>10}{middle.megabytes:>10,.0f}  {note}",
        flush=True,
    )


def _describe(exponent: float | None) -> str:
    if exponent is None:
        return f"no exponent, that needs two sizes from {FITTED:,} rows"
    return f"time grows as rows^{exponent:.2f} from {FITTED:,} rows"


def _draw(
    runs: dict[str, list[Run]], dense: Run, exponents: dict[str, float | None], last: int
) -> str:
    """Return the plot: our two curves, every pair, and what two slopes would look like."""
    colours = {WHOLE: "#0072b2", SINGLE: "#009e73"}  # these and the third: Okabe and Ito's
    lines = [
        Line(
            f"{way}: {_describe(exponents[way])}",
            [(run.rows, run.seconds) for run in found],
            colours[way],
            dots=len(found),
        )
        for way, found in runs.items()
    ]
    ends = (dense.rows, last)
    label = f"{DENSE}: extrapolated from {dense.rows:,} rows"
    points = [(n, _extrapolate(dense, n)) for n in ends]
    lines.append(Line(label, points, "#d55e00", dashes="2 4", dots=1))
    start = runs[WHOLE][0]
    for power, name, grey in ((2, "quadratic", "#555555"), (1, "linear", "#999999")):
        points = [(n, start.seconds * (n / start.rows) ** power) for n in ends]
        lines.append(Line(f"{name} growth: slope {power}", points, grey, dashes="8 5"))
    return draw("The novelty gate: time over rows", "rows gated", "CPU seconds", lines)
