"""What a layout is: how a draft is written as rows of a file, and how a row is read.

Nothing here opens a file; `formats` does. A layout that writes promises that its reader keeps
every row and trains on every answer: what the reader would drop, mask or misread is refused, with
the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Required, TypedDict

from vicugna.records import Alternative, Draft, Round

Row = dict[str, Any]

# How the rows of a file stand in it: one JSON array, one object a line, parquet with explicit
# types, or LMFlow's {"type", "instances"}, which names its type.
Container = Literal[
    "array",
    "lines",
    "parquet",
    "lmflow text2text",
    "lmflow conversation",
    "lmflow paired_conversation",
    "lmflow paired_text_to_text",
    "lmflow text_to_textlist",
    "lmflow text_to_scored_textlist",
]


class Content(TypedDict, total=False):
    """What a row says of a task, by the names of `Draft`. What is left out is not known.

    `label` is KTO's: False when the last answer is a bad one. Texts are as `texts.clean` leaves
    them.
    """

    instruction: Required[str]
    input: str
    output: Required[str]
    group: str
    is_classification: bool | None
    check: str
    system: str
    reasoning: str
    rounds: tuple[Round, ...]
    alternatives: tuple[Alternative, ...]
    score: float | None
    type: str
    topic: str
    licence: str
    label: bool


class Problem(NamedTuple):
    """A row, or a part of one, that is no task: why, in a few words that are counted, and what."""

    reason: str
    text: str = ""


Read = list[Content | Problem]
Located = tuple[int, Content | Problem]  # the number of the row, counted from 1, and what it says
# Parts of a draft that a layout may have no place for, told when an export loses them.
Part = Literal["system", "reasoning", "alternatives", "score"]
NOTHING: frozenset[Part] = frozenset()
SYSTEM: frozenset[Part] = frozenset({"system"})
PREFERENCES: frozenset[Part] = frozenset({"system", "alternatives"})
MORE_ROUNDS = "more than one round"  # why a layout of single tasks refuses a conversation
NO_REJECTED = "no rejected answer"  # why a layout of preferences refuses a task


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    `write` returns the rows of a draft, or why there is none; every row has the same keys, with
    values of the same types. It is None when the layout is only read. `matches` says whether a row
    is in the layout, by its keys and the types under them. `read` returns what is in such a row,
    nothing left out: each task, and each piece that is none. `join`, when rows belong together,
    does what one row cannot.
    `holds` are the parts of a draft that survive; input and instruction may become one text. With
    `rounds_first` conversations are written before single tasks: its reader takes the types of the
    first rows for those of all, and an empty list there for a list of nothing.
    """

    file: str
    container: Container
    write: Callable[[Draft], list[Row] | str] | None
    matches: Callable[[Row], bool]
    read: Callable[[Row], Read]
    holds: frozenset[Part] = NOTHING
    join: Callable[[list[Located]], list[Located]] | None = None
    rounds_first: bool = False
