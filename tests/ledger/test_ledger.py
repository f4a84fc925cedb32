"""The log of paid answers: nothing that was put in is lost, doubled or changed."""

import asyncio
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from tests.scripted import make_reply, put
from vicugna.errors import UserError
from vicugna.ledger import connect, find_reply, open_ledger, read_all
from vicugna.ledger.tables import META, REPLY, SCHEMA
from vicugna.records import Message, Request, Sampling

SAMPLING = Sampling(0.7, 0.5, 1024, 2.0, 0.0)


def _request(text="写一首诗。", **changes):
    messages = (Message("system", "You write tasks."), Message("user", text))
    request = Request(
        purpose="new_tasks",
        lang="zh",
        model="some-model",
        messages=messages,
        sampling=SAMPLING,
        prompt="new_tasks.zh@12345678",
        shown=("zh-001", "zh-002"),
        about="0123-04",
        sample=1,
    )
    return replace(request, **changes)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/deep/down/ledger.db"


def _with_ledger(url, work):
    async def run():
        async with open_ledger(url) as ledger:
            return await work(ledger)

    return asyncio.run(run())


def _put_all(url, pairs):
    async def put_all(ledger):
        return await asyncio.gather(*(put(ledger, *pair) for pair in pairs))

    return _with_ledger(url, put_all)


def _find(url, key):
    engine = connect(url)
    try:
        return find_reply(engine, key)
    finally:
        engine.dispose()


def _read_all(url):
    engine = connect(url)
    try:
        return list(read_all(engine))
    finally:
        engine.dispose()


# --- what goes in comes out -----------------------------------------------------------------------

TEXTS = {
    "empty": "",
    "blank": " \t\n",
    "zh": "床前明月光，疑是地上霜。",
    "emoji": "🦙👩\u200d👩\u200d👧🇨🇳",
    "line separators": "a\u2028b\u2029c\u0085d\r\n",
    "beyond the plane": "𠮷𝒳\U000323af",
    "right to left": "\u202eשלום",
    "not a character": "\ufffe\uffff\U0010ffff",
    "quotes and wildcards": "'; DROP TABLE reply; -- %_\\",
    "long": "长" * 200_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_comes_back_as_it_was(url, name):
    text = TEXTS[name]
    request, reply = _request(text), make_reply(_request(text), text, finish_reason="length")

    _put_all(url, [(request, reply)])

    assert _with_ledger(url, lambda ledger: ledger.get(request.key)) == reply
    stored = _find(url, request.key)
    assert stored is not None
    assert (stored.request, stored.reply) == (request, reply)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"])), unique=True, min_size=1, max_size=8
    ),
    price=st.one_of(st.none(), st.integers(0, 2**59)),  # half a billion dollars
)
def test_any_texts_come_back_in_any_number(tmp_path_factory, texts, price):
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db"
    pairs = [(_request(text), make_reply(_request(text), text, price_nusd=price)) for text in texts]

    _put_all(url, pairs)

    stored = {one.reply.key: one for one in _read_all(url)}
    assert {key: (one.request, one.reply) for key, one in stored.items()} == {
        request.key: (request, reply) for request, reply in pairs
    }


@pytest.mark.parametrize("price", [None, 0, 1, 10**15])
def test_an_unknown_price_is_not_zero(url, price):
    _put_all(url, [(_request(), make_reply(_request(), "x", price_nusd=price))])

    assert _find(url, _request().key).reply.price_nusd == price


def test_what_is_not_there_is_none(url):
    assert _with_ledger(url, lambda ledger: ledger.get("f" * 64)) is None
    assert _find(url, "f" * 64) is None
    assert _read_all(url) == []


def test_answers_are_read_oldest_first(url):
    pairs = [(_request(f"{n}"), make_reply(_request(f"{n}"), f"{n}")) for n in range(20)]

    async def put_one_by_one(ledger):
        for place, pair in enumerate(pairs):
            await put(ledger, *pair)
            _date(ledger, pair[0].key, place)

    _with_ledger(url, put_one_by_one)

    assert [one.reply.text for one in _read_all(url)] == [f"{n}" for n in reversed(range(20))]


def _date(ledger, key, place):
    """Say that an answer came before all that were written before it."""
    with ledger._engine.begin() as connection:
        created = f"2026-01-01T00:00:{59 - place:02d}.000+00:00"
        connection.execute(update(REPLY).where(REPLY.c.key == key).values(created=created))


def test_it_says_when_an_answer_came(url):
    _put_all(url, [(_request(), make_reply(_request(), "x"))])

    assert _find(url, _request().key).created.endswith("+00:00")


# --- several at once ------------------------------------------------------------------------------


def test_of_many_answers_to_one_question_the_first_stays_and_everybody_gets_it(url):
    pairs = [(_request(), make_reply(_request(), f"answer {n}")) for n in range(30)]

    returned = _put_all(url, pairs)

    assert {reply.text for reply in returned} == {"answer 0"}
    assert [one.reply.text for one in _read_all(url)] == ["answer 0"]


def test_many_answers_at_once_are_all_there(url):
    pairs = [(_request(f"{n}"), make_reply(_request(f"{n}"), f"{n}")) for n in range(300)]

    returned = _put_all(url, pairs)

    assert [reply.text for reply in returned] == [f"{n}" for n in range(300)]
    assert len(_read_all(url)) == 300


def test_an_answer_is_committed_when_put_returns(url):
    async def put_and_look(ledger):
        await put(ledger, _request(), make_reply(_request(), "here"))
        return _find(url, _request().key).reply.text

    assert _with_ledger(url, put_and_look) == "here"


def test_two_ledgers_on_one_file_agree(url):
    """Two workers with the same recipe: the second one takes the answer of the first."""

    async def both():
        async with open_ledger(url) as one, open_ledger(url) as other:
            assert await other.get(_request().key) is None
            first = await put(one, _request(), make_reply(_request(), "first"))
            assert (await other.get(_request().key)).text == "first"
            late = await put(other, _request(), make_reply(_request(), "late"))
            mine = [(_request(f"a{n}"), make_reply(_request(f"a{n}"), "a")) for n in range(40)]
            hers = [(_request(f"b{n}"), make_reply(_request(f"b{n}"), "b")) for n in range(40)]
            await asyncio.gather(
                *(put(one, *pair) for pair in mine), *(put(other, *pair) for pair in hers)
            )
            return first, late

    first, late = asyncio.run(both())

    assert (first.text, late.text) == ("first", "first")
    assert len(_read_all(url)) == 81


def test_a_group_with_one_known_answer_in_it_is_written(url):
    """Of a whole group one row is there already, from another process."""
    _put_all(url, [(_request("5"), make_reply(_request("5"), "earlier"))])
    pairs = [(_request(f"{n}"), make_reply(_request(f"{n}"), "now")) for n in range(10)]

    returned = _put_all(url, pairs)

    assert [reply.text for reply in returned] == ["now"] * 5 + ["earlier"] + ["now"] * 4
    assert len(_read_all(url)) == 10


def test_many_processes_may_open_a_new_ledger_at_once(tmp_path):
    """Workers that start together find no table, and all of them make it."""
    failed = []
    for round_number in range(12):
        url = f"sqlite:///{tmp_path}/{round_number}.db"
        start = threading.Barrier(6)

        def open_it(url=url, start=start):
            start.wait()
            try:
                connect(url).dispose()
            except Exception as error:  # any error at all is what is looked for
                failed.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failed == []


DIE = """
import asyncio, os, signal, sys
from tests.ledger.test_ledger import _request
from tests.scripted import make_reply, put
from vicugna.ledger import open_ledger

async def run():
    async with open_ledger(sys.argv[1]) as ledger:
        await asyncio.gather(
            *(put(ledger, _request(str(n)), make_reply(_request(str(n)), "x")) for n in range(50))
        )
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(run())
"""


def test_a_killed_process_loses_nothing_that_was_put(url):
    root = str(Path(__file__).parent.parent.parent)
    subprocess.run(
        [sys.executable, "-c", DIE, url],
        env=os.environ | {"PYTHONPATH": root},
        timeout=120,
        check=False,
    )

    assert len(_read_all(url)) == 50


# --- what can be wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("nonsense", "VICUGNA_LEDGER: Could not parse", id="no URL"),
        pytest.param("outputs/ledger.db", "VICUGNA_LEDGER: Could not parse", id="a path"),
        pytest.param("oracel://db/x", "VICUGNA_LEDGER: Can't load plugin", id="mistyped database"),
        pytest.param("mysql://db/x", "VICUGNA_LEDGER: No module named", id="no driver"),
        pytest.param("postgresql://u:pw@h:port/x", "VICUGNA_LEDGER: invalid literal", id="port"),
        pytest.param("sqlite+aiosqlite:///x.db", "VICUGNA_LEDGER: ", id="a driver of another kind"),
        pytest.param(
            "sqlite:////proc/nowhere/x.db", "/proc/nowhere: cannot be", id="no such place"
        ),
        pytest.param("sqlite:///.", "unable to open database file", id="a folder"),
        pytest.param("sqlite:///not.db", "file is not a database", id="another file"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_in_one_line(place, url, says):
    (place / "not.db").write_text("three years of work, which is longer than a header" * 9)

    with pytest.raises(UserError) as told:
        connect(url)

    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert "pw" not in str(told.value)


def test_a_newer_ledger_is_refused(url):
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(update(META).values(value=str(SCHEMA + 1)))
    engine.dispose()

    with pytest.raises(UserError, match=f"has schema {SCHEMA + 1}, this version knows {SCHEMA}"):
        connect(url)


def test_a_ledger_of_this_schema_is_opened_again(url):
    connect(url).dispose()
    engine = connect(url)

    with engine.connect() as connection:
        rows = connection.execute(META.select()).all()
    engine.dispose()
    assert rows == [("schema", str(SCHEMA))]


def test_a_password_is_not_told():
    """The URL of a database may hold one."""
    with pytest.raises(UserError) as told:
        connect("sqlite://me:hunter2@host/x.db")

    assert "me:***@host" in str(told.value)
    assert "hunter2" not in str(told.value)
