"""A paid answer as a row of the ledger, and back."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from vicugna.records import Message, Reply, Request, Sampling

REPLY_FIELDS = tuple(Reply.__dataclass_fields__)
Row = Mapping[Any, Any]  # by column: a row of SQLAlchemy, or a dict


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply with the request it answers and when it came (UTC, ISO 8601)."""

    reply: Reply
    request: Request
    created: str


def reply_row(request: Request, reply: Reply, created: str) -> dict[str, Any]:
    """Return the columns that hold an answer; who paid for it is added by the writer."""
    return {name: getattr(reply, name) for name in REPLY_FIELDS} | {
        "purpose": request.purpose,
        "lang": request.lang,
        "created": created,
        "request": zlib.compress(orjson.dumps(request)),
        "digest": checksum(reply),
    }


def reply_from(row: Row) -> Reply:
    """Return the reply in a row."""
    return Reply(*(row[name] for name in REPLY_FIELDS))


def request_from(packed: bytes) -> Request:
    """Return the request in the `request` column.

    Raises:
        zlib.error, ValueError, KeyError, TypeError: it is damaged.
    """
    return unpack_request(orjson.loads(zlib.decompress(packed)))


def unpack_request(sent: dict[str, Any]) -> Request:
    """Return the request that was written as JSON."""
    parts: dict[str, Any] = {
        "messages": tuple(Message(**message) for message in sent["messages"]),
        "sampling": Sampling(**sent["sampling"]),
        "shown": tuple(sent["shown"]),
    }
    return Request(**(sent | parts))


def stored_from(row: Row) -> Stored:
    """Return a row as records."""
    return Stored(reply_from(row), request_from(row["request"]), row["created"])


def checksum(reply: Reply) -> str:
    """Return a checksum (32 hex) of all that is stored of a reply: a changed bit is seen.

    Reasoning came with schema 3 and is the last field; one that has none is hashed as before.
    """
    fields = [getattr(reply, name) for name in REPLY_FIELDS]
    if not reply.reasoning:
        fields.pop()
    return hashlib.blake2b(orjson.dumps(fields), digest_size=16).hexdigest()
