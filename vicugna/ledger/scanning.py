"""Reading every row of a table, also where rows or whole pages of the database are damaged."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Row,
    RowMapping,
    Select,
    Table,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from vicugna.ledger.database import is_damage

_BATCH = 500  # rows of one query; 20 of them are in memory at once
# An inner page of SQLite's tree leads to fewer rows than this; after so many in a row that cannot
# be read, nothing follows.
_GIVE_UP = 10_000
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that the database cannot give. `key` is "" when not even that can be read."""

    key: str
    why: str


Scanned = RowMapping | Unreadable


@contextmanager
def open_snapshot(engine: Engine) -> Generator[Connection]:
    """Yield a connection that sees everything as it was at one moment."""
    if engine.dialect.name == "postgresql":  # SQLite's transactions are so by themselves
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()  # nothing was written; a damaged SQLite file fails to commit


def attempt(connection: Connection, read: Callable[[], Result]) -> Result | str:
    """Return what `read` gives, or what is wrong in words; the transaction goes on either way.

    Raises:
        DBAPIError: the trouble is with the database as a whole.
    """
    try:
        with _guarded(connection):
            return read()
    except DBAPIError as error:
        return _explain(error)
    except (AttributeError, TypeError, ValueError) as error:  # a value of another type
        return str(error)


def scan(
    connection: Connection, table: Table, where: ColumnElement[bool] | None = None
) -> Iterator[Scanned]:
    """Yield the rows of a table in the order of its primary key, which is its first column.

    What cannot be read is stepped over and yielded as `Unreadable`. Where SQLite's index is
    damaged, the keys that are left are held in memory; else a few rows are.
    """
    reader = _Reader(connection, table.c[0], _all(table, where))
    while True:
        try:
            count = 0
            for row in reader.read_batch():
                count += 1
                yield row
            if count < _BATCH:
                return
            continue
        except DBAPIError as error:
            _explain(error)
        except (AttributeError, TypeError, ValueError):
            pass
        following = attempt(connection, reader.find_next)
        if isinstance(following, str):
            yield from reader.read_by_place(following)
            return
        if following is None:
            return
        yield from reader.read_one(following[0], reader.key == following[0])


def _guarded(connection: Connection) -> AbstractContextManager[Any]:
    """Keep an error from ending the transaction; SQLite's goes on by itself."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()


def _all(table: Table, where: ColumnElement[bool] | None) -> Select[Any]:
    query = select(table)
    return query if where is None else query.where(where)


def _explain(error: DBAPIError) -> str:
    if not is_damage(error):
        raise error
    return " ".join(str(error.orig).split())


class _Reader:
    """Where a scan is. A batch moves on row by row, so whatever it raises, no row comes twice."""

    def __init__(self, connection: Connection, key: Column[Any], query: Select[Any]) -> None:
        self.connection = connection
        self.key = key
        self.query = query
        self.last: Any = None  # the key of the last row that was yielded, whatever its type

    def read_batch(self) -> Iterator[RowMapping]:
        query = self._following(self.query).limit(_BATCH)
        by_twenty = {"yield_per": 20}
        with (
            _guarded(self.connection),
            # Closed also when nobody wants the rest: PostgreSQL holds a cursor open for it.
            self.connection.execute(query, execution_options=by_twenty) as found,
        ):
            for row in found.mappings():
                self.last = row[self.key]
                yield row

    def find_next(self) -> Row[Any] | None:
        """Return the next key; SQLite finds it in the index, without a look at the row."""
        query = self._following(select(self.key)).limit(1)
        return self.connection.execute(query).first()

    def read_one(self, key: Any, here: ColumnElement[bool]) -> Iterator[Scanned]:  # noqa: ANN401
        self.last = key
        query = self.query.where(here)
        row = attempt(self.connection, lambda: self.connection.execute(query).mappings().first())
        if isinstance(row, str):
            yield Unreadable(str(key), row)
        elif row is not None:
            yield row

    def read_by_place(self, why: str) -> Iterator[Scanned]:
        """Yield what follows when the keys cannot be followed; only SQLite has another way."""
        if self.connection.dialect.name != "sqlite":
            yield Unreadable("", f"what follows {self.last or 'the beginning'}: {why}")
            return
        places, holes = self._find_places()
        for key, place in sorted(places, key=lambda one: str(one[0])):
            yield from self.read_one(key, literal_column("rowid") == place)
        for hole in holes:
            yield Unreadable("", hole)

    def _find_places(self) -> tuple[list[tuple[Any, int]], list[str]]:
        """Return (key, rowid) of what follows in the table, and what is wrong where none is."""
        query = text(
            f"SELECT {self.key.name}, rowid FROM {self.key.table.name} NOT INDEXED "
            "WHERE rowid > :place AND (:last IS NULL OR key > :last) ORDER BY rowid"
        )
        places: list[tuple[Any, int]] = []
        holes: list[str] = []
        place = 0
        failed: list[str] = []  # since the last row that could be read
        while len(failed) < _GIVE_UP:
            try:
                values = {"place": place, "last": self.last}
                for key, place in self.connection.execute(query, values):
                    places.append((key, place))
                    holes += failed
                    failed = []
                break
            except DBAPIError as error:
                failed.append(_explain(error))
                place += 1
        return places, holes + failed[:1]  # how many there were at the end is not known

    def _following(self, query: Select[Any]) -> Select[Any]:
        after = query if self.last is None else query.where(self.key > self.last)
        return after.order_by(self.key)
