"""Koala: texts by name, joined and masked as `fields` says."""

import pytest
from hypothesis import given, settings

from tests.layouts.hostile_drafts import contents, drafts, one_draft, read_back, said
from vicugna.layouts import find_layout
from vicugna.layouts.koala import KOALA
from vicugna.layouts.kto import NOTHING_GOOD
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative, Round


def process(row):
    """Return [text, trained] for each field, as EasyLM's TextProcessor reads a row."""
    parts = []
    for field in row["fields"].split(","):
        trained = not (field.startswith("[") and field.endswith("]"))
        name = field if trained else field[1:-1]
        text = name if name.startswith("<|") else " ".join(row[one] for one in name.split("+"))
        parts.append([text, trained])
    return parts


@settings(deadline=None)
@given(drafts())
def test_what_is_written_comes_back(draft):
    rows = KOALA.write(draft)
    if isinstance(rows, str):
        assert rows == "</s> in a text"
        return

    assert {find_layout(row) for row in rows} == {"koala"}
    (content,) = contents(read_back(KOALA, rows))
    assert said(content, KOALA) == said(draft, KOALA)


def test_its_reader_trains_on_every_answer_and_on_nothing_else():
    draft = one_draft(("河？", "长江。"), ("Long?", "Yes, +, [1]."), system="Be short.")
    (row,) = KOALA.write(draft)

    assert process(row) == [
        ["Be short. USER: 河？ GPT:", False],
        ["长江。", True],
        ["<|eos|>", True],
        ["USER: Long? GPT:", False],
        ["Yes, +, [1].", True],
        ["<|eos|>", True],
    ]


def test_a_rejected_answer_is_a_row_that_trains_on_it_alone_after_another_marker():
    draft = one_draft(
        ("河？", "长江。"), ("多长？", "很长。"), alternatives=(Alternative("不知道。"),)
    )
    good, bad = KOALA.write(draft)

    assert good["fields"].endswith("[marker_user+human_2+marker_gpt],gpt_3,<|eos|>")
    assert process(bad) == [
        ["USER: 河？ GPT:", False],
        ["长江。", False],
        ["<|eos|>", False],
        ["USER: 多长？ An Unhelpful Answer:", False],
        ["不知道。", True],
        ["<|eos|>", True],
    ]


def test_a_row_has_the_keys_that_the_pipeline_writes():
    (row,) = KOALA.write(one_draft(("A?", "a")))

    assert row == {
        "marker_user": "USER:",
        "marker_gpt": "GPT:",
        "marker_gpt_bad": "An Unhelpful Answer:",
        "human_0": "A?",
        "gpt_1": "a",
        "fields": "[marker_user+human_0+marker_gpt],gpt_1,<|eos|>",
    }


@pytest.mark.parametrize("pair", [("问</s>", "答"), ("Q", "A</s>")])
def test_the_end_of_text_is_refused(pair):
    assert KOALA.write(one_draft(pair)) == "</s> in a text"


def test_the_end_of_text_is_refused_in_a_rejected_answer():
    draft = one_draft(("问", "答"), alternatives=(Alternative("</s>"),))

    assert KOALA.write(draft) == "</s> in a text"


MARKERS = {"marker_user": "USER:", "marker_gpt": "GPT:"}


@pytest.mark.parametrize(
    ("row", "rounds"),
    [
        pytest.param(
            {**MARKERS, "human_0": "Why?", "quote_0": "[1] Rain.", "gpt_0": "Rain."}
            | {"fields": "[marker_user+human_0+quote_0+marker_gpt],gpt_0,<|eos|>"},
            [Round("Why? [1] Rain.", "Rain.")],
            id="WebGPT with a quotation",
        ),
        pytest.param(
            {**MARKERS, "human_1": "总结", "gpt_1": "短。"}
            | {"fields": "[marker_user+human_1+marker_gpt],gpt_1,<|eos|>"},
            [Round("总结", "短。")],
            id="numbered by the choice",
        ),
        pytest.param(
            {"gpt_3": "d", "human_2": "c", "gpt_1": "b", "human_0": "a"},
            [Round("a", "b"), Round("c", "d")],
            id="no fields",
        ),
    ],
)
def test_published_rows_are_read(row, rounds):
    assert find_layout(row) == "koala"
    (content,) = contents(read_back(KOALA, [row]))
    assert said(content, KOALA)["rounds"] == rounds


def test_a_dialogue_of_bad_answers_stands_beside_the_good_one():
    """HH-RLHF, where every answer of the rejected dialogue has the bad name."""
    fields = ",<|eos|>,".join(
        f"[marker_user+human_{place}+marker_gpt{{0}}],gpt{{0}}_{place + 1}" for place in (0, 2)
    )
    good = {**MARKERS, "human_0": "a", "gpt_1": "b", "human_2": "c", "gpt_3": "d"}
    bad = {**MARKERS, "human_0": "a", "gpt_bad_1": "b", "human_2": "c", "gpt_bad_3": "e"}
    rows = [good | {"fields": fields.format("")}, bad | {"fields": fields.format("_bad")}]
    (content,) = contents(read_back(KOALA, rows))

    assert content["alternatives"] == (Alternative("e"),)
    (alone,) = read_back(KOALA, rows[1:])
    assert alone == Problem(NOTHING_GOOD, "e")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**MARKERS, "fields": "gpt_1"}, "a field that is no text of the row"),
        ({**MARKERS, "fields": "gpt_1", "gpt_1": ["a"]}, "a field that is no text of the row"),
        ({**MARKERS, "fields": ",[],<|eos|>"}, "no question and no answer"),
        ({"marker_user": 1}, "no question and no answer"),
    ],
)
def test_a_row_that_is_no_task_is_told(row, reason):
    assert KOALA.matches(row)
    (piece,) = read_back(KOALA, [row])
    assert isinstance(piece, Problem)
    assert piece.reason == reason
