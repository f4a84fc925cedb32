"""Opening the database of a ledger, and telling trouble that passes from trouble that does not."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from vicugna.errors import UserError
from vicugna.ledger.schema import find_schema, prepare_tables

PATIENCE = 600.0  # seconds: how long a run waits for a database that is away or full
_PAUSE = 0.5  # seconds between two tries
_SAY_EVERY = 30.0  # seconds
_LOG = logging.getLogger(__name__)
Result = TypeVar("Result")

# SQLite's own names for what passes: another process writes, the disk is full.
_PASSING_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")
# PostgreSQL's classes of errors (its manual, appendix A): connection, resources, shutdown,
# deadlock, and the two timeouts below. "57P04" is a database that was dropped, which does not pass.
_PASSING_POSTGRES = ("08", "53", "57P01", "57P02", "57P03", "40", "25P03", "55P03")


def connect(url: str) -> Engine:
    """Return an engine on a ledger whose tables exist and are of this version.

    On SQLite a commit survives a killed process by write-ahead logging, and a power cut by
    `synchronous=FULL`; on PostgreSQL by its `synchronous_commit`, which is on unless its owner
    turned it off.

    Raises:
        UserError: the URL cannot be read, its driver is not installed, the database cannot be
            opened, or its schema is newer.
    """
    return _open(url, _create)


def connect_to_existing(url: str) -> Engine:
    """Return an engine on a ledger that is there: nothing is created, an older one is migrated.

    One whose pages are damaged is opened as it is, so that the rest of it can be read.

    Raises:
        UserError: there is no ledger at the URL, or as `connect`.
    """
    return _open(url, _find)


def _open(url: str, prepare: Callable[[URL], Engine]) -> Engine:
    try:
        return prepare(choose_driver(make_url(url)))
    except DBAPIError as error:
        raise explain(error, make_url(url)) from error
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


def _create(url: URL) -> Engine:
    is_file = url.get_backend_name() == "sqlite" and not (url.database or "").startswith("file:")
    if is_file and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return _checked(_make_engine(url), prepare_tables)


def _find(url: URL) -> Engine:
    is_file = url.get_backend_name() == "sqlite" and not (url.database or "").startswith("file:")
    if is_file and not Path(url.database or "").is_file():  # connecting would create it
        raise _no_ledger(url)
    return _checked(_make_engine(url), _migrate)


def _migrate(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            schema = find_schema(connection)
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return
    if schema is None:
        raise _no_ledger(engine.url)
    prepare_tables(engine)


def _no_ledger(url: URL) -> UserError:
    return UserError(
        f"ledger {url.render_as_string(hide_password=True)}: there is none yet. `vicugna run` "
        "makes it; VICUGNA_LEDGER says where."
    )


def _make_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args=_connect_args(url), hide_parameters=True)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


# A machine that vanishes in the middle of a transaction must not keep the others waiting: the
# server ends what is idle in a transaction, and both sides notice a peer that is gone. Milliseconds
# in `options` and `tcp_user_timeout`, seconds elsewhere.
_POSTGRES: dict[str, str | int] = {
    "options": "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=60000",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def _connect_args(url: URL) -> dict[str, str | int]:
    """Return our settings for a connection; those in the URL go first."""
    if url.drivername != "postgresql+psycopg":
        return {}
    return {name: value for name, value in _POSTGRES.items() if name not in url.query}


def choose_driver(url: URL) -> URL:
    """Return the URL with our driver for PostgreSQL where it names none.

    SQLAlchemy 2.0 would take psycopg2, and knows `postgres://` not at all.
    """
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _checked(engine: Engine, check: Callable[[Engine], None]) -> Engine:
    try:
        check(engine)
    except BaseException:
        engine.dispose()  # it holds a connection that nobody else will close
        raise
    return engine


def _set_pragmas(connection: Any, _: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    connection.isolation_level = None  # transactions begin where `_begin` says
    connection.execute("PRAGMA busy_timeout=10000")  # milliseconds; then the run says so and waits
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _switch_to_wal(connection: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    """Switch to write-ahead logging. SQLite itself does not wait for others that do the same."""
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
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


def _begin(connection: Connection) -> None:
    """Begin a transaction; one that will write takes the lock at once, not at its first write.

    Otherwise what it read before may have been changed by another process by then.
    """
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def explain(error: DBAPIError, url: URL) -> UserError:
    """Return the one line that tells what is wrong with the database."""
    words = " ".join(str(error.orig).split()).rstrip(".")  # PostgreSQL says it in several lines
    advice = "Nothing that was committed is lost; mend this and run the same command again."
    if "unable to open" in words or "readonly" in words:
        advice = "The file and its folder must be writable: SQLite writes beside it. " + advice
    if "Could not decode" in words:  # and then comes the text itself, which is not for a terminal
        words = "a stored text is not UTF-8 any more"
    if "malformed" in words or "any more" in words:
        advice = (
            "The file is damaged: `vicugna ledger verify` says which answers can be read, and "
            "`vicugna ledger export` saves them."
        )
    return UserError(f"ledger {url.render_as_string(hide_password=True)}: {words}. {advice}")


def passes(error: DBAPIError) -> bool:
    """Return whether waiting may help: a restart, a lock, a disk that is full."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "").startswith(_PASSING_SQLITE)
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (
        str(state).startswith(_PASSING_POSTGRES) if state else _is_operational(error)
    )


def is_damage(error: DBAPIError) -> bool:
    """Return whether the fault is with what was to be read, so that the rest may be readable."""
    # What SQLite calls an I/O error passes when a disk was away, and stays when it is worn.
    name = getattr(error.orig, "sqlite_errorname", "")
    return name.startswith("SQLITE_IOERR") or not passes(error)


def _is_operational(error: DBAPIError) -> bool:
    """Return whether a driver says, without a code, that the server is out of reach."""
    return type(error.orig).__name__ == "OperationalError"


def patiently(
    work: Callable[[], Result], url: URL, closing: Event, on_trouble: Callable[[], None]
) -> Result:
    """Do work on the database; while the trouble is one that passes, say so and try again.

    `work` is a whole transaction that may be done twice. `on_trouble` is called when it failed.
    Once `closing` is set, a failure is final.

    Raises:
        DBAPIError: the trouble does not pass, or has not passed in `PATIENCE` seconds.
    """
    started, said = time.monotonic(), -_SAY_EVERY
    while True:
        try:
            result = work()
        except DBAPIError as error:
            waited = time.monotonic() - started
            if closing.is_set() or not passes(error) or waited > PATIENCE:
                raise
            on_trouble()
            if waited - said >= _SAY_EVERY:
                said = waited
                words = " ".join(str(error.orig).split())
                _LOG.warning(
                    "ledger %s: %s. Waiting for it, at most %.0f s; nothing is sent meanwhile.",
                    url.render_as_string(hide_password=True),
                    words.rstrip("."),
                    PATIENCE,
                )
            closing.wait(_PAUSE)
        else:
            if said >= 0:
                _LOG.warning("ledger %s: there again.", url.render_as_string(hide_password=True))
            return result
