"""What one process did for a run: what it sent, to whom, and how that went."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vicugna.caching import MIN_REQUESTS, find_caches, find_poor_caching
from vicugna.growth import Growth
from vicugna.ledger.traffic import TeacherTraffic, Traffic
from vicugna.settings import Recipe
from vicugna.teachers.roles import name_teachers
from vicugna.text.hygiene import show_plain


def describe_session(recipe: Recipe, growth: Growth, traffic: Traffic) -> dict[str, Any]:
    """Return what a manifest says of the process that ended a run.

    `teachers` are by their labels, with the concurrency and the quotas a minute in use at the end,
    None where they are not known; `poor_caching` is as `find_poor_caching` returns it.
    """
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "sent": traffic.sent,
        "from_ledger": traffic.replayed,
        "paid_tokens": traffic.sent_tokens,
        "paid_usd": _usd(traffic.sent_nusd, traffic.unpriced),
        "lost": traffic.lost,
        "lost_tokens_at_most": traffic.lost_tokens,
        "lost_usd_at_most": _usd(traffic.lost_nusd),
        "faults": dict(traffic.faults),
        "teachers": {label: _describe_teacher(one) for label, one in traffic.teachers.items()},
        "poor_caching": _find_poor_caching(recipe, growth, traffic),
    }


def show_troubles(session: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what went wrong or was done against it, each with a title; nothing where all is well.

    Teachers are named where there is more than one.
    """
    teachers: Mapping[str, Mapping[str, Any]] = session["teachers"]
    told = {
        "faults": {label: join_counts(one["faults"]) for label, one in teachers.items()},
        "handed on": {label: join_counts(one["handed_on"]) for label, one in teachers.items()},
        "hedged": {
            label: f"{one['hedged']:,} sent twice, {one['hedges_won']:,} won by the second"
            for label, one in teachers.items()
            if one["hedged"]
        },
    }
    several = len(teachers) > 1
    lines = {
        title: "; ".join(
            f"{show_plain(label, 40)}: {words}" if several else words
            for label, words in by_teacher.items()
            if words
        )
        for title, by_teacher in told.items()
    }
    return [(title, line) for title, line in lines.items() if line]


def join_counts(counted: Mapping[str, int]) -> str:
    """Return what was counted in words, the most frequent first.

    >>> join_counts({"reset": 1, "429": 9})
    '429 9, reset 1'
    """
    ordered = sorted(counted.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count}" for name, count in ordered)


def _describe_teacher(traffic: TeacherTraffic) -> dict[str, Any]:
    return {
        "sent": traffic.sent,
        "paid_tokens": traffic.tokens,
        "paid_usd": _usd(traffic.nusd, traffic.unpriced),
        "faults": dict(traffic.faults),
        "handed_on": dict(traffic.handed_on),
        "hedged": traffic.hedged,
        "hedges_won": traffic.hedges_won,
        "concurrency": traffic.concurrency or None,
        "rpm": traffic.rpm,
        "tpm": traffic.tpm,
    }


def _find_poor_caching(recipe: Recipe, growth: Growth, traffic: Traffic) -> list[dict[str, Any]]:
    """Look at the teachers that this process asked: other answers may be from a batch."""
    asked = {label: one for label, one in traffic.teachers.items() if one.sent >= MIN_REQUESTS}
    caches = find_caches(name_teachers(recipe))
    return find_poor_caching(
        growth.prompts,
        {label: cache for label, cache in caches.items() if label in asked},
        {label: one.concurrency for label, one in asked.items()},
    )


def _usd(nusd: int, unpriced: int = 0) -> str | None:
    return None if unpriced else f"{nusd / 1e9:.6f}"
