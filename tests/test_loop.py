"""The loop, asked by scripted teachers: what is sent when, and what becomes of it."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted import (
    addressed,
    free,
    grow_once,
    make_job,
    make_recipe,
    make_reply,
    say_well,
    scripted,
    shuffled,
    watch,
)
from vicugna.errors import Fatal, Transient
from vicugna.loop import MAX_SAMPLES, grow
from vicugna.methods import METHODS
from vicugna.pipeline import begin
from vicugna.records import Bound

METHOD_NAMES = ["alpaca", "self-instruct"]
both_methods = pytest.mark.parametrize("method", METHOD_NAMES)


def _state(growth):
    return (
        growth.tasks,
        growth.rejected,
        growth.pieces,
        growth.carried,
        growth.replies,
        growth.output_tokens,
        growth.stopped,
    )


@settings(max_examples=25, deadline=None)
@given(order=st.integers(0, 2**32), lookahead=st.sampled_from([1, 2, 6, 30]))
@both_methods
def test_the_order_in_which_answers_arrive_changes_nothing(method, order, lookahead):
    recipe = make_recipe(method, lookahead=lookahead, target=16)

    assert _state(grow_once(recipe, shuffled(order))) == _state(grow_once(recipe, scripted()))


@both_methods
def test_the_lookahead_belongs_to_the_recipe(method):
    """It decides what a prompt shows, so another look-ahead is another set."""
    recipes = [
        make_recipe(method, lookahead=lookahead, machine_shown=2, target=60)
        for lookahead in (1, 12)
    ]
    near, far = (grow_once(recipe, scripted()) for recipe in recipes)

    assert [task.draft.id for task in near.tasks] != [task.draft.id for task in far.tasks]


@both_methods
@pytest.mark.parametrize("lookahead", [1, 2, 5, 16])
def test_request_i_is_composed_after_reply_i_minus_lookahead(method, lookahead):
    """Whatever the order of arrival, and never sooner; later where a draw waits for an answer."""
    consumed_before = {}  # for each request, as it enters the window: the replies consumed by then
    consumed = []
    recipe = make_recipe(method, lookahead=lookahead, target=400)
    growth, watched = watch(recipe, consume_seen=lambda request, reply: consumed.append(request))

    def cost(request):
        consumed_before.setdefault(request.key, len(consumed))
        return Bound(0, 0)

    asyncio.run(grow(growth, watched, shuffled(7), cost))

    # Near the target less is composed than fits into the window.
    steady = list(consumed_before.values())[: len(consumed_before) // 2]
    assert len(steady) > 2 * lookahead
    soonest = [max(0, number - lookahead + 1) for number in range(len(steady))]
    assert all(found >= least for found, least in zip(steady, soonest, strict=True))
    if not recipe.machine_shown:
        assert steady == soonest


def test_a_prompt_shows_kept_tasks_of_replies_that_count_already():
    """With a look-ahead of 3, request 3 may show what reply 0 gave, and nothing newer."""
    shown, keys = [], []
    recipe = make_recipe(machine_shown=3, lookahead=3, target=60)
    growth, method = watch(
        recipe,
        compose_seen=lambda request, _: shown.append(request.shown),
        consume_seen=lambda request, _: keys.append(request.key[:16]),
    )

    asyncio.run(grow(growth, method, shuffled(1), free))

    for number, ids in enumerate(shown):
        machine = {identity[:16] for identity in ids if not identity.startswith(("en-", "zh-"))}
        assert machine <= set(keys[: max(0, number - 3 + 1)])
    assert any(len(ids) == 6 for ids in shown)


@pytest.mark.parametrize("lookahead", [1, 4, 9])
def test_no_more_is_in_flight_than_the_lookahead(lookahead):
    in_flight, most = 0, 0
    ask = shuffled(5)

    async def count(request):
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(lookahead):  # between two that are composed others have their turn
            await asyncio.sleep(0)
        reply = await ask(request)
        in_flight -= 1
        return reply

    grow_once(make_recipe(lookahead=lookahead, target=100), count)

    assert most == lookahead


@both_methods
def test_everything_that_was_composed_is_consumed_also_after_the_stop(method):
    """So that a run and its replay take the same answers."""
    asked = []
    growth = grow_once(make_recipe(method, lookahead=20), scripted(asked=asked))

    assert growth.stopped == "target"
    assert growth.replies == len(asked)
    assert growth.in_flight == 0
    assert (growth.reserved_tokens, growth.reserved_nusd) == (0, 0)
    assert sum(quota.open for quota in growth.quotas.values()) == 0
    assert sum(quota.done for quota in growth.quotas.values()) == growth.composed


def test_follow_ups_are_asked_before_a_new_chain_begins():
    asked = []
    grow_once(make_recipe("self-instruct", lookahead=1, target=60), scripted(asked=asked))

    purposes = [request.purpose for request in asked]
    begun = [place for place, one in enumerate(purposes) if one == "new_instructions"]
    assert set(purposes[1:5]) == {"is_classification"}
    assert {one for one in purposes[5:9] if one} <= {"input_first", "output_first"}
    assert begun[:2] == [0, 9]


# --- answers that cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("useless", "samples"),
    [
        pytest.param(0, 1, id="good at once"),
        pytest.param(1, 2, id="good the second time"),
        pytest.param(2, 3, id="good the third time"),
        pytest.param(3, 3, id="never good"),
        pytest.param(9, 3, id="never good, asked no more than three times"),
    ],
)
@pytest.mark.parametrize(
    ("method", "purposes"),
    [
        pytest.param("alpaca", ("new_tasks",), id="tasks"),
        pytest.param("self-instruct", ("new_instructions",), id="instructions"),
        pytest.param("self-instruct", ("input_first", "output_first"), id="instances"),
    ],
)
def test_an_unreadable_answer_is_asked_for_again(method, purposes, useless, samples):
    """Another sample is another key, or the ledger would give the same answer again."""
    asked = []

    def say(request):
        hit = request.purpose in purposes and request.sample < useless
        return "Sorry?" if hit else say_well(request)

    recipe = make_recipe(method, saturation={"window": 10_000}, budget={"requests": 200})
    growth = grow_once(recipe, scripted(say, asked))

    first = next(request for request in asked if request.purpose in purposes)
    again = [one for one in asked if one.messages == first.messages]
    assert [one.sample for one in again] == list(range(samples))
    assert len({one.key for one in again}) == samples
    assert max(one.sample for one in asked) < MAX_SAMPLES
    assert {one.about for one in again} == {first.about}
    growth.check_conservation()


def test_an_answer_with_one_readable_piece_is_not_asked_for_again():
    asked = []

    def say(request):
        return say_well(request).split("\n")[0] + '\n{"instruction": "cut off he'

    growth = grow_once(make_recipe(), scripted(say, asked))

    assert {request.sample for request in asked} == {0}
    assert "cut" in {piece.verdict.detail for piece in growth.rejected}


# --- answers that do not come ---------------------------------------------------------------------


def _failing(places, cause="timeout", say=say_well):
    """Return a teacher that does not answer the requests at these places."""
    count = 0

    async def ask(request):
        nonlocal count
        count += 1
        if count - 1 in places:
            raise Transient("No answer.", cause=cause)
        return make_reply(request, say(request))

    return ask


@both_methods
def test_a_request_without_an_answer_is_counted_and_the_run_goes_on(method):
    growth = grow_once(make_recipe(method), _failing({1, 3}))

    assert growth.stopped == "target"
    assert growth.unanswered == {"timeout": 2}
    growth.check_conservation()


@pytest.mark.parametrize(
    ("silent", "stopped"),
    [
        pytest.param(9, "target", id="nine in a row"),
        pytest.param(10, "teacher down: unreachable", id="ten in a row"),
    ],
)
@both_methods
def test_ten_in_a_row_without_an_answer_mean_that_the_teacher_is_down(method, silent, stopped):
    places = set(range(1, 1 + silent))
    growth = grow_once(make_recipe(method, lookahead=1), _failing(places, "unreachable"))

    assert growth.stopped == stopped
    growth.check_conservation()


@pytest.mark.parametrize(
    "purpose", [("is_classification",), ("input_first", "output_first")], ids=["label", "instances"]
)
def test_an_instruction_whose_question_is_not_answered_is_rejected(purpose):
    async def ask(request):
        if request.purpose in purpose and request.key < "2":  # one in eight
            raise Transient("No answer.", cause="reset")
        return make_reply(request, say_well(request))

    growth = grow_once(make_recipe("self-instruct"), ask)

    unanswered = [one for one in growth.rejected if one.verdict.filter == "unanswered"]
    assert len(unanswered) == growth.unanswered["reset"] > 0
    assert {one.verdict.detail for one in unanswered} == {"reset"}
    assert all(one.draft is not None for one in unanswered)
    growth.check_conservation()


def test_instructions_whose_questions_are_not_asked_any_more_are_rejected():
    asked = []
    growth = grow_once(make_recipe("self-instruct", target=4, lookahead=2), scripted(asked=asked))

    answered = {one.about for one in asked if one.purpose in ("input_first", "output_first")}
    dropped = [
        one
        for one in growth.rejected
        if one.verdict.filter == "quota" and one.verdict.detail == "target"
    ]
    assert dropped
    assert answered.isdisjoint(one.id for one in dropped)
    growth.check_conservation()


def test_a_fatal_error_stops_the_run_and_lets_go_of_what_is_in_flight():
    waiting, let_go = [], []

    async def ask(request):
        number = len(waiting)
        waiting.append(request)
        if number < 2:
            return make_reply(request, say_well(request))
        if number == 2:
            raise Fatal("The key is wrong.", cause="bad_key")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            let_go.append(request)
            raise
        raise AssertionError

    with pytest.raises(Fatal, match="The key is wrong"):
        grow_once(make_recipe(target=100, lookahead=6), ask)

    assert waiting[3:]
    assert let_go == waiting[3:]


def test_a_cancelled_run_lets_go_of_what_is_in_flight():
    let_go = []

    async def ask(request):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            let_go.append(request)
            raise
        raise AssertionError

    async def run():
        growth, method = watch(make_recipe(lookahead=5, target=100))
        growing = asyncio.create_task(grow(growth, method, ask, free))
        while growth.in_flight < 5:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        growing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await growing

    asyncio.run(run())

    assert len(let_go) == 5


def test_a_fatal_error_is_told_at_once_not_in_its_turn():
    """The first answer never comes; the second says that the key is wrong."""
    asked = []

    async def ask(request):
        asked.append(request)
        if len(asked) == 1:
            await asyncio.Event().wait()
        raise Fatal("The key is wrong.", cause="bad_key")

    async def within_a_minute():
        await asyncio.wait_for(_grow(ask), 60)

    with pytest.raises(Fatal, match="The key is wrong"):
        asyncio.run(within_a_minute())


async def _grow(ask):
    job, method = make_job(make_recipe()), METHODS["alpaca"]
    recipe = job.recipe
    await grow(begin(job), method(recipe, addressed(), job.seeds), ask, free)


def test_a_teacher_that_was_never_reached_ends_the_run_with_its_own_words():
    async def ask(request):
        raise Transient("Nobody listens there.", cause="unreachable")

    with pytest.raises(Fatal, match="Nobody listens there"):
        asyncio.run(_grow(ask))
