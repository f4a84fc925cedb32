"""What commands print of a teacher, a server or a file cannot steer a terminal or break a line."""

import asyncio
import io
import unicodedata
from itertools import cycle
from pathlib import Path

import orjson
import pytest
import yaml
from aiohttp import web
from rich.console import Console

from tests.hostile import TEXTS, open_raw
from tests.scripted import make_job, make_recipe, make_reply, say_well
from vicugna.running import announce
from vicugna.teachers.offline import ask as offline

# Half characters cannot come from the offline teacher, which writes no JSON.
SAID = [text.encode(errors="replace").decode() for text in TEXTS.values()]


def _assert_plain(*printed):
    """Assert that only line ends are printed besides what has a shape."""
    strange = {
        letter
        for text in printed
        for letter in text.replace("\n", "")
        if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(letter) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "PDF")
    }
    assert strange == set()


@pytest.fixture
def teach(vicugna, monkeypatch):
    """Let the offline teacher put every strange text into its answers; return a recipe's name."""
    texts = cycle(SAID)

    async def ask(request):
        lines = say_well(request).split("\n")
        rows = [orjson.loads(line) for line in lines]
        told = [row | {"output": f"{row['output']} {next(texts)}"} for row in rows]
        broken = f'{{"instruction": "a" {next(texts)} b'
        return make_reply(request, "\n".join([next(texts), *map(_dump, told), broken]))

    monkeypatch.setattr(offline, "ask_offline", ask)
    recipe = make_recipe(target=80, lookahead=2).model_dump(mode="json")
    recipe["teacher"] = {"name": "offline"}
    Path("mine.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return "mine.yaml"


def _dump(row):
    return orjson.dumps(row).decode()


def test_a_run_prints_no_word_of_a_teacher(vicugna, teach):
    code, out, err = vicugna("run", teach, "--direct", "--out", "outputs/mine")

    assert (code, err) == (0, "")
    _assert_plain(out)
    code, out, err = vicugna("export", "mine", "--format", "self_instruct,alpaca,parquet")
    assert (code, err) == (0, "")
    _assert_plain(out)


def test_an_explanation_shows_what_is_strange_as_signs(vicugna, teach):
    """Of every row: kept ones, and pieces that nobody could read."""
    vicugna("run", teach, "--direct", "--out", "outputs/mine")
    kept, rejected = (
        [orjson.loads(line) for line in Path("outputs/mine", name).read_bytes().splitlines()]
        for name in ("tasks.jsonl", "rejected.jsonl")
    )
    unread = [row for row in rejected if row["verdict"]["filter"] == "parse"]

    shown = [vicugna("explain", "mine", row["id"]) for row in kept[::20] + unread[:20]]

    assert len(shown) > 12
    assert {(code, err) for code, _, err in shown} == {(0, "")}
    _assert_plain(*(out for _, out, _ in shown))


def test_a_preview_shows_what_is_strange_as_signs(vicugna, teach):
    for seed in range(6):  # each asks another question; an answer holds five of the texts
        code, out, err = vicugna("preview", teach, "--seed", seed)

        assert (code, err) == (0, "")
        _assert_plain(out)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("run", "half characters"),
        ("run", "every control"),
        ("run", "line ends of Unicode"),
        ("run", "marks of direction"),
        ("run", "signs of formatting"),
        ("run", "markup of rich"),
        ("preview", "markup of rich"),
        ("preview", "a terminal's escapes"),
        ("check", "markup of rich"),
        ("check", "a terminal's escapes"),
    ],
)
def test_an_error_is_one_plain_line_whatever_a_server_says(vicugna, command, name):
    """A refusal, in words that mean something to a terminal, to rich, or to a format string."""

    async def refuse(request):
        return web.json_response({"error": {"message": TEXTS[name]}}, status=400)

    async def run():
        async with open_raw(refuse) as base_url:
            direct = ["--direct"] if command == "run" else []
            words = [command, "--base-url", base_url, "--target", "4", *direct]
            return await asyncio.to_thread(vicugna, *words)

    code, out, err = asyncio.run(run())

    assert code == 2
    _assert_plain(out, err)
    bad = [line for line in (out + err).splitlines() if line.startswith(("vicugna: ", "BAD"))]
    assert len(bad) == 1
    assert "400" in bad[0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"data": null}', id="no data"),
        pytest.param(b'{"data": [null, 1, {"id": null}, {"id": [1]}, {}]}', id="no models"),
        pytest.param(b'{"data": [{"id": "\\ud800\\u0000[/]"}]}', id="a strange model"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_list_of_models_that_is_none_is_one_line(vicugna, body):
    async def answer(request):
        return web.Response(body=body, content_type="application/json")

    async def run():
        async with open_raw(answer) as base_url:
            return await asyncio.to_thread(vicugna, "check", "--base-url", base_url)

    code, out, err = asyncio.run(run())

    assert (code, err) == (2, "")
    _assert_plain(out)
    assert [line.split()[1] for line in out.splitlines() if line.startswith("BAD")] == ["teacher"]


@pytest.mark.parametrize("model", ["qwen3[awq]", "[/]", "[red]红[/red]"])
def test_a_model_named_like_markup_is_named_as_it_is(model):
    """Brackets are common in names of models, and rich would read them."""
    out = io.StringIO()

    announce(make_job(make_recipe(teacher={"name": "openai", "model": model})), Console(file=out))

    assert f"teacher openai ({model})" in out.getvalue()


@pytest.mark.parametrize("model", ["a\x1b[31mb", "a\nb"])
def test_a_model_that_would_write_on_the_terminal_is_refused(vicugna, model):
    code, _, err = vicugna("run", "--direct", "--model", model)

    assert code == 2
    assert "teacher.model: holds a line break or a control character" in err
    assert "\x1b" not in err
