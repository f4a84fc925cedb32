"""Data sets of the Hugging Face hub by name, as files: "hub:OWNER/NAME", or with ":CONFIG"."""

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vicugna.errors import UserError
from vicugna.hub import check_repository
from vicugna.text.hygiene import show_plain

PREFIX = "hub:"


def fetch_sets(inputs: Sequence[Path], outputs: Path) -> list[Path]:
    """Return inputs as files: of a set on the hub one parquet file for each split, train first.

    They are kept under `outputs/.hub`, and fetched anew each time: a set may have changed.

    Raises:
        UserError: a name is not one of a repository, or the set cannot be fetched.
    """
    files: list[Path] = []
    for given in inputs:
        name = str(given)
        if name.startswith(PREFIX):
            files += _fetch(name.removeprefix(PREFIX), outputs / ".hub")
        else:
            files.append(given)
    return files


def _fetch(given: str, folder: Path) -> list[Path]:
    name, _, config = given.partition(":")
    check_repository(name)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Imported here, and by name: it takes a second, and ships no types.
    datasets: Any = importlib.import_module("datasets")
    datasets.disable_progress_bars()
    target = folder / "--".join([*name.split("/"), *([_plain(config)] if config else [])])
    try:
        splits = datasets.load_dataset(name, config or None)
        target.mkdir(parents=True, exist_ok=True)
        order = sorted(splits, key=lambda split: (split != "train", split))
        return [_write(splits[split], target / f"{_plain(split)}.parquet") for split in order]
    except Exception as error:  # what the libraries raise here is of no one kind
        raise _explain(given, error) from error


def _write(rows: Any, path: Path) -> Path:  # noqa: ANN401 - a data set, which ships no types
    """Write a split whole or not at all: another process may be reading the one before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    rows.to_parquet(draft)
    os.replace(draft, path)
    return path


def _plain(split: object) -> str:
    return show_plain(str(split)).replace("/", "-")


def _explain(name: str, error: Exception) -> UserError:
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if key := os.environ.get("HF_TOKEN"):
        said = said.replace(key, "***")
    return UserError(
        f'hub set "{show_plain(name)}": cannot be fetched: {show_plain(said, 300)}. Look at the '
        "name (hub:OWNER/NAME, or hub:OWNER/NAME:CONFIG where it has several configurations), "
        "HF_TOKEN (private and gated sets ask for it) and HF_ENDPOINT, or give it as files."
    )
