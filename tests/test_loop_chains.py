"""Chains of questions: which earlier ones a prompt draws from, and which are given up."""

import asyncio

import pytest

from tests.scripted import free, make_job, make_recipe, make_reply, say_well, shuffled, watch
from vicugna.loop import grow
from vicugna.pipeline import begin, generate


@pytest.mark.parametrize("lookahead", [1, 4, 5, 16])
def test_a_chain_is_drawn_when_the_one_so_many_before_it_has_been_read(lookahead):
    """And from what the chains up to that one gave, whatever else is there already."""
    composed, read = [], []
    recipe = make_recipe("self-instruct", lookahead=lookahead, target=200)
    growth, method = watch(
        recipe,
        compose_seen=lambda request, number: composed.append((request, number, set(read))),
        consume_seen=lambda request, reply: read.append(request.key[:16]),
    )

    asyncio.run(grow(growth, method, shuffled(3), free))

    roots = {(one.lang, number): one.key[:16] for one, number, _ in composed}
    for request, number, known in composed:
        may = {roots[request.lang, n] for n in range(number - recipe.chains_ahead + 1)}
        assert may <= known
        assert {task[:16] for task in request.shown if len(task) > 16} <= may
    assert any(len(task) > 16 for request, _, _ in composed for task in request.shown)


@pytest.mark.parametrize("full", ["en", "zh"])
def test_a_language_that_is_full_is_not_asked_about_any_more(full):
    """Its instructions that wait for an answer are rejected: there is no place for them."""
    (other,) = {"en", "zh"} - {full}
    recipe = make_recipe("self-instruct", target=40, languages={full: 0.1, other: 0.9}, lookahead=1)
    job = make_job(recipe)
    growth, asked = begin(job), []

    async def ask(request):
        if request.about:
            asked.append((request.lang, growth.kept[request.lang]))
        return make_reply(request, say_well(request))

    asyncio.run(generate(job, ask, growth))

    assert growth.stopped == "target"
    assert max(kept for lang, kept in asked if lang == full) < growth.targets[full]
    assert f"{full} is full" in {one.verdict.detail for one in growth.rejected}
