"""`tasks.jsonl` and `rejected.jsonl`: what is written is read back."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.rows import SOURCE, TEXTS, make_task, make_tasks
from vicugna.errors import UserError
from vicugna.formats.canonical import read_tasks, write_rejected, write_tasks
from vicugna.records import Draft, Rejected, Source, Task, Verdict

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MEASURE = st.one_of(st.integers(0, 10**6), st.floats(0, 1), st.just(0.7))
SOURCES = st.builds(
    Source,
    request=TEXT,
    file=TEXT,
    position=st.integers(0, 10**6),
    teacher=TEXT,
    model=TEXT,
    prompt=TEXT,
    shown=st.lists(TEXT, max_size=3).map(tuple),
)
DRAFTS = st.builds(
    Draft,
    id=TEXT,
    lang=st.sampled_from(["en", "zh"]),
    instruction=TEXT,
    input=TEXT,
    output=TEXT,
    source=SOURCES,
    group=TEXT,
    is_classification=st.sampled_from([None, True, False]),
    check=TEXT,
)
VERDICTS = st.builds(
    Verdict, filter=TEXT, kept=st.booleans(), measure=MEASURE, limit=MEASURE, near=TEXT, detail=TEXT
)
TASKS = st.lists(
    st.builds(Task, draft=DRAFTS, verdicts=st.lists(VERDICTS, max_size=2).map(tuple)), max_size=4
)


@settings(max_examples=80, deadline=None)
@given(tasks=TASKS)
def test_any_tasks_are_read_back_as_they_were_written(tmp_path_factory, tasks):
    folder = tmp_path_factory.mktemp("round")
    write_tasks(tasks, folder / "tasks.jsonl")

    read = read_tasks(folder / "tasks.jsonl")
    write_tasks(read, folder / "again.jsonl")

    assert read == tasks
    assert (folder / "again.jsonl").read_bytes() == (folder / "tasks.jsonl").read_bytes()


def test_every_kind_of_text_is_read_back(tmp_path):
    write_tasks(make_tasks(), tmp_path / "tasks.jsonl")

    assert read_tasks(tmp_path / "tasks.jsonl") == make_tasks()
    assert len((tmp_path / "tasks.jsonl").read_bytes().splitlines()) == len(TEXTS)


def test_a_verdict_without_a_measure_is_not_repeated_in_every_row(tmp_path):
    task = make_task("plain zh")
    asked = Task(task.draft, (Verdict("empty", True), *task.verdicts))

    write_tasks([asked], tmp_path / "tasks.jsonl")

    assert read_tasks(tmp_path / "tasks.jsonl") == [task]


def test_a_rejected_piece_says_what_it_was_and_why(tmp_path):
    verdict = Verdict("near_duplicate", False, 0.81, 0.7, near="zh-003")
    draft = make_task("with zh input").draft
    pieces = [
        Rejected(draft.id, "zh", verdict, SOURCE, draft),
        Rejected("x-01", "en", Verdict("parse", False, detail="cut"), SOURCE, None, "3. Instr"),
    ]

    write_rejected(pieces, tmp_path / "rejected.jsonl")

    rows = [orjson.loads(line) for line in (tmp_path / "rejected.jsonl").read_bytes().splitlines()]
    assert rows[0]["verdict"] == {
        "filter": "near_duplicate",
        "kept": False,
        "measure": 0.81,
        "limit": 0.7,
        "near": "zh-003",
        "detail": "",
    }
    assert (rows[0]["instruction"], rows[0]["input"]) == (draft.instruction, draft.input)
    assert (rows[1]["instruction"], rows[1]["text"]) == ("", "3. Instr")
    assert {row["source"]["request"] for row in rows} == {SOURCE.request}
    assert rows[0].keys() == rows[1].keys()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param('{"schema": 1', "not valid JSON", id="half a line"),
        pytest.param("[1]", "expected a JSON object", id="a list"),
        pytest.param('{"id": "x"}', '"schema" is None, expected 1', id="no schema"),
        pytest.param('{"schema": 9}', '"schema" is 9, expected 1', id="newer schema"),
        pytest.param('{"schema": 1}', "not a task of schema 1", id="nothing in it"),
    ],
)
def test_a_line_that_is_no_task_is_told_with_its_number(tmp_path, line, says):
    path = tmp_path / "tasks.jsonl"
    write_tasks([make_task("plain en")], path)
    path.write_bytes(path.read_bytes() + b"\n" + line.encode())

    with pytest.raises(UserError) as told:
        read_tasks(path)

    assert str(told.value).startswith(f"{path}:3: ")
    assert says in str(told.value)
