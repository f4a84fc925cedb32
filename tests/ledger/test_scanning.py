"""Every row is read, also where rows, pages or the index are damaged."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from tests.kept import change, every_key, fill, make_answers, make_request, opened, path_of
from tests.scripted import make_reply
from vicugna.ledger import scanning
from vicugna.ledger.scanning import Unreadable, attempt, open_snapshot, scan
from vicugna.ledger.tables import CHARGE, REPLY


def _scan(url, table=REPLY, where=None):
    with opened(url) as engine, open_snapshot(engine) as connection:
        return list(scan(connection, table, where))


def _keys(rows):
    return [row.key if isinstance(row, Unreadable) else row["key"] for row in rows]


def _many(count):
    return [
        (make_request(f"第{number}题"), make_reply(make_request(f"第{number}题"), "答" * number))
        for number in range(count)
    ]


@pytest.mark.parametrize("batch", [1, 2, 7, 8, 9, 500])
def test_every_row_once_in_the_order_of_its_key(any_url, monkeypatch, batch):
    monkeypatch.setattr(scanning, "_BATCH", batch)
    fill(any_url)

    assert _keys(_scan(any_url)) == sorted(request.key for request, _ in make_answers())


def test_only_rows_that_are_wanted(any_url):
    fill(any_url)

    assert [row["state"] for row in _scan(any_url, CHARGE, CHARGE.c.state != "open")] == ["lost"]
    assert _scan(any_url, CHARGE, CHARGE.c.state == "open") == []


def test_a_new_ledger_holds_nothing(any_url):
    assert _scan(any_url) == []


def _refuse_to_read(url, keys):
    """Let the database fail where it reads the text of some answers."""
    columns = ", ".join(
        "CASE WHEN key IN (SELECT key FROM bad) THEN 1 / (key = '')::int || '' ELSE text END text"
        if column.name == "text"
        else column.name
        for column in REPLY.c
    )
    change(url, "CREATE TABLE bad (key TEXT)")
    for key in keys:
        change(url, "INSERT INTO bad VALUES (:key)", key=key)
    change(url, "ALTER TABLE reply RENAME TO stored")
    change(url, f"CREATE VIEW reply AS SELECT {columns} FROM stored")


def _spoil(url, keys):
    """Let some answers be unreadable, as a damaged page makes them."""
    if not url.startswith("sqlite"):
        _refuse_to_read(url, keys)
        return
    for key in keys:
        change(url, "UPDATE reply SET text = CAST(x'ff00fe' AS TEXT) WHERE key = :key", key=key)


@pytest.mark.parametrize("batch", [1, 3, 500])
@pytest.mark.parametrize(
    "places",
    [
        pytest.param([0], id="the first"),
        pytest.param([7], id="the last"),
        pytest.param([2, 3, 5], id="some"),
        pytest.param(range(8), id="all"),
    ],
)
def test_what_cannot_be_read_is_stepped_over(any_url, monkeypatch, batch, places):
    monkeypatch.setattr(scanning, "_BATCH", batch)
    fill(any_url)
    keys = every_key(any_url)
    _spoil(any_url, [keys[place] for place in places])

    rows = _scan(any_url)

    assert _keys(rows) == keys
    bad = [place for place, row in enumerate(rows) if isinstance(row, Unreadable)]
    assert bad == list(places)
    assert all(row.why for row in rows if isinstance(row, Unreadable))


@pytest.mark.parametrize("value", ["x'00ff'", "12", "NULL"], ids=["bytes", "a number", "nothing"])
def test_a_value_of_another_type_hides_no_other_row(tmp_path, value):
    """SQLite keeps whatever it is given."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    keys = every_key(url)
    change(url, "PRAGMA writable_schema = 1")
    _allow_null(path_of(url))
    change(url, f"UPDATE reply SET model = {value}, text = {value} WHERE key = :key", key=keys[4])

    assert _keys(_scan(url)) == keys


def _allow_null(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'reply'"
        )
    connection.close()


def test_a_key_of_another_type_hides_no_other_row(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    keys = every_key(url)
    change(url, "UPDATE reply SET key = x'00ff' WHERE key = :key", key=keys[0])
    change(url, "UPDATE reply SET key = '' WHERE key = :key", key=keys[1])

    assert _keys(_scan(url)) == ["", *keys[2:], b"\x00\xff"]


def test_without_its_index_a_table_is_read_all_the_same(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url, _many(200))
    keys = every_key(url)
    _tear_index(path_of(url))

    rows = _scan(url)

    assert _keys(rows) == keys


def _tear_index(path):
    """Overwrite a leaf of the index on the key, of which there are several."""
    connection = sqlite3.connect(path)
    [root] = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_reply_1'"
    ).fetchone()
    [size] = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    page = data[(root - 1) * size : root * size]
    assert page[0] == 2  # an inner page of an index; then its cells: a leaf, and a key
    cell = int.from_bytes(page[12:14], "big")
    leaf = int.from_bytes(page[cell : cell + 4], "big")
    data[(leaf - 1) * size : leaf * size] = bytes(size)
    path.write_bytes(data)


def test_where_keys_cannot_be_followed_on_postgres_it_says_where_it_stopped(any_url, monkeypatch):
    """Only SQLite has another way to its rows."""
    fill(any_url)
    _spoil(any_url, every_key(any_url)[3:4])

    def refuse(self):
        raise OperationalError("SELECT", None, sqlite3.DatabaseError("no index"))

    monkeypatch.setattr(scanning._Reader, "find_next", refuse)
    rows = _scan(any_url)

    bad = [row for row in rows if isinstance(row, Unreadable)]
    if any_url.startswith("sqlite"):
        assert (len(rows), len(bad)) == (8, 1)
    else:
        assert rows[-1:] == bad
        assert len(rows) <= 4
        assert "no index" in bad[0].why


def test_trouble_with_the_database_as_a_whole_is_raised(tmp_path):
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorname = "SQLITE_BUSY"
    url = f"sqlite:///{tmp_path}/ledger.db"
    with opened(url) as engine, engine.connect() as connection:

        def read():
            raise OperationalError("SELECT", None, locked)

        with pytest.raises(OperationalError):
            attempt(connection, read)


def test_a_snapshot_does_not_see_what_comes_after_it(any_url):
    fill(any_url)
    with opened(any_url) as engine, open_snapshot(engine) as connection:
        first = next(iter(scan(connection, REPLY)))
        change(any_url, "DELETE FROM reply")

        assert len(list(scan(connection, REPLY))) == 8
    assert first["key"] == min(request.key for request, _ in make_answers())
    assert _scan(any_url) == []
