"""A ledger of an earlier version is brought up to date whole, or stays as it was."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import orjson
import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from tests.kept import make_answers, read_rows, verify
from vicugna.errors import UserError
from vicugna.ledger import connect, find_reply, read_all, schema
from vicugna.ledger.database import choose_driver
from vicugna.ledger.rows import checksum
from vicugna.ledger.tables import SCHEMA

# What version 1 wrote, on SQLite and on PostgreSQL.
REPLY_1 = """
CREATE TABLE reply (
    key TEXT NOT NULL,
    teacher TEXT NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    lang TEXT NOT NULL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    price_nusd BIGINT,
    seconds FLOAT NOT NULL,
    created TEXT NOT NULL,
    request {blob} NOT NULL,
    PRIMARY KEY (key)
)
"""
META_1 = "CREATE TABLE meta (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name))"
CREATED = ("2026-09-30T23:59:59.999+00:00", "2026-10-01T00:00:00.000+00:00")


def _execute(url, *statements):
    engine = create_engine(choose_driver(make_url(url)))
    with engine.begin() as connection:
        results = [connection.execute(text(one), values) for one, values in statements]
        found = results[-1].all() if results[-1].returns_rows else None
    engine.dispose()
    return found


def _make_1(url, *, named=True, answers=None):
    """Make a ledger of schema 1 that holds our answers; return when each came, by key."""
    blob = "BLOB" if url.startswith("sqlite") else "BYTEA"
    statements = [(REPLY_1.format(blob=blob), {}), (META_1, {})]
    if named:
        statements.append(("INSERT INTO meta VALUES ('schema', '1')", {}))
    created = {}
    for place, (request, reply) in enumerate(make_answers() if answers is None else answers):
        created[request.key] = CREATED[place % 2]
        values = {name: getattr(reply, name) for name in reply.__dataclass_fields__}
        del values["reasoning"]  # came with schema 3
        for name in ("text", "model", "finish_reason"):
            values[name] = values[name].replace("\x1a", "\x1a1").replace("\0", "\x1a0")
        values |= {
            "purpose": request.purpose,
            "lang": request.lang,
            "created": created[request.key],
            "request": zlib.compress(orjson.dumps(request)),
        }
        columns = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        statements.append((f"INSERT INTO reply ({columns}) VALUES ({places})", values))
    _execute(url, *statements)
    return created


def test_nothing_is_lost_and_everything_new_is_right(any_url):
    created = _make_1(any_url)

    engine = connect(any_url)
    stored = {one.reply.key: one for one in read_all(engine)}
    engine.dispose()

    assert {key: (one.request, one.reply) for key, one in stored.items()} == {
        request.key: (request, reply) for request, reply in make_answers()
    }
    assert {key: one.created for key, one in stored.items()} == created
    for row in read_rows(any_url)["reply"]:
        reply = stored[row[0]].reply
        assert (
            row[14:]
            == (
                "",  # nobody wrote who paid
                created[reply.key][:7],
                "",
                reply.price_nusd,
                reply.input_tokens + reply.output_tokens,
                checksum(reply),
                "",  # nor what was thought
            )
        )


def test_accounts_add_up_and_verify_finds_nothing(any_url):
    """By month on both sides of its end; without a price is not free."""
    _make_1(any_url)

    connect(any_url).dispose()

    bad, tally = verify(any_url)
    assert bad == []
    priced = [reply.price_nusd for _, reply in make_answers()]
    accounts = {row[0]: row[1:5] for row in read_rows(any_url)["account"]}
    assert accounts == {
        "run:": (sum(price or 0 for price in priced), 8 * 30, 8, 2),
        "month:2026-09": (sum(price or 0 for price in priced[::2]), 4 * 30, 4, 2),
        "month:2026-10": (sum(price or 0 for price in priced[1::2]), 4 * 30, 4, 0),
    }
    assert [(name, month.answers) for name, month in sorted(tally.months.items())] == [
        ("2026-09", 4),
        ("2026-10", 4),
    ]


@pytest.mark.parametrize("together", [1, 3, 8, 9])
def test_it_is_done_in_parts_of_any_size(any_url, monkeypatch, together):
    monkeypatch.setattr(schema, "_TOGETHER", together)
    _make_1(any_url)

    assert verify(any_url)[0] == []


def test_a_ledger_without_answers(any_url):
    _make_1(any_url, answers=[])

    assert verify(any_url)[0] == []
    assert read_rows(any_url) == {"reply": [], "charge": [], "account": []}


def _make_2(url):
    """Take from a ledger of ours what came with schema 3."""
    connect(url).dispose()
    _execute(
        url,
        ("ALTER TABLE reply DROP COLUMN reasoning", {}),
        ("DROP TABLE quota", {}),
        ("DROP TABLE batch", {}),
        ("UPDATE meta SET value = '2'", {}),
    )


def test_a_ledger_of_schema_2_keeps_every_answer_and_its_checksum(any_url):
    _make_1(any_url)
    connect(any_url).dispose()
    before = read_rows(any_url)
    _make_2(any_url)

    assert verify(any_url)[0] == []
    assert read_rows(any_url) == before
    assert _execute(any_url, ("SELECT name, value FROM meta", {})) == [("schema", str(SCHEMA))]


def test_a_ledger_that_was_killed_before_it_named_its_schema(any_url):
    """Version 1 made its tables in one step, and said which they are in the next."""
    _make_1(any_url, named=False)

    assert verify(any_url)[0] == []
    assert len(read_rows(any_url)["reply"]) == 8


def test_it_is_opened_a_second_time_without_a_change(any_url):
    _make_1(any_url)
    connect(any_url).dispose()
    before = read_rows(any_url)

    connect(any_url).dispose()

    assert read_rows(any_url) == before
    assert _execute(any_url, ("SELECT name, value FROM meta", {})) == [("schema", str(SCHEMA))]


@pytest.mark.parametrize("step", ["recount", "checksum"])
def test_killed_in_the_middle_it_is_what_it_was(any_url, monkeypatch, step):
    _make_1(any_url)
    before = _execute(any_url, ("SELECT * FROM reply ORDER BY key", {}))

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, step, die)
        with pytest.raises(KeyboardInterrupt):
            connect(any_url)

    engine = create_engine(choose_driver(make_url(any_url)))
    tables = inspect(engine).get_table_names()
    engine.dispose()
    assert sorted(tables) == ["meta", "reply"]
    assert _execute(any_url, ("SELECT * FROM reply ORDER BY key", {})) == before
    assert _execute(any_url, ("SELECT value FROM meta", {})) == [("1",)]
    assert verify(any_url)[0] == []  # the next one does it


MIGRATE = "import sys; from vicugna.ledger import connect; connect(sys.argv[1]).dispose()"


def test_two_processes_may_do_it_at_once(any_url):
    _make_1(any_url)
    root = str(Path(__file__).parent.parent.parent)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, any_url],
            env=os.environ | {"PYTHONPATH": root},
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]

    said = [process.communicate(timeout=120)[1].decode() for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert verify(any_url)[0] == []
    assert len(read_rows(any_url)["reply"]) == 8


def test_a_newer_one_is_refused_and_stays_as_it_is(any_url):
    connect(any_url).dispose()
    _execute(any_url, ("UPDATE meta SET value = :value", {"value": str(SCHEMA + 1)}))

    with pytest.raises(UserError, match=f"has schema {SCHEMA + 1}, this version knows {SCHEMA}"):
        connect(any_url)

    assert _execute(any_url, ("SELECT value FROM meta", {})) == [(str(SCHEMA + 1),)]


def test_an_answer_of_before_is_found_by_its_request(any_url):
    _make_1(any_url)
    request, reply = make_answers()[1]

    engine = connect(any_url)
    stored = find_reply(engine, request.key)
    engine.dispose()

    assert stored is not None
    assert (stored.request, stored.reply) == (request, reply)
