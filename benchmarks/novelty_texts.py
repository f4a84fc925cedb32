"""The texts that the novelty benchmark gates: read, made here, or spliced from halves."""

import gzip
import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import orjson

from vicugna.text.tokens import tokens


class Source(NamedTuple):
    """Where texts are from, and the texts."""

    name: str
    texts: list[str]


def read_sources(files: Sequence[Path], rows: int | None) -> list[Source]:
    """Return the first `rows` texts of each file, or of two sets made here if there is none."""
    if files:
        return [Source(file.name, _read(file)[:rows]) for file in files]
    english = [f"w{number}" for number in range(15_000)]
    chinese = [chr(0x4E00 + number) for number in range(4_000)]
    return [
        Source("made here: words", make_texts(20_000, english, seed=1)[:rows]),
        Source("made here: characters", make_texts(10_000, chinese, seed=2)[:rows]),
    ]


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


def splice(texts: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """Yield texts of the first half of the tokens of one text and the second half of another.

    With one seed fewer texts are the beginning of more. A space is between any two tokens, also
    between Chinese characters: they are tokens without it just as well.
    """
    source = random.Random(seed)
    whole = [split for split in map(tokens, texts) if len(split) > 1]
    for _ in range(count):
        first, second = source.choice(whole), source.choice(whole)
        yield " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def _read(file: Path) -> list[str]:
    content = file.read_bytes()
    rows = orjson.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
    return [row["instruction"] for row in rows]
