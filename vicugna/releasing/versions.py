"""The versions of a set, by the day they were made: 2026-11-29, and 2026-11-29.1 after it."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from vicugna.errors import UserError
from vicugna.pipeline import OUTPUTS
from vicugna.text.hygiene import show_plain

RELEASES = "releases"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d{0,8}))?")


def find_set(name: str) -> Path:
    """Return the folder of a set by its name.

    Raises:
        UserError: it is no name of a folder, or that of a run.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f'set "{show_plain(name, 80)}": expected a name of small letters, digits and dashes, '
            "as small or chat-zh."
        )
    folder = OUTPUTS / name
    if (folder / "manifest.json").exists():
        raise UserError(f'set "{name}": {folder} is a run. Give the set another name (--set).')
    return folder


def check_day(day: str | None) -> str:
    """Return a day in ISO 8601; None is today (UTC).

    Raises:
        UserError: it is none.
    """
    if day is None:
        return datetime.now(UTC).date().isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise UserError(f'day "{show_plain(day, 40)}": expected one as 2026-11-29.') from error


def list_versions(folder: Path) -> list[str]:
    """Return the versions of a set that were released, oldest first."""
    found = (folder / RELEASES).glob("*/manifest.json")
    names = (path.parent.name for path in found)
    return sorted(filter(_VERSION.fullmatch, names), key=_parts)


def next_version(known: Sequence[str], day: str) -> str:
    """Return the name of a version that is made on a day, after all that are known.

    >>> next_version(["2026-11-28"], "2026-11-29"), next_version(["2026-11-29"], "2026-11-29")
    ('2026-11-29', '2026-11-29.1')
    """
    if not known:
        return day
    last, number = _parts(max(known, key=_parts))
    return day if day > last else f"{last}.{number + 1}"


def _parts(version: str) -> tuple[str, int]:
    """Return what versions are ordered by; ("", 0) for what is none."""
    found = _VERSION.fullmatch(version)
    return (found[1], int(found[2] or 0)) if found else ("", 0)
