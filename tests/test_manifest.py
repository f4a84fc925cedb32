"""What a run says of itself."""

import asyncio
import platform
from dataclasses import replace
from functools import partial

import orjson
import pytest

import vicugna
from tests.scripted import (
    grow_once,
    make_job,
    make_recipe,
    make_reply,
    say_well,
    scripted,
    shuffled,
)
from vicugna.errors import Transient
from vicugna.ledger.traffic import Traffic
from vicugna.manifest import count_rows, describe_run, reason_of
from vicugna.pipeline import generate, generate_all
from vicugna.records import Draft, Rejected, Source, Task, Verdict

DRAFT = Draft("x-00", "en", "Name a bird.", "", "A kite.", Source())


def _describe(recipe, ask):
    growth = grow_once(recipe, ask)
    traffic = Traffic(replayed=4)
    traffic.of("scripted").sent = 3
    return describe_run(recipe, growth, traffic, make_job(recipe).seeds)


def test_it_says_recipe_versions_content_counts_and_cost():
    recipe = make_recipe("self-instruct")

    manifest = _describe(recipe, scripted(price_nusd=1_500_000))

    assert manifest["stopped"] == "target"
    assert manifest["recipe_sha256"] == recipe.digest
    assert manifest["versions"] == {
        "vicugna": vicugna.__version__,
        "python": platform.python_version(),
    }
    assert set(manifest["content_sha256"]) == {
        f"prompts/{purpose}.{lang}.md"
        for purpose in ("new_instructions", "is_classification", "input_first", "output_first")
        for lang in ("en", "zh")
    } | {"seed_tasks/en.jsonl", "seed_tasks/zh.jsonl"}
    assert all(len(digest) == 64 for digest in manifest["content_sha256"].values())
    usage = manifest["usage"]
    assert usage["price_usd"] == f"{usage['requests'] * 0.0015:.6f}"
    assert (usage["input_tokens"], usage["output_tokens"]) == (
        usage["requests"] * 10,
        usage["requests"] * 20,
    )
    assert (manifest["session"]["sent"], manifest["session"]["from_ledger"]) == (3, 4)


def test_what_was_asked_is_told_by_teacher_and_purpose():
    recipe = make_recipe("self-instruct")

    manifest = _describe(recipe, scripted(price_nusd=1_500_000))

    usage = manifest["usage"]
    teacher = usage["by_teacher"]["scripted"]
    kept = sum(manifest["counts"]["tasks"].values())
    assert list(usage["by_teacher"]) == list(manifest["session"]["teachers"]) == ["scripted"]
    assert set(teacher["by_purpose"]) == set(recipe.sampling)
    assert sum(one["requests"] for one in teacher["by_purpose"].values()) == usage["requests"]
    assert sum(one["tasks"] for one in teacher["by_purpose"].values()) == teacher["tasks"] == kept
    assert usage["usd_per_task"] == f"{usage['requests'] * 0.0015 / kept:.9f}"


def test_what_shards_asked_is_told_together():
    job = make_job(make_recipe(target=60, shards=3))

    whole = asyncio.run(generate_all(job, [], partial(generate, job, scripted())))

    manifest = describe_run(job.recipe, whole, Traffic(), job.seeds)
    (teacher,) = manifest["usage"]["by_teacher"].values()
    assert teacher["requests"] == whole.replies == len(whole.asked)
    assert sum(one.requests for one in whole.prompts.values()) == whole.replies


def test_of_the_same_answers_all_but_the_session_is_the_same():
    recipe = make_recipe("self-instruct")

    first, second = (_describe(recipe, shuffled(seed)) for seed in (1, 2))

    del first["session"], second["session"]
    assert orjson.dumps(first) == orjson.dumps(second)


def test_pieces_are_tasks_rejected_and_carried():
    counts = _describe(make_recipe("self-instruct"), scripted())["counts"]

    rejected = sum(sum(by_lang.values()) for by_lang in counts["rejected"].values())
    assert counts["pieces"] == sum(counts["tasks"].values()) + rejected + counts["carried"]


def test_one_answer_without_a_price_makes_the_whole_price_unknown():
    async def ask(request):
        return make_reply(request, say_well(request), price_nusd=None if request.key < "4" else 5)

    usage = _describe(make_recipe(target=60), ask)["usage"]

    assert usage["price_usd"] is None
    assert 0 < usage["replies_without_price"] < usage["requests"]


def test_what_was_not_answered_is_counted_by_cause():
    async def ask(request):
        if request.key < "2":
            raise Transient("No.", cause="timeout")
        return make_reply(request, say_well(request))

    usage = _describe(make_recipe(target=80), ask)["usage"]

    assert usage["unanswered"]["timeout"] > 0


def test_how_fast_answers_come_is_no_part_of_the_recipe():
    teacher = {"name": "offline", "model": "m", "concurrency": 3}

    manifest = _describe(make_recipe(teacher=teacher), scripted())

    assert "concurrency" not in manifest["recipe"]["teacher"]


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        pytest.param(Verdict("parse", False, detail="cut"), "parse: cut", id="parsing says what"),
        pytest.param(Verdict("length", False, 2, 3), "length", id="a filter by its name"),
        pytest.param(
            Verdict("refusal", False, detail="I cannot"),
            "refusal",
            id="without the teacher's words",
        ),
        pytest.param(Verdict("[red]x[/red]", False), "other", id="markup of somebody else"),
        pytest.param(Verdict("a|b\x1b[2J", False), "other", id="control characters"),
        pytest.param(Verdict("parse", False, detail="<b>\n# x"), "other", id="a page of theirs"),
    ],
)
def test_the_reason_that_is_counted(verdict, reason):
    assert reason_of(Rejected("x", "en", verdict, Source())) == reason


def test_rows_are_counted_by_language_and_the_commonest_reason_comes_first():
    zh = replace(DRAFT, lang="zh")
    rejected = [
        Rejected("a", "zh", Verdict("echo", False), Source()),
        Rejected("b", "en", Verdict("length", False), Source()),
        Rejected("c", "zh", Verdict("length", False), Source()),
    ]

    counts = count_rows([Task(zh, ()), Task(DRAFT, ()), Task(zh, ())], rejected)

    assert counts == {
        "tasks": {"en": 1, "zh": 2},
        "rejected": {"length": {"en": 1, "zh": 1}, "echo": {"zh": 1}},
    }
    assert list(counts["rejected"]) == ["length", "echo"]
    assert count_rows([], []) == {"tasks": {}, "rejected": {}}
