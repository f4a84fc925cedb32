"""Forms and records hold the same values before and after."""

import csv
import json
import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.formatting import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)


def parse(text: str) -> list[list[str]]:
    """Read records in any of the layouts as rows of values, without the columns."""
    if text.startswith("["):
        return [[str(value) for value in row.values()] for row in json.loads(text)]
    if text.startswith("|"):
        rows = [line.strip("| ").split(" | ") for line in text.splitlines()]
        return rows[:1] and rows[2:]
    if " / " in text:
        return [line.split(" / ") for line in text.splitlines()]
    if re.search(r": |：", text):
        return [
            [re.split(r": |：", pair)[1] for pair in re.split(r"; |；", line)]
            for line in text.splitlines()
        ]
    return list(csv.reader(text.splitlines()))[1:]


@BOTH
@pytest.mark.parametrize("name", ["to_csv", "to_json", "to_markdown", "to_lines"])
def test_a_conversion_keeps_every_value(name: str, lang: Lang) -> None:
    for seed in range(300):
        for instance in KIND[name].compose(Random(seed), lang).instances:
            assert parse(instance.output) == parse(instance.input)
            assert len(parse(instance.output)) in {3, 4}


@BOTH
def test_json_keeps_whole_numbers_and_names_the_columns_asked_for(lang: Lang) -> None:
    for seed in range(100):
        task = KIND["to_json"].compose(Random(seed), lang)
        for instance in task.instances:
            for row in json.loads(instance.output):
                assert [type(value) for value in row.values()] == [str, int, int]
                assert all(key in task.instruction for key in row)


@BOTH
def test_the_header_names_the_columns_asked_for(lang: Lang) -> None:
    for seed in range(100):
        task = KIND["to_csv"].compose(Random(seed), lang)
        for column in task.instances[0].output.splitlines()[0].split(","):
            assert column in task.instruction


@BOTH
def test_a_form_has_the_fields_asked_for_filled_from_the_message(lang: Lang) -> None:
    for seed in range(300):
        task = KIND["fill_form"].compose(Random(seed), lang)
        for instance in task.instances:
            lines = [re.split(r": |：", line) for line in instance.output.splitlines()]
            labels = [label for label, _ in lines]
            assert ("、" if lang == "zh" else ", ").join(labels[:-1]) in task.instruction
            assert all(value.lower() in instance.input.lower() for _, value in lines)
