"""`clean` over files that hold anything: each row is kept clean or told why not, or the file is."""

import gzip
import json
import re
import time
from pathlib import Path

import orjson
import pytest

import filters
from tests.hostile import OBJECTS, TEXTS, check_folder, dump, huge, read_rows
from vicugna.cleaning import FORMATS, clean_files
from vicugna.errors import UserError
from vicugna.text.hygiene import clean_text

GOOD = {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur and Lena."}
CHINESE = {"instruction": "说出三条亚洲的河流。", "input": "", "output": "长江、黄河和湄公河。"}
OTHER = {
    "en": ("How do bees make honey?", "They dry nectar."),
    "zh": ("蜜蜂怎样酿蜜？", "它们把花蜜风干。"),
}
LATE = 60.0  # seconds; a file of two million characters takes one


def _lines(rows):
    return "\n".join(map(dump, rows)).encode()


PACKINGS = {
    "array": lambda rows: b"[" + _lines(rows).replace(b"\n", b",\n") + b"]",
    "lines": _lines,
    "packed": lambda rows: gzip.compress(_lines(rows)),
    "escaped": lambda rows: json.dumps(rows).encode(),
}


def _clean(data, names=None, name="mine.json"):
    Path(name).write_bytes(data)
    return clean_files([Path(name)], filters.chain(names), 0.7, FORMATS, Path("out"))


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_in_every_field_is_kept_clean(packing, lang, place):
    """With no filter but the empty ones, nothing is lost that can be shown."""
    instruction, output = OTHER[lang]
    rows = [GOOD, CHINESE]
    for text in TEXTS.values():
        rows += [
            {"instruction": f"{instruction} {text}", "input": "", "output": output},
            {"instruction": instruction, "input": text, "output": output},
            {"instruction": instruction, "input": "", "output": f"{output} {text}", text: text},
        ]

    manifest = _clean(PACKINGS[packing](rows), names=[])

    kept = check_folder(manifest)
    assert len(kept) == len(rows)
    texts = [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in TEXTS.values()]
    assert [row["instruction"] for row in kept[2::3]] == [
        clean_text(f"{instruction} {text}") for text in texts
    ]
    assert [row["input"] for row in kept[3::3]] == list(map(clean_text, texts))


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_whole_chain_says_why_of_every_row(packing, place):
    rows = [GOOD, CHINESE]
    for instruction, output in OTHER.values():
        for text in TEXTS.values():
            rows.append({"instruction": text, "input": text, "output": text})
            rows.append({"instruction": instruction, "input": text, "output": f"{output} {text}"})

    manifest = _clean(PACKINGS[packing](rows))

    assert len(check_folder(manifest)) + len(read_rows("rejected.jsonl")) == len(rows)


UNREADABLE = {
    *("numbers without end", "no numbers", "escapes that are none"),
    *("deep", "deep and open", "deep and known"),
}


@pytest.mark.parametrize("name", sorted(OBJECTS.keys() - UNREADABLE))
@pytest.mark.parametrize("join", [b"%b\n%b", b"[%b,\n%b]"], ids=["lines", "array"])
def test_hostile_JSON_that_can_be_read_is_a_row_with_a_reason(name, join, place):
    manifest = _clean(join % (orjson.dumps(GOOD), OBJECTS[name].encode()))

    check_folder(manifest)
    assert len(read_rows("rejected.jsonl")) == 1


@pytest.mark.parametrize("name", sorted(UNREADABLE))
@pytest.mark.parametrize("join", [b"%b\n%b", b"[%b,\n%b]"], ids=["lines", "array"])
def test_what_is_no_JSON_is_told_with_its_line(name, join, place):
    with pytest.raises(UserError) as told:
        _clean(join % (orjson.dumps(GOOD), OBJECTS[name].encode()))

    assert str(told.value).startswith("mine.json:2: not valid JSON")
    assert "\n" not in str(told.value)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        pytest.param(r"a\ud800b", "a\ufffdb", id="half"),
        pytest.param(r"\uDFFFa", "\ufffda", id="the other half"),
        pytest.param(r"a\ud83d\ude00b", "a😀b", id="two halves"),
        pytest.param(r"\ude00\ud83da", "\ufffd\ufffda", id="the wrong way round"),
        pytest.param(r"\ud83d\ud83d\ude00", "\ufffd😀", id="three"),
        pytest.param(r"a\\ud800b", r"a\ud800b", id="no escape, but its letters"),
        pytest.param(r"a\\\ud800b", "a\\\ufffdb", id="a stroke and half"),
    ],
)
def test_half_a_character_costs_no_file(escaped, text, place):
    """Files cut inside an emoji are common; one such row must not stop the others."""
    row = f'{{"instruction": "Name a bird that swims.", "input": "", "output": "{escaped}"}}'

    _clean(f"{row}\n{row.replace('swims', 'sings at night')}".encode(), names=[])

    assert [row["output"] for row in read_rows("tasks.jsonl")] == [text] * 2


def test_rows_of_any_length_cost_little(place):
    """Whatever is repeated, and in whichever field."""
    started = time.monotonic()
    rows = [GOOD]
    for number, (_, text) in enumerate(huge(20_000)):
        for field in ("instruction", "input", "output"):
            task = {"instruction": f"Say {number} to {field}.", "input": "", "output": "Yes."}
            rows.append(task | {field: text})
    rows.append(CHINESE | {"output": "字" * 1_000_000})

    manifest = _clean(_lines(rows))

    check_folder(manifest)
    assert len(read_rows("tasks.jsonl")) + len(read_rows("rejected.jsonl")) == len(rows)
    assert time.monotonic() - started < LATE


def test_tiny_rows_are_rows(place):
    tiny = b'{"instruction":"a","output":"b"}\n' * 20_000

    manifest = _clean(orjson.dumps(GOOD) + b"\n" + tiny, names=["length"])

    assert manifest["counts"]["tasks"] == {"en": 1}
    assert manifest["counts"]["rejected"] == {"length": {"en": 20_000}}
