"""Complete tasks, several in one answer."""

import orjson
import pytest

from tests.scripted import (
    addressed,
    grow_once,
    make_job,
    make_recipe,
    make_reply,
    say_well,
    scripted,
    shuffled,
)
from vicugna.methods import METHODS
from vicugna.parsing import parse_list, parse_tasks
from vicugna.pipeline import begin
from vicugna.pool import Member
from vicugna.records import Sampling
from vicugna.teachers.offline.faults import ANSWER_FAULTS, apply_text_fault


def _setup(**changes):
    recipe = make_recipe(**changes)
    job = make_job(recipe)
    return METHODS["alpaca"](recipe, addressed("some-model"), job.seeds), begin(job)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_prompt_shows_seed_tasks_whole_and_asks_for_as_many_as_the_recipe_says(lang):
    method, growth = _setup(tasks_per_request=7)

    request = method.compose((lang, ""), 0, growth)

    system, user = request.messages
    shown = [line for line in user.content.splitlines() if line.startswith("{")]
    assert (system.role, user.role) == ("system", "user")
    assert len(shown) == len(set(request.shown)) == 3
    assert all(set(orjson.loads(line)) == {"instruction", "input", "output"} for line in shown)
    assert all(identity.startswith(lang) for identity in request.shown)
    assert "7" in user.content.splitlines()[-1]
    assert request.model == "some-model"
    assert request.sampling == Sampling(1.0, 1.0, 256)
    assert request.prompt.startswith(f"new_tasks.{lang}@")


def test_the_static_part_is_the_same_every_time():
    """So that a prompt cache can hit."""
    method, growth = _setup()

    requests = [method.compose(("zh", ""), number, growth) for number in range(20)]

    assert len({request.messages[0].content for request in requests}) == 1
    assert len({request.key for request in requests}) == 20


def test_a_prompt_is_settled_by_seed_number_and_language():
    method, growth = _setup()
    other, growing = _setup(seed=2)

    assert method.compose(("en", ""), 5, growth) == method.compose(("en", ""), 5, growth)
    assert method.compose(("en", ""), 5, growth) != method.compose(("en", ""), 6, growth)
    assert method.compose(("en", ""), 5, growth) != other.compose(("en", ""), 5, growing)


def test_kept_tasks_are_shown_when_the_recipe_asks_for_them():
    method, growth = _setup(machine_shown=1)
    before = method.compose(("en", ""), 0, growth)
    growth.pool.add("en", Member("kept-00", "Name the largest lake.", "", "It is the Caspian Sea."))
    after = method.compose(("en", ""), 0, growth)

    assert len(before.shown) == len(after.shown) == 4  # a seed task stands in
    assert "kept-00" in after.shown
    assert "the Caspian Sea" in after.messages[1].content


@pytest.mark.parametrize(
    ("text", "kept", "reasons"),
    [
        pytest.param(
            '{"instruction": "Name three rivers of Asia.", "output": "Ob, Amur, Ili."}',
            1,
            [],
            id="one good task",
        ),
        pytest.param("", 0, ["parse"], id="nothing"),
        pytest.param("Sorry, I cannot.", 0, ["parse"], id="a refusal"),
        pytest.param(
            '{"instruction": "Name three rivers of Asia.", "output": "Ob, Amur, Ili."}\n'
            '{"instruction": "Name four rivers of Asia.", "output": "Ob, Amur, Ili, Lena."}',
            1,
            ["near_duplicate"],
            id="two near ones in one answer",
        ),
        pytest.param(
            '{"instruction": "Name three rivers of Asia.", "output": ""}\n'
            '{"instruction": "Hi", "output": "Ho."}\n'
            '{"instruction": "Describe a very old wooden bridge."}',
            0,
            ["empty", "length", "parse"],
            id="three bad ones",
        ),
    ],
)
def test_every_piece_is_kept_or_rejected_with_its_reason(text, kept, reasons):
    method, growth = _setup()
    request = method.compose(("en", ""), 0, growth)

    further, readable = method.consume(request, make_reply(request, text), growth)

    assert further == []
    assert readable == any(reason != "parse" for reason in [*reasons, *(["kept"] * kept)])
    assert len(growth.tasks) == kept
    assert [one.verdict.filter for one in growth.rejected] == reasons
    growth.check_conservation()


def test_a_task_says_where_it_came_from():
    method, growth = _setup()
    request = method.compose(("zh", ""), 3, growth)
    reply = make_reply(request, say_well(request), model="some-model-2026-01-01")

    method.consume(request, reply, growth)

    for place, task in enumerate(growth.tasks):
        draft = task.draft
        assert draft.id == draft.group == f"{request.key[:16]}-{place:02d}"
        assert (draft.source.request, draft.source.position) == (request.key, place)
        assert (draft.source.teacher, draft.source.model) == ("scripted", "some-model-2026-01-01")
        assert (draft.source.prompt, draft.source.shown) == (request.prompt, request.shown)
        assert [verdict.filter for verdict in task.verdicts] == [
            "length",
            "empty",
            "echo",
            "near_duplicate",
        ]


@pytest.mark.parametrize(
    ("model", "check"),
    [
        pytest.param("offline-2026-11-22", "42", id="offline"),
        pytest.param("gpt-4o-mini", "", id="another: it would be a claim"),
    ],
)
def test_only_the_offline_teacher_gives_a_checkable_answer(model, check):
    method, growth = _setup()
    request = method.compose(("en", ""), 0, growth)
    text = '{"instruction": "What is six times seven?", "output": "It is 42.", "check": "42"}'

    method.consume(request, make_reply(request, text, model=model), growth)

    assert growth.tasks[0].draft.check == check


def test_a_kept_task_is_compared_with_from_then_on():
    method, growth = _setup()
    request = method.compose(("zh", ""), 0, growth)
    reply = make_reply(request, say_well(request))

    method.consume(request, reply, growth)
    again, readable = method.consume(request, reply, growth)

    assert (again, readable) == ([], True)
    assert {one.verdict.filter for one in growth.rejected} == {"near_duplicate"}
    assert {one.verdict.near for one in growth.rejected} == {task.draft.id for task in growth.tasks}


def test_a_cut_answer_loses_its_last_piece_only():
    method, growth = _setup()
    request = method.compose(("en", ""), 0, growth)
    text = say_well(request)
    cut = make_reply(request, text[: len(text) - 15], finish_reason="length")

    method.consume(request, cut, growth)

    assert len(growth.tasks) == 3
    assert [one.verdict.detail for one in growth.rejected] == ["cut"]


@pytest.mark.parametrize("fault", sorted(ANSWER_FAULTS))
@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
@pytest.mark.parametrize("every", [2, 1], ids=["every second answer", "every answer"])
def test_no_fault_of_a_teacher_loses_a_piece(fault, method, every):
    """Pieces in replies are tasks, rejected, or carried on: whatever the answers are."""
    previous = {"en": "", "zh": ""}
    pieces = 0

    async def ask(request):
        nonlocal pieces
        text, reason = say_well(request), "stop"
        if int(request.key, 16) % every == 0:
            before, previous[request.lang] = previous[request.lang], text
            text, reason = apply_text_fault(fault, text, request.lang, before)
        pieces += _count_pieces(request.purpose, text, cut=reason == "length")
        return make_reply(request, text, finish_reason=reason)

    recipe = make_recipe(
        method, budget={"requests": 60}, saturation={"window": 60}, lookahead=1, target=40
    )
    growth = grow_once(recipe, ask)

    assert len(growth.tasks) + len(growth.rejected) + growth.carried == growth.pieces == pieces > 0
    assert growth.kept.total() == len(growth.tasks)
    assert all(task.draft.output and task.draft.instruction for task in growth.tasks)
    identities = [task.draft.id for task in growth.tasks]
    assert len(set(identities)) == len(identities)


def _count_pieces(purpose, text, *, cut):
    if purpose == "is_classification":
        return 1
    if purpose == "new_instructions":
        return len(parse_list(text, cut=cut))
    required = ("instruction", "input", "output") if purpose == "new_tasks" else ("input", "output")
    return len(parse_tasks(text, cut=cut, required=required))


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_all_faults_together_leave_a_run_that_can_be_repeated(method):
    faults = sorted(ANSWER_FAULTS)

    def say(request):
        text = say_well(request)
        number = int(request.key, 16)
        if number % 3:
            return text
        return apply_text_fault(faults[number // 3 % len(faults)], text, request.lang, text)[0]

    recipe = make_recipe(method, target=40)
    first, second = grow_once(recipe, shuffled(1, say)), grow_once(recipe, scripted(say))

    assert first.tasks == second.tasks
    assert first.rejected == second.rejected
    assert first.stopped == "target"


def test_a_reply_of_which_nothing_is_left_does_not_stop_the_loop():
    asked = []
    recipe = make_recipe(budget={"requests": 12}, lookahead=1)
    say = iter(["", "Sorry.", "Sorry."] * 4)

    async def ask(request):
        asked.append(request)
        return make_reply(request, next(say))

    growth = grow_once(recipe, ask)

    assert [request.sample for request in asked] == [0, 1, 2] * 4
    assert growth.stopped == "budget: requests"
    assert len(growth.rejected) == growth.pieces == 12
