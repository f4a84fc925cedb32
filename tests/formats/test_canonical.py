"""`tasks.jsonl`, `rejected.jsonl`, `replies.jsonl`: what is written is read back."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.rows import ASKED, SOURCE, TEXTS, make_task, make_tasks
from vicugna.errors import UserError
from vicugna.formats.canonical import (
    read_rejected,
    read_replies,
    read_tasks,
    write_rejected,
    write_replies,
    write_tasks,
)
from vicugna.records import (
    Alternative,
    Asked,
    Draft,
    Rejected,
    Round,
    Source,
    Task,
    Verdict,
    to_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MEASURE = st.one_of(st.integers(0, 10**6), st.floats(0, 1), st.just(0.7))
SCORE = st.one_of(st.none(), st.integers(-5, 5), st.floats(-1, 10))
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
    system=TEXT,
    reasoning=TEXT,
    rounds=st.lists(st.builds(Round, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    alternatives=st.lists(st.builds(Alternative, TEXT, TEXT, SCORE), max_size=2).map(tuple),
    score=SCORE,
    type=TEXT,
    topic=TEXT,
    licence=TEXT,
)
VERDICTS = st.builds(
    Verdict, filter=TEXT, kept=st.booleans(), measure=MEASURE, limit=MEASURE, near=TEXT, detail=TEXT
)
TASKS = st.lists(
    st.builds(Task, draft=DRAFTS, verdicts=st.lists(VERDICTS, max_size=2).map(tuple)), max_size=4
)


REJECTED = st.one_of(
    st.builds(
        lambda draft, verdict: Rejected(draft.id, draft.lang, verdict, draft.source, draft),
        draft=DRAFTS.filter(lambda draft: draft.group),
        verdict=VERDICTS,
    ),
    st.builds(
        Rejected,
        id=TEXT,
        lang=st.sampled_from(["en", "zh"]),
        verdict=VERDICTS,
        source=SOURCES,
        text=TEXT,
    ),
)
COUNT = st.integers(0, 2**53)
REPLIES = st.builds(
    Asked,
    request=TEXT,
    purpose=TEXT,
    lang=st.sampled_from(["en", "zh"]),
    prompt=TEXT,
    about=TEXT,
    sample=COUNT,
    teacher=TEXT,
    model=TEXT,
    finish_reason=TEXT,
    input_tokens=COUNT,
    output_tokens=COUNT,
    cached_tokens=COUNT,
    price_nusd=st.one_of(st.none(), COUNT),
)


@settings(max_examples=80, deadline=None)
@given(rejected=st.lists(REJECTED, max_size=4))
def test_any_rejected_pieces_are_read_back_as_they_were_written(tmp_path_factory, rejected):
    path = tmp_path_factory.mktemp("round") / "rejected.jsonl"
    write_rejected(rejected, path)

    assert read_rejected(path) == rejected


@settings(max_examples=80, deadline=None)
@given(asked=st.lists(REPLIES, max_size=4))
def test_any_replies_are_read_back_as_they_were_written(tmp_path_factory, asked):
    path = tmp_path_factory.mktemp("round") / "replies.jsonl"
    write_replies(asked, path)

    assert read_replies(path) == asked


def test_a_line_of_the_invoice_says_what_was_asked_and_what_it_cost(tmp_path):
    """No time is in it: the same answers give the same bytes."""
    write_replies([ASKED, replace(ASKED, price_nusd=None)], tmp_path / "replies.jsonl")

    lines = (tmp_path / "replies.jsonl").read_bytes().splitlines()
    rows = [orjson.loads(line) for line in lines]
    assert rows[0] == {"schema": 2} | to_json(ASKED)
    assert rows[1]["price_nusd"] is None
    assert list(rows[0]) == ["schema", *Asked.__dataclass_fields__]


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
        pytest.param('{"id": "x"}', '"schema" is None, this version knows 1 and 2', id="no schema"),
        pytest.param('{"schema": 9}', '"schema" is 9, this', id="newer schema"),
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


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"schema": 3}, '"schema" is 3, this', id="newer schema"),
        pytest.param({"request": 7}, '"request" is not text', id="request"),
        pytest.param({"lang": "fr"}, "\"lang\" is 'fr'", id="language"),
        pytest.param({"sample": "0"}, "\"sample\" is '0', not a count", id="text for a number"),
        pytest.param({"input_tokens": True}, '"input_tokens" is True', id="true"),
        pytest.param({"output_tokens": -1}, '"output_tokens" is -1', id="below zero"),
        pytest.param({"cached_tokens": 1.5}, '"cached_tokens" is 1.5', id="half a token"),
        pytest.param({"price_nusd": "free"}, "\"price_nusd\" is 'free'", id="price"),
    ],
)
def test_a_line_that_is_no_reply_is_told_with_its_number(tmp_path, changes, says):
    path = tmp_path / "replies.jsonl"
    rows = [{"schema": 1} | to_json(ASKED), {"schema": 1} | to_json(ASKED) | changes]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))

    with pytest.raises(UserError) as told:
        read_replies(path)

    assert str(told.value).startswith(f"{path}:2: ")
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"verdict": None}, "not a rejected piece of schema 2", id="no verdict"),
        pytest.param({"verdict": {"kept": 1}}, "not a rejected piece", id="half a verdict"),
        pytest.param({"text": 3}, '"text" is not text', id="text"),
        pytest.param({"group": None}, '"group" is not text', id="group"),
        pytest.param({"source": {"shown": []} | {"x": 1}}, "not a rejected", id="source"),
        pytest.param(
            {"source": to_json(replace(SOURCE, position="first"))}, '"position" is', id="position"
        ),
        pytest.param({"source": to_json(replace(SOURCE, request=[]))}, '"request" is', id="key"),
    ],
)
def test_a_line_that_is_no_rejected_piece_is_told_with_its_number(tmp_path, changes, says):
    path = tmp_path / "rejected.jsonl"
    draft = make_task("plain zh").draft
    write_rejected([Rejected("x", "zh", Verdict("echo", False), SOURCE, draft)], path)
    good = path.read_bytes()
    path.write_bytes(good + orjson.dumps(orjson.loads(good) | changes))

    with pytest.raises(UserError) as told:
        read_rejected(path)

    assert str(told.value).startswith(f"{path}:2: ")
    assert says in str(told.value)


BEFORE = ("id", "lang", "instruction", "input", "output", "group", "is_classification", "check")


def test_a_row_of_schema_1_is_read_with_nothing_in_what_came_later(tmp_path):
    path = tmp_path / "tasks.jsonl"
    task = make_task("with zh input", 3)
    write_tasks([task], path)
    row = orjson.loads(path.read_bytes())
    old = {name: row[name] for name in (*BEFORE, "source", "verdicts")}
    path.write_bytes(orjson.dumps(old | {"schema": 1}))

    assert read_tasks(path) == [task]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"system": None}, '"system" is not text', id="system"),
        pytest.param({"rounds": None}, '"rounds" is not a list', id="rounds"),
        pytest.param({"rounds": ["x"]}, "\"rounds\" has 'x' in it", id="a round"),
        pytest.param({"rounds": [{"question": "q", "answer": "a"}]}, "'reasoning'", id="half"),
        pytest.param(
            {"rounds": [{"question": "q", "answer": 1, "reasoning": ""}]},
            '"answer" is not text',
            id="an answer",
        ),
        pytest.param({"score": "9"}, "\"score\" is '9', not a number", id="score"),
        pytest.param({"score": True}, '"score" is True', id="truth for a score"),
        pytest.param(
            {"alternatives": [{"answer": "a", "reasoning": "", "score": "x"}]},
            "\"score\" is 'x'",
            id="score of another",
        ),
        pytest.param({"is_classification": "no"}, '"is_classification" is neither', id="class"),
    ],
)
def test_what_schema_2_added_is_checked(tmp_path, changes, says):
    path = tmp_path / "tasks.jsonl"
    write_tasks([make_task("plain zh")], path)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | changes))

    with pytest.raises(UserError) as told:
        read_tasks(path)

    assert says in str(told.value)


def test_a_rejected_conversation_is_read_back_whole(tmp_path):
    """A run that is judged again has all of it."""
    rounds = (Round("为什么？", "因为叫声。", "想一想"),)
    draft = replace(make_task("plain zh").draft, rounds=rounds, system="你是鸟类学家。")
    piece = Rejected("x", "zh", Verdict("refusal", False), SOURCE, draft)
    write_rejected([replace(piece, id=draft.id)], tmp_path / "rejected.jsonl")

    [read] = read_rejected(tmp_path / "rejected.jsonl")

    assert read.draft == draft
