"""The log of paid answers, in SQLite by default, in PostgreSQL by URL.

One row is one answer, known by the hash of what was sent (`Request.key`). Rows are written by one
thread in groups: while a group commits, the next one gathers, so that a hundred answers in flight
cost a few commits. `put` returns when the row is committed. On SQLite that survives a killed
process; with `synchronous=FULL`, which is set here, it survives a power cut too.
"""

import asyncio
import sqlite3
import time
import zlib
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from vicugna.errors import UserError
from vicugna.records import Message, Reply, Request, Sampling

_CREATING = 0x76696375676E61  # "vicugna": names the lock under which tables are created
SCHEMA = 1  # raised when the tables change


class _AnyText(TypeDecorator[str]):
    """Text with NUL, which PostgreSQL refuses, written as SUB 0; SUB itself as SUB 1."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value and value.replace("\x1a", "\x1a1").replace("\0", "\x1a0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value and value.replace("\x1a0", "\0").replace("\x1a1", "\x1a")


_METADATA = MetaData()
REPLY = Table(
    "reply",
    _METADATA,
    Column("key", Text, primary_key=True),
    Column("teacher", Text, nullable=False),
    Column("model", _AnyText, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("text", _AnyText, nullable=False),
    Column("finish_reason", _AnyText, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("price_nusd", BigInteger, comment="1e-9 USD; null is unknown"),
    Column("seconds", Float, nullable=False),
    Column("created", Text, nullable=False, comment="UTC, ISO 8601"),
    Column("request", LargeBinary, nullable=False, comment="zlib of the request as JSON"),
)
META = Table(
    "meta", _METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
)
_REPLY_FIELDS = tuple(Reply.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply with the request it answers and when it came (UTC, ISO 8601)."""

    reply: Reply
    request: Request
    created: str


class Ledger:
    """Look up and append paid answers. Open it with `open_ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[Reply | None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def get(self, key: str) -> Reply | None:
        """Return the answer to the request with this key, or None."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._read, key)
        except DBAPIError as error:
            raise _explain(error, self._engine.url) from error

    async def put(self, request: Request, reply: Reply) -> Reply:
        """Write one answer; return, when it is committed, the one that is stored.

        The first answer to a key stays: when another process was faster, that is the other's.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Reply | None] = loop.create_future()
        self._waiting.append((_row(request, reply), done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_groups())
        return await asyncio.shield(done) or reply

    def __iter__(self) -> Iterator[Stored]:
        """Yield every answer, oldest first."""
        with self._engine.connect() as connection:
            for row in connection.execute(select(REPLY).order_by(REPLY.c.created)).mappings():
                yield _stored(dict(row))

    async def close(self) -> None:
        """Finish what is being written and close the database."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        self._thread.shutdown()
        self._engine.dispose()

    async def _write_groups(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            error: BaseException | None = None
            earlier: dict[str, Reply] = {}
            try:
                rows = [row for row, _ in group]
                earlier = await loop.run_in_executor(self._thread, self._write, rows)
            except DBAPIError as failed:
                error = _explain(failed, self._engine.url)
            except Exception as failed:  # whoever waits must hear of it, whatever it is
                error = failed
            for row, done in group:
                if not done.done():
                    done.set_exception(error) if error else done.set_result(earlier.get(row["key"]))

    def _read(self, key: str) -> Reply | None:
        columns = [REPLY.c[name] for name in _REPLY_FIELDS]
        with self._engine.connect() as connection:
            row = connection.execute(select(*columns).where(REPLY.c.key == key)).first()
        return None if row is None else Reply(*row)

    def _write(self, rows: list[dict[str, Any]]) -> dict[str, Reply]:
        """Write rows; return, by key, the answers that were there before."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(REPLY), rows)
        except IntegrityError:  # another process has answered one of them
            for row in rows:
                with suppress(IntegrityError), self._engine.begin() as connection:
                    connection.execute(insert(REPLY), [row])
            found = (self._read(row["key"]) for row in rows)
            return {reply.key: reply for reply in found if reply is not None}
        return {}


def find_reply(engine: Engine, key: str) -> Stored | None:
    """Return the answer to the request with this key, and the request; None when there is none."""
    with engine.connect() as connection:
        row = connection.execute(select(REPLY).where(REPLY.c.key == key)).mappings().first()
    return None if row is None else _stored(dict(row))


@asynccontextmanager
async def open_ledger(url: str) -> AsyncGenerator[Ledger]:
    """Open the ledger at a SQLAlchemy URL, creating its tables when they are missing.

    Raises:
        UserError: the URL cannot be read, its driver is not installed, the database cannot be
            opened, or its schema is newer.
    """
    ledger = Ledger(connect(url))
    try:
        yield ledger
    finally:
        await ledger.close()


def connect(url: str) -> Engine:
    """Return an engine on a ledger whose tables exist."""
    try:
        parsed = choose_driver(make_url(url))
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_pragmas)
        _prepare(engine)
    except DBAPIError as error:
        raise _explain(error, make_url(url)) from error
    except (SQLAlchemyError, ModuleNotFoundError, ValueError) as error:
        if getattr(error, "name", None) == "psycopg":
            raise UserError(
                'VICUGNA_LEDGER: PostgreSQL needs the extra "postgres": pip install '
                '"psycopg[binary]".'
            ) from error
        raise UserError(
            f"VICUGNA_LEDGER: {error}. Give a SQLAlchemy URL such as sqlite:///outputs/ledger.db."
        ) from error
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}.") from error
    return engine


def choose_driver(url: URL) -> URL:
    """Return the URL with our driver for PostgreSQL where it names none.

    SQLAlchemy 2.0 would take psycopg2, and knows `postgres://` not at all.
    """
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _set_pragmas(connection: Any, _: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    connection.execute("PRAGMA busy_timeout=30000")  # milliseconds
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _switch_to_wal(connection: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    """Switch to write-ahead logging. SQLite itself does not wait for others that do the same."""
    for _ in range(200):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def _prepare(engine: Engine) -> None:
    try:
        _create_tables(engine)
        _check_schema(engine)
    except BaseException:
        engine.dispose()  # it holds a connection that nobody else will close
        raise


def _create_tables(engine: Engine) -> None:
    """Create what is missing; other processes may be doing the same."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Its "if not exists" looks and makes in two steps; this lock ends with the transaction.
            connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
        for table in _METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))


def _check_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar()
    if found is None:
        with suppress(IntegrityError), engine.begin() as connection:  # another process was faster
            connection.execute(insert(META), {"name": "schema", "value": str(SCHEMA)})
    elif int(found) > SCHEMA:
        raise UserError(
            f"{engine.url!r}: the ledger has schema {found}, this version knows {SCHEMA}. "
            "Use a newer vicugna."
        )


def _explain(error: DBAPIError, url: URL) -> UserError:
    words = " ".join(str(error.orig).split()).rstrip(".")  # PostgreSQL says it in several lines
    return UserError(
        f"ledger {url.render_as_string(hide_password=True)}: {words}. "
        "Nothing that was committed is lost; mend this and run the same command again."
    )


def _row(request: Request, reply: Reply) -> dict[str, Any]:
    sent = asdict(request)
    return asdict(reply) | {
        "purpose": request.purpose,
        "lang": request.lang,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request": zlib.compress(orjson.dumps(sent)),
    }


def _stored(row: dict[str, Any]) -> Stored:
    sent = orjson.loads(zlib.decompress(row["request"]))
    sent["messages"] = tuple(Message(**message) for message in sent["messages"])
    sent["sampling"] = Sampling(**sent["sampling"])
    sent["shown"] = tuple(sent["shown"])
    reply = Reply(*(row[name] for name in _REPLY_FIELDS))
    return Stored(reply, Request(**sent), row["created"])
