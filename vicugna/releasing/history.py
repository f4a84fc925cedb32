"""What a set has released so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vicugna.errors import UserError
from vicugna.formats.canonical import read_tasks
from vicugna.manifest import Manifest
from vicugna.records import Stratum, Task
from vicugna.releasing.versions import RELEASES, list_versions
from vicugna.runs import read_manifest

RUNS = "runs"


@dataclass(frozen=True, slots=True)
class History:
    """A set: its folder, and the manifests of its releases, oldest first."""

    folder: Path
    manifests: tuple[Manifest, ...]

    @property
    def name(self) -> str:
        """The name of the set."""
        return self.folder.name

    @property
    def latest(self) -> Manifest | None:
        """The manifest of the newest release."""
        return self.manifests[-1] if self.manifests else None

    @property
    def versions(self) -> list[str]:
        """The versions, oldest first."""
        return [str(manifest["version"]) for manifest in self.manifests]

    def place(self, version: str) -> Path:
        """Return where a version is, or is to be."""
        return self.folder / RELEASES / version

    def run_place(self, day: str) -> Path:
        """Return where the run of a night is, or is to be."""
        return self.folder / RUNS / day

    def read_rows(self) -> list[Task]:
        """Return all rows of the newest release.

        Raises:
            UserError: they cannot be read.
        """
        return read_tasks(self.place(self.versions[-1]) / "tasks.jsonl") if self.manifests else []

    def count_rows(self) -> Mapping[Stratum, int]:
        """Return the rows of the newest release per language, with "" as the type, and per type."""
        if self.latest is None:
            return {}
        counts = self.latest["counts"]
        rows: dict[Stratum, int] = {(lang, ""): count for lang, count in counts["tasks"].items()}
        for lang, types in counts.get("types", {}).items():
            rows |= {(lang, type): count for type, count in types.items()}
        return rows

    def released(self, night: str) -> str | None:
        """Return the version that was the release of a night, None when there is none yet."""
        made = (one["version"] for one in self.manifests if night in (one["night"], one["run"]))
        return next(made, None)

    def list_sources(self) -> list[Path]:
        """Return sets that together hold every row of every release, withdrawn ones too.

        A row comes with the run of a night. Where somebody removed its folder, the release has it.
        """
        sources: list[Path] = []
        for manifest in self.manifests:
            if manifest["run"] is not None:
                run = self.run_place(manifest["run"])
                kept = (run / "manifest.json").exists()
                sources.append(run if kept else self.place(manifest["version"]))
        return sources


def read_history(folder: Path) -> History:
    """Read the manifests of a set's releases; of a set that has none yet, nothing.

    Raises:
        UserError: one of them cannot be read.
    """
    manifests = (_read_release(folder / RELEASES / one) for one in list_versions(folder))
    return History(folder, tuple(manifests))


def _read_release(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest["made_by"] != "release" or manifest.get("version") != folder.name:
        raise UserError(f"{folder / 'manifest.json'}: not that of a release of this name.")
    return manifest
