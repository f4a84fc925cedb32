"""What is, or is about to be, with a teacher's Batch API, as the ledger keeps it.

A batch is written before it is created, with the requests in it and the charges that they are paid
out of. So whoever comes next, after a kill or a reboot, can find it, wait for it, and take in its
answers. The charges are held by the batch and not by a process: they outlive it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

import orjson
from sqlalchemy import Connection, select

from vicugna.ledger.accounts import Purse
from vicugna.ledger.rows import unpack_request
from vicugna.ledger.tables import BATCH
from vicugna.ledger.writing import HOLDER, Charge
from vicugna.records import Bound, Request


@dataclass(frozen=True, slots=True)
class Line:
    """A request of a batch, and the charge that it is paid out of."""

    request: Request
    charge: Charge


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch at one address. `input_file` and `remote` are the provider's ids, "" before.

    `process` is the one that intends it, and alone may create it while it lives.
    """

    id: str
    teacher: str
    process: str
    state: Literal["intended", "created", "done"]
    lines: tuple[Line, ...]
    created: str
    input_file: str = ""
    remote: str = ""


def intend(
    teacher: str, process: str, requests: Sequence[tuple[Request, Bound]], purse: Purse
) -> Batch:
    """Return a new batch of some requests, each with the most that it can use."""
    identity, created = uuid4().hex, datetime.now(UTC).isoformat(timespec="milliseconds")
    lines = tuple(
        Line(request, _charge(identity, request, bound, purse, created[:7]))
        for request, bound in requests
    )
    return Batch(identity, teacher, process, "intended", lines, created)


def batch_row(batch: Batch) -> dict[str, Any]:
    """Return the columns that hold a batch. What is done keeps no lines: they are answers now."""
    lines = () if batch.state == "done" else batch.lines
    return {
        "id": batch.id,
        "teacher": batch.teacher,
        "process": batch.process,
        "state": batch.state,
        "input_file": batch.input_file,
        "remote": batch.remote,
        "lines": zlib.compress(orjson.dumps(lines)),
        "created": batch.created,
    }


def read_open_batches(connection: Connection, teacher: str) -> list[Batch]:
    """Return the batches at an address that are not done, the oldest first."""
    is_open = (BATCH.c.teacher == teacher) & (BATCH.c.state != "done")
    query = select(BATCH).where(is_open).order_by(BATCH.c.created, BATCH.c.id)
    return [_batch(row) for row in connection.execute(query).mappings()]


def read_batch(connection: Connection, identity: str) -> Batch | None:
    """Return a batch as it stands; None when there is none."""
    row = connection.execute(select(BATCH).where(BATCH.c.id == identity)).mappings().first()
    return None if row is None else _batch(row)


def _batch(row: Any) -> Batch:  # noqa: ANN401 - a row of BATCH
    lines = tuple(
        Line(unpack_request(line["request"]), _unpack_charge(line["charge"]))
        for line in orjson.loads(zlib.decompress(row["lines"]))
    )
    fields = {name: value for name, value in row.items() if name != "lines"}
    return Batch(**fields, lines=lines)


def _unpack_charge(fields: dict[str, Any]) -> Charge:
    bound = Bound(**fields.pop("bound"))
    return Charge(**fields, bound=bound)


def _charge(batch: str, request: Request, bound: Bound, purse: Purse, month: str) -> Charge:
    return Charge(uuid4().hex, request.key, purse.run, month, f"{HOLDER}{batch}", bound)
