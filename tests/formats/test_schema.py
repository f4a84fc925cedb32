"""`docs/task.schema.json`: what is written fits it, what `read_tasks` refuses does not."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.formats.rows import make_task, make_tasks
from tests.layouts.drafts import ALL, drafts
from vicugna.errors import UserError
from vicugna.formats.canonical import read_tasks, write_tasks
from vicugna.formats.schema import field_table, main, task_schema
from vicugna.records import Alternative, Round, Task, Verdict

FILE = Path(__file__).parents[2] / "docs" / "task.schema.json"
SCHEMA = Draft202012Validator(task_schema())
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCORES = st.one_of(st.none(), st.integers(-5, 5), st.floats(-1, 10))
VERDICTS = st.builds(Verdict, TEXT, st.just(True), SCORES, SCORES, TEXT, TEXT)
DRAFTS = drafts(
    score=SCORES,
    group=TEXT,
    reasoning=TEXT,
    is_classification=st.sampled_from([None, True, False]),
    rounds=st.lists(st.builds(Round, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    alternatives=st.lists(st.builds(Alternative, TEXT, TEXT, SCORES), max_size=2).map(tuple),
)
ROUND = {"question": "q", "answer": "a", "reasoning": ""}
WORSE = {"answer": "a", "reasoning": "", "score": None}
DROPPED = ...


def _rows(path: Path, tasks: list[Task]) -> list[dict[str, Any]]:
    write_tasks(tasks, path)
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def _changed(row: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """Return a row with another value at "source.position", or without it."""
    *outer, name = place.split(".")
    inside = row[outer[0]] if outer else row
    changed = {key: one for key, one in inside.items() if key != name}
    changed |= {} if value is DROPPED else {name: value}
    return row | {outer[0]: changed} if outer else changed


def test_it_is_a_schema_and_the_file_in_docs_is_what_is_made_of_the_records(capsysbinary):
    Draft202012Validator.check_schema(task_schema())

    main([])

    assert capsysbinary.readouterr().out == FILE.read_bytes()
    assert orjson.loads(FILE.read_bytes()) == task_schema()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_of_fields_has_a_line_for_each(lang, capsysbinary):
    main([lang])

    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert "\n".join(lines) + "\n" == field_table(lang)
    fields = [line.split("`")[1] for line in lines[2:]]
    assert [name for name in fields if "." not in name] == list(task_schema()["properties"])
    assert {"rounds[].answer", "alternatives[].score", "source.position", "verdicts[].near"} < {
        *fields
    }
    assert all(line.count("|") == 4 for line in lines)


def test_every_kind_of_task_is_written_as_the_schema_says(tmp_path):
    chats = [Task(draft, (Verdict("echo", True, 0.5, 0.7),)) for draft in ALL.values()]

    for row in _rows(tmp_path / "tasks.jsonl", [*make_tasks(), *chats]):
        SCHEMA.validate(row)
        assert list(row) == list(task_schema()["properties"])


@settings(max_examples=60, deadline=None)
@given(tasks=st.lists(st.builds(Task, DRAFTS, st.lists(VERDICTS, max_size=2).map(tuple))))
def test_any_task_is_written_as_the_schema_says(tmp_path_factory, tasks):
    for row in _rows(tmp_path_factory.mktemp("schema") / "tasks.jsonl", tasks):
        SCHEMA.validate(row)


TEXTS = [name for name, part in task_schema()["properties"].items() if part.get("type") == "string"]
BROKEN = [
    *((name, value) for name in TEXTS for value in (None, 1, ["x"], DROPPED)),
    *((name, DROPPED) for name in task_schema()["properties"]),
    *(("schema", value) for value in (None, 3, "2", [])),
    *(("lang", value) for value in (None, "fr", "EN", "", 1, ["en"])),
    *(("is_classification", value) for value in ("no", 2, [], {})),
    *(("score", value) for value in ("9", True, [], {})),
    *(("rounds", value) for value in (None, {}, "x", 1, ["x"], [None], [[]])),
    *(("rounds", [ROUND | {name: 1}]) for name in ROUND),
    *(("rounds", [_changed(ROUND, name, DROPPED)]) for name in ROUND),
    *(("alternatives", value) for value in (None, {}, "x", ["x"], [ROUND])),
    *(("alternatives", [WORSE | {name: True}]) for name in WORSE),
    ("alternatives", [WORSE | {"score": "9"}]),
    *(("alternatives", [_changed(WORSE, name, DROPPED)]) for name in WORSE),
    *(("source", value) for value in (None, [], "x", 1, {})),
    *(("source.shown", value) for value in (None, 1, DROPPED)),
    *(("source.request", value) for value in (None, 1, [])),
    *(("source.position", value) for value in (None, -1, 1.5, "1", True)),
    ("source.more", "x"),
    *(("verdicts", value) for value in (None, 1, ["x"], [None], [[]], [{}])),
    ("verdicts", [{"filter": "echo"}]),
    ("verdicts", [{"kept": True}]),
    ("verdicts", [{"filter": "echo", "kept": True, "more": 1}]),
]


@pytest.mark.parametrize(("place", "value"), BROKEN, ids=str)
def test_what_the_reader_refuses_the_schema_refuses(place, value, tmp_path):
    path = tmp_path / "tasks.jsonl"
    [row] = _rows(path, [make_task("with zh input")])
    broken = _changed(row, place, value)
    path.write_bytes(orjson.dumps(broken))

    assert not SCHEMA.is_valid(broken)
    with pytest.raises(UserError):
        read_tasks(path)


def test_a_row_of_schema_1_is_read_and_is_not_in_the_schema(tmp_path):
    """It is read, but nobody writes it."""
    path = tmp_path / "tasks.jsonl"
    [row] = _rows(path, [make_task("plain en")])
    path.write_bytes(orjson.dumps(row | {"schema": 1}))

    assert read_tasks(path)
    assert not SCHEMA.is_valid(row | {"schema": 1})
