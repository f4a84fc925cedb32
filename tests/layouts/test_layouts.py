"""What every layout promises: one shape of rows, found again by it, read back, never a crash."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layouts.round_trips import DRAFTS, as_read, read_back
from vicugna.layouts import LAYOUTS, find_layout
from vicugna.layouts.faults import find_fault
from vicugna.layouts.layout import Content, Problem, Row
from vicugna.parsing import blank_input
from vicugna.records import Draft
from vicugna.text.hygiene import clean_text

WRITERS = [name for name, layout in LAYOUTS.items() if layout.write is not None]
# Layouts whose rows are also those of another one, and which name they are found by.
SAME_SHAPE = {"parquet": "messages"}
# One key for each round, so that a longer conversation has more of them.
KEY_FOR_EACH_ROUND = {"koala", "moss"}
# Questions to be answered by the model that is trained: the last answer is not in them.
PROMPTS = {"colossalchat_prompts", "chatllama_rlhf"}
MAY_BE_NULL = {("chatllama_reward", "score")}
ODD: list[Any] = [
    None, True, 0, -1, 1e308, 2**64 - 1, "", " ", "x", "Human:", [], [None], [1, "a"], ["a", "b"],
    [[]], [{}], {}, {"a": [None]}, {"role": "user"}, {"from": 1, "value": None},
    [{"role": "user", "content": None}], [{"from": "gpt", "value": ["a"]}], {"messages": []},
]  # fmt: skip
every_writer = pytest.mark.parametrize("name", WRITERS)


def _written(name: str) -> list[tuple[Draft, list[Row]]]:
    write = LAYOUTS[name].write
    assert write is not None
    written = [(draft, write(draft)) for draft in DRAFTS.values() if not find_fault(draft)]
    return [(draft, rows) for draft, rows in written if not isinstance(rows, str)]


def _rows(name: str) -> list[Row]:
    return [row for _, rows in _written(name) for row in rows]


def _shape(value: Any) -> object:
    """Return the keys and types of a value, in their order."""
    if isinstance(value, dict):
        return tuple((key, _shape(one)) for key, one in value.items())
    if isinstance(value, list):
        return ("list", frozenset(map(_shape, value)) - {("list", frozenset())})
    return type(value).__name__


def _texts(value: Any) -> list[str]:
    """Return every text in what was read."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, tuple | list):
        return [text for one in value for text in _texts(one)]
    if hasattr(value, "answer"):
        return [value.answer, getattr(value, "question", "")]
    return [value] if isinstance(value, str) else []


@every_writer
def test_every_row_has_the_same_keys_and_types(name):
    rows = _rows(name)
    optional = {key for layout, key in MAY_BE_NULL if layout == name}
    shapes = {_shape({k: v for k, v in row.items() if k not in optional}) for row in rows}
    full = {shape for shape in shapes if "()" not in str(shape)}

    assert rows
    assert len({tuple(row) for row in rows}) == 1 or name in KEY_FOR_EACH_ROUND
    assert len(full) <= 1 or name in KEY_FOR_EACH_ROUND


@every_writer
def test_no_value_is_null_and_every_one_can_be_written(name):
    for row in _rows(name):
        known = {key: value for key, value in row.items() if (name, key) not in MAY_BE_NULL}

        assert "NoneType" not in str(_shape(known))
        assert "\ufffd" not in json.dumps(row, ensure_ascii=False, allow_nan=False)
        json.dumps(row, ensure_ascii=False).encode()


@every_writer
def test_a_row_is_found_to_be_in_the_layout_that_wrote_it(name):
    layout = LAYOUTS[name]
    rows = [as_read(layout, row) for row in _rows(name)]

    assert {find_layout(row) for row in rows} == {SAME_SHAPE.get(name, name)}
    assert all(layout.matches(row) for row in rows)


@every_writer
def test_the_texts_that_were_written_are_read_back(name):
    for draft, rows in _written(name):
        asked = [draft.instruction, blank_input(clean_text(draft.input))]
        asked += [one.question for one in draft.rounds]
        answers = [draft.output, *(one.answer for one in draft.rounds)]
        wanted = [*asked, *(answers[:-1] if name in PROMPTS else answers)]
        known = "\n".join(_texts(read_back(LAYOUTS[name], rows)))

        assert [text for text in wanted if clean_text(text) not in known] == []


@every_writer
def test_a_draft_is_written_alike_each_time(name):
    assert _written(name) == _written(name)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where each value stands, the keys and numbers that lead there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, one in inside:
        found.append((*path, key))
        if isinstance(one, dict | list):
            found += _paths(one, (*path, key))
    return found


def _mutate(row: Row, data: st.DataObject) -> Row:
    """Return a row with up to three values dropped or replaced by others."""
    row = copy.deepcopy(row)
    for _ in range(data.draw(st.integers(1, 3))):
        paths = _paths(row)
        if not paths:
            break
        *way, last = data.draw(st.sampled_from(paths))
        place: Any = row
        for key in way:
            place = place[key]
        if data.draw(st.booleans()):
            del place[last]
        else:
            place[last] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
    return row


def _check(piece: Content | Problem) -> None:
    if isinstance(piece, Problem):
        assert piece.reason
        assert isinstance(piece.text, str)
    else:
        assert isinstance(piece["instruction"], str)
        assert isinstance(piece["output"], str)


@every_writer
def test_a_damaged_row_is_read_or_told(name):
    rows = [as_read(LAYOUTS[name], row) for row in _rows(name)]

    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def check(data):
        row = _mutate(data.draw(st.sampled_from(rows)), data)
        before = copy.deepcopy(row)
        matching = [layout for layout in LAYOUTS.values() if layout.matches(row)]
        for layout in matching:
            pieces = layout.read(row)
            assert pieces
            joined = layout.join([(1, piece) for piece in pieces]) if layout.join else ()
            for piece in (*pieces, *(piece for _, piece in joined)):
                _check(piece)
        assert row == before

    check()


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"type": None}, {"": [[]]}], ids=str)
def test_a_row_of_no_layout_is_none(value):
    assert find_layout(value) == ""


def test_files_differ():
    files = [LAYOUTS[name].file for name in WRITERS]

    assert sorted(set(files)) == sorted(files)
