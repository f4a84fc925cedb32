import orjson
import pytest

from vicugna.formats.lines import write_array, write_lines

ROWS = [{"a": "一"}, {"a": "\u2028\n"}, {"a": ""}]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_array_is_read_back(count, tmp_path):
    write_array(tmp_path / "x.json", ROWS[:count])

    assert orjson.loads((tmp_path / "x.json").read_bytes()) == ROWS[:count]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_lines_are_read_back_and_hold_one_row_each(count, tmp_path):
    write_lines(tmp_path / "x.jsonl", iter(ROWS[:count]))

    lines = (tmp_path / "x.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line) for line in lines] == ROWS[:count]
