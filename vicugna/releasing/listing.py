"""What sets there are, and their versions, as they are listed: for people and for programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vicugna.manifest import Manifest
from vicugna.releasing.history import History, read_history
from vicugna.releasing.versions import RELEASES


def list_sets(outputs: Path) -> list[History]:
    """Return the sets under a folder that have a release, by name.

    Raises:
        UserError: a release of one of them cannot be read.
    """
    folders = sorted(path.parent for path in outputs.glob(f"*/{RELEASES}"))
    return [history for folder in folders if (history := read_history(folder)).manifests]


def describe_set(history: History) -> dict[str, Any]:
    """Return a set by its newest version."""
    latest = describe_version(history.manifests[-1])
    del latest["previous"], latest["added"], latest["withdrawn"]
    return {"set": history.name, "versions": len(history.manifests)} | latest


def describe_version(manifest: Manifest) -> dict[str, Any]:
    """Return a version: rows, what changed, what it cost; None is unknown, or does not apply."""
    usage: Mapping[str, Any] = manifest.get("usage", {})
    return {
        "version": manifest["version"],
        "previous": manifest["previous"],
        "night": manifest["night"],
        "tasks": manifest["counts"]["tasks"],
        "types": manifest["counts"].get("types", {}),
        **manifest["changes"],
        "stopped": manifest["stopped"],
        "price_usd": usage.get("price_usd"),
        "cost": manifest["cost"],
        "finished": manifest["session"]["finished"],
    }


def tabulate_version(manifest: Manifest) -> dict[str, str | int]:
    """Return a version as a row of plain cells; no word that somebody wrote is in it."""
    told = describe_version(manifest)
    return {
        "version": told["version"],
        **{f"rows {lang}": count for lang, count in told["tasks"].items()},
        "added": sum(told["added"].values()),
        "withdrawn": sum(told["withdrawn"].values()),
        "stopped": told["stopped"] if told["night"] else "",
        "USD": told["price_usd"] or "",
        "USD in all": told["cost"]["price_usd"] or "",
        "finished (UTC)": show_finished(told),
    }


def show_finished(told: Mapping[str, Any]) -> str:
    """Return when a version was finished, to the minute: "2026-11-29 02:00"."""
    return str(told["finished"])[:16].replace("T", " ")
