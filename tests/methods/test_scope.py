"""What of a task is compared: by both methods, for each scope, in both languages."""

from dataclasses import replace

import orjson
import pytest

import filters
from tests.scopes import ALIKE, KEPT, say_alike
from tests.scripted import (
    addressed,
    grow_once,
    make_job,
    make_recipe,
    make_reply,
    scripted,
    shuffled,
)
from vicugna.methods import METHODS
from vicugna.pipeline import begin
from vicugna.pool import Member
from vicugna.records import LANGS, SCOPES

both_languages = pytest.mark.parametrize("lang", LANGS)
both_methods = pytest.mark.parametrize("method", METHODS)
every_scope = pytest.mark.parametrize("scope", SCOPES)
later_scopes = pytest.mark.parametrize("scope", SCOPES[1:])  # that need an answer


def _setup(method, scope, **changes):
    """Return a method and its state, with the two filters that compare and no others."""
    recipe = make_recipe(method, scope=scope, target=40, **changes)
    job = replace(make_job(recipe), chain=filters.chain(filters.NOVELTY))
    return METHODS[method](recipe, addressed("some-model"), job.seeds), begin(job)


def _row(draft):
    return draft.instruction, draft.input, draft.output


# --- alpaca ---------------------------------------------------------------------------------------


@every_scope
@both_languages
def test_complete_tasks_are_compared_by_the_scope(lang, scope):
    method, growth = _setup("alpaca", scope)
    request = method.compose((lang, ""), 0, growth)
    names = ("instruction", "input", "output")
    lines = [orjson.dumps(dict(zip(names, row, strict=True))).decode() for row in ALIKE[lang]]

    method.consume(request, make_reply(request, "\n".join(lines)), growth)

    assert [task.draft.source.position for task in growth.tasks] == KEPT[scope]
    assert growth.rejected[-1].verdict.filter == "exact_duplicate"
    assert growth.pool.count((lang, "")) == len(KEPT[scope])
    growth.check_conservation()


@every_scope
@both_languages
def test_complete_tasks_are_compared_with_seed_tasks_by_the_scope(lang, scope):
    method, growth = _setup("alpaca", scope)
    seed = make_job(growth.recipe).seeds[lang][0]
    request = method.compose((lang, ""), 0, growth)
    task = {"instruction": seed.instruction, "input": seed.input, "output": seed.output}

    method.consume(request, make_reply(request, orjson.dumps(task).decode()), growth)

    (dropped,) = growth.rejected
    assert (dropped.verdict.filter, dropped.verdict.near) == ("exact_duplicate", seed.id)


# --- self-instruct --------------------------------------------------------------------------------


def _ask_about(method, growth, lang):
    """Give four instructions, two of them once more; return the questions about their instances.

    In the order of the rows of `ALIKE`, of which the first two are of one instruction.
    """
    rows = ALIKE[lang]
    lines = [rows[place][0] for place in (0, 2, 3, 4)]
    text = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    request = method.compose((lang, ""), 0, growth)
    labels, _ = method.consume(request, make_reply(request, text), growth)
    asked = []
    for label in labels:
        asked += method.consume(label.request, make_reply(label.request, "No"), growth)[0]
    return asked


def _answer(method, growth, lang, asked):
    """Answer each question about instances with the rows of its instruction."""
    for follow_up in asked:
        rows = [row for row in ALIKE[lang] if row[0] == follow_up.draft.instruction]
        lines = [orjson.dumps({"input": row[1], "output": row[2]}).decode() for row in rows]
        method.consume(follow_up.request, make_reply(follow_up.request, "\n".join(lines)), growth)
    growth.check_conservation()


@both_languages
def test_instructions_are_compared_before_anything_more_is_asked_about_them(lang):
    """Their instances are not: they stay together, whatever they are like."""
    method, growth = _setup("self-instruct", "instruction")

    asked = _ask_about(method, growth, lang)
    _answer(method, growth, lang, asked)

    rows = ALIKE[lang]
    assert [follow_up.draft.instruction for follow_up in asked] == [rows[0][0], rows[3][0]]
    assert [_row(task.draft) for task in growth.tasks] == [rows[0], rows[1], rows[3]]
    assert [one.verdict.filter for one in growth.rejected] == ["exact_duplicate"] * 2
    assert {one.draft.output for one in growth.rejected} == {""}


@later_scopes
@both_languages
def test_with_another_scope_each_instance_is_compared(lang, scope):
    method, growth = _setup("self-instruct", scope)

    asked = _ask_about(method, growth, lang)
    _answer(method, growth, lang, asked)

    rows = ALIKE[lang]
    assert len(asked) == 4  # no instruction is turned away: there is nothing to compare yet
    assert [_row(task.draft) for task in growth.tasks] == [rows[place] for place in KEPT[scope]]
    first = growth.tasks[0].draft.id
    same = growth.rejected[-1]
    assert _row(same.draft) == rows[4]
    assert (same.verdict.filter, same.verdict.near) == ("exact_duplicate", first)


@later_scopes
def test_an_instruction_that_a_filter_drops_is_not_asked_about(scope):
    method, growth = _setup("self-instruct", scope)
    growth.chain = filters.chain(["length", *filters.NOVELTY])
    request = method.compose(("en", ""), 0, growth)

    labels, _ = method.consume(request, make_reply(request, "1. Run\n2. Name a tree."), growth)

    assert [follow_up.draft.instruction for follow_up in labels] == ["Name a tree."]
    assert [one.verdict.filter for one in growth.rejected] == ["length"]


@every_scope
@pytest.mark.parametrize(
    "text", ["1. Name a tree.\n2. Name a tree.", "1. 说一种树。\n2. 说一种树。"]
)
def test_an_instruction_that_comes_again_to_the_letter_is_not_asked_about_again(scope, text):
    """It would be the same question: the same answer, and tasks with the same ids."""
    method, growth = _setup("self-instruct", scope)
    growth.chain = filters.chain([])
    request = method.compose(("en" if text.isascii() else "zh", ""), 0, growth)

    labels, _ = method.consume(request, make_reply(request, text), growth)

    (again,) = growth.rejected
    assert [follow_up.draft.id for follow_up in labels] == [again.verdict.near]
    assert again.verdict.filter == "exact_duplicate"


@later_scopes
def test_an_instance_over_the_quota_is_in_nobodys_way(scope):
    method, growth = _setup("self-instruct", scope)
    asked = _ask_about(method, growth, "zh")
    growth.quotas["zh", ""].target = 0
    _answer(method, growth, "zh", asked)
    assert {one.verdict.filter for one in growth.rejected} == {"quota"}

    growth.quotas["zh", ""].target = 20
    assert growth.offer(growth.rejected[0].draft, growth.chain.novelty)


@every_scope
@both_languages
def test_prompts_show_instructions_that_were_admitted_and_no_instance(lang, scope):
    method, growth = _setup("self-instruct", scope)
    asked = _ask_about(method, growth, lang)
    admitted = {follow_up.draft.id for follow_up in asked}

    before = {*method.compose((lang, ""), 0, growth).shown}
    _answer(method, growth, lang, asked)
    shown = method.compose((lang, ""), 0, growth).shown
    everything = growth.pool.draw((lang, ""), "all", seeds=0, machine=99)

    assert growth.pool.count((lang, "")) == len(admitted)
    assert {*shown} == before
    assert len(admitted.intersection(shown)) == growth.recipe.machine_shown
    machine = [member for member in everything if member.id in admitted]
    assert {member.id for member in machine} == admitted
    assert all(member == Member(member.id, member.instruction) for member in machine)


# --- whole runs -----------------------------------------------------------------------------------


@both_methods
@every_scope
def test_a_run_reaches_its_target_whatever_the_order_of_answers(method, scope):
    recipe = make_recipe(method, scope=scope, target=30, lookahead=12)

    first = grow_once(recipe, scripted(say_alike))
    second = grow_once(recipe, shuffled(3, say_alike))

    assert first.kept == {"en": 15, "zh": 15}
    assert first.tasks == second.tasks
    assert first.rejected == second.rejected
    assert "near_duplicate" in {one.verdict.filter for one in first.rejected}


@both_methods
@every_scope
def test_no_two_kept_tasks_are_near_each_other(method, scope):
    growth = grow_once(make_recipe(method, scope=scope, target=30), scripted(say_alike))
    pool = begin(make_job(growth.recipe)).pool

    groups = set()
    for task in growth.tasks:
        together = scope == "instruction" and task.draft.group in groups
        assert together or pool.nearest(task.draft) is None
        if not together:
            pool.add_compared(task.draft)
        groups.add(task.draft.group)
