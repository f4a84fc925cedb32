"""What a cluster does, done in this process and in turn, so that most tests need no Ray."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from vicugna.ray_cleaning.cluster import Cluster

Table = Any


class InTurn(Cluster):
    """Runs a task when it is given. What goes to it and comes back is pickled, as on the way."""

    cpus = 2
    nodes = 1

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, function: Callable[..., Any], *args: Any, results: int = 1) -> Any:
        self.ran.append(function.__name__)
        done = _send(function(*_send(args)))
        return list(done) if results > 1 else done

    def put(self, value: Any) -> Any:
        return value

    def get(self, refs: Any) -> Any:
        return refs

    def read(
        self, portions: Sequence[dict[str, Any]], read: Callable[[dict[str, Any]], Iterator[Table]]
    ) -> "Rows":
        return Rows(pa.concat_tables([table for one in portions for table in read(dict(one))]))

    def split(
        self, rows: "Rows", blocks: int, judge: Callable[[Table], Table] | None
    ) -> list[Table]:
        table = judge(rows.table) if judge else rows.table
        size = -(-len(table) // blocks)
        return [table.slice(first, size) for first in range(0, len(table), size)]


class Rows:
    """What stands for a data set of Ray."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def count(self) -> int:
        return len(self.table)


def _send(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))
