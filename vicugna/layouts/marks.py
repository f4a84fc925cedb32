"""Marks that a reader takes for the ends and beginnings of turns, wherever they stand."""

from collections.abc import Iterable

from vicugna.layouts.turns import to_turns
from vicugna.records import Draft


def texts_of(draft: Draft, *, system: bool = False, rejected: bool = False) -> list[str]:
    """Return the questions and answers of a draft, and what else of it a layout writes."""
    texts = [text for role, text in to_turns(draft) if system or role != "system"]
    return texts + [one.answer for one in draft.alternatives if rejected]


def find_mark(texts: Iterable[str], marks: Iterable[str]) -> str:
    """Return why texts cannot stand between some marks, in words that are counted, or "".

    >>> find_mark(["say <eoh> to me"], ["<eoh>"])
    '<eoh> in a text'
    """
    known = list(texts)
    for mark in marks:
        if any(mark in text for text in known):
            return f"{mark} in a text"
    return ""
