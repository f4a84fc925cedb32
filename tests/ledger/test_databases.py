"""The ledger on SQLite and on PostgreSQL: what goes in comes out, and is the same on both."""

import asyncio
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from tests.postgres import open_database
from tests.scripted import make_reply, put
from vicugna.errors import UserError
from vicugna.ledger import connect, find_reply, open_ledger
from vicugna.ledger.database import choose_driver
from vicugna.records import Message, Request, Sampling


def _request(text):
    return Request("new_tasks", "zh", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def url(any_url):
    return any_url


def _put_all(url, pairs):
    async def put_all():
        async with open_ledger(url) as ledger:
            return await asyncio.gather(*(put(ledger, *pair) for pair in pairs))

    return asyncio.run(put_all())


def _get(url, key):
    engine = connect(url)
    try:
        return find_reply(engine, key)
    finally:
        engine.dispose()


# --- hostile text ---------------------------------------------------------------------------------

TEXTS = {
    "NUL": "a\0b",
    "nothing but NUL": "\0\0",
    "the escape": "\x1a",
    "what NUL is written as": "\x1a0",
    "what the escape is written as": "\x1a1\x1a11",
    "the escape before NUL": "\x1a\0\x1a\x1a\0" + "0",
    "every control character": "".join(map(chr, range(32))),
    "line separators": "a\u2028b\u2029c\u0085d\r\n",
    "bidi marks": "\u202e\u2066שלום\u2069",
    "not characters": "\ufffe\uffff\U0010ffff",
    "zh": "床前明月光，疑是地上霜。𠮷",
    "10 MB": "长" * 3_500_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_comes_back_as_it_was(url, name):
    request = _request(f"{name} {TEXTS[name][:99]}")
    reply = make_reply(request, TEXTS[name], finish_reason=TEXTS[name][:99])

    _put_all(url, [(request, reply)])

    stored = _get(url, request.key)
    assert (stored.request, stored.reply) == (request, reply)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.sampled_from("\0\x1a01a字\U0010ffff")), unique=True, max_size=8))
def test_any_mixture_comes_back_as_it_was(url, texts):
    pairs = [(_request(text), make_reply(_request(text), text)) for text in texts]

    _put_all(url, pairs)

    assert [_get(url, request.key).reply for request, _ in pairs] == [reply for _, reply in pairs]


def test_both_hold_the_same(sqlite, postgres_url):
    pairs = [(_request(text), make_reply(_request(text), text)) for text in TEXTS.values()]
    keys = sorted(request.key for request, _ in pairs)
    rows = []
    for url in (sqlite, postgres_url):
        _put_all(url, pairs)
        engine = connect(url)
        with engine.connect() as connection:
            every = connection.execute(sql("SELECT key, text, finish_reason, request FROM reply"))
            rows.append(sorted(tuple(row) for row in every if row.key in keys))
        engine.dispose()

    assert len(rows[0]) == len(keys)
    assert rows[0] == rows[1]


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_what_cannot_be_written_is_told_and_nobody_waits_for_ever(url, text):
    """Half a character is mended when the answer is read; here it would be a bug."""
    good, bad = _request("good"), _request("bad")

    async def put_all():
        async with open_ledger(url) as ledger:
            with pytest.raises(TypeError, match="surrogates"):
                await asyncio.wait_for(put(ledger, bad, make_reply(bad, text)), 10)
            return await asyncio.wait_for(put(ledger, good, make_reply(good, "x")), 10)

    assert asyncio.run(put_all()).text == "x"


# --- several at once ------------------------------------------------------------------------------


def test_the_first_answer_stays_whoever_comes_second(url):
    request, late = _request("same"), _request("late")

    async def both():
        async with open_ledger(url) as one, open_ledger(url) as other:
            await put(one, request, make_reply(request, "first"))
            pairs = [(late, make_reply(late, "x")), (request, make_reply(request, "second"))]
            return await asyncio.gather(*(put(other, *pair) for pair in pairs))

    assert [reply.text for reply in asyncio.run(both())] == ["x", "first"]


def test_many_may_open_a_new_ledger_at_once():
    """PostgreSQL's CREATE TABLE IF NOT EXISTS fails when two do it at the same time."""
    failed = []

    def open_it(url, start):
        start.wait()
        try:
            connect(url).dispose()
        except Exception as error:  # any error at all is what is looked for
            failed.append(error)

    for _ in range(3):
        with open_database() as url:
            start = threading.Barrier(6)
            threads = [threading.Thread(target=open_it, args=(url, start)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert failed == []


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "used"),
    [
        pytest.param("postgresql://me@db/x", "postgresql+psycopg://me@db/x", id="as users write"),
        pytest.param("postgres://me@db/x", "postgresql+psycopg://me@db/x", id="the short name"),
        pytest.param("postgresql+pg8000://db/x", "postgresql+pg8000://db/x", id="their own driver"),
        pytest.param("sqlite:///a.db", "sqlite:///a.db", id="SQLite"),
    ],
)
def test_the_driver_is_ours_unless_the_url_names_one(written, used):
    assert choose_driver(make_url(written)).render_as_string() == used


def test_a_missing_driver_is_told_with_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(UserError, match=r'the extra "postgres": pip install "psycopg\[binary\]"'):
        connect("postgresql://127.0.0.1/x")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"database": "nowhere"}, '"nowhere" does not exist. Nothing', id="database"),
        pytest.param({"username": "nobody"}, "nobody", id="user"),
        pytest.param({"port": 1}, "Connection refused Is the server running", id="no server"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_in_one_line(postgres_url, change, says):
    url = make_url(postgres_url).set(password="hunter2").set(**change)

    with pytest.raises(UserError) as told:
        connect(url.render_as_string(hide_password=False))

    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert "hunter2" not in str(told.value)
