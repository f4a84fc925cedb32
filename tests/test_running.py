"""A whole run, from a job to its folder: the same bytes every time."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from rich.console import Console

import filters
from tests.killed import run_and_kill
from tests.scripted import make_job, make_recipe, make_reply, say_well, scripted, shuffled
from vicugna.errors import Transient, UserError
from vicugna.formats.canonical import read_replies
from vicugna.pipeline import prepare
from vicugna.running import run_direct
from vicugna.settings import Recipe
from vicugna.teachers.offline import ask as offline
from vicugna.teachers.retry import RULES

FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")
both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


@pytest.fixture
def teach(monkeypatch, place):
    """Return a function that sets what the offline teacher is, in an empty working directory."""

    def use(ask):
        monkeypatch.setattr(offline, "ask_offline", ask)

    return use


def _run(recipe, folder):
    job = replace(make_job(recipe), folder=Path(folder))
    return asyncio.run(run_direct(job, Console(quiet=True)))


def _files(folder):
    """Return the bytes of every file but the manifest, which says when it was written."""
    return {
        path.name: path.read_bytes()
        for path in Path(folder).iterdir()
        if path.name != "manifest.json"
    }


def _manifest(folder):
    manifest = orjson.loads((Path(folder) / "manifest.json").read_bytes())
    del manifest["session"]
    return manifest


@both_methods
@pytest.mark.parametrize("shards", [1, 3])
def test_the_same_answers_give_the_same_bytes(teach, monkeypatch, tmp_path, method, shards):
    """Whatever the concurrency, the order in which they come, and the folder."""
    folders = []
    for concurrency, order in ((1, 1), (64, 2), (64, 3)):
        here = tmp_path / f"machine-{order}"
        here.mkdir()
        monkeypatch.chdir(here)
        monkeypatch.setenv("VICUGNA_LEDGER", f"sqlite:///{here}/somewhere/ledger.db")
        teach(shuffled(order))
        teacher = {"name": "offline", "model": "offline", "concurrency": concurrency}
        _run(make_recipe(method, teacher=teacher, formats=FORMATS, shards=shards), f"out-{order}")
        folders.append(here / f"out-{order}")

    assert len(_files(folders[0])) == 10
    assert _files(folders[0]) == _files(folders[1]) == _files(folders[2])
    assert _manifest(folders[0]) == _manifest(folders[1]) == _manifest(folders[2])


@both_methods
def test_a_second_run_sends_nothing_and_says_so(teach, method):
    teach(shuffled(1))
    first = _run(make_recipe(method), "first")
    teach(_never)

    second = _run(make_recipe(method), "second")

    assert first["session"]["sent"] == first["usage"]["requests"] > 0
    assert second["session"]["sent"] == 0
    assert second["session"]["from_ledger"] == first["usage"]["requests"]
    assert _files("first") == _files("second")
    assert _manifest("first") == _manifest("second")


async def _never(request):
    raise AssertionError("a paid answer was paid for again")


def test_another_format_costs_nothing(teach):
    teach(scripted())
    _run(make_recipe(formats=["alpaca"]), "first")
    teach(_never)

    _run(make_recipe(formats=["messages"]), "second")

    assert (Path("first") / "tasks.jsonl").read_bytes() == (
        Path("second") / "tasks.jsonl"
    ).read_bytes()
    assert {"alpaca.json"} <= set(_files("first")) - set(_files("second"))


def test_another_gate_pays_only_for_what_it_asks_besides(teach):
    """A stricter gate needs more tasks; the answers that both ask for are paid for once."""
    teach(scripted())
    first = _run(make_recipe(target=40), "first")

    second = _run(make_recipe(target=40, max_f1=0.36), "second")

    usage, session = second["usage"], second["session"]
    assert session["from_ledger"] > first["usage"]["requests"] / 2
    assert session["sent"] == usage["requests"] - session["from_ledger"]
    assert second["counts"]["tasks"] == {"en": 20, "zh": 20}
    assert second["counts"]["rejected"]["near_duplicate"]


def test_manifest_and_files_tell_the_same(teach):
    teach(scripted())
    manifest = _run(make_recipe("self-instruct", formats=FORMATS), "out")

    rows = {
        name: [orjson.loads(line) for line in (Path("out") / name).read_bytes().splitlines()]
        for name in ("tasks.jsonl", "rejected.jsonl")
    }
    counts = manifest["counts"]
    assert orjson.loads((Path("out") / "manifest.json").read_bytes()) == manifest
    assert counts["tasks"] == {"en": 12, "zh": 12}
    assert len(rows["tasks.jsonl"]) == 24
    assert len(rows["rejected.jsonl"]) == sum(
        sum(by_lang.values()) for by_lang in counts["rejected"].values()
    )
    assert (
        counts["pieces"]
        == len(rows["tasks.jsonl"]) + len(rows["rejected.jsonl"]) + (counts["carried"])
    )
    assert set(manifest["files"]) == {*_files("out")}
    lines = read_replies(Path("out") / "replies.jsonl")
    usage = manifest["usage"]
    assert len(lines) == usage["requests"]
    for name in ("input_tokens", "output_tokens", "cached_tokens"):
        assert sum(getattr(line, name) for line in lines) == usage[name]
    assert f"{sum(line.price_nusd for line in lines) / 1e9:.6f}" == usage["price_usd"]
    origins = {row["source"]["request"] for name in rows for row in rows[name]}
    assert origins <= {line.request for line in lines}
    identities = [row["id"] for row in rows["tasks.jsonl"]]
    assert len(set(identities)) == 24
    assert {row["source"]["model"] for row in rows["tasks.jsonl"]} == {"scripted"}


# --- a run that ends too soon ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        pytest.param(scripted(lambda _: "No."), "saturated: en", id="nothing can be read"),
        pytest.param(scripted(lambda _: ""), "(saturated: en): every piece", id="empty answers"),
        pytest.param("down", "(teacher down: timeout): No answer.", id="nobody answers"),
    ],
)
def test_without_one_task_nothing_is_written(teach, ask, says, monkeypatch):
    async def down(request):
        raise Transient("No answer.", cause="timeout")

    monkeypatch.setitem(RULES, Transient, replace(RULES[Transient], first=0.01))
    teach(down if ask == "down" else ask)

    with pytest.raises(UserError) as told:
        _run(make_recipe(saturation={"window": 20}), "out")

    assert str(told.value).startswith("try: no task was kept (")
    assert says in str(told.value)
    assert not Path("out").exists()
    assert not Path("out").parent.joinpath(".out").exists()


def test_without_one_task_the_folder_of_an_earlier_run_stays(teach):
    teach(scripted())
    _run(make_recipe(), "out")
    before = _files("out")
    teach(scripted(lambda _: "No."))

    with pytest.raises(UserError, match="no task was kept"):
        _run(make_recipe(seed=2, saturation={"window": 20}), "out")

    assert _files("out") == before


def test_a_finite_teacher_saturates_and_leaves_what_it_had(teach):
    """It knows the tasks of five requests, and gives them again and again."""
    known = {}

    def say(request):
        texts = known.setdefault(request.lang, [])
        if len(texts) < 5:
            texts.append(say_well(request))
        return texts[int(request.key, 16) % len(texts)]

    teach(scripted(say))
    manifest = _run(make_recipe(target=400, saturation={"window": 40}, lookahead=1), "out")

    assert manifest["stopped"].startswith("saturated: ")
    assert all(8 <= count <= 20 for count in manifest["counts"]["tasks"].values())
    assert abs(manifest["counts"]["tasks"]["en"] - manifest["counts"]["tasks"]["zh"]) <= 1


def _worst(recipe: Recipe):
    """Return a teacher that uses all a request may use, at one thousandth of a dollar a token."""

    async def ask(request):
        prompt = sum(len(turn.content.encode()) + 8 for turn in request.messages)
        answer = request.sampling.max_tokens
        used.append((prompt + answer, prompt * 1_000_000 + answer * 2_000_000))
        return make_reply(
            request,
            say_well(request),
            input_tokens=prompt,
            output_tokens=answer,
            price_nusd=used[-1][1],
        )

    used: list[tuple[int, int]] = []
    return ask, used


PRICE = {"input": 1000, "output": 2000}  # USD per million tokens


@pytest.mark.parametrize("lookahead", [1, 7])
@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize(
    ("cap", "amount"),
    [
        pytest.param("requests", 1, id="one request"),
        pytest.param("requests", 9, id="requests"),
        pytest.param("tokens", 40_000, id="tokens"),
        pytest.param("usd", 60.0, id="dollars"),
    ],
)
def test_a_budget_is_never_passed(teach, cap, amount, shards, lookahead):
    """Not even by a teacher that uses all a request may use."""
    teacher = {"name": "offline", "model": "offline", "price": PRICE}
    recipe = make_recipe(
        target=4000, teacher=teacher, budget={cap: amount}, shards=shards, lookahead=lookahead
    )
    ask, used = _worst(recipe)
    teach(ask)

    if (cap, amount, shards) == ("requests", 1, 3):  # one request is none for each shard
        with pytest.raises(UserError, match="budget: requests"):
            _run(recipe, "out")
        return
    manifest = _run(recipe, "out")

    spent = {
        "requests": len(used),
        "tokens": sum(tokens for tokens, _ in used),
        "usd": sum(nusd for _, nusd in used) / 1e9,
    }
    assert manifest["stopped"] == f"budget: {cap}"
    assert spent[cap] <= amount
    assert spent[cap] > amount / 2  # and most of it was used
    assert manifest["usage"]["requests"] == spent["requests"]
    assert manifest["usage"]["price_usd"] == f"{spent['usd']:.6f}"


def test_a_budget_stop_goes_on_with_more_budget(teach):
    """The answers of the first run are those of the second, which sends only the rest."""
    teach(scripted())
    first = _run(make_recipe(target=80, budget={"requests": 6}), "first")
    second = _run(make_recipe(target=80, budget={"requests": 600}), "second")
    assert first["stopped"] == "budget: requests"
    assert second["stopped"] == "target"
    assert second["session"]["from_ledger"] == 6


# --- a run that is killed -------------------------------------------------------------------------

INTERRUPTED = "vicugna: stopped. Every paid answer is kept: the same command goes on."


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_killed_run_goes_on_with_the_same_command(teach, monkeypatch, name):
    """No folder is left, what is in the ledger is not sent again, and no byte is different."""
    recipe = make_recipe(target=96, formats=FORMATS)
    Path("recipe.yaml").write_bytes(orjson.dumps(recipe.model_dump(mode="json")))  # JSON is YAML
    words = ("run", "recipe.yaml", "--direct", "--quiet", "--out", "out")
    killed = run_and_kill(*words, after=5, signal=getattr(signal, name))
    assert not Path("out").exists()
    if name == "SIGINT":
        assert (killed.returncode, killed.stderr.strip()) == (130, INTERRUPTED)
    else:
        assert killed.returncode == -signal.SIGKILL

    teach(scripted())
    resumed = _run_recipe(recipe, "out")["session"]
    monkeypatch.setenv("VICUGNA_LEDGER", "sqlite:///elsewhere.db")
    undisturbed = _run_recipe(recipe, "undisturbed")["session"]

    assert resumed["from_ledger"] >= 5
    assert resumed["sent"] == undisturbed["sent"] - resumed["from_ledger"] > 0
    assert _files("out") == _files("undisturbed")


def _run_recipe(recipe, folder):
    """Run a recipe as the command line does: our own seed tasks, the whole chain."""
    job = prepare(recipe, filters.chain(), Path(folder))
    return asyncio.run(run_direct(job, Console(quiet=True)))


# --- what is said ---------------------------------------------------------------------------------


# --- before anything ------------------------------------------------------------------------------


def test_an_unknown_format_is_refused_before_anything_is_sent(teach):
    teach(_never)

    with pytest.raises(UserError, match='format "csv": unknown'):
        _run(make_recipe(formats=["csv"]), "out")

    assert list(Path().iterdir()) == []
