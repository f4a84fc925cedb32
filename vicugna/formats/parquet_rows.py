"""Rows of a parquet file: the columns that JSON can hold."""

import importlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vicugna.errors import UserError

_COLUMNS = ("instruction", "input", "output")
_BATCH = 10_000  # rows that are Python objects at a time


def is_parquet(path: Path) -> bool:
    """Return whether a file begins as parquet does. One that cannot be read does not."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except (OSError, ValueError):
        return False


def count_groups(path: Path) -> list[int]:
    """Return how many rows each row group of a file has.

    Raises:
        UserError: it cannot be read.
    """
    with _open(path) as file:
        meta = file.metadata
        return [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]


def read_parquet_rows(
    path: Path, groups: Sequence[int] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number from 1, object) of each row of some row groups, or of all.

    Raises:
        UserError: it cannot be read, or a column of the Alpaca layout is of a type that is neither
            text nor numbers. Other columns of such types are left away.
    """
    with _open(path) as file:
        schema = file.schema_arrow
        columns = [name for name in schema.names if _holds_json(schema.field(name).type)]
        for name in _COLUMNS:
            if name in schema.names and name not in columns:
                kind = schema.field(name).type
                raise UserError(f'{path}: column "{name}" is of type {kind}, expected text.')
        number = 0
        for batch in file.iter_batches(_BATCH, groups, columns):
            for row in batch.to_pylist():
                number += 1
                yield number, row


@contextmanager
def _open(path: Path) -> Generator[Any]:
    """Open a parquet file; what Arrow says of it becomes a UserError."""
    # Imported here, and by name: it takes a while, ships no types, and few files need it.
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (arrow.ArrowException, UnicodeDecodeError, OSError) as error:
        said = str(error).split("\n")[0].rstrip(".")
        raise UserError(f"{path}: cannot be read as parquet: {said}.") from error


def _holds_json(kind: Any) -> bool:  # noqa: ANN401 - a type of Arrow
    """Return whether JSON can hold the values of a column: a row may be written as JSON."""
    types: Any = importlib.import_module("pyarrow.types")
    known = (types.is_string, types.is_large_string, types.is_string_view, types.is_dictionary)
    known += (types.is_integer, types.is_floating, types.is_boolean, types.is_null)
    if types.is_list(kind) or types.is_large_list(kind):
        return _holds_json(kind.value_type)
    if types.is_struct(kind):
        return all(_holds_json(kind.field(place).type) for place in range(kind.num_fields))
    return any(is_kind(kind) for is_kind in known)
