import re

import orjson
import pytest

from vicugna.errors import UserError
from vicugna.seeds import load_seeds

EN = {
    "id": "en-001",
    "lang": "en",
    "type": "open_qa",
    "topic": "nature",
    "is_classification": False,
    "instruction": "Name a bird that cannot fly.",
    "input": "",
    "output": "The kiwi.",
    "licence": "CC0-1.0",
}
ZH = {
    **EN,
    "id": "zh-001",
    "lang": "zh",
    "instruction": "说出一种不会飞的鸟。",
    "output": "几维鸟。",
}


@pytest.fixture
def load(tmp_path):
    """Return a function that writes rows as a seed file and loads it."""

    def load(rows, lang="en"):
        lines = [row if isinstance(row, str) else orjson.dumps(row).decode() for row in rows]
        (tmp_path / f"{lang}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return load_seeds(lang, tmp_path)

    return load


@pytest.mark.parametrize(("lang", "row"), [("en", EN), ("zh", ZH)], ids=["en", "zh"])
def test_the_order_of_the_lines_decides_nothing(load, lang, row):
    """Or moving a line would change prompts, and re-bill them."""
    rows = [{**row, "id": name} for name in ("c", "a", "b")]

    assert [seed.id for seed in load(rows, lang)] == ["a", "b", "c"]
    assert load(rows[::-1], lang) == load(rows, lang)


@pytest.mark.parametrize("field", list(EN))
def test_a_field_that_is_missing(load, field):
    row = {key: value for key, value in EN.items() if key != field}
    with pytest.raises(UserError, match=rf'en\.jsonl:2: "{field}" is missing\.'):
        load([EN, row])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"lang": "zh"}, '"lang" is "zh", expected one of: en.', id="language"),
        pytest.param({"type": "poem"}, '"type" is "poem", expected one of: brain', id="type"),
        pytest.param({"topic": "bird"}, '"topic" is "bird", expected one of: arts', id="topic"),
        pytest.param(
            {"is_classification": "no"},
            "\"is_classification\" is 'no', expected bool.",
            id="no bool",
        ),
        pytest.param(
            {"is_classification": 0},
            '"is_classification" is 0, expected bool.',
            id="a number for a bool",
        ),
        pytest.param({"output": 4}, '"output" is 4, expected str.', id="a number for text"),
        pytest.param({"input": None}, '"input" is None, expected str.', id="null for text"),
        pytest.param({"output": " \n"}, '"output" is empty.', id="blank output"),
        pytest.param({"instruction": ""}, '"instruction" is empty.', id="no instruction"),
        pytest.param({"id": ""}, '"id" is empty.', id="no id"),
        pytest.param({"licence": ""}, '"licence" is empty.', id="no licence"),
        pytest.param({"tpye": "x"}, 'unknown field "tpye". Fields are id, lang,', id="unknown"),
    ],
)
def test_a_value_that_cannot_be(load, changes, complaint):
    with pytest.raises(UserError, match=re.escape(f"en.jsonl:1: {complaint}")) as caught:
        load([{**EN, **changes}])

    assert "\n" not in str(caught.value)


def test_an_id_used_twice_is_named_with_the_second_line(load):
    with pytest.raises(UserError, match=r'en\.jsonl:3: id "en-001" is used twice\. Give'):
        load([EN, "", EN])


@pytest.mark.parametrize("rows", [[], ["", "  "]], ids=["empty", "blank lines"])
def test_a_file_without_seeds(load, rows):
    with pytest.raises(UserError, match=r"en\.jsonl: no seed tasks\. Add at least one line\."):
        load(rows)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"zh\.jsonl: cannot be read"):
        load_seeds("zh", tmp_path)
