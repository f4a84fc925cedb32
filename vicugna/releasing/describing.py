"""The manifest of a release."""

import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import vicugna
from vicugna.manifest import SCHEMA, Manifest, count_rows
from vicugna.records import Change, Task
from vicugna.releasing.history import History
from vicugna.settings import Recipe


class Raised(NamedTuple):
    """What a night raised: the night, the day its run is named by, and the run's manifest.

    The two days differ when a night goes on with what an earlier one had begun.
    """

    night: str
    day: str
    manifest: Manifest


def describe_night(
    history: History,
    recipe: Recipe,
    version: str,
    raised: Raised,
    rows: tuple[Sequence[Task], Sequence[Change]],
) -> Manifest:
    """Return the manifest of what a night released.

    `recipe` is that of the set, `rows` are all of the version and what changed. `usage`, `counts`
    of what was rejected, `stopped` and `session` are those of the night; `cost` is of all nights.
    """
    run = raised.manifest
    taken = ("method", "stopped", "content_sha256", "against", "usage", "session")
    return (
        _describe(history, version, rows)
        | {name: run[name] for name in taken if name in run}
        | {
            "night": raised.night,
            "run": raised.day,
            "recipe": recipe.decisive(),
            "recipe_sha256": recipe.digest,
            "counts": count_rows(rows[0], ()) | {"rejected": run["counts"]["rejected"]},
            "cost": _add_cost(history.latest, run["usage"]["price_usd"], len(rows[0])),
        }
    )


def describe_withdrawal(
    history: History, version: str, rows: tuple[Sequence[Task], Sequence[Change]]
) -> Manifest:
    """Return the manifest of a version that has fewer rows, which costs nothing."""
    before = history.latest or {}
    taken = ("method", "content_sha256", "recipe", "recipe_sha256")
    return (
        {name: before[name] for name in taken}
        | _describe(history, version, rows)
        | {
            "night": None,
            "run": None,
            "stopped": "target",
            "counts": count_rows(rows[0], ()),
            "cost": _add_cost(before, "0.000000", len(rows[0])),
            "session": {"finished": datetime.now(UTC).isoformat(timespec="seconds")},
        }
    )


def _describe(
    history: History, version: str, rows: tuple[Sequence[Task], Sequence[Change]]
) -> dict[str, Any]:
    changes = rows[1]
    added = Counter(one.lang for one in changes if one.change == "added")
    withdrawn = Counter(one.why for one in changes if one.change == "withdrawn")
    return {
        "schema": SCHEMA,
        "name": history.name,
        "made_by": "release",
        "version": version,
        "previous": history.versions[-1] if history.manifests else None,
        "versions": {"vicugna": vicugna.__version__, "python": platform.python_version()},
        "changes": {"added": dict(sorted(added.items())), "withdrawn": dict(withdrawn)},
    }


def _add_cost(before: Manifest | None, usd: str | None, rows: int) -> dict[str, Any]:
    """Return what all nights cost, in US dollars, and that for each row; None is unknown."""
    known = "0.000000" if before is None else before["cost"]["price_usd"]
    total = None if known is None or usd is None else float(known) + float(usd)
    return {
        "price_usd": None if total is None else f"{total:.6f}",
        "usd_per_row": None if total is None or not rows else f"{total / rows:.9f}",
    }
