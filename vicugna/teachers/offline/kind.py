"""What a kind of task is, and where its words come from.

A kind composes an instruction and one or more instances of it from a random generator. Its
answers are computed, extracted, converted or looked up, never guessed. The words (people,
places, scenes, sentences) are data: `data/<name>.<lang>.json`, written for this project.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import orjson

from vicugna.records import Lang, TaskType

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Instance:
    """One input and its right output. `check` is the part of the output a program compares."""

    input: str
    output: str
    check: str


@dataclass(frozen=True, slots=True)
class Composed:
    """One instruction with its instances: one, or several inputs for the same instruction."""

    instruction: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task that exists in every language."""

    name: str
    type: TaskType
    is_classification: bool
    compose: Callable[[Random, Lang], Composed]


@cache
def load_words(name: str, lang: Lang) -> Any:  # noqa: ANN401 - JSON
    """Return the parsed `data/<name>.<lang>.json`."""
    return orjson.loads((DATA / f"{name}.{lang}.json").read_bytes())
