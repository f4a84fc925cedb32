"""What holds for every answer, whatever it says."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.parsing import FIELDS, blank_input, parse_list, parse_tasks
from vicugna.text.hygiene import clean_text

# Texts with the signs that parsers stumble over.
SIGNS = st.sampled_from(
    [
        *('"', "\\", "{", "}", "[", "]", ",", ":", "\n", "：", "，", "“", "”", "```", "1. ", "###"),
        *(
            "Input: ",
            "输出：",
            '{"input": "',
            '{"instruction": "',
            "</think>",
            "无",
            "\u2028",
            "\x00",
        ),
    ]
)
TEXT = st.lists(st.text(max_size=6) | SIGNS, max_size=8).map("".join)
TASK = st.fixed_dictionaries({name: TEXT for name in FIELDS})
TASKS = st.lists(TASK, min_size=1, max_size=4)
WORDS = st.text(st.characters(categories=["L", "P", "Nd"]), min_size=1, max_size=8)
ITEMS = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=6)


def _clean(task):
    fields = {name: clean_text(text) for name, text in task.items()}
    return {**fields, "input": blank_input(fields["input"])}


def _lines(tasks, **options):
    return "\n".join(orjson.dumps(task, **options).decode() for task in tasks)


@settings(deadline=None)
@given(TASKS, st.booleans())
def test_lines_of_json_come_back(tasks, cut):
    """Whatever the fields say, and whether or not the answer used up its length."""
    assert [piece.fields for piece in parse_tasks(_lines(tasks), cut=cut)] == list(
        map(_clean, tasks)
    )


@settings(deadline=None)
@given(TASKS)
def test_other_forms_of_json_come_back_too(tasks):
    forms = [
        orjson.dumps(tasks, option=orjson.OPT_INDENT_2).decode(),
        orjson.dumps({"tasks": tasks}).decode(),
        f"```json\n{_lines(tasks)}\n```",
        _lines(tasks, option=orjson.OPT_INDENT_2),
    ]
    for form in forms:
        assert [piece.fields for piece in parse_tasks(form, cut=False)] == list(map(_clean, tasks))


@settings(deadline=None)
@given(TASKS, st.data())
def test_wherever_an_answer_is_cut_nothing_is_invented(tasks, data):
    """Pieces with fields are the first originals, whole and in their order."""
    text = _lines(tasks)
    end = data.draw(st.integers(0, len(text)))
    found = [piece.fields for piece in parse_tasks(text[:end], cut=True) if piece.fields]

    assert found == [_clean(task) for task in tasks[: len(found)]]
    assert len(found) >= text[:end].count("\n")


@settings(deadline=None)
@given(TASKS, st.data())
def test_a_cut_that_the_server_did_not_report_invents_nothing(tasks, data):
    """It said "stop", but the connection broke: still no half answer is taken for a whole."""
    text = _lines(tasks)
    end = data.draw(st.integers(0, len(text)))
    found = [piece.fields for piece in parse_tasks(text[:end], cut=False) if piece.fields]

    assert found == [_clean(task) for task in tasks[: len(found)]]


@settings(deadline=None)
@given(ITEMS, st.sampled_from(["{}. ", "{}) ", "{}、", "（{}）", "**{}.** "]))
def test_numbered_lists_come_back(items, form):
    text = "\n".join(form.format(number) + f"x{item}x" for number, item in enumerate(items, 1))
    pieces = parse_list(text, cut=False)

    assert [piece.fields["instruction"] for piece in pieces] == [f"x{item}x" for item in items]


@pytest.mark.parametrize("parse", [parse_tasks, parse_list])
@settings(deadline=None)
@given(text=TEXT | st.text(), cut=st.booleans())
def test_every_text_gives_at_least_one_piece_and_no_error(parse, text, cut):
    pieces = parse(text, cut=cut)

    assert len(pieces) >= 1
    assert [piece.position for piece in pieces] == list(range(len(pieces)))
    assert all((piece.fields is None) == bool(piece.reason) for piece in pieces)


@settings(deadline=None)
@given(text=TEXT, required=st.sampled_from([FIELDS, ("input", "output"), ("instruction",)]))
def test_a_piece_with_fields_has_all_that_are_required(text, required):
    for piece in parse_tasks(text, cut=False, required=required):
        assert piece.fields is None or set(piece.fields) >= set(required)
