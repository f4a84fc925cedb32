"""Files that people have: every shape that can be read, and the line for each that cannot."""

import gzip

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.errors import UserError
from vicugna.formats.reading import read_rows

ROW = {"instruction": "说出一种鸟。", "input": "", "output": "麻雀\u2028。"}
OTHER = {"instruction": "Name a bird.", "output": "A kite."}
ARRAY = orjson.dumps([ROW, OTHER])
LINES = orjson.dumps(ROW) + b"\n" + orjson.dumps(OTHER) + b"\n"


def _read(tmp_path, data, name="rows.json"):
    (tmp_path / name).write_bytes(data)
    return list(read_rows(tmp_path / name))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(ARRAY, id="array"),
        pytest.param(orjson.dumps([ROW, OTHER], option=orjson.OPT_INDENT_2), id="pretty array"),
        pytest.param(b"\n  " + ARRAY + b"\n", id="array after blank space"),
        pytest.param(b"\xef\xbb\xbf" + ARRAY, id="array with a byte order mark"),
        pytest.param(LINES, id="lines"),
        pytest.param(LINES.rstrip(), id="lines without an end"),
        pytest.param(LINES.replace(b"\n", b"\r\n"), id="lines of Windows"),
        pytest.param(b"\xef\xbb\xbf" + LINES, id="lines with a byte order mark"),
        pytest.param(gzip.compress(ARRAY), id="array, packed"),
        pytest.param(gzip.compress(LINES[:60]) + gzip.compress(LINES[60:]), id="two packed parts"),
    ],
)
def test_what_can_be_read(tmp_path, data):
    """Packed or not is seen from the bytes, not from the name."""
    assert _read(tmp_path, data) == [(1, ROW), (2, OTHER)]


def test_lines_are_counted_with_the_empty_ones(tmp_path):
    assert [number for number, _ in _read(tmp_path, b"\n" + LINES + b"\n\n")] == [2, 3]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "{path}: no rows.", id="empty file"),
        pytest.param(b"\n\n", "{path}: no rows.", id="empty lines"),
        pytest.param(b"[]", "{path}: no rows.", id="empty array"),
        pytest.param(gzip.compress(b""), "{path}: no rows.", id="packed nothing"),
        pytest.param(ARRAY[:-20], "{path}:1: not valid JSON: ", id="half an array"),
        pytest.param(LINES[:-9], "{path}:2: not valid JSON (", id="half a line"),
        pytest.param(LINES + b"{'a': 1}", "{path}:3: not valid JSON (", id="Python, not JSON"),
        pytest.param(LINES + b"42", "{path}:3: expected a JSON object, got 42", id="a number"),
        pytest.param(b'[{"instruction": "a", "output": "b"}, 7]', "{path}: row 2: expected a JSON "
                     "object, got 7", id="a number in an array"),
        pytest.param('[\n{"instruction": "你好"}]'.encode("gbk"), "{path}:2: not UTF-8 (byte 0xc4",
                     id="GBK"),
        pytest.param(gzip.compress("你好".encode("gbk")), "{path}:1: not UTF-8 (byte 0xc4)",
                     id="packed GBK"),
        pytest.param(ARRAY.decode().encode("utf-16"), "{path}:1: not UTF-8 (byte 0xff)",
                     id="UTF-16"),
        pytest.param(gzip.compress(ARRAY)[:-9], "{path}: the gzip file is damaged",
                     id="packed and cut"),
        pytest.param(gzip.compress(ARRAY)[:12] + b"xxxxxxxxxxxx",
                     "{path}: the gzip file is damaged", id="packed and damaged"),
        pytest.param(b"\x1f\x8b", "{path}: the gzip file is damaged", id="only its mark"),
        pytest.param(b'{"text": "a", "url": "b"}', "{path}: row 1 is in no layout that is known "
                     "(its keys: text, url). Expected one of docs/layouts.md", id="other keys"),
        pytest.param(b'\n\n{"text": "a"}\n{"text": "b"}', "{path}: row 3 is in no layout",
                     id="other keys after empty lines"),
        pytest.param(b"[{}]", "{path}: row 1 is in no layout that is known (its keys: )",
                     id="no keys"),
        pytest.param(b'{"a": 1}', "{path}: row 1 is in no layout", id="an object"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "{path}:1: not UTF-8 (byte 0x89)", id="a picture"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_one_line_with_its_place(tmp_path, data, says):
    with pytest.raises(UserError) as told:
        _read(tmp_path, data)

    assert str(told.value).startswith(says.format(path=tmp_path / "rows.json"))
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    for path, why in ((tmp_path / "no.json", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(UserError, match=f"cannot be read: {why}"):
            list(read_rows(path))


def test_a_row_without_an_input_is_a_row(tmp_path):
    """Only the first row is held against the layout: later ones are judged one by one."""
    rows = _read(tmp_path, b'[{"instruction": "a", "output": "b"}, {"c": 1}]')

    assert rows == [(1, {"instruction": "a", "output": "b"}), (2, {"c": 1})]


MESSAGE = {"role": "user", "content": "说出一种鸟。"}


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        pytest.param(
            b'{\n"instruction": "a",\n"output": "b"}',
            [(1, {"instruction": "a", "output": "b"})],
            id="one object over lines",
        ),
        pytest.param(
            b'{"type": "text2text", "instances": [\n{"input": "a", "output": "b"},\n'
            b'{"output": 1}]}',
            [
                (1, {"type": "text2text", "input": "a", "output": "b"}),
                (2, {"type": "text2text", "output": 1}),
            ],
            id="LMFlow",
        ),
        pytest.param(
            b'{"instruction": "a", "output": "b"}\n',
            [(1, {"instruction": "a", "output": "b"})],
            id="one line",
        ),
        pytest.param(
            orjson.dumps([MESSAGE]) + b"\n\n" + orjson.dumps([MESSAGE, MESSAGE]),
            [(1, {"messages": [MESSAGE]}), (3, {"messages": [MESSAGE, MESSAGE]})],
            id="a bare list of messages a line",
        ),
    ],
)
def test_what_is_neither_an_array_nor_objects_a_line(tmp_path, data, rows):
    assert _read(tmp_path, data) == rows


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_told(tmp_path_factory, data):
    """Whatever is given, it is rows or a line for the user, never a traceback."""
    try:
        rows = _read(tmp_path_factory.mktemp("any"), data)
    except UserError:
        return
    assert all(isinstance(row, dict) for _, row in rows)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, len(ARRAY)), packed=st.booleans(), lines=st.booleans())
def test_a_file_that_was_cut_anywhere_is_read_or_told(tmp_path_factory, cut, packed, lines):
    data = LINES if lines else ARRAY
    data = gzip.compress(data)[:cut] if packed else data[:cut]
    try:
        rows = _read(tmp_path_factory.mktemp("cut"), data)
    except UserError:
        return
    assert [row for _, row in rows] in ([ROW], [ROW, OTHER])
