"""How many rows the novelty gate keeps at several limits: of each file, and of all in one pool."""

from collections.abc import Sequence

from benchmarks.novelty_gates import gate, short, timed
from benchmarks.novelty_texts import Source

LIMITS = (0.5, 0.6, 0.7, 0.8, 0.9)


def print_kept(sources: Sequence[Source]) -> None:
    """Print a line of rows kept and one of seconds for each source, and for all together."""
    print("rows kept at each limit, and the CPU seconds that took, in one run with a whole file\n")
    print(f"{'':<26}{'rows':>9}{''.join(f'{limit:>10}' for limit in LIMITS)}")
    for source in sources:
        _print(source)
    if len(sources) > 1:
        _print(Source("all in one pool", [text for source in sources for text in source.texts]))


def _print(source: Source) -> None:
    runs = [
        timed(lambda limit=limit: len(gate(source.texts, limit, whole=True)[0])) for limit in LIMITS
    ]
    print(f"{source.name:<26}{len(source.texts):>9,}{''.join(f'{kept:>10,}' for _, kept in runs)}")
    print(f"{'  seconds':<35}{''.join(f'{short(seconds):>10}' for seconds, _ in runs)}")
