"""What came of a start: for the terminal, for programs, and for whoever is to be told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vicugna.manifest import Manifest
from vicugna.releasing.versions import RELEASES

Event = Literal["released", "complete", "released already", "nothing kept", "busy", "failed"]
_EXIT_CODES: dict[Event, int] = {"failed": 2, "nothing kept": 3, "busy": 4}
_CAPS = ("budget", "month_budget", "hours")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a start at a set. `manifest` is that of the newest release, if there is one.

    released          there is a new version
    complete          nothing is missing, and nothing was withdrawn
    released already  the night has its release
    nothing kept      the run ended without one new task; `stopped` is why
    busy              another process is at work on the set; `words` say since when
    failed            something was wrong; `words` say what
    """

    folder: Path  # of the set
    event: Event
    manifest: Manifest | None = None
    stopped: str = ""
    words: str = ""

    @property
    def exit_code(self) -> int:
        """0 is done, 2 failed, 3 stopped before the target, 4 another process is at work."""
        if self.event in _EXIT_CODES:
            return _EXIT_CODES[self.event]
        return 3 if self.event == "released" and self.stopped != "target" else 0

    @property
    def occasion(self) -> str:
        """Which hook it is for: success, saturation, budget, failure; "" is for none."""
        if self.stopped.startswith(_CAPS):
            return "budget"
        if self.stopped.startswith("saturated"):
            return "saturation"
        if self.event == "released":
            return "success" if self.stopped == "target" else "failure"
        return "failure" if self.event in ("nothing kept", "failed") else ""

    def to_json(self) -> dict[str, Any]:
        """Return it for programs: what is not known, or does not apply, is None."""
        known = self.manifest or {}
        version = known.get("version")
        is_new = self.event == "released"
        changes: dict[str, dict[str, int]] = known.get("changes", {}) if is_new else {}
        return {
            "set": self.folder.name,
            "event": self.event,
            "exit_code": self.exit_code,
            "version": version,
            "previous": known.get("previous"),
            "folder": None if version is None else str(self.folder / RELEASES / version),
            "tasks": known.get("counts", {}).get("tasks", {}),
            "types": known.get("counts", {}).get("types", {}),
            "added": changes.get("added", {}),
            "withdrawn": changes.get("withdrawn", {}),
            "stopped": self.stopped or None,
            "price_usd": known.get("usage", {}).get("price_usd") if is_new else None,
            "cost": known.get("cost"),
            "words": self.words or None,
        }
