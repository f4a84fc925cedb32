"""Texts in rows that people have."""

import json
import re
from typing import Any

import orjson

from vicugna.layouts.layout import Row
from vicugna.parsing import blank_input
from vicugna.text.hygiene import clean_text

# As DeepSeek-R1, Qwen3 and the trainers' reasoning templates write it. Only at the start: further
# on it is a text about such marks.
_THOUGHT = re.compile(r"\A<think>(?P<reasoning>.*?)</think>(?P<answer>.*)\Z", re.DOTALL)


def read_text(row: Row, *names: str) -> str | None:
    """Return the first of some fields that is there, as text; "" when none is, or it is null.

    None when it is no text at all: a list or an object. Numbers are written out.
    """
    return as_text(next((row[name] for name in names if row.get(name) is not None), None))


def as_text(value: Any) -> str | None:  # noqa: ANN401 - from JSON
    """Return a value as text: "" for null, None when it is a list or an object."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    return None if isinstance(value, dict | list) else json.dumps(value)


def read_input(row: Row, name: str = "input") -> str | None:
    """Return an input as text; "" when it only says that there is none."""
    text = read_text(row, name)
    return text if text is None else blank_input(text)


def split_reasoning(answer: str) -> tuple[str, str]:
    """Return (reasoning, answer) of an answer that may begin with <think>...</think>.

    >>> split_reasoning("<think>2+2</think>4"), split_reasoning("4")
    (('2+2', '4'), ('', '4'))
    """
    thought = _THOUGHT.match(answer)
    if thought is None:
        return "", answer
    return thought["reasoning"].strip(), thought["answer"].strip()


def dump_row(row: Any) -> str:  # noqa: ANN401 - from JSON
    """Return a row as JSON, or its keys when it is deeper than JSON can be written."""
    try:
        return orjson.dumps(row).decode()
    except (orjson.JSONEncodeError, TypeError):
        return ", ".join(map(str, row))
