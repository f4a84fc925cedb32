"""Answers that look like those of a run, and a ledger full of them: what `ledger.py` needs."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from time import perf_counter

import orjson
from sqlalchemy import Engine, select

from vicugna.ledger import Purse
from vicugna.ledger.rows import REPLY_FIELDS
from vicugna.ledger.tables import REPLY
from vicugna.ledger.writing import Charge, Claim, Settle, write_group
from vicugna.records import Bound, Lang, Reply, Request, Sampling
from vicugna.seeds import load_seeds
from vicugna.settings import Budget
from vicugna.templates import Prompt, json_line, load_prompt

PURSE = Purse("benchmark", Budget.model_validate({"usd": 1e6}), Budget.model_validate({}))
BOUND = Bound(2_000_000, 6_000)
LINES = 100_000  # of a JSONL file: more would not fit into memory at once
_GROUP = 500  # operations of one transaction, as `Ledger` does at most


class Answers:
    """Makes requests and replies that look like those of a run, each one different."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._count = count()
        self._prompts: dict[Lang, Prompt] = {}
        self._lines: dict[Lang, list[str]] = {}
        langs: tuple[Lang, ...] = ("en", "zh")
        for lang in langs:
            self._prompts[lang] = load_prompt("new_tasks", lang)
            self._lines[lang] = [
                json_line(instruction=one.instruction, input=one.input, output=one.output)
                for one in load_seeds(lang)
            ]

    def __iter__(self) -> Iterator[tuple[Request, Reply]]:
        return self

    def __next__(self) -> tuple[Request, Reply]:
        number, rng = next(self._count), self._rng
        lang: Lang = "zh" if number % 2 else "en"
        lines, prompt = self._lines[lang], self._prompts[lang]
        shown = "\n".join(rng.sample(lines, 3)) + f"\n{rng.random()}"
        request = Request(
            purpose="new_tasks",
            lang=lang,
            model="some-model",
            messages=prompt.fill({"shown": shown, "count": "8"}),
            sampling=Sampling(1.0, 1.0, 3072),
            prompt=prompt.name,
            shown=("a", "b", "c"),
        )
        answer = "\n".join(rng.sample(lines, 4))
        reply = Reply(
            request.key, "openai", "some-model", answer, "stop", 900, 1100, 0, 800_000, 3.2
        )
        return request, reply


def fill(engine: Engine, answers: Answers, wanted: int) -> tuple[float, list[str]]:
    """Write answers in groups, as `Ledger` does; return the seconds and some of the keys."""
    keys: list[str] = []
    started = perf_counter()
    for first in range(0, wanted, _GROUP):
        pairs = [next(answers) for _ in range(min(_GROUP, wanted - first))]
        claims = [Claim(request.key, "benchmark", BOUND, PURSE) for request, _ in pairs]
        with engine.execution_options(writes=True).begin() as connection:
            charges = write_group(connection, claims)
        settled = [
            Settle(charge, *pair)
            for charge, pair in zip(charges, pairs, strict=True)
            if isinstance(charge, Charge)
        ]
        with engine.execution_options(writes=True).begin() as connection:
            write_group(connection, settled)
        keys += [request.key for request, _ in pairs]
    return perf_counter() - started, keys


def write_jsonl(path: Path, engine: Engine) -> None:
    """Write the first answers of a ledger as JSONL, without the requests."""
    columns = [REPLY.c[name] for name in REPLY_FIELDS]
    with engine.connect() as connection, path.open("wb") as file:
        rows = connection.execution_options(yield_per=1000).execute(select(*columns).limit(LINES))
        for row in rows:
            file.write(orjson.dumps(dict(zip(REPLY_FIELDS, row, strict=True))) + b"\n")
