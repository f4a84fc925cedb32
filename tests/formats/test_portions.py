"""A file in portions has the rows, the numbers and the complaints that it has as a whole."""

import gzip
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vicugna.errors import UserError
from vicugna.formats.portions import read_portion, split_file
from vicugna.formats.reading import read_rows

ROWS = [
    {"instruction": f"Name {n} rivers, 河流。", "input": "", "output": "x" * n} for n in range(50)
]
LINES = b"\n\n".join(map(orjson.dumps, ROWS)) + b"\r\n"


def write(path, data):
    Path(path).write_bytes(data)
    return Path(path)


def read_in_portions(path, size):
    return [row for portion in split_file(path, size) for row in read_portion(portion)]


@pytest.mark.parametrize("size", [1, 100, 1000, 10**6])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(LINES, id="lines"),
        pytest.param(b"\xef\xbb\xbf" + LINES, id="with a byte order mark"),
        pytest.param(b"\n \n" + LINES, id="after blank lines"),
        pytest.param(LINES.replace(b"xxxxx", b"\\ud83d"), id="half a character"),
        pytest.param(orjson.dumps(ROWS), id="an array"),
        pytest.param(gzip.compress(LINES), id="gzipped"),
    ],
)
def test_json_has_the_same_rows_and_numbers(place, data, size):
    path = write("a.jsonl", data)

    assert read_in_portions(path, size) == list(read_rows(path))


def test_lines_are_split_and_arrays_are_not(place):
    assert len(split_file(write("a.jsonl", LINES), 500)) > 5
    assert len(split_file(write("a.json", orjson.dumps(ROWS)), 500)) == 1


def test_parquet_has_the_same_rows_and_numbers_split_at_row_groups(place):
    pq.write_table(pa.Table.from_pylist(ROWS), "a.parquet", row_group_size=7)

    assert len(split_file(Path("a.parquet"))) == 8
    assert read_in_portions(Path("a.parquet"), 1) == list(enumerate(ROWS, 1))
    assert list(read_rows(Path("a.parquet"))) == list(enumerate(ROWS, 1))


@pytest.mark.parametrize("size", [1, 300, 10**6])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(LINES + b"{oops\n", "a.jsonl:100: not valid JSON", id="no JSON"),
        pytest.param(LINES + b"[]\n", "a.jsonl:100: expected a JSON object", id="a list"),
        pytest.param(LINES + b"\xff\n", "a.jsonl:100: not UTF-8", id="no UTF-8"),
        pytest.param(LINES + b"\xef\xbb\xbf{}", "a.jsonl:100: not valid JSON", id="a late mark"),
        pytest.param(b'{"text": 1}\n' + LINES, "row 1 is in no layout", id="layout"),
    ],
)
def test_what_is_wrong_is_told_with_the_line_in_the_whole_file(place, data, said, size):
    path = write("a.jsonl", data)

    with pytest.raises(UserError, match=said):
        read_in_portions(path, size)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param({"text": ["x"]}, "row 1 is in no layout", id="another layout"),
        pytest.param(
            {"instruction": [b"x"], "output": ["y"]}, "is of type binary, expected text", id="bytes"
        ),
        pytest.param(
            {"instruction": pa.array([], pa.string()), "output": pa.array([], pa.string())},
            "no rows",
            id="empty",
        ),
    ],
)
def test_parquet_that_is_no_set_of_tasks_is_refused(place, table, said):
    pq.write_table(pa.table(table), "a.parquet")

    with pytest.raises(UserError, match=said):
        read_in_portions(Path("a.parquet"), 1)


def test_damaged_parquet_is_refused_in_one_line(place):
    with pytest.raises(UserError, match=r"^a.parquet: cannot be read as parquet: [^\n]+$"):
        split_file(write("a.parquet", b"PAR1 and no more"))
