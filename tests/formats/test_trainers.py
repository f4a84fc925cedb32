"""The rules that make a file safe for every trainer that was tried, and the reader they share.

Each rule was seen to fail when broken: rows dropped without a word, answers not trained, a run
that stops. The files hold every kind of text, and the reader is `datasets`, offline.
"""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.rows import FORMATS, SOURCE, TEXTS, make_task, make_tasks, write
from vicugna.records import Draft, Task
from vicugna.text.hygiene import clean_text

JSON_FORMATS = [kind for kind in FORMATS if kind != "parquet"]
# Of TEXTS one is refused by each of these: it has the mark in it that its reader cuts at.
REFUSED = {"sharegpt": "fences", "self_instruct": "html"}
every_layout = pytest.mark.parametrize("kind", JSON_FORMATS)
# Columns that a trainer takes for something else, wherever they stand.
TAKEN = {"chosen", "text", "solution", "label", "tools", "input_ids", "history", "rejected"}


def _kept(kind):
    return [name for name in TEXTS if name != REFUSED.get(kind)]


def _rows(path):
    data = path.read_bytes()
    if path.suffix == ".json":
        return orjson.loads(data)
    assert data.endswith(b"\n")
    return [orjson.loads(line) for line in data[:-1].split(b"\n")]


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


@every_layout
def test_every_row_has_the_same_keys_and_every_value_is_text(kind, tmp_path):
    rows = _rows(write(kind, make_tasks(), tmp_path))

    assert len(rows) == len(_kept(kind))
    assert len({tuple(row) for row in rows}) == 1
    assert {type(leaf) for leaf in _leaves(rows)} == {str}


@every_layout
def test_no_answer_is_empty_and_no_question_is(kind, tmp_path):
    rows = _rows(write(kind, make_tasks(), tmp_path))

    for row in rows:
        texts = {
            "alpaca": lambda row: [row["instruction"], row["output"]],
            "sharegpt": lambda row: [turn["value"] for turn in row["conversations"]],
            "messages": lambda row: [turn["content"] for turn in row["messages"]],
            "self_instruct": lambda row: [row["prompt"], row["completion"]],
        }[kind](row)
        assert all(text.strip() for text in texts)


@pytest.mark.parametrize(
    ("kind", "column", "role", "roles"),
    [
        pytest.param("sharegpt", "conversations", "from", ["human", "gpt"], id="sharegpt"),
        pytest.param("messages", "messages", "role", ["user", "assistant"], id="messages"),
    ],
)
def test_turns_alternate_from_the_user_to_the_assistant(kind, column, role, roles, tmp_path):
    for row in _rows(write(kind, make_tasks(), tmp_path)):
        assert [turn[role] for turn in row[column]] == roles
        assert all(len(turn) == 2 for turn in row[column])


@every_layout
def test_files_are_utf_8_as_trainers_open_them(kind, tmp_path):
    data = write(kind, make_tasks(), tmp_path).read_bytes()

    assert not data.startswith(b"\xef\xbb\xbf")
    assert "麻雀。" in data.decode("utf-8", "strict")  # not escaped
    assert b"\\ud8" not in data.lower()


@every_layout
def test_a_json_file_is_one_array_and_lines_are_one_object_each(kind, tmp_path):
    path = write(kind, make_tasks(), tmp_path)

    assert isinstance(_rows(path), list)
    lines = path.read_bytes().split(b"\n")
    brackets = 2 if path.suffix == ".json" else 0
    assert len(lines) == len(_kept(kind)) + brackets + 1  # one row a line, to be compared


@pytest.mark.parametrize("kind", [kind for kind in JSON_FORMATS if kind != "self_instruct"])
def test_no_column_has_a_name_that_a_trainer_takes_for_something_else(kind, tmp_path):
    columns = set(_rows(write(kind, make_tasks(), tmp_path))[0])

    assert columns.isdisjoint(TAKEN | {"prompt", "completion"})


@every_layout
def test_no_task_at_all_is_an_empty_file_of_the_same_layout(kind, tmp_path):
    path = write(kind, [], tmp_path)

    data = path.read_bytes()
    assert orjson.loads(data) == [] if path.suffix == ".json" else data == b""


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "fences"])
def test_every_layout_holds_the_same_texts(name, tmp_path):
    task = make_task(name)
    instruction, given, output = TEXTS[name]
    asked = f"{instruction}\n{given}" if given else instruction

    alpaca, sharegpt, messages = (
        _rows(write(kind, [task], tmp_path))[0] for kind in ("alpaca", "sharegpt", "messages")
    )

    assert alpaca == {"instruction": instruction, "input": given, "output": output}
    assert [turn["value"] for turn in sharegpt["conversations"]] == [asked, output]
    assert [turn["content"] for turn in messages["messages"]] == [asked, output]


# --- as the trainers' reader sees it --------------------------------------------------------------


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Return `datasets.load_dataset` of one file, offline, with a cache of its own."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    cache = tmp_path_factory.mktemp("cache")

    def load(path: Path):
        reader = "parquet" if path.suffix == ".parquet" else "json"
        return load_dataset(reader, data_files=str(path), split="train", cache_dir=str(cache))

    return load


@pytest.mark.parametrize("kind", FORMATS)
def test_datasets_reads_every_row_and_every_text(kind, tmp_path, load):
    tasks = make_tasks(_kept(kind))

    rows = load(write(kind, tasks, tmp_path)).to_list()

    column, key = {
        "alpaca": ("output", None),
        "sharegpt": ("conversations", "value"),
        "messages": ("messages", "content"),
        "parquet": ("messages", "content"),
        "self_instruct": ("completion", None),
    }[kind]
    read = [row[column][1][key] if key else row[column] for row in rows]
    if kind == "self_instruct":
        read = [text[1:].removesuffix("<|endoftext|>") for text in read]
    assert read == [task.draft.output for task in tasks]


@pytest.mark.parametrize("kind", ["alpaca", "parquet"])
def test_a_column_that_is_empty_everywhere_is_still_text(kind, tmp_path, load):
    """A column of nulls stops the load when a later block has text in it."""
    tasks = [make_task("plain en", number) for number in range(3)]

    features = load(write(kind, tasks, tmp_path)).features

    if kind == "alpaca":
        assert {name: str(value.dtype) for name, value in features.items()} == {
            "instruction": "string",
            "input": "string",
            "output": "string",
        }
    else:
        turn = features["messages"].feature
        assert {name: value.dtype for name, value in turn.items()} == {
            "role": "string",
            "content": "string",
        }


def test_parquet_and_messages_hold_the_same(tmp_path, load):
    tasks = make_tasks()

    lines = load(write("messages", tasks, tmp_path)).to_list()
    parquet = load(write("parquet", tasks, tmp_path)).to_list()

    assert lines == parquet


def test_parquet_of_nothing_has_its_columns(tmp_path):
    import pyarrow.parquet

    empty = pyarrow.parquet.read_table(write("parquet", [], tmp_path))

    assert (empty.num_rows, empty.column_names) == (0, ["messages"])


# --- any text at all ------------------------------------------------------------------------------

TEXT = st.text(min_size=1, max_size=60).map(clean_text).filter(bool)


@settings(max_examples=150, deadline=None)
@given(instruction=TEXT, given_input=st.one_of(st.just(""), TEXT), output=TEXT)
def test_any_text_a_task_can_have_comes_back(tmp_path_factory, instruction, given_input, output):
    folder = tmp_path_factory.mktemp("any")
    draft = Draft("x-00", "en", instruction, given_input, output, SOURCE, "x-00")

    row = _rows(write("alpaca", [Task(draft, ())], folder))[0]
    turns = _rows(write("messages", [Task(draft, ())], folder))[0]["messages"]

    assert row == {"instruction": instruction, "input": given_input, "output": output}
    assert turns[1]["content"] == output
