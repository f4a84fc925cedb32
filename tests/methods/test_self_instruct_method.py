"""Instructions first, then a label, then instances."""

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
)
from vicugna.methods import METHODS
from vicugna.methods.self_instruct import INPUT_FIRST_DEMOS, LABEL_DEMOS, OUTPUT_FIRST_DEMOS
from vicugna.pipeline import begin
from vicugna.pool import Member

LISTS = {
    "en": "1. Describe a bridge made of old rope.\n2. Name five uses of a wooden spoon.",
    "zh": "1. 写一段话介绍你的家乡小吃。\n2. 说出木勺的五种用途。",
}
INSTANCES = '{"input": "a", "output": "One."}\n{"input": "b", "output": "Two."}'


def _setup(seeds=24, **changes):
    recipe = make_recipe("self-instruct", **changes)
    job = make_job(recipe, seeds=seeds)
    return METHODS["self-instruct"](recipe, addressed("some-model"), job.seeds), begin(job)


def _consume(method, growth, request, text, **changes):
    return method.consume(request, make_reply(request, text, **changes), growth)


def _begin_chain(lang="en", **changes):
    """Return (method, growth, questions about the labels of two instructions)."""
    method, growth = _setup(**changes)
    labels, _ = _consume(method, growth, method.compose((lang, ""), 0, growth), LISTS[lang])
    return method, growth, labels


# --- new instructions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "seeds", "machine"),
    [
        pytest.param(0, 8, 0, id="none kept yet: seed tasks stand in"),
        pytest.param(1, 7, 1, id="one kept"),
        pytest.param(2, 6, 2, id="two kept"),
        pytest.param(30, 6, 2, id="many kept"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_eight_are_shown_of_which_two_are_the_machines(lang, kept, seeds, machine):
    method, growth = _setup()
    for number in range(kept):
        growth.pool.add(lang, Member(f"kept-{number:02d}", f"Instruction {number}"))

    request = method.compose((lang, ""), 0, growth)

    shown = [identity.startswith("kept-") for identity in request.shown]
    assert (shown.count(False), shown.count(True)) == (seeds, machine)
    assert len(set(request.shown)) == 8
    lines = [line for line in request.messages[1].content.splitlines() if line.startswith("{")]
    assert len(lines) == 8
    assert all(set(orjson.loads(line)) == {"instruction"} for line in lines)


def test_the_machines_own_are_mixed_among_the_others():
    """Shown in drawn order: at the end of the list they would be copied most."""
    method, growth = _setup()
    for number in range(10):
        growth.pool.add("en", Member(f"kept-{number:02d}", f"Instruction {number}"))

    places = [
        place
        for number in range(30)
        for place, identity in enumerate(method.compose(("en", ""), number, growth).shown)
        if identity.startswith("kept-")
    ]

    assert set(places) == set(range(8))


def test_an_instruction_is_gated_before_anything_more_is_asked_about_it():
    method, growth = _setup()
    request = method.compose(("en", ""), 0, growth)
    text = (
        "1. Describe a bridge made of old rope.\n"
        "2. Describe a bridge made of very old rope.\n"
        "3. Run\n"
        "4. Name five uses of a wooden spoon.\n"
    )

    labels, readable = _consume(method, growth, request, text)

    assert readable
    assert [follow_up.draft.instruction for follow_up in labels] == [
        "Describe a bridge made of old rope.",
        "Name five uses of a wooden spoon.",
    ]
    assert [one.verdict.filter for one in growth.rejected] == ["near_duplicate", "length"]
    assert growth.carried == 2
    assert {follow_up.request.purpose for follow_up in labels} == {"is_classification"}
    growth.check_conservation()


def test_an_instruction_without_a_task_is_known_all_the_same():
    """It was paid for: asking for it again would give nothing new."""
    method, growth, _ = _begin_chain()

    again, _ = _consume(method, growth, method.compose(("en", ""), 1, growth), LISTS["en"])

    assert again == []
    assert [one.verdict.filter for one in growth.rejected] == ["exact_duplicate"] * 2


# --- the label ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), (" \n", "empty"), ("<think>好", "cut"), ("", "cut")],
)
def test_a_label_that_is_not_there_is_asked_for_again_and_never_taken_for_a_no(lang, text, reason):
    method, growth, labels = _begin_chain(lang)
    finish = "length" if reason == "cut" else "stop"
    reply = make_reply(labels[0].request, text, finish_reason=finish)

    assert method.consume(labels[0].request, reply, growth) == ([], False)
    assert growth.rejected[-1].verdict.detail == reason


@pytest.mark.parametrize(
    ("lang", "text", "label"),
    [
        ("en", "Yes", True),
        ("en", "yes.", True),
        ("en", " **Yes** ", True),
        ("en", '"Yes"', True),
        ("en", "“Yes”", True),
        ("en", "Yes, it asks for one of two labels.", True),
        ("en", "No", False),
        ("en", "No.", False),
        ("en", "Not a classification", False),
        ("en", "I think yes", False),
        ("en", "是", False),
        ("zh", "是", True),
        ("zh", "是。", True),
        ("zh", "“是”", True),
        ("zh", "「是」", True),
        ("zh", "是的，它要求从两个标签里选一个。", True),
        ("zh", "Yes", True),
        ("zh", "不是", False),
        ("zh", "“不是”", False),
        ("zh", "不是。", False),
        ("zh", "否", False),
        ("zh", "No", False),
        ("zh", "这是一个分类任务", False),
    ],
)
def test_only_a_clear_yes_is_one_and_it_settles_what_comes_first(lang, text, label):
    """As published: anything else is no. The label decides the order of the instances."""
    method, growth, labels = _begin_chain(lang)

    instances, readable = _consume(method, growth, labels[0].request, text)

    assert readable
    assert len(instances) == 1
    assert instances[0].request.purpose == ("output_first" if label else "input_first")
    assert instances[0].draft.is_classification is label
    assert instances[0].draft.instruction == labels[0].draft.instruction
    growth.check_conservation()


def test_the_label_is_asked_with_examples_of_both_answers():
    """As published: 12 that are a classification, 19 that are not."""
    _, _, labels = _begin_chain("zh", seeds=60)
    user = labels[0].request.messages[1].content

    answers = [line for line in user.splitlines() if line in ("是", "不是")]
    assert (answers.count("是"), answers.count("不是")) == LABEL_DEMOS
    assert orjson.loads(user.splitlines()[-1]) == {"instruction": labels[0].draft.instruction}


# --- instances ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "purpose", "demos", "order"),
    [
        pytest.param("Yes", "output_first", OUTPUT_FIRST_DEMOS, ["output", "input"], id="label"),
        pytest.param("No", "input_first", INPUT_FIRST_DEMOS, ["input", "output"], id="no label"),
    ],
)
def test_instances_are_asked_for_with_examples_in_their_order(answer, purpose, demos, order):
    method, growth, labels = _begin_chain(seeds=60)
    instances, _ = _consume(method, growth, labels[0].request, answer)
    user = instances[0].request.messages[1].content

    rows = [orjson.loads(line) for line in user.splitlines() if line.startswith("{")]
    examples = [list(row) for row in rows if "output" in row]
    assert examples == [order] * demos
    assert rows[-1] == {"instruction": labels[0].draft.instruction}
    assert "5" in user.splitlines()[-1]


def test_a_demonstration_never_changes_when_a_seed_task_is_added_behind():
    """It is in every prompt: all of them would be paid for again."""
    few = _begin_chain(seeds=60)[2]
    more = _begin_chain(seeds=61)[2]

    assert few[0].request.messages[0] == more[0].request.messages[0]
    assert few[0].request.messages[1] == more[0].request.messages[1]


def _finish(answer, text, **changes):
    method, growth, labels = _begin_chain(**changes)
    instances, _ = _consume(method, growth, labels[0].request, answer)
    further, readable = _consume(method, growth, instances[0].request, text)
    assert further == []
    growth.check_conservation()
    return growth, labels[0].draft, readable


def test_instances_of_one_instruction_are_tasks_of_one_group():
    growth, subject, readable = _finish("No", INSTANCES)

    assert readable
    drafts = [task.draft for task in growth.tasks]
    assert [(draft.input, draft.output) for draft in drafts] == [("a", "One."), ("b", "Two.")]
    assert {draft.instruction for draft in drafts} == {subject.instruction}
    assert {draft.group for draft in drafts} == {subject.id}
    assert len({draft.id for draft in drafts}) == 2
    assert {draft.is_classification for draft in drafts} == {False}
    assert {draft.source.prompt.split("@")[0] for draft in drafts} == {"input_first.en"}


def test_the_output_may_come_first():
    growth, _, _ = _finish("Yes", '{"output": "positive", "input": "Lovely soup."}')

    assert growth.tasks[0].draft.input == "Lovely soup."
    assert growth.tasks[0].draft.output == "positive"
    assert growth.tasks[0].draft.is_classification is True


@pytest.mark.parametrize(
    ("text", "kept", "reasons", "readable"),
    [
        pytest.param("", 0, ["parse"], False, id="nothing"),
        pytest.param("I am not sure.", 0, ["parse"], False, id="nothing that can be read"),
        pytest.param('{"input": "a"}', 0, ["parse"], False, id="no output"),
        pytest.param('{"output": "Ready."}', 1, [], True, id="no input is an empty one"),
        pytest.param('{"input": "a", "output": ""}', 0, ["empty"], True, id="an empty output"),
        pytest.param('{"input": "aaa bb", "output": "aaa bb"}', 0, ["echo"], True, id="an echo"),
        pytest.param(
            '{"input": "a", "output": "One."}\n{"input": "a", "output": "Two."}',
            0,
            ["instances"] * 2,
            True,
            id="two answers to one input",
        ),
        pytest.param(
            '{"input": "a", "output": "One."}\n' * 3, 1, ["instances"] * 2, True, id="repeats"
        ),
        pytest.param(
            "\n".join(f'{{"input": "{n}", "output": "Right."}}' for n in range(8)),
            5,
            ["instances"] * 3,
            True,
            id="more than are kept of one",
        ),
        pytest.param(
            '{"input": "a", "output": "One."}\n{"input": "b", "out', 1, ["parse"], True, id="cut"
        ),
    ],
)
def test_which_instances_become_tasks(text, kept, reasons, readable):
    growth, _, was_readable = _finish("No", text)

    assert was_readable == readable
    assert len(growth.tasks) == kept
    assert sorted(one.verdict.filter for one in growth.rejected) == sorted(reasons)


def test_instances_are_not_compared_with_their_own_instruction():
    """It is in the pool since it was admitted."""
    growth, _, _ = _finish("No", INSTANCES)

    assert len(growth.tasks) == 2
    assert "near_duplicate" not in {v.filter for task in growth.tasks for v in task.verdicts}


@pytest.mark.parametrize(("most", "kept"), [(1, 1), (3, 3), (20, 8)])
def test_how_many_of_one_instruction_are_kept_is_the_recipes(most, kept):
    text = "\n".join(f'{{"input": "{n}", "output": "Right."}}' for n in range(8))

    growth, _, _ = _finish("No", text, instances_per_task=most)

    assert len(growth.tasks) == kept


def test_an_answer_that_could_not_be_read_may_be_asked_for_again():
    """The instruction it is about is still known."""
    method, growth, labels = _begin_chain()
    instances, _ = _consume(method, growth, labels[0].request, "No")

    first = _consume(method, growth, instances[0].request, "What?")
    second = _consume(method, growth, instances[0].request, INSTANCES)

    assert (first, second) == (([], False), ([], True))
    assert len(growth.tasks) == 2
    growth.check_conservation()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_asks_three_kinds_of_question_and_keeps_every_language(lang):
    asked = []

    growth = grow_once(make_recipe("self-instruct", target=60), scripted(say_well, asked))

    purposes = {request.purpose for request in asked if request.lang == lang}
    assert purposes == {"new_instructions", "is_classification", "input_first", "output_first"}
    assert growth.kept[lang] == 30
    groups = [task.draft.group for task in growth.tasks]
    assert max(groups.count(group) for group in groups) <= 5
    assert len(set(groups)) > 10
    labels = {task.draft.is_classification for task in growth.tasks}
    assert labels == {True, False}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("writer", "answerer", "licence"),
    [
        ("offline", "offline", "cc-by-4.0"),
        ("offline", "openai", ""),
        ("openai", "offline", ""),
    ],
)
def test_a_task_is_free_only_when_both_who_wrote_it_are(lang, writer, answerer, licence):
    """Its instruction is by one teacher and its answer by another, whose terms may be others."""
    method, growth = _setup()
    request = method.compose((lang, ""), 0, growth)
    labels, _ = method.consume(request, make_reply(request, LISTS[lang], teacher=writer), growth)
    label = make_reply(labels[0].request, "No" if lang == "en" else "不是", teacher=answerer)
    instances, _ = method.consume(labels[0].request, label, growth)
    text = '{"input": "", "output": "An answer of some words."}'
    text = text if lang == "en" else '{"input": "", "output": "这是一个回答。"}'
    method.consume(
        instances[0].request, make_reply(instances[0].request, text, teacher=answerer), growth
    )

    assert [task.draft.licence for task in growth.tasks] == [licence]
