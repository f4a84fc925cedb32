"""Rows of files that people have, as drafts, and how files and rows are named."""

import hashlib
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import orjson

from vicugna.errors import UserError
from vicugna.formats.reading import read_text_field
from vicugna.parsing import blank_input
from vicugna.records import Draft, Rejected, Source, Verdict
from vicugna.text.hygiene import show_plain
from vicugna.text.script import language_of

_TEXTS = ("instruction", "input", "output")


def read_draft(row: dict[str, Any], source: Source) -> Draft | Rejected:
    """Return the task in a row, or the row rejected when there is none."""
    identity = f"{source.file}:{source.position}"
    texts = {name: read_text_field(row, name) for name in _TEXTS}
    known = read_texts(row)
    everything = "\n".join(known.values())
    lang = language_of(known["instruction"]) or language_of(everything) or "en"
    problem = next((f"{name} is not text" for name, text in texts.items() if text is None), "")
    if not problem and not known["instruction"]:
        problem = "no instruction"
    if problem:
        verdict = Verdict("parse", False, detail=problem)
        return Rejected(identity, lang, verdict, source, None, _write_row(row))
    return Draft(
        identity,
        lang,
        known["instruction"],
        known["input"],
        known["output"],
        source,
        group=identity,
    )


def read_texts(row: dict[str, Any]) -> dict[str, str]:
    """Return instruction, input and output of a row; what is no text, or says no input, is ""."""
    texts = {name: read_text_field(row, name) or "" for name in _TEXTS}
    return texts | {"input": blank_input(texts["input"])}


def hash_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error


def name_files(paths: Iterable[Path]) -> list[str]:
    """Return the names of files as ids hold them, each different."""
    names: list[str] = []
    for path in paths:
        names.append(unused_name(plain_name(path), names))
    return names


def plain_name(path: Path) -> str:
    """Return a file's name as ids and the card hold it: no name can be no text, or end a code."""
    return show_plain(path.name).replace("`", "'")


def unused_name(name: str, taken: Container[str]) -> str:
    """Return a name for a file that tells it from another of the same name."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}#{number}"
        number += 1
    return unique


def _write_row(row: dict[str, Any]) -> str:
    try:
        return orjson.dumps(row).decode()
    except orjson.JSONEncodeError:  # lists in lists, deeper than it can be written
        return ", ".join(row)
