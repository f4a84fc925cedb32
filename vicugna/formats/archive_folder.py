"""An archive as a folder of columns: written whole, opened without reading what is not needed.

It is a copy of what can be made again, so whatever is not just as it was written (of another
source, by other code, cut short, damaged) counts as absent.
"""

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from vicugna.text.archive import Archive, Buckets
from vicugna.text.digests import Digests
from vicugna.text.limit import Limit
from vicugna.text.sift import Signed
from vicugna.text.vocabulary import Vocabulary

_FORMAT = 2
_HEADER = 128  # bytes of a column without a value, which cannot be mapped into memory
_TEXT = Path(__file__).parents[1] / "text"
_Array = NDArray[Any]


def save_archive(archive: Archive, folder: Path, source: Mapping[str, Any]) -> None:
    """Write an archive where another one may be; `source` says what it was made of.

    Raises:
        OSError: it cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        for name, values in _columns(archive).items():
            np.save(draft / f"{name}.npy", values)
        tokens, _, _ = archive.vocabulary.dump()
        (draft / "tokens.json").write_bytes(orjson.dumps(tokens))
        (draft / "ids.json").write_bytes(orjson.dumps(list(archive.ids)))
        checks = {path.name: _check(path) for path in sorted(draft.iterdir())}
        about = _about(source) | {"limit": _limit(archive.limit), "checks": checks}
        whole = {"about": about, "check": zlib.crc32(orjson.dumps(about))}
        (draft / "about.json").write_bytes(orjson.dumps(whole))
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        with suppress(OSError):  # another process was faster, with the same
            os.rename(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def open_archive(folder: Path, source: Mapping[str, Any]) -> Archive | None:
    """Return the archive of a source, or None when the folder does not hold it unharmed."""
    try:
        whole = orjson.loads((folder / "about.json").read_bytes())
        about = whole["about"]
        if zlib.crc32(orjson.dumps(about)) != whole["check"]:
            return None
        if any(about[name] != value for name, value in _about(source).items()):
            return None
        if any(_check(folder / name) != check for name, check in about["checks"].items()):
            return None
        return _read(folder, Limit(*about["limit"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _about(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": _FORMAT, "code": _hash_code(), "source": dict(source)}


@cache
def _hash_code() -> str:
    """Return a hash of the code that decides what is in an archive and how it is searched."""
    code = hashlib.sha256()
    for path in sorted(_TEXT.glob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()


def _limit(limit: Limit) -> list[int]:
    return [limit.numerator, limit.denominator]


def _columns(archive: Archive) -> dict[str, _Array]:
    _, token_numbers, repeats = archive.vocabulary.dump()
    return {
        "token_numbers": token_numbers,
        "repeats": repeats,
        "numbers": archive.numbers,
        "words": archive.words,
        "starts": archive.starts,
        **{f"signed_{name}": values for name, values in archive.signed._asdict().items()},
        **archive.buckets._asdict(),
        **{f"digest_{name}": values for name, values in archive.digests._asdict().items()},
    }


def _read(folder: Path, limit: Limit) -> Archive:
    def column(name: str) -> _Array:
        path = folder / f"{name}.npy"
        return np.load(path, mmap_mode="r" if path.stat().st_size > _HEADER else None)

    tokens = orjson.loads((folder / "tokens.json").read_bytes())
    return Archive(
        limit,
        orjson.loads((folder / "ids.json").read_bytes()),
        Vocabulary.load(tokens, column("token_numbers"), column("repeats")),
        column("numbers"),
        column("words"),
        column("starts"),
        Signed(*(column(f"signed_{name}") for name in Signed._fields)),
        Buckets(*map(column, Buckets._fields)),
        Digests(*(column(f"digest_{name}") for name in Digests._fields)),
    )


def _check(path: Path) -> list[int]:
    """Return the bytes and the checksum of a file."""
    with path.open("rb") as file:
        check = size = 0
        while block := file.read(1 << 22):
            check, size = zlib.crc32(block, check), size + len(block)
    return [size, check]
