"""Shards: cut by number, grown side by side, gated together in their order, topped up."""

import asyncio
from dataclasses import replace
from functools import partial
from random import Random

import pytest

import filters
from tests.scopes import ALIKE, KEPT, say_alike
from tests.scripted import (
    grow_once,
    grow_through_ledger,
    make_job,
    make_recipe,
    make_reply,
    say_well,
    scripted,
    shuffled,
    write_instruction,
)
from vicugna.errors import Fatal
from vicugna.growth import Growth
from vicugna.pipeline import (
    begin,
    generate,
    generate_all,
    merge,
    plan_top_up,
)
from vicugna.pool import Member
from vicugna.records import LANGS, SCOPES, Draft, Source, Task

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


# --- before anything is sent ----------------------------------------------------------------------


def _draft(number, lang, instruction, group=""):
    source = Source(request=f"{number:064x}")
    return Draft(f"d-{number}", lang, instruction, "", "Answer.", source, group or f"d-{number}")


def _filled(job, shard, drafts):
    """Return a shard that kept these drafts."""
    growth = begin(job, shard)
    for draft in drafts:
        member = Member(draft.id, draft.instruction, draft.input, draft.output)
        growth.pool.add(draft.lang, member)
        growth.keep(Task(draft, ()))
        growth.pieces += 1
    return growth


@pytest.mark.parametrize(
    ("target", "shards", "targets"),
    [
        pytest.param(24, 1, [(12, 12)], id="one"),
        pytest.param(24, 3, [(4, 4)] * 3, id="even"),
        pytest.param(22, 4, [(3, 3), (3, 3), (3, 3), (2, 2)], id="what is left over"),
        pytest.param(3, 4, [(1, 1), (1, 0), (0, 0), (0, 0)], id="more shards than tasks"),
    ],
)
def test_shards_divide_the_target(target, shards, targets):
    job = make_job(make_recipe(target=target, shards=shards))

    begun = [begin(job, shard) for shard in range(shards)]

    assert [(growth.targets["en"], growth.targets["zh"]) for growth in begun] == targets
    assert len({growth.salt for growth in begun}) == shards


def test_shards_divide_the_budget():
    budget = {"usd": 1.0, "tokens": 1001, "requests": 7}
    job = make_job(make_recipe(shards=3, budget=budget))

    parts = [begin(job, shard).budget for shard in range(3)]

    assert sum(part.requests for part in parts) <= 7
    assert sum(part.tokens for part in parts) <= 1001
    assert sum(part.usd for part in parts) == pytest.approx(1.0)


def test_one_shard_is_no_shards():
    recipe = make_recipe(shards=1)
    growths = []

    whole = asyncio.run(
        generate_all(make_job(recipe), growths, partial(generate, make_job(recipe), scripted()))
    )
    alone = grow_once(recipe, scripted())

    assert whole is growths[0]
    assert len(growths) == 1
    assert (whole.tasks, whole.rejected) == (alone.tasks, alone.rejected)


def test_shards_meet_in_their_order_and_the_first_of_two_near_ones_stays():
    job = make_job(make_recipe(target=8, shards=2))
    rng = Random(1)
    same, other, more = (write_instruction(rng, "en") for _ in range(3))
    chinese = write_instruction(rng, "zh")
    first = _filled(job, 0, [_draft(1, "en", same), _draft(2, "zh", chinese)])
    second = _filled(job, 1, [_draft(3, "en", other), _draft(4, "en", same.lower())])
    third = _filled(job, 2, [_draft(5, "zh", f"{chinese}！"), _draft(6, "en", more)])

    whole = merge(job, [first, second, third])

    assert [task.draft.id for task in whole.tasks] == ["d-1", "d-2", "d-3", "d-6"]
    near = [(one.id, one.verdict.near) for one in whole.rejected]
    assert near == [("d-4", "d-1"), ("d-5", "d-2")]
    assert {one.verdict.filter for one in whole.rejected} == {"near_duplicate"}
    assert whole.kept == {"en": 3, "zh": 1}
    whole.check_conservation()


def test_instances_of_one_instruction_stay_or_go_together():
    job = make_job(make_recipe("self-instruct", target=12, shards=2))
    rng = Random(2)
    one, two = (write_instruction(rng, "en") for _ in range(2))
    first = _filled(job, 0, [_draft(1, "en", one)])
    second = _filled(
        job,
        1,
        [
            _draft(2, "en", one, "g-1"),
            _draft(3, "en", two, "g-2"),
            _draft(4, "en", one, "g-1"),
            _draft(5, "en", two, "g-2"),
        ],
    )

    whole = merge(job, [first, second])

    assert [task.draft.id for task in whole.tasks] == ["d-1", "d-3", "d-5"]
    assert [rejected.id for rejected in whole.rejected] == ["d-2", "d-4"]
    whole.check_conservation()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("together", [True, False], ids=["in one shard", "in a shard each"])
def test_the_last_gate_compares_by_the_scope(scope, lang, together):
    """Instances of one instruction stay or go together only where instructions are compared."""
    recipe = make_recipe("self-instruct", target=40, shards=5, scope=scope)
    job = replace(make_job(recipe), chain=filters.chain(filters.NOVELTY))
    drafts = [
        Draft(f"d-{number}", lang, *row, Source(request=f"{number:064x}"), group)
        for (number, row), group in zip(enumerate(ALIKE[lang]), "aabcd", strict=True)
    ]
    first = _filled(job, 0, drafts[:2])
    rest = [drafts[2:]] if together else [[draft] for draft in drafts[2:]]
    growths = [first, *(_filled(job, shard, part) for shard, part in enumerate(rest, 1))]

    whole = merge(job, growths)

    kept = [0, 1, 3] if scope == "instruction" else KEPT[scope]
    assert [task.draft for task in whole.tasks] == [drafts[place] for place in kept]
    last = whole.rejected[-1]
    assert (last.id, last.verdict.filter, last.verdict.near) == ("d-4", "exact_duplicate", "d-0")
    shown = whole.pool.draw((lang, ""), "all", seeds=0, machine=99)
    ours = {member.id for member in shown if member.id.startswith("d-")}
    assert ours == {f"d-{place}" for place in kept} - {"d-1"}  # each instruction once
    whole.check_conservation()


def test_instances_that_go_together_have_one_reason():
    job = make_job(make_recipe("self-instruct", target=12, shards=2))
    text = write_instruction(Random(3), "en")
    first = _filled(job, 0, [_draft(1, "en", text)])
    second = _filled(job, 1, [_draft(number, "en", f"{text} Now.", "g-1") for number in (2, 3)])

    whole = merge(job, [first, second])

    one, other = (rejected.verdict for rejected in whole.rejected)
    assert one == other
    assert (one.filter, one.near, one.limit) == ("near_duplicate", "d-1", 0.7)


@both_methods
@pytest.mark.parametrize("scope", ["output", "conversation"])
def test_shards_that_repeat_answers_are_topped_up(method, scope):
    recipe = make_recipe(method, target=40, shards=4, lookahead=2, scope=scope)
    job, growths = make_job(recipe), []

    whole = asyncio.run(generate_all(job, growths, partial(generate, job, shuffled(4, say_alike))))

    assert whole.kept == {"en": 20, "zh": 20}
    assert "near_duplicate" in {one.verdict.filter for one in whole.rejected}
    pool = begin(job).pool
    for task in whole.tasks:
        assert pool.nearest(task.draft) is None
        pool.add_compared(task.draft)
    whole.check_conservation()


def test_a_merged_run_says_what_its_shards_spent_and_dropped():
    job = make_job(make_recipe(target=24, shards=3))
    growths = []

    whole = asyncio.run(generate_all(job, growths, partial(generate, job, shuffled(9))))

    assert len(growths) >= 3
    assert whole.replies == sum(growth.replies for growth in growths)
    assert whole.pieces == sum(growth.pieces for growth in growths)
    assert whole.asked == [line for growth in growths for line in growth.asked]
    assert whole.output_tokens == sum(growth.output_tokens for growth in growths)
    assert whole.kept == {"en": 12, "zh": 12}
    assert whole.stopped == "target"
    whole.check_conservation()


@both_methods
def test_shards_side_by_side_give_the_same_whatever_the_order_of_answers(tmp_path, method):
    recipe = make_recipe(method, target=36, shards=3)
    wholes = [
        grow_through_ledger(recipe, shuffled(order), f"sqlite:///{tmp_path}/{order}.db", many)[0]
        for order, many in ((1, 1), (2, 64))
    ]

    assert wholes[0].tasks == wholes[1].tasks
    assert wholes[0].rejected == wholes[1].rejected


@both_methods
def test_what_the_last_gate_leaves_short_is_topped_up(method):
    """Shards that repeat each other: each is full, the whole is not, until it is topped up."""
    recipe = make_recipe(method, target=40, shards=4, lookahead=2)
    growths = []

    def repeat(request):
        """Say the same to every second question, whoever asks."""
        repeated = _REPEATED.get((request.purpose, request.lang))
        return repeated if repeated and request.key < "8" else say_well(request)

    whole = asyncio.run(
        generate_all(
            make_job(recipe), growths, partial(generate, make_job(recipe), shuffled(4, repeat))
        )
    )

    assert len(growths) > 4
    assert "near_duplicate" in {one.verdict.filter for one in whole.rejected}
    assert whole.kept == {"en": 20, "zh": 20}
    assert whole.stopped == "target"
    assert whole.asked == [line for growth in growths for line in growth.asked]
    assert len({task.draft.id for task in whole.tasks}) == 40
    whole.check_conservation()


def _repeated(lang):
    rng = Random(f"repeated {lang}")
    lines = [write_instruction(rng, lang) for _ in range(4)]
    tasks = "\n".join(f'{{"instruction": "{line}", "output": "Well."}}' for line in lines)
    return {
        ("new_tasks", lang): tasks,
        ("new_instructions", lang): "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1)),
    }


_REPEATED = _repeated("en") | _repeated("zh")


def _short_whole(job, **changes):
    """Return a merged run that misses three en and one zh."""
    rng = Random(5)
    whole = merge(job, [begin(job, 0), begin(job, 1)])
    for number in range(4):
        lang = "en" if number == 0 else "zh"
        whole.keep(Task(_draft(number, lang, write_instruction(rng, lang)), ()))
    for name, value in changes.items():
        setattr(whole, name, value)
    return whole


def test_a_top_up_asks_for_what_is_missing_with_draws_of_its_own():
    job = make_job(make_recipe(target=8, shards=2))
    growths = [begin(job, 0), begin(job, 1)]
    whole = _short_whole(job)

    extra = plan_top_up(job, growths, whole)

    assert isinstance(extra, Growth)
    assert extra.targets == {"en": 3, "zh": 1}
    assert extra.salt not in {growth.salt for growth in growths}
    assert extra.pool is whole.pool


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"stopped": "saturated: zh"}, id="saturated"),
        pytest.param({"stopped": "budget: requests"}, id="out of budget"),
        pytest.param({"stopped": "teacher down: reset"}, id="teacher down"),
    ],
)
def test_a_run_that_stopped_early_is_not_topped_up(changes):
    job = make_job(make_recipe(target=8, shards=2))

    assert plan_top_up(job, [begin(job, 0), begin(job, 1)], _short_whole(job, **changes)) is None


def test_a_run_without_budget_left_is_not_topped_up():
    job = make_job(make_recipe(target=8, shards=2, budget={"requests": 5}))
    whole = _short_whole(job, replies=5, budget=job.recipe.budget)

    assert plan_top_up(job, [begin(job, 0), begin(job, 1)], whole) is None


def test_a_fatal_error_of_one_shard_ends_them_all():
    async def ask(request):
        if request.lang == "zh":
            raise Fatal("The key is wrong.", cause="bad_key")
        return make_reply(request, say_well(request))

    job = make_job(make_recipe(shards=3))
    with pytest.raises(Fatal, match="The key is wrong"):
        asyncio.run(generate_all(job, [], partial(generate, job, ask)))


def test_one_language_alone_is_a_recipe_too():
    growth = grow_once(make_recipe(languages={"zh": 1.0}), shuffled(3))

    assert growth.kept == {"zh": 24}
    assert {task.draft.lang for task in growth.tasks} == {"zh"}


def test_a_shard_that_is_grown_alone_is_the_same_as_side_by_side():
    """As by a worker that is given one of them."""
    job = make_job(make_recipe(shards=2))
    together, apart = [], [begin(job, 0), begin(job, 1)]

    asyncio.run(generate_all(job, together, partial(generate, job, shuffled(1))))
    for growth in apart:
        asyncio.run(generate(job, shuffled(2), growth))

    assert [growth.tasks for growth in apart] == [growth.tasks for growth in together[:2]]


def test_after_an_early_stop_the_shares_hold_over_all_shards():
    """One language repeats itself over the shards, so the last gate takes more of it."""
    recipe = make_recipe(target=120, shards=3, budget={"requests": 30}, tasks_per_request=4)
    job = make_job(recipe)

    def repeat(request):
        repeated = _REPEATED.get((request.purpose, request.lang))
        return repeated if repeated and request.lang == "zh" else say_well(request)

    whole = asyncio.run(generate_all(job, [], partial(generate, job, shuffled(3, repeat))))

    assert whole.stopped not in ("", "target")
    assert abs(whole.kept["en"] - whole.kept["zh"]) <= 2
    whole.check_conservation()
