"""LMFlow's types, one layout each."""

import json

import pytest
from hypothesis import given, settings

from tests.layouts.round_trips import as_read, check_round_trip, drafts, make_draft, read_back
from vicugna.formats.containers import write_rows
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round

ROUNDS = (Round("还有呢？", "没有了。"),)
CAT, DOG = Alternative("A cat.", score=1.5), Alternative("狗。", score=-1)
USER = {"role": "user", "content": "1+1?"}
TWO, THREE = ({"role": "assistant", "content": text} for text in "23")
ONE_ROUND = {
    "lmflow_text2text": "more than one round",
    "lmflow_paired_text": "more than one round",
    "lmflow_textlist": "more than one round",
    "lmflow_scored": "more than one round",
    "lmflow_conversation": "",
    "lmflow_paired": "",
}


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("lmflow_text2text", {"more than one round"}),
        ("lmflow_conversation", set()),
        ("lmflow_paired", {"no rejected answer"}),
        ("lmflow_paired_text", {"no rejected answer", "more than one round"}),
        (
            "lmflow_scored",
            {
                "no rejected answer",
                "more than one round",
                "an answer without a score",
                "a rejected answer whose score is not lower",
            },
        ),
    ],
)
def test_what_a_type_holds_comes_back(name, reasons):
    @settings(deadline=None)
    @given(drafts())
    def check(draft):
        assert check_round_trip(name, draft) in {"", *reasons}

    check()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "lmflow_text2text",
            lambda one: {"input": f"{one.instruction}\n3\n", "output": one.output},
        ),
        (
            "lmflow_paired_text",
            lambda one: {
                "prompt": f"{one.instruction}\n3\n",
                "chosen": one.output,
                "rejected": "A cat.",
            },
        ),
        (
            "lmflow_textlist",
            lambda one: {"input": f"{one.instruction}\n3\n", "output": [one.output, "A cat."]},
        ),
        (
            "lmflow_scored",
            lambda one: {
                "input": f"{one.instruction}\n3\n",
                "output": [{"score": 3.0, "text": one.output}, {"score": 1.5, "text": "A cat."}],
            },
        ),
    ],
)
def test_single_tasks(name, row, lang):
    draft = make_draft(lang, input="3", alternatives=(CAT,), score=3)

    assert LAYOUTS[name].write(draft) == [row(draft)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_conversations_have_their_system_prompt_in_a_field(lang):
    draft = make_draft(lang, system="简短。", alternatives=(CAT,))
    question = {"role": "user", "content": draft.instruction}

    def side(answer):
        said = {"role": "assistant", "content": answer}
        return {"system": "简短。", "messages": [question, said]}

    assert LAYOUTS["lmflow_conversation"].write(draft) == [
        {"conversation_id": "a-1", **side(draft.output)}
    ]
    assert LAYOUTS["lmflow_paired"].write(draft) == [
        {"chosen": side(draft.output), "rejected": side("A cat.")}
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("name", "reason"), ONE_ROUND.items())
def test_a_conversation_goes_where_there_are_turns(name, reason, lang):
    draft = make_draft(lang, rounds=ROUNDS, alternatives=(CAT,), score=2)

    assert check_round_trip(name, draft) == reason


@pytest.mark.parametrize(
    ("score", "worse", "reason"),
    [
        pytest.param(2, (CAT, DOG), "", id="all scored"),
        pytest.param(0, (DOG,), "", id="a score of 0"),
        pytest.param(None, (CAT,), "an answer without a score", id="chosen has none"),
        pytest.param(2, (Alternative("A cat."),), "an answer without a score", id="one has none"),
        pytest.param(
            1.5, (CAT,), "a rejected answer whose score is not lower", id="scores are the same"
        ),
        pytest.param(1.5001, (CAT,), "", id="a little lower"),
        pytest.param(2, (), "no rejected answer", id="alone"),
        pytest.param(
            2, (Alternative("A red kite.", score=9),), "no rejected answer", id="the same answer"
        ),
    ],
)
def test_scores_rank_the_answers(score, worse, reason):
    draft = make_draft(score=score, alternatives=worse)

    assert check_round_trip("lmflow_scored", draft) == reason


def test_lists_to_be_ranked_have_two_answers_each():
    rows = LAYOUTS["lmflow_textlist"].write(make_draft(alternatives=(CAT, DOG)))

    assert [row["output"] for row in rows] == [["A red kite.", "A cat."], ["A red kite.", "狗。"]]


def test_an_unranked_list_is_a_task_for_each_answer():
    row = {"type": "text_to_textlist", "input": "1+1?", "output": ["2", "二", ""]}

    *tasks, last = read_back(LAYOUTS["lmflow_textlist"], [row])

    assert [(task["instruction"], task["output"]) for task in tasks] == [
        ("1+1?", "2"),
        ("1+1?", "二"),
    ]
    assert not any(task.get("alternatives") for task in tasks)
    assert last == Problem("an empty answer", "")


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        pytest.param([1.0, -0.8], [("a", 1.0, [("b", -0.8)])], id="the first is best"),
        pytest.param([0.5, "3"], [("b", 3.0, [("a", 0.5)])], id="the last is best, as text"),
        pytest.param([1, 1, 0], [("a", 1.0, [("c", 0.0)]), ("b", 1.0, [])], id="two are best"),
        pytest.param([0, None], [("a", 0.0, []), ("b", None, [])], id="one has none"),
        pytest.param([None, None], [("a", None, []), ("b", None, [])], id="none has one"),
    ],
)
def test_the_best_of_a_scored_list_is_the_answer(scores, found):
    output = [{"score": score, "text": text} for score, text in zip(scores, "abc", strict=False)]
    row = {"type": "text_to_scored_textlist", "input": "选一个", "output": output}

    tasks = read_back(LAYOUTS["lmflow_scored"], [row])

    assert [
        (
            task["output"],
            task["score"],
            [(one.answer, one.score) for one in task.get("alternatives", ())],
        )
        for task in tasks
    ] == found


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"type": "text2text", "input": "1+1?", "output": "2"}, "lmflow_text2text"),
        ({"type": "conversation", "messages": [USER, TWO], "tools": []}, "lmflow_conversation"),
        (
            {
                "type": "paired_conversation",
                "chosen": {"conversation_id": 1, "messages": [USER, TWO]},
                "rejected": {"conversation_id": 1, "messages": [USER, THREE]},
            },
            "lmflow_paired",
        ),
        (
            {
                "type": "paired_text_to_text",
                "prompt": "1+1?",
                "chosen": "2",
                "rejected": "3",
                "margin": 0.6,
            },
            "lmflow_paired_text",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_published_rows(row, name):
    assert find_layout(row) == name

    (task,) = read_back(LAYOUTS[name], [row])

    assert (task["instruction"], task["output"]) == ("1+1?", "2")
    assert task.get("alternatives", ()) == ((Alternative("3"),) if "rejected" in row else ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(
            {"type": "conversation", "messages": [USER, TWO, USER]},
            "a question without an answer",
            id="a question at the end",
        ),
        pytest.param(
            {
                "type": "paired_conversation",
                "chosen": {"messages": [USER, TWO]},
                "rejected": {"messages": [{"role": "user", "content": "2+2?"}, THREE]},
            },
            "two answers to different questions",
            id="two questions",
        ),
        pytest.param(
            {"type": "paired_text_to_text", "prompt": [1], "chosen": "2", "rejected": "3"},
            "an empty turn",
            id="a prompt that is a list",
        ),
        pytest.param(
            {"type": "text_to_textlist", "input": "1+1?", "output": "2"},
            "no list of answers",
            id="text for a list",
        ),
        pytest.param(
            {"type": "text_to_scored_textlist", "input": "1+1?", "output": [{"score": 1}]},
            "an empty answer",
            id="a score without an answer",
        ),
        pytest.param(
            {"type": "text2text", "input": "", "output": "2"}, "no instruction", id="no question"
        ),
    ],
)
def test_what_is_no_task_is_told(row, reason):
    pieces = read_back(LAYOUTS[find_layout(row)], [row])

    assert [piece.reason for piece in pieces if isinstance(piece, Problem)] == [reason]


@pytest.mark.parametrize("name", ONE_ROUND)
def test_the_type_and_the_instances_are_where_lmflow_looks_for_them(name, tmp_path):
    layout = LAYOUTS[name]
    rows = layout.write(make_draft("zh", alternatives=(CAT, DOG), score=2))
    path = tmp_path / "data.json"

    write_rows(layout.container, rows, path)

    head = path.read_bytes()[:100].decode("ascii")
    assert '"type": "' in head
    assert '"instances"' in head
    data = json.loads(path.read_bytes())
    assert [{**row, "type": data["type"]} for row in data["instances"]] == [
        as_read(layout, row) for row in rows
    ]
