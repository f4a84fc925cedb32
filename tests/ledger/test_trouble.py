"""A database that is full, locked, read-only, damaged or away: a clear line, and nothing lost."""

import asyncio
import logging
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.postgres import open_database
from tests.scripted import make_reply, open_asking_ledger, put, scripted
from vicugna.errors import UserError
from vicugna.ledger import connect, database, find_reply, open_ledger, read_all
from vicugna.ledger.database import choose_driver, passes
from vicugna.ledger.restoring import import_ledger
from vicugna.ledger.tables import REPLY
from vicugna.ledger.traffic import Traffic
from vicugna.records import Message, Request, Sampling


def _request(text):
    return Request("new_tasks", "zh", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(database, "_PAUSE", 0.01)


def _count(url):
    engine = connect(url)
    try:
        return len(list(read_all(engine)))
    finally:
        engine.dispose()


def _ask_all(url, texts, ask=None):
    async def run():
        teacher = ask or scripted(lambda _: "x" * 3000)
        async with open_asking_ledger(url, teacher, Traffic()) as asking_through:
            asking = (asking_through(_request(one)) for one in texts)
            return await asyncio.gather(*asking, return_exceptions=True)

    return asyncio.run(run())


# --- a full disk ----------------------------------------------------------------------------------


@contextmanager
def _small_disk(pages):
    """Let SQLite grow to so many pages of 4 KB: more is "disk is full", as on a real one."""
    limit = {"pages": pages}

    def set_limit(connection, _):
        if connection.execute("PRAGMA database_list").fetchone()[2]:  # not one in memory
            connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    original = database._set_pragmas

    def pragmas(connection, record):
        original(connection, record)
        set_limit(connection, record)

    database._set_pragmas = pragmas
    try:
        yield limit
    finally:
        database._set_pragmas = original


def test_on_a_full_disk_the_run_waits_says_so_and_goes_on(url, caplog, monkeypatch):
    """Answers that are paid for wait in memory; when there is room they are written."""
    said = threading.Event()

    class Freeing(logging.Handler):
        def emit(self, record):
            limit["pages"] = 100_000
            said.set()

    with _small_disk(40) as limit:
        engines = []
        monkeypatch.setattr(database, "create_engine", _remembering(engines))
        handler = Freeing()
        logging.getLogger("vicugna.ledger.database").addHandler(handler)

        def free(error):
            for engine in engines:
                engine.dispose()  # the next connection has the new limit
            return passes(error)

        try:
            monkeypatch.setattr(database, "passes", free)
            replies = _ask_all(url, [f"{n}" for n in range(60)])
        finally:
            logging.getLogger("vicugna.ledger.database").removeHandler(handler)

    assert said.is_set()
    assert [type(one).__name__ for one in replies] == ["Reply"] * 60
    assert _count(url) == 60
    told = [record.getMessage() for record in caplog.records]
    assert "database or disk is full. Waiting for it" in told[0]
    assert told[-1].endswith("there again.")


def _remembering(engines):
    def create(*arguments, **options):
        engines.append(create_engine(*arguments, **options))
        return engines[-1]

    return create


def test_on_a_disk_that_stays_full_it_ends_with_one_line_and_nothing_is_lost(
    url, place, monkeypatch, caplog
):
    """What is paid for and not written is saved to a file, which import takes in."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    asked = []
    with _small_disk(40):
        texts = [f"{n}" for n in range(60)]
        replies = _ask_all(url, texts, scripted(lambda _: "长" * 1500, asked))

    failed = [one for one in replies if isinstance(one, UserError)]
    assert len(failed) > 20
    assert {"database or disk is full" in str(one) for one in failed} == {True}
    assert all("\n" not in str(one) for one in failed)
    stored = _count(url)
    assert stored == 60 - len(failed)
    (saved,) = Path("outputs").iterdir()
    assert f"`vicugna ledger import {saved}`" in caplog.records[-1].getMessage()
    engine = connect(url)
    import_ledger(engine, saved)
    engine.dispose()
    assert _count(url) == len({one.key for one in asked}) > stored


# --- a lock, a read-only file ---------------------------------------------------------------------


def test_a_ledger_that_another_program_has_locked_is_waited_for(url, caplog, monkeypatch):
    connect(url).dispose()
    other = sqlite3.connect(Path(make_url(url).database), check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    original = database._set_pragmas

    def impatient(connection, record):
        original(connection, record)
        connection.execute("PRAGMA busy_timeout=1")  # instead of 10 s

    monkeypatch.setattr(database, "_set_pragmas", impatient)

    class Unlocking(logging.Handler):
        def emit(self, record):
            if other.in_transaction:
                other.execute("COMMIT")

    handler = Unlocking()
    logging.getLogger("vicugna.ledger.database").addHandler(handler)
    try:
        replies = _ask_all(url, ["a", "b"])
    finally:
        logging.getLogger("vicugna.ledger.database").removeHandler(handler)
        other.close()

    assert [one.text[0] for one in replies] == ["x", "x"]
    assert "database is locked. Waiting for it" in caplog.records[0].getMessage()


def test_a_ledger_that_cannot_be_written_is_told_before_anything_is_sent(url):
    connect(url).dispose()
    asked = []
    path = make_url(url).database

    replies = _ask_all(f"sqlite:///file:{path}?mode=ro&uri=true", ["a"], scripted(asked=asked))

    assert asked == []
    assert "readonly database" in str(replies[0])
    assert isinstance(replies[0], UserError)


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"text": "改过的回答"}, id="text"),
        pytest.param({"price_nusd": 0}, id="price"),
        pytest.param({"finish_reason": "length"}, id="finish reason"),
    ],
)
def test_a_damaged_answer_is_not_used_and_the_others_are(url, damage):
    """It is neither taken for the answer nor paid for again without a word."""
    _ask_all(url, ["bad", "好的"])
    engine = connect(url)
    with engine.execution_options(writes=True).begin() as connection:
        key = _request("bad").key
        connection.execute(update(REPLY).where(REPLY.c.key == key).values(**(damage | _NOT_FREE)))
    engine.dispose()

    bad, good = _ask_all(url, ["bad", "好的"], _never)

    assert "is not what was written (its checksum differs)" in str(bad)
    assert "`vicugna ledger verify`" in str(bad)
    assert good.text.startswith("x")


_NOT_FREE = {"seconds": 1.5}


async def _never(request):
    raise AssertionError("a paid answer was paid for again")


def test_a_file_torn_by_a_crash_is_told_with_what_to_do(url):
    _ask_all(url, [f"{n}" for n in range(60)])
    path = Path(make_url(url).database)
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)

    with pytest.raises(UserError, match=r"malformed.*vicugna ledger verify.*vicugna ledger export"):
        _raise_first(_ask_all(url, [f"{n}" for n in range(60)], _never))


def _raise_first(replies):
    for one in replies:
        if isinstance(one, Exception):
            raise one


# --- a database that goes away --------------------------------------------------------------------


def _close_doors(server, name, allow):
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allow}"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )


def test_a_database_that_restarts_under_load_is_waited_for(caplog, monkeypatch):
    """Connections are cut and new ones refused, as in a restart; then the run goes on."""
    with open_database() as url:
        name = make_url(url).database
        server = create_engine(
            choose_driver(make_url(url).set(database="postgres")), isolation_level="AUTOCOMMIT"
        )
        asked = []

        async def ask(request):
            asked.append(request)
            if len(asked) == 10:  # answers are on their way, and written, and claimed
                _close_doors(server, name, "false")
            return make_reply(request, request.messages[0].content)

        class Opening(logging.Handler):
            def emit(self, record):
                if "Waiting" in record.getMessage():
                    _close_doors(server, name, "true")

        handler = Opening()
        monkeypatch.setattr(database, "_PASSING_POSTGRES", (*database._PASSING_POSTGRES, "55000"))
        logging.getLogger("vicugna.ledger.database").addHandler(handler)
        try:
            replies = _ask_all(url, [f"{n}" for n in range(40)], ask)
        finally:
            logging.getLogger("vicugna.ledger.database").removeHandler(handler)
            _close_doors(server, name, "true")
            server.dispose()

        assert [one.text for one in replies] == [f"{n}" for n in range(40)]
        assert len({one.key for one in asked}) == len(asked) == 40
        assert _count(url) == 40
    assert any("Waiting for it" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        pytest.param("SQLITE_BUSY_SNAPSHOT", True, id="locked"),
        pytest.param("SQLITE_FULL", True, id="full"),
        pytest.param("SQLITE_IOERR_WRITE", True, id="input or output"),
        pytest.param("SQLITE_READONLY_DBMOVED", False, id="moved away"),
        pytest.param("SQLITE_CORRUPT", False, id="damaged"),
        pytest.param("SQLITE_CANTOPEN", False, id="cannot be opened"),
        pytest.param("57P01", True, id="shut down by its owner"),
        pytest.param("57P03", True, id="starting"),
        pytest.param("08006", True, id="connection lost"),
        pytest.param("53100", True, id="disk full"),
        pytest.param("40P01", True, id="deadlock"),
        pytest.param("57P04", False, id="dropped"),
        pytest.param("28P01", False, id="wrong password"),
        pytest.param("22001", False, id="a value that does not fit"),
    ],
)
def test_what_passes_is_waited_for_and_nothing_else(error, passing):
    if error.startswith("SQLITE"):
        found = sqlite3.OperationalError("x")
        found.sqlite_errorname = error
    else:
        found = RuntimeError("x")
        found.sqlstate = error

    assert passes(OperationalError("INSERT", {}, found)) is passing
    assert isinstance(OperationalError("INSERT", {}, found), DBAPIError)


def test_a_clock_that_jumps_back_loses_nothing(url, monkeypatch):
    """Times are for people; nothing is found, ordered or counted by them but the month."""
    times = iter(f"2026-1{n % 3}-0{9 - n % 9}T00:00:00.000+00:00" for n in range(10_000))
    monkeypatch.setattr("vicugna.ledger.writing.now", lambda: next(times))
    texts = [f"{n}" for n in range(20)]

    first, second = _ask_all(url, texts), _ask_all(url, texts, _never)

    assert first == second
    assert _count(url) == 20


def test_answers_are_found_with_what_was_asked(url):
    async def run():
        async with open_ledger(url) as ledger:
            return await put(ledger, _request("问"), make_reply(_request("问"), "答"))

    asyncio.run(run())
    engine = connect(url)
    stored = find_reply(engine, _request("问").key)
    engine.dispose()

    assert (stored.request, stored.reply.text) == (_request("问"), "答")
