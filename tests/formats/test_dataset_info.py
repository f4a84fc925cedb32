"""What LLaMA-Factory reads to find the files of a folder."""

import re

import orjson
import pytest

from tests.formats.rows import FORMATS, make_tasks
from vicugna.formats.dataset_info import write_dataset_info
from vicugna.formats.run_folder import write_exports


@pytest.fixture
def info(tmp_path):
    write_exports(tmp_path, "my-set", [task.draft for task in make_tasks()], FORMATS)
    return orjson.loads((tmp_path / "dataset_info.json").read_bytes())


def test_it_is_ascii_because_it_is_opened_without_an_encoding(tmp_path, info):
    assert (tmp_path / "dataset_info.json").read_bytes().isascii()


def test_every_layout_it_reads_has_an_entry_and_the_fine_tune_file_has_none(info):
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "my_set_alpaca": "alpaca.json",
        "my_set_sharegpt": "sharegpt.json",
        "my_set_messages": "messages.jsonl",
        "my_set_parquet": "messages.parquet",
    }


def test_every_file_and_every_column_it_names_is_there(tmp_path, info):
    """A named column that is not in the file is a KeyError."""
    for entry in info.values():
        path = tmp_path / entry["file_name"]
        assert path.exists()
        if path.suffix in (".json", ".jsonl"):
            data = path.read_bytes()
            array = path.suffix == ".json"
            row = orjson.loads(data)[0] if array else orjson.loads(data.splitlines()[0])
            assert {*entry.get("columns", {}).values()} <= set(row)


def test_alpaca_has_no_columns_because_naming_one_forgets_the_others(info):
    assert info["my_set_alpaca"] == {"file_name": "alpaca.json"}


@pytest.mark.parametrize("name", ["my_set_messages", "my_set_parquet"])
def test_messages_are_declared_as_sharegpt_with_tags(info, name):
    """`formatting: openai` would add a system prompt of its own."""
    assert info[name]["formatting"] == "sharegpt"
    assert info[name]["tags"] == {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }


def test_without_files_there_are_no_entries(tmp_path):
    write_dataset_info("x", {}, tmp_path / "info.json")

    assert orjson.loads((tmp_path / "info.json").read_bytes()) == {}


@pytest.mark.parametrize("name", ["a, b", "集-1", "x\ny: z", "../z"])
def test_a_name_of_somebody_else_is_one_word_of_ascii(tmp_path, name):
    """A setting of LLaMA-Factory lists several names, with commas between them."""
    write_dataset_info(name, {"messages": "messages.jsonl"}, tmp_path / "info.json")

    data = (tmp_path / "info.json").read_bytes()
    [known] = orjson.loads(data)
    assert data.isascii()
    assert re.fullmatch(r"\w+_messages|_messages", known)
