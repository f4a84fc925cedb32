"""Making the tables of a ledger, and bringing those of an earlier version up to date."""

from sqlalchemy import Connection, Engine, func, insert, inspect, select, text, update
from sqlalchemy.schema import CreateIndex, CreateTable

from vicugna.errors import UserError
from vicugna.ledger.accounts import recount
from vicugna.ledger.rows import REPLY_FIELDS, checksum, reply_from
from vicugna.ledger.tables import META, METADATA, ONE_OPEN, REPLY, SCHEMA, lock_for_writing

_TOGETHER = 1000  # rows that are read and written at once
_NEW_IN_2 = (
    "run TEXT NOT NULL DEFAULT ''",
    "month TEXT NOT NULL DEFAULT ''",
    "charge TEXT NOT NULL DEFAULT ''",
    "charged_nusd BIGINT",
    "charged_tokens BIGINT NOT NULL DEFAULT 0",
    "digest TEXT NOT NULL DEFAULT ''",
)
_NEW_IN_3 = "reasoning TEXT NOT NULL DEFAULT ''"


def prepare_tables(engine: Engine) -> None:
    """Create what is missing and migrate what is old; other processes may be doing the same.

    Raises:
        UserError: the tables are of a newer version.
    """
    with engine.connect() as connection:
        if find_schema(connection) == SCHEMA:
            return  # without a write: a ledger on a read-only disk can be read
    with engine.execution_options(writes=True).begin() as connection:
        lock_for_writing(connection)
        found = find_schema(connection)
        if found is not None and found > SCHEMA:
            raise UserError(
                f"{engine.url!r}: the ledger has schema {found}, this version knows {SCHEMA}. "
                "Use a newer vicugna."
            )
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
        columns = {column["name"] for column in inspect(connection).get_columns("reply")}
        for column in (*_NEW_IN_2, _NEW_IN_3):
            if column.split()[0] not in columns:
                connection.execute(text(f"ALTER TABLE reply ADD COLUMN {column}"))
        if "digest" not in columns:
            _migrate_from_1(connection)  # also when version 1 was killed before it named itself
        connection.execute(CreateIndex(ONE_OPEN, if_not_exists=True))
        if found is None:
            connection.execute(insert(META), {"name": "schema", "value": str(SCHEMA)})
        else:
            connection.execute(update(META).values(value=str(SCHEMA)))


def find_schema(connection: Connection) -> int | None:
    """Return the version of the tables, None when there are none."""
    if not inspect(connection).has_table("meta"):
        return None
    found = connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar()
    return None if found is None else int(found)


def _migrate_from_1(connection: Connection) -> None:
    """Fill in when each answer was paid, what budgets count, and its checksum."""
    connection.execute(
        update(REPLY).values(
            month=func.substr(REPLY.c.created, 1, 7),
            charged_nusd=REPLY.c.price_nusd,
            charged_tokens=REPLY.c.input_tokens + REPLY.c.output_tokens,
        )
    )
    last = ""
    while True:
        columns = [REPLY.c[name] for name in REPLY_FIELDS]
        query = select(*columns).where(REPLY.c.key > last).order_by(REPLY.c.key).limit(_TOGETHER)
        replies = [reply_from(row) for row in connection.execute(query).mappings()]
        if not replies:
            break
        for reply in replies:
            values = {"digest": checksum(reply)}
            connection.execute(update(REPLY).where(REPLY.c.key == reply.key).values(values))
        last = replies[-1].key
    recount(connection)
