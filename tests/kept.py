"""Ledgers with answers in both languages, and what can befall them."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from tests.scripted import make_purse, make_reply
from vicugna.formats.run_folder import write_run
from vicugna.growth import asked_of
from vicugna.ledger import connect, open_ledger, read_all
from vicugna.ledger.tables import ACCOUNT, CHARGE, REPLY
from vicugna.ledger.verifying import Tally, verify_ledger
from vicugna.ledger.writing import Charge
from vicugna.records import Bound, Lang, Message, Reply, Request, Sampling

BOUND = Bound(5_000, 400)  # what a request holds back
CONTENT: dict[str, str] = {
    "Name a river.": "The Tay.",
    "写一首关于秋天的诗。": "枫叶落满山，江水向东还。𠮷",
    "Say nothing.": "",
    "说说空字符。": "a\0b\x1a\x1a0，然后是“引号”。",
    "Break the line.": "a\u2028b\r\n\tc '); DROP TABLE reply; --",
    "数一数羊驼。": "🦙👩\u200d👧" * 40,
    "Count to four.": "1 2 3 4",
    "翻译：早上好。": "Good morning.",
}
PRICES = (1_500_000, 0, None, 7)
RUNS = ("0123456789abcdef", "fedcba9876543210")
# Every column of an answer, to compare ledgers by.
Rows = dict[str, list[tuple[Any, ...]]]


def make_request(question: str, **changes: Any) -> Request:
    """Return a request; its language is that of the question."""
    lang: Lang = changes.pop("lang", "en" if question.isascii() else "zh")
    turns = (Message("system", "你出题。"), Message("user", question))
    fields: dict[str, Any] = {"sample": 1, "about": "0123-04", "shown": ("zh-001",)} | changes
    return Request("new_tasks", lang, "m", turns, Sampling(0.7, 1, 256), f"p.{lang}@1", **fields)


def make_answers(content: dict[str, str] = CONTENT) -> list[tuple[Request, Reply]]:
    """Return a request and a reply for each text, some without a price."""
    answers: list[tuple[Request, Reply]] = []
    for (question, answer), price in zip(content.items(), cycle(PRICES), strict=False):
        request = make_request(question)
        reply = make_reply(request, answer, price_nusd=price, seconds=1.25)
        answers.append((request, reply))
    return answers


def fill(url: str, answers: Iterable[tuple[Request, Reply]] | None = None) -> None:
    """Pay for answers out of two runs in turn, and lose one request of the first."""
    asyncio.run(_fill(url, list(make_answers() if answers is None else answers)))


async def _fill(url: str, answers: list[tuple[Request, Reply]]) -> None:
    async with open_ledger(url) as ledger:

        async def claim(key: str, run: str) -> Charge:
            charge = await ledger.claim(key, BOUND, make_purse(run))
            assert isinstance(charge, Charge)
            return charge

        for (request, reply), run in zip(answers, cycle(RUNS), strict=False):
            await ledger.settle(await claim(request.key, run), request, reply)
        await ledger.drop(await claim("f" * 64, RUNS[0]), lost=True)


@contextmanager
def opened(url: str) -> Generator[Engine]:
    """Yield an engine on a ledger, which is made when it is not there."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def change(url: str, statement: str, **values: Any) -> None:
    """Change a ledger behind its back."""
    with opened(url) as engine, engine.execution_options(writes=True).begin() as connection:
        assert connection.execute(text(statement), values).rowcount != 0


def date(url: str, created: str, keys: Iterable[str] | None = None) -> None:
    """Say that answers (all of them, or those with these keys) came at a time."""
    for key in every_key(url) if keys is None else keys:
        change(url, "UPDATE reply SET created = :at WHERE key = :key", at=created, key=key)


def every_key(url: str) -> list[str]:
    """Return the keys of all answers, in order."""
    with opened(url) as engine, engine.connect() as connection:
        return sorted(connection.execute(text("SELECT key FROM reply")).scalars())


def read_rows(url: str) -> Rows:
    """Return all that a ledger holds for good."""
    with opened(url) as engine, engine.connect() as connection:
        return {table.name: _read(connection, table) for table in (REPLY, CHARGE, ACCOUNT)}


def _read(connection: Connection, table: Any) -> list[tuple[Any, ...]]:
    rows = connection.execute(table.select().order_by(table.c[0])).all()
    found = [
        tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in rows
    ]
    empty = (0,) * 7  # an account that was opened, and what was held given back
    return [row for row in found if table is not ACCOUNT or row[1:] != empty]


def verify(url: str) -> tuple[list[str], Tally]:
    """Return what `verify` finds bad in a ledger, as "noun: words", and what it counted."""
    tally = Tally()
    with opened(url) as engine:
        bad = [f"{name}: {said}" for name, good, said in verify_ledger(engine, tally) if not good]
    return bad, tally


def path_of(url: str) -> Path:
    """Return the file of a ledger on SQLite."""
    return Path(make_url(url).database or "")


def leave_run(url: str, folder: Path, keys: Iterable[str]) -> Path:
    """Leave the folder of a run that used these answers of a ledger."""
    wanted = set(keys)
    with opened(url) as engine:
        stored = [one for one in read_all(engine) if one.reply.key in wanted]
    manifest: dict[str, Any] = {
        "schema": 1,
        "name": "small",
        "made_by": "run",
        "method": "alpaca",
        "stopped": "target",
        "recipe": {"teacher": {"name": "offline", "model": "m"}},
        "counts": {"tasks": {}, "rejected": {}},
        "usage": {"requests": len(stored), "price_usd": None},
        "session": {"finished": "2026-03-01T10:20:30+00:00"},
    }
    write_run(folder, [], [], [], manifest, [asked_of(one.request, one.reply) for one in stored])
    return folder
