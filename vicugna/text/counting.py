"""Lengths in the tokens of a trainer's own tokenizer, and how they are spread."""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vicugna.errors import UserError
from vicugna.text.hygiene import show_plain

_FILE = "tokenizer.json"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bin:
    """How many texts have `least` to `most` tokens, both included."""

    least: int
    most: int
    texts: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Lengths of texts in tokens. `bins` go on from the shortest to the longest, without a gap.

    `median` and `p95` are lengths that a text has: half of the texts, or 95 % of them, are no
    longer (the nearest rank). Of no texts everything is 0.
    """

    texts: int
    total: int
    mean: float
    median: int
    p95: int
    longest: int
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is known of a tokenizer.

    `count` counts the tokens of a text, without those that mark its beginning and end. `marks` are
    the texts that it reads as marks of its own: "<|im_end|>", "</s>"; inside a text of ours they
    would end a turn or a row in the middle of it.
    """

    count: Callable[[str], int]
    marks: tuple[str, ...]


def load_tokens(name: str) -> Tokens:
    """Return what counts the tokens of a text, and what else is known of a tokenizer.

    `name` is a `tokenizer.json`, a folder that has one, or, when there is no such path and it
    reads OWNER/NAME, a model on the hub, whose file is fetched once and kept.

    Raises:
        UserError: there is no such file, it is no tokenizer, or the hub does not give it.
    """
    tokenizer = _load(name)

    def count(text: str) -> int:
        if not text.isascii():  # half a character is no text to the library
            text = text.encode(errors="replace").decode()
        return len(tokenizer.encode(text, add_special_tokens=False))

    added: dict[int, Any] = tokenizer.get_added_tokens_decoder()
    return Tokens(count, tuple(token.content for token in added.values() if token.special))


def histogram(counts: Iterable[int]) -> Histogram:
    """Return how lengths in tokens are spread, in bins that each reach twice as far.

    >>> histogram([0, 3, 2, 5]).bins
    (Bin(least=0, most=0, texts=1), Bin(least=1, most=1, texts=0), Bin(least=2, most=3, texts=2), \
Bin(least=4, most=7, texts=1))
    """
    lengths = sorted(counts)
    if not lengths:
        return Histogram(0, 0, 0.0, 0, 0, 0, ())
    total = sum(lengths)
    sizes = Counter(length.bit_length() for length in lengths)
    bins = tuple(
        Bin(1 << size - 1 if size else 0, (1 << size) - 1, sizes[size])
        for size in range(min(sizes), max(sizes) + 1)
    )
    return Histogram(
        len(lengths),
        total,
        total / len(lengths),
        _percentile(lengths, 50),
        _percentile(lengths, 95),
        lengths[-1],
        bins,
    )


def histogram_lines(lengths: Histogram, width: int = 40) -> list[str]:
    r"""Return a histogram as lines of plain text: one a bin, then the totals.

    A bar of `width` characters is the fullest bin. What is not empty has a bar.

    >>> print("\n".join(histogram_lines(histogram([3, 5, 6]), width=4)))
    2-3  1  33.3 %  ##
    4-7  2  66.7 %  ####
    3 texts, 14 tokens: mean 4.7, median 5, 95 % up to 6, longest 6
    """
    fullest = max((one.texts for one in lengths.bins), default=0)
    rows = [
        (
            f"{one.least:,}-{one.most:,}" if one.least < one.most else f"{one.least:,}",
            f"{one.texts:,}",
            f"{100 * one.texts / lengths.texts:.1f} %",
            "#" * -(-width * one.texts // fullest),
        )
        for one in lengths.bins
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(wide) for cell, wide in zip(row[:3], widths, strict=False))
        + (f"  {row[3]}" if row[3] else "")
        for row in rows
    ]
    return [
        *lines,
        f"{lengths.texts:,} texts, {lengths.total:,} tokens: mean {lengths.mean:.1f}, "
        f"median {lengths.median:,}, 95 % up to {lengths.p95:,}, longest {lengths.longest:,}",
    ]


def _percentile(lengths: Sequence[int], percent: int) -> int:
    return lengths[-(-percent * len(lengths) // 100) - 1]


def _load(name: str) -> Any:  # noqa: ANN401 - a tokenizer of an extension module
    # Imported here: it takes a while, and only who counts in a trainer's tokens needs it.
    kind: Any = importlib.import_module("tokenizers").Tokenizer
    path = Path(name)
    try:
        if path.is_dir():
            path /= _FILE
        elif not path.exists() and _HUB_NAME.fullmatch(name):
            path = None
        elif not path.is_file():
            raise UserError(f"{name}: no such file, expected a {_FILE}, its folder, or OWNER/NAME.")
        tokenizer = kind.from_file(str(path)) if path else kind.from_pretrained(name)
    except UserError:
        raise
    except Exception as error:  # what the library raises is an Exception, and no kind of its own
        said = show_plain(str(error).strip().split("\n")[0], 200).rstrip(".")
        problem = f"{path}: cannot be read as a" if path else f"{name}: the hub gives no"
        raise UserError(f"{problem} tokenizer: {said}.") from error
    # A file may say where texts are cut, or filled up: then none would be longer, or shorter.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
