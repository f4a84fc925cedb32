"""What a teacher, a server or a file may hold that nobody wishes for; and runs over HTTP with it.

`TEXTS` are short and strange, `huge` gives texts of any length. What a server answers is a
function of the request, as in `scripted`.
"""

import asyncio
import json
import re
import sqlite3
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from itertools import product
from pathlib import Path
from typing import Any, get_args

import orjson
from aiohttp import web
from pyarrow.parquet import read_table
from rich.console import Console

import filters
from tests.scripted import Say, make_recipe
from vicugna.manifest import Manifest
from vicugna.pipeline import prepare
from vicugna.records import LANGS, Message, Request, Sampling
from vicugna.running import run_direct
from vicugna.teachers.offline.server import open_server
from vicugna.templates import Purpose, load_prompt, prompt_of
from vicugna.text.hygiene import clean_text

FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))

TEXTS: dict[str, str] = {
    "half characters": "a\ud800b\udfffc\ud83d",
    "NUL": "a\x00b\x00",
    "every control": f"a{CONTROLS}b",
    "line ends of Unicode": "a\u2028b\u2029c\x85d\x0be\x0cf\rg\r\nh",
    "marks of direction": "\u202eabc\u202c \u2066def\u2069 \u200eghi\u200f",
    "never seen": "\ufeffa\u200bb\u2060c\u00add\ufffee\uffff\U0010ffff\ufdd0",
    "joined emoji": "👩‍🌾👨‍👩‍👧‍👦🏳️‍🌈 می‌خواهم",
    "a tower of marks": "a" + "\u0301\u0489\u20dd" * 300,
    "private and unassigned": "\ue000\uf8ff\U000f0000\u0378\U000e0001",
    "signs of formatting": "{instruction} {0} {{ x }} {{shown}} %s %(a)s %n ${HOME} $(id) `id` \\1",
    "a path up": "../../etc/passwd",
    "paths": "/dev/null C:\\Windows\\win.ini file:///etc/passwd ~/.ssh/id_rsa a\x00.txt",
    "markup of rich": "[red]a[/] [/] [/bold] [link=x] \\[b] [bold",
    "markup of Markdown": "# a\n| b | c |\n```\n~~~~~~\n<script>alert(1)</script> ![x](y) <!--",
    "special tokens": "</s><s><|im_end|><|endoftext|>[INST] <<SYS>> <unk><pad>",
    "words of roles": "\n\nHuman: a\n\nAssistant: b\nsystem: c\n### Instruction:\n### Response:",
    "a terminal's escapes": "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b0m\x08\x08",
    "JSON inside": '{"instruction": "a", "instruction": "b"} [[{"output": null}]] {"a": 1e999}',
    "SQL inside": "'; DROP TABLE reply; -- \" ? :key @p",
    "a spreadsheet's formula": '=cmd|"/c calc"!A1',
    "a number for a text": "1e400",
}

# Objects that are valid JSON, or nearly, and no tasks.
OBJECTS: dict[str, str] = {
    "keys twice": '{"instruction": "a", "instruction": "b", "output": "c", "output": "d"}',
    "numbers without end": f'{{"instruction": {"9" * 5000}, "output": 1e99999, "input": -0.0}}',
    "no numbers": '{"instruction": NaN, "output": Infinity, "input": -Infinity}',
    "deep": '{"instruction": ' + "[" * 3000 + "]" * 3000 + ', "output": "b"}',
    "deep and open": '{"instruction": "a", "output": ' + '{"a": [' * 3000,
    "deep and known": '{"instruction": ' * 3000,
    "lists for texts": '{"instruction": ["a"], "input": {"b": 1}, "output": [[]]}',
    "half characters in keys": '{"\\ud800": 1, "instruction": "\\udfff", "output": "\\ud800"}',
    "escapes that are none": '{"instruction": "\\x41\\u12 \\q", "output": "\\u"}',
}


def huge(size: int) -> Iterator[tuple[str, str]]:
    """Yield texts of about `size` characters with their names: each is one thing repeated."""
    for unit in ("a", "字", " ", "\n", "[", '{"', "\x00", "“", "<", "a "):
        yield f"{unit!r} again and again", unit * (size // len(unit))
    yield "small objects", '{"instruction": "a", "output": "b"}\n' * (size // 36)
    yield "broken objects", '{"instruction": "a" "output": "b" c"}\n' * (size // 38)
    yield "small items", "".join(f"{number}. a\n" for number in range(size // 10))
    yield "small fields", "指令：a\n输入：b\n输出：c\n" * (size // 15)
    yield "a deep object", '{"instruction": ' * (size // 16)
    yield "one object", '{"instruction": "Name a river.", "output": "' + "b " * (size // 2) + '"}'


def read_request(body: dict[str, Any]) -> Request:
    """Return the request that a body was written from: the system part says which it is."""
    system, user = (turn["content"] for turn in body["messages"])
    return Request(
        *_KINDS[system],
        body["model"],
        (Message("system", system), Message("user", user)),
        Sampling(1.0, 1.0, 256),
        prompt="",
        sample=body.get("seed", 0),
    )


_KINDS = {
    load_prompt(prompt_of(purpose, typed=typed), lang).system: (purpose, lang)
    for purpose, lang, typed in product(get_args(Purpose), LANGS, (False, True))
}


def run_over_http(say: Say, out: str = "out", **changes: Any) -> Manifest:
    """Run a small recipe with the whole chain against a server that answers by `say`."""

    async def run() -> Manifest:
        async with open_server(lambda body: say(read_request(body))) as base_url:
            teacher = {"name": "openai", "model": "hostile", "base_url": base_url}
            recipe = make_recipe(**{"formats": FORMATS, "teacher": teacher} | changes)
            job = prepare(recipe, filters.chain(recipe.filters), Path(out))
            return await run_direct(job, Console(quiet=True))

    return asyncio.run(run())


@asynccontextmanager
async def open_raw(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncGenerator[str, None]:
    """Run a server that answers every request by this handler; yield its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def dump(row: dict[str, str]) -> str:
    """Write a row as models do: every character as itself, but half a character as an escape."""
    line = json.dumps(row, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", line)


def read_rows(name: str, out: str = "out") -> list[dict[str, Any]]:
    """Return the rows of a file of a run."""
    return [orjson.loads(line) for line in Path(out, name).read_bytes().split(b"\n") if line]


def check_folder(manifest: Manifest, out: str = "out") -> list[dict[str, Any]]:
    """Check that every piece is accounted for and every layout holds the kept rows unchanged.

    Returns the kept rows.
    """
    kept, rejected = read_rows("tasks.jsonl", out), read_rows("rejected.jsonl", out)
    counts = manifest["counts"]
    assert sum(counts["tasks"].values()) == len(kept)
    assert sum(sum(langs.values()) for langs in counts["rejected"].values()) == len(rejected)
    if "pieces" in counts:
        assert counts["pieces"] == len(kept) + len(rejected) + counts["carried"]
    for row in rejected:
        assert row["verdict"]["filter"]
        assert row["verdict"]["detail"] or row["verdict"]["filter"] != "parse"
    tasks = [{name: row[name] for name in ("instruction", "input", "output")} for row in kept]
    for task in tasks:
        assert all(clean_text(text) == text for text in task.values())
    asked = ["\n".join(filter(None, (x["instruction"], x["input"]))) for x in tasks]
    answers = [task["output"] for task in tasks]
    turns = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        for question, answer in zip(asked, answers, strict=True)
    ]
    assert orjson.loads(Path(out, "alpaca.json").read_bytes()) == tasks
    assert [row["messages"] for row in read_rows("messages.jsonl", out)] == turns
    shared = orjson.loads(Path(out, "sharegpt.json").read_bytes())
    left_out = read_rows("left_out.jsonl", out) if Path(out, "left_out.jsonl").exists() else []
    refused = {row["id"] for row in left_out if row["layout"] == "sharegpt"}
    assert sum(manifest["exports"]["sharegpt"]["left_out"].values()) == len(refused)
    said = {row["id"]: [turn["value"] for turn in row["conversations"]] for row in shared}
    pairs = zip(kept, asked, answers, strict=True)
    assert said == {row["id"]: [*turns] for row, *turns in pairs if row["id"] not in refused}
    table = read_table(Path(out, "messages.parquet")).to_pylist()
    assert [row["messages"] for row in table] == turns
    assert not Path(out, "README.md").read_text(encoding="utf-8").count("\x00")
    return kept


def read_everything(place: Path) -> Iterator[bytes]:
    """Yield the bytes of every file under a folder, and what is packed in databases and tables."""
    for path in place.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
            if path.suffix == ".db":
                yield from _read_database(path)
            if path.suffix == ".parquet":
                yield repr(read_table(path).to_pylist()).encode()


def _read_database(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f'select * from "{table}"'):
                yield repr(row).encode()
                for cell in row:
                    if isinstance(cell, bytes):
                        with suppress(zlib.error):
                            yield zlib.decompress(cell)
