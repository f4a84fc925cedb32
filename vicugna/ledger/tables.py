"""The tables of the ledger, and how those of an earlier version become these.

reply      one row is one paid answer, known by the hash of what was sent (`Request.key`)
charge     what counts against a budget without being an answer: a request that is with the teacher
           (open), one that may have been paid for and gave nothing (lost), answers that were
           removed (removed)
account    the sums of both per run and per calendar month, so that a budget is checked in one look
process    who is at work, and a number that goes up while it is
quota      what is left, at a moment, of what an endpoint allows in a second: processes share it
batch      a file of requests that is, or is about to be, with a teacher's Batch API
lease      which process is at work on a set that grows: one at a time
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    func,
    select,
)
from sqlalchemy.engine import Dialect

SCHEMA = 4  # raised when the tables change
_WRITING = 0x76696375676E61  # "vicugna": names the lock under which PostgreSQL is written


class AnyText(TypeDecorator[str]):
    """Text with NUL, which PostgreSQL refuses, written as SUB 0; SUB itself as SUB 1."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what is written."""
        return value and value.replace("\x1a", "\x1a1").replace("\0", "\x1a0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what was put in."""
        return value and value.replace("\x1a0", "\0").replace("\x1a1", "\x1a")


METADATA = MetaData()
REPLY = Table(
    "reply",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("teacher", Text, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("finish_reason", AnyText, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("price_nusd", BigInteger, comment="1e-9 USD; null is unknown"),
    Column("seconds", Float(), nullable=False),
    Column("created", Text, nullable=False, comment="UTC, ISO 8601"),
    Column("request", LargeBinary, nullable=False, comment="zlib of the request as JSON"),
    Column("run", Text, nullable=False, server_default="", comment="who paid; '' before schema 2"),
    Column("month", Text, nullable=False, server_default="", comment="when: 2026-11, UTC"),
    Column("charge", Text, nullable=False, server_default="", comment="id of the paid charge"),
    Column("charged_nusd", BigInteger, comment="what budgets count: the price, or the bound"),
    Column("charged_tokens", BigInteger, nullable=False, server_default="0"),
    Column("digest", Text, nullable=False, server_default="", comment="checksum of the reply"),
    Column("reasoning", AnyText, nullable=False, server_default=""),
)
CHARGE = Table(
    "charge",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("state", Text, nullable=False, comment="open, lost, removed"),
    Column("nusd", BigInteger, comment="the most it can cost, or did; null is unknown"),
    Column("tokens", BigInteger, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("unpriced", Integer, nullable=False, comment="how many of the requests have no price"),
    Column("created", Text, nullable=False, comment="UTC, ISO 8601"),
)
# Whatever goes wrong, no two processes have one question with the teacher at the same time.
ONE_OPEN = Index(
    "charge_one_open",
    CHARGE.c.key,
    unique=True,
    sqlite_where=CHARGE.c.state == "open",
    postgresql_where=CHARGE.c.state == "open",
)
ACCOUNT = Table(
    "account",
    METADATA,
    Column("scope", Text, primary_key=True, comment="run:<id> or month:<yyyy-mm>"),
    Column("nusd", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False, comment="requests whose price is unknown"),
    Column("held_nusd", BigInteger, nullable=False, comment="of the open charges"),
    Column("held_tokens", BigInteger, nullable=False),
    Column("held_requests", BigInteger, nullable=False),
)
PROCESS = Table(
    "process",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("beat", BigInteger, nullable=False, comment="goes up every few seconds"),
    Column("started", Text, nullable=False, comment="UTC, ISO 8601"),
)
QUOTA = Table(
    "quota",
    METADATA,
    Column("scope", Text, primary_key=True, comment="address and model"),
    Column("requests", Float(), nullable=False, comment="left at that moment; below 0: a debt"),
    Column("tokens", Float(), nullable=False),
    Column("at", Float(), nullable=False, comment="seconds since 1970, by the database's clock"),
)
BATCH = Table(
    "batch",
    METADATA,
    Column("id", Text, primary_key=True, comment="ours, written before the provider's is known"),
    Column("teacher", Text, nullable=False, comment="address it is at"),
    Column("process", Text, nullable=False, comment="who intends it"),
    Column("state", Text, nullable=False, comment="intended, created, done"),
    Column("input_file", AnyText, nullable=False, server_default="", comment="the provider's id"),
    Column("remote", AnyText, nullable=False, server_default="", comment="the provider's id"),
    Column("lines", LargeBinary, nullable=False, comment="zlib of requests and charges as JSON"),
    Column("created", Text, nullable=False, comment="UTC, ISO 8601"),
)
LEASE = Table(
    "lease",
    METADATA,
    Column("name", Text, primary_key=True, comment="set:<name>"),
    Column("process", Text, nullable=False),
    Column("since", Text, nullable=False, comment="UTC, ISO 8601"),
)
META = Table(
    "meta", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
)


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other process writes, and keep others waiting until the transaction ends.

    SQLite is locked already when a transaction that writes begins (`connect`).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_WRITING)))
