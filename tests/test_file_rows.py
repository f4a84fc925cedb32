"""Rows of files that people have, as drafts: their ids, their languages, what belongs together."""

import gzip

import orjson
import pytest

from tests.formats.rows import make_task
from tests.layouts.drafts import ALL, RATED, write
from vicugna.errors import UserError
from vicugna.file_rows import UNKNOWN, read_drafts, read_file
from vicugna.formats.canonical import write_tasks
from vicugna.formats.containers import write_layout
from vicugna.formats.task_columns import to_row
from vicugna.layouts.turns import to_turns
from vicugna.records import Draft, Rejected, Source, Task


def numbered(*rows):
    return list(enumerate(rows, 1))


def test_ids_are_the_file_and_the_row_and_a_group_of_its_own():
    [draft] = read_drafts([(7, {"instruction": "问", "output": "答"})], "x.json")

    assert (draft.id, draft.group) == ("x.json:7", "x.json:7")
    assert draft.source == Source(file="x.json", position=7)


def test_the_pieces_of_a_row_are_numbered():
    turns = [("gpt", "早先的"), ("human", "问"), ("gpt", "答"), ("human", "还有呢？")]
    row = {"conversations": [{"from": role, "value": text} for role, text in turns]}

    first, draft, last = read_drafts(numbered(row), "x")

    assert [piece.id for piece in (first, draft, last)] == ["x:1", "x:1#2", "x:1#3"]
    assert isinstance(draft, Draft)
    assert (first.lang, first.text) == ("zh", "早先的")
    assert last.verdict.detail == "a question without an answer"


def test_instances_of_one_instruction_share_a_group_of_the_file():
    row = {"id": "seed_1", "instruction": "Sort.", "instances": [{"output": "a"}, {"output": "b"}]}

    drafts = list(read_drafts(numbered(row), "seeds.jsonl"))

    assert {draft.group for draft in drafts} == {"seeds.jsonl:seed_1"}


@pytest.mark.parametrize(
    ("row", "lang"),
    [
        ({"instruction": "Translate.", "output": "译文"}, "en"),
        ({"instruction": "翻译：hello", "output": "x"}, "zh"),
        ({"instruction": "1+1", "output": "等于二"}, "zh"),
        ({"instruction": "?", "output": "!"}, "en"),
    ],
)
def test_the_language_is_that_of_the_question_else_of_all(row, lang):
    [draft] = read_drafts(numbered(row), "x")

    assert draft.lang == lang


@pytest.mark.parametrize(("text", "lang"), [("一段中文文本", "zh"), ("plain text", "en")])
def test_a_row_of_no_layout_is_a_piece_in_its_language(text, lang):
    """Keys are English in every file, and say nothing."""
    [piece] = read_drafts(numbered({"a_long_key_in_english": text}), "x")

    assert isinstance(piece, Rejected)
    assert (piece.verdict.detail, piece.lang) == (UNKNOWN, lang)
    assert orjson.loads(piece.text) == {"a_long_key_in_english": text}


def test_layouts_may_be_mixed_in_a_file():
    rows = [{"instruction": "q", "output": "a"}, write("messages", ALL["chat"])[0]]

    first, second = read_drafts(numbered(*rows), "x")

    assert (len(first.rounds), len(second.rounds)) == (0, 2)


def test_rows_that_belong_together_come_after_the_rest():
    rows = [*write("kto", RATED), {"instruction": "q", "output": "a"}]

    plain, joined = read_drafts(numbered(*rows), "x")

    assert plain.id == "x:4"
    assert joined.id == "x:1"
    assert len(joined.alternatives) == 2


def test_a_part_of_a_file_cannot_join_its_rows():
    """One machine of several reads it."""
    with pytest.raises(UserError, match="Clean it without --ray"):
        list(read_drafts(numbered(*write("kto", RATED)), "x", whole=False))


@pytest.mark.parametrize(
    ("own", "known"),
    [
        ("bird-1", "bird-1"),
        (17, "17"),
        ("鸟-1", "鸟-1"),
        ("", "x:1"),
        (None, "x:1"),
        (["a"], "x:1"),
        ("a\x1b[31m", "x:1"),
        ("n" * 201, "x:1"),
        ("taken", "x:1"),
    ],
)
def test_a_row_keeps_its_own_id_when_it_is_a_name_that_is_free(own, known):
    taken = {"taken"}

    [draft] = read_drafts(numbered({"id": own, "instruction": "q", "output": "a"}), "x", taken)

    assert draft.id == known
    assert taken == {"taken"} | ({known} - {"x:1"})


@pytest.mark.parametrize("published", [False, True], ids=["tasks.jsonl", "published"])
def test_our_own_rows_come_back_whole(tmp_path, published):
    """A set that was pushed and is fetched again is the same set, but for its verdicts."""
    tasks = [Task(draft, ()) for draft in ALL.values()] + [make_task("with zh input", 3)]
    if published:
        data = b"\n".join(orjson.dumps(to_row(task)) for task in tasks)
        (tmp_path / "rows.jsonl").write_bytes(data)
    else:
        write_tasks(tasks, tmp_path / "rows.jsonl")

    drafts = list(read_file(tmp_path / "rows.jsonl", "rows.jsonl", set()))

    assert drafts == [task.draft for task in tasks]


def test_of_our_own_rows_a_cleaning_takes_ids_of_the_file(tmp_path):
    write_tasks([make_task("plain zh")], tmp_path / "rows.jsonl")

    [draft] = read_file(tmp_path / "rows.jsonl", "rows.jsonl")

    assert (draft.id, draft.group) == ("rows.jsonl:1", "rows.jsonl:1")
    assert draft.source == Source(file="rows.jsonl", position=1)


def test_a_broken_row_of_ours_is_a_piece():
    row = {"schema": 2, "verdicts": [], "source": {}, "instruction": 7}

    [piece] = read_drafts(numbered(row), "x")

    assert isinstance(piece, Rejected)
    assert piece.verdict.detail == "not a task of its schema"


LAYOUTS = ("alpaca", "sharegpt", "messages", "parquet", "lmflow_conversation", "moss", "koala")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_of_every_container_is_read_back(tmp_path, name, packed):
    drafts = [draft for draft in ALL.values() if name != "alpaca" or not draft.rounds]
    path = tmp_path / write_layout(name, drafts, tmp_path)[0].file
    if packed and path.suffix != ".parquet":
        path.write_bytes(gzip.compress(path.read_bytes()))

    read = list(read_file(path, "x"))

    told = [[text for role, text in to_turns(draft) if role != "system"] for draft in read]
    assert told == [
        [text for role, text in to_turns(draft) if role != "system"] for draft in drafts
    ]
