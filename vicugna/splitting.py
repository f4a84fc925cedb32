"""Train and validation, with nothing in validation that training has seen.

What belongs together stays on one side: rows of one group, rows that ask the same, translations,
and rows whose questions are near to each other, by exact ROUGE-L. Else a lower loss on validation
may be memory.
"""

import re
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from vicugna.errors import UserError
from vicugna.pool import draft_text
from vicugna.records import Lang, Task
from vicugna.text.closest import Neighbour
from vicugna.text.columns import read_columns
from vicugna.text.digests import digest
from vicugna.text.limit import Limit
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.ordered_join import OrderedJoin
from vicugna.text.vocabulary import Vocabulary

# A language in an id: "en-012" and "zh-012", "x.en" and "x.zh_CN" are translations.
_MARK = re.compile(
    r"(?<![a-z0-9])(?:en|zh)(?:[-_](?:us|gb|cn|tw|hk|hans|hant))?(?![a-z0-9])", re.IGNORECASE
)


class Split(NamedTuple):
    """Both sides, each in the order the rows came in, and how many validation was to have."""

    train: list[Task]
    validation: list[Task]
    wanted: int


class _Bundles(NamedTuple):
    """Rows that belong together: the bundle of each row, and the rows of each bundle."""

    labels: NDArray[np.int64]
    rows: dict[int, list[int]]


def split_tasks(
    tasks: Sequence[Task], share: float, *, max_f1: float = 0.7, seed: int = 0
) -> Split:
    """Return tasks as train and validation; `share` of each language, rounded up, is wanted.

    Rows belong together that have a question (all of it, as `normal_form` reads it), a group
    or an id in common; ids and groups that differ in a language mark are those of translations.
    So do rows whose questions have a ROUGE-L F1 above `max_f1`, and those near to these. Such a
    bundle goes to one side. One with more rows than are still wanted is left in train, and train
    keeps half of each language: validation may have fewer rows than wanted, never more.

    Which rows are drawn depends on the seed and on what they ask, not on their order.

    0.7 is the limit of the near-duplicate filter. Of 52,002 English Alpaca rows (17,472 Chinese)
    0.8 % (6 %) have another above it: one poem asked for twice, questions on one article. Above
    0.6 it is 35 % (20 %), the largest bundle has 13,447 (960) rows, and they share a turn of
    phrase ("What does the acronym ... stand for?"), not an answer: validation would only have
    what is like nothing else.

    Raises:
        UserError: `share` is not above 0 and at most 0.5, or `max_f1` not above 0 and at most 1.
    """
    if not 0 < share <= 0.5:
        raise UserError(f"share is {share}, expected above 0 and at most 0.5. Try 0.02.")
    questions = [draft_text("instruction+input", task.draft) for task in tasks]
    names = [digest(question) for question in questions]
    bundles = _bundle(tasks, names)
    wanted = _room(tasks, Fraction(str(share)))
    total = wanted.total()
    _join_near(bundles, questions, max_f1, total)
    order = sorted(bundles.rows.values(), key=lambda rows: _weight(seed, rows, tasks, names))
    drawn = _draw(order, tasks, wanted)
    train = [task for row, task in enumerate(tasks) if row not in drawn]
    return Split(train, [tasks[row] for row in sorted(drawn)], total)


def _bundle(tasks: Sequence[Task], names: Sequence[bytes]) -> _Bundles:
    """Return the rows as bundles: those that share a name, and those that share one with them."""
    bundles = _Bundles(np.arange(len(tasks)), {row: [row] for row in range(len(tasks))})
    firsts: dict[str | bytes, int] = {}
    for row, (task, name) in enumerate(zip(tasks, names, strict=True)):
        # An id and a group are one kind of name: the parts of a conversation have the id of the
        # whole as their group.
        for key in (_MARK.sub("*", task.draft.id), _MARK.sub("*", task.draft.group), name):
            if key:
                _merge(bundles, row, firsts.setdefault(key, row))
    return bundles


def _merge(bundles: _Bundles, one: int, other: int) -> None:
    """Make one bundle of those of two rows: the smaller is relabelled, so a row log n times."""
    larger, smaller = int(bundles.labels[one]), int(bundles.labels[other])
    if larger == smaller:
        return
    if len(bundles.rows[larger]) < len(bundles.rows[smaller]):
        larger, smaller = smaller, larger
    moved = bundles.rows.pop(smaller)
    bundles.labels[moved] = larger
    bundles.rows[larger] += moved


def _join_near(bundles: _Bundles, questions: Sequence[str], max_f1: float, most: int) -> None:
    """Merge the bundles of rows whose questions are near; of those above `most` rows, not all.

    A row may be near to two that are not near to each other, so all that are near to it are asked
    for, and of n rows that are all alike each meets n. Those are sorted out first: each is near to
    the first of them. Their bundle is too large to be drawn, so it need not be known what else
    is near to each, only what else is near to one.
    """
    firsts = {question: row for row, question in reversed([*enumerate(questions)])}
    _join_to_new(bundles, firsts, max_f1)
    large = {row for rows in bundles.rows.values() if len(rows) > most for row in rows}
    others = {question: row for question, row in firsts.items() if row not in large}
    _join_all_near(bundles, others, Limit.of(max_f1))
    if len(others) < len(firsts):
        index = NoveltyIndex(max_f1)
        for question, row in firsts.items():
            if row in large:
                index.add(str(row), question)
        for question, row in others.items():
            _join_to_nearest(bundles, row, index.nearest(question))


def _join_to_new(bundles: _Bundles, firsts: Mapping[str, int], max_f1: float) -> None:
    """Merge each row with the nearest of those before it that were near to none before them."""
    index = NoveltyIndex(max_f1)
    index.expect(list(firsts))
    for question, row in firsts.items():
        if not _join_to_nearest(bundles, row, index.nearest(question)):
            index.add(str(row), question)


def _join_to_nearest(bundles: _Bundles, row: int, nearest: Neighbour | None) -> bool:
    if nearest is not None:
        _merge(bundles, row, int(nearest.id))
    return nearest is not None


def _join_all_near(bundles: _Bundles, firsts: Mapping[str, int], limit: Limit) -> None:
    """Merge each row with every one that is near to it."""
    rows = np.fromiter(firsts.values(), np.int64, len(firsts))
    columns = read_columns(firsts, Vocabulary())
    if not len(columns.words):
        return
    words, starts = array("I", columns.words.tobytes()), columns.starts.tolist()
    texts = [words[start:end] for start, end in pairwise(starts)]
    join = OrderedJoin(columns, limit)
    for text, row in enumerate(rows.tolist()):
        near = np.array(join.near(text), np.int64)
        join.keep(text)
        near = near[bundles.labels[rows[near]] != bundles.labels[row]]
        while len(near):
            other, near = int(near[0]), near[1:]
            if _is_near(texts[text], texts[other], limit):
                _merge(bundles, row, int(rows[other]))
                near = near[bundles.labels[rows[near]] != bundles.labels[row]]


def _is_near(a: "array[int]", b: "array[int]", limit: Limit) -> bool:
    needed = limit.needed(len(a), len(b))
    return LCSseq.similarity(a, b, score_cutoff=needed) >= needed


def _weight(
    seed: int, rows: Sequence[int], tasks: Sequence[Task], names: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return what orders the bundles: a hash of the seed and of the first of the questions."""
    name = min(names[row] or tasks[row].draft.id.encode() for row in rows)
    return blake2b(name + b"/%d" % seed, digest_size=8).digest(), name


def _room(tasks: Sequence[Task], share: Fraction) -> Counter[Lang]:
    """Return how many rows of each language validation is to have: some, but not the most."""
    sizes = Counter[Lang](task.draft.lang for task in tasks)
    return Counter({lang: min(ceil(share * size), size // 2) for lang, size in sizes.items()})


def _draw(bundles: Sequence[Sequence[int]], tasks: Sequence[Task], room: Counter[Lang]) -> set[int]:
    """Return the rows of the bundles that there is room for, taken in their order.

    The language with fewer rows is filled first: its rows may all be translations, which the rest
    of the other would leave no room for.
    """
    counts = [Counter[Lang](tasks[row].draft.lang for row in rows) for rows in bundles]
    drawn: set[int] = set()
    for lang in sorted(room, key=lambda lang: (room[lang], lang)):
        for rows, needed in zip(bundles, counts, strict=True):
            if lang in needed and rows[0] not in drawn and needed <= room:
                room.subtract(needed)
                drawn.update(rows)
    return drawn
