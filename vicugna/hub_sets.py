"""Data sets of the Hugging Face hub by name, as files: "hub:OWNER/NAME"."""

import importlib
import os
from collections.abc import Sequence
from contextlib import suppress
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


def _fetch(name: str, folder: Path) -> list[Path]:
    check_repository(name)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Imported here, and by name: it takes a second, and ships no types.
    datasets: Any = importlib.import_module("datasets")
    datasets.disable_progress_bars()
    try:
        splits = datasets.load_dataset(name)
        target = folder / name.replace("/", "--")
        target.mkdir(parents=True, exist_ok=True)
        for old in target.glob("*.parquet"):
            with suppress(OSError):
                old.unlink()
        files: list[Path] = []
        for split in sorted(splits, key=lambda split: (split != "train", split)):
            files.append(target / f"{show_plain(str(split)).replace('/', '-')}.parquet")
            splits[split].to_parquet(files[-1])
    except Exception as error:
        raise _explain(name, error) from error
    return files


def _explain(name: str, error: Exception) -> UserError:
    said = show_plain(" ".join(str(error).split()).rstrip(".") or type(error).__name__, 300)
    return UserError(
        f'hub set "{name}": cannot be fetched: {said}. Look at the name, HF_TOKEN (private and '
        "gated sets ask for it) and HF_ENDPOINT, or download it and give the files."
    )
