"""A run whose recipe says how many tasks of each type it wants."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from tests.scripted import (
    count_asked,
    grow_once,
    make_job,
    make_recipe,
    say_well,
    scripted,
    shuffled,
    write_task,
)
from vicugna.errors import UserError
from vicugna.filtering import Chain
from vicugna.manifest import count_rows
from vicugna.pipeline import begin, generate, generate_all, prepare
from vicugna.records import LANGS
from vicugna.templates import json_line, load_types

BOTH = {"math": 2, "writing": 1}
both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


def _count(growth):
    return Counter((task.draft.lang, task.draft.type) for task in growth.tasks)


def _say_math_once(request):
    """Answer like a teacher that knows one task of mathematics in each language."""
    if request.type != "math":
        return say_well(request)
    line = json_line(**write_task(Random(request.lang), request.lang))
    return "\n".join([line] * count_asked(request))


@both_methods
def test_every_type_gets_what_the_recipe_wants_in_each_language(method):
    recipe = make_recipe(method, target=36, types=BOTH)
    asked = []

    growth = grow_once(recipe, scripted(asked=asked))

    assert growth.stopped == "target"
    assert _count(growth) == recipe.strata
    assert {(request.lang, request.type) for request in asked} == set(recipe.strata)
    growth.check_conservation()


@both_methods
def test_what_is_asked_and_kept_does_not_depend_on_the_order_of_answers(method):
    recipe = make_recipe(method, target=48, types=BOTH, machine_shown=2)
    first, second = (grow_once(recipe, shuffled(seed)) for seed in (1, 2))

    assert first.tasks == second.tasks
    assert first.rejected == second.rejected


@pytest.mark.parametrize("lang", LANGS)
@both_methods
def test_a_question_names_its_type_and_shows_tasks_of_it_alone(method, lang):
    recipe = make_recipe(method, target=40, types=BOTH, machine_shown=2, lookahead=2)
    asked = []

    growth = grow_once(recipe, scripted(asked=asked))

    seeds = {seed.id: seed.type for seed in make_job(recipe).seeds[lang]}
    types = seeds | {task.draft.group: task.draft.type for task in growth.tasks}
    types |= {task.draft.id: task.draft.type for task in growth.tasks}
    begun = [one for one in asked if one.lang == lang and one.purpose.startswith("new_")]
    assert {one.type for one in begun} == set(BOTH)
    for request in begun:
        assert load_types(lang)[request.type] in request.messages[-1].content
        assert f"{request.purpose}_of_type.{lang}@" in request.prompt
        assert {types.get(shown, request.type) for shown in request.shown} == {request.type}
    assert {shown for one in begun for shown in one.shown} - seeds.keys()


def test_what_one_type_asks_does_not_depend_on_what_becomes_of_another():
    def keys(say):
        asked = []
        grow_once(
            make_recipe(target=36, types=BOTH, saturation={"window": 20}), scripted(say, asked)
        )
        return [one.key for one in asked if one.type == "writing"]

    assert keys(say_well) == keys(_say_math_once)


def test_a_type_that_is_saturated_is_given_up_and_the_others_are_not():
    recipe = make_recipe(target=36, types=BOTH, saturation={"window": 20, "min_accepted": 0.2})

    growth = grow_once(recipe, scripted(_say_math_once))

    assert growth.stopped == "saturated: en math, zh math"
    assert _count(growth) == {
        ("en", "math"): 1,
        ("zh", "math"): 1,
        ("en", "writing"): 6,
        ("zh", "writing"): 6,
    }
    growth.check_conservation()


def test_rows_that_are_there_are_kept_where_a_type_of_one_language_is_saturated():
    def say(request):
        return _say_math_once(request) if request.lang == "zh" else say_well(request)

    recipe = make_recipe(target=36, types=BOTH, saturation={"window": 20, "min_accepted": 0.2})

    growth = grow_once(recipe, scripted(say))

    assert growth.stopped == "saturated: zh math"
    assert growth.kept == {"en": 18, "zh": 7}


@pytest.mark.parametrize("shards", [2, 5])
def test_shards_divide_every_type(shards):
    recipe = make_recipe(target=38, types=BOTH | {"coding": 3}, shards=shards)
    job = make_job(recipe)
    begun = [begin(job, shard) for shard in range(shards)]

    for stratum, target in recipe.strata.items():
        parts = [growth.quotas[stratum].target for growth in begun]
        assert sum(parts) == target
        assert max(parts) - min(parts) <= 1
    for lang in LANGS:
        parts = [growth.targets[lang] for growth in begun]
        assert max(parts) - min(parts) <= 1  # what is left over of one type goes to other shards


def test_shards_meet_with_every_type_full():
    recipe = make_recipe(target=36, types=BOTH, shards=3)
    job = make_job(recipe)

    whole = asyncio.run(generate_all(job, [], partial(generate, job, scripted())))

    assert _count(whole) == recipe.strata


def test_the_manifest_counts_types_and_only_those_we_know():
    growth = grow_once(make_recipe(target=12, types=BOTH), scripted())

    tasks = [*growth.tasks]
    tasks[0] = replace(tasks[0], draft=replace(tasks[0].draft, type="<b>"))

    assert count_rows(growth.tasks, ())["types"] == {
        "en": {"math": 4, "writing": 2},
        "zh": {"math": 4, "writing": 2},
    }
    assert "<b>" not in str(count_rows(tasks, ()))
    assert "types" not in count_rows(grow_once(make_recipe(target=12), scripted()).tasks, ())


def test_a_type_without_a_seed_task_is_refused(monkeypatch):
    monkeypatch.setattr(
        "vicugna.pipeline.load_seeds", lambda lang: make_job(make_recipe()).seeds[lang]
    )
    recipe = make_recipe(types={"math": 1, "coding": 1})

    with pytest.raises(UserError, match="types: no seed task of type coding in en"):
        prepare(recipe, Chain((), (), ()))
