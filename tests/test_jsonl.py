import re

import pytest

from vicugna.errors import UserError
from vicugna.jsonl import decode, read_jsonl, read_jsonl_text, read_text


@pytest.fixture
def write(tmp_path):
    """Return a function that writes bytes and returns the file's path."""

    def write(data):
        path = tmp_path / "数据.jsonl"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        pytest.param(b'{"a": 1}\n{"a": 2}\n', [(1, {"a": 1}), (2, {"a": 2})], id="two lines"),
        pytest.param(b'\n\n{"a": 1}\n  \n{"a": 2}', [(3, {"a": 1}), (5, {"a": 2})], id="gaps"),
        pytest.param(b'{"a": 1}\r\n{"a": 2}\r\n', [(1, {"a": 1}), (2, {"a": 2})], id="CRLF"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', [(1, {"a": 1})], id="byte order mark"),
        pytest.param('{"字": "春"}'.encode(), [(1, {"字": "春"})], id="Chinese"),
        pytest.param(
            '{"a": "\u2028\u0085"}\n'.encode(), [(1, {"a": "\u2028\u0085"})], id="line separators"
        ),
        pytest.param(b"", [], id="empty file"),
    ],
)
def test_lines_with_their_numbers(write, data, rows):
    assert list(read_jsonl(write(data))) == rows


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(b'{"a": 1}\n{"a": }', ":2: not valid JSON", id="broken line"),
        pytest.param(b'{"a": 1}\n\n[1]', ":3: expected a JSON object, got [1].", id="an array"),
        pytest.param(b'"a"', ":1: expected a JSON object, got 'a'.", id="a string"),
        pytest.param(
            '{"a": 1}\n{"a": "春"}'.encode("gbk"),
            ":2: not UTF-8 (byte 0xb4). If it is GBK",
            id="GBK",
        ),
    ],
)
def test_a_complaint_names_file_and_line(write, data, complaint):
    path = write(data)
    with pytest.raises(UserError, match=re.escape(f"{path}{complaint}")):
        list(read_jsonl(path))


def test_a_long_value_is_cut_short_in_the_complaint(write):
    path = write(b'"' + b"a" * 500 + b'"')
    with pytest.raises(UserError) as caught:
        list(read_jsonl(path))

    assert len(str(caught.value)) < len(str(path)) + 100


def test_lines_before_a_broken_one_are_read(write):
    """Rows come as they are asked for."""
    rows = read_jsonl(write(b'{"a": 1}\nbroken'))

    assert next(rows) == (1, {"a": 1})


@pytest.mark.parametrize("make", ["folder", "missing"])
def test_a_file_that_cannot_be_read(tmp_path, make):
    path = tmp_path if make == "folder" else tmp_path / "missing.jsonl"
    with pytest.raises(UserError, match=r"cannot be read: (Is a directory|No such file)"):
        read_text(path)


def test_the_path_of_a_text_is_only_named(tmp_path):
    path = tmp_path / "packed.jsonl.gz"

    assert list(read_jsonl_text('{"a": 1}', path)) == [(1, {"a": 1})]
    assert decode(b"\xef\xbb\xbfabc", path) == "abc"
