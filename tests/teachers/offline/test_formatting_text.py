"""Dates, times and typing are changed, and nothing else."""

import re
from datetime import datetime
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Instance
from vicugna.teachers.offline.kinds.formatting_text import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)
FORMS = ("%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%Y年%m月%d日", "%Y/%m/%d", "%Y%m%d")


def instances(name: str, lang: Lang) -> list[tuple[str, Instance]]:
    return [
        (task.instruction, instance)
        for task in (KIND[name].compose(Random(seed), lang) for seed in range(300))
        for instance in task.instances
    ]


def day(text: str) -> datetime:
    for form in FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            pass
    raise AssertionError(text)


def shape(text: str) -> str:
    """Return a date with its numbers and month names blotted out."""
    return re.sub(r"[A-Z][a-z]+", "M", re.sub(r"\d+", "9", text))


@BOTH
def test_dates_stay_the_same_days_in_the_style_of_the_example(lang: Lang) -> None:
    for instruction, instance in instances("reformat_dates", lang):
        for before, after in zip(
            instance.input.splitlines(), instance.output.splitlines(), strict=True
        ):
            (name, old), (same, new) = (re.split(r": |：", line) for line in (before, after))
            assert (name, day(old)) == (same, day(new))
            assert shape(new) != shape(old)
            assert shape(new) in shape(instruction)


def minutes(text: str) -> int:
    """Read a time of either clock in either language."""
    hour, minute = map(int, re.findall(r"\d+", text)[:2])
    late = "PM" in text or "下午" in text
    return (hour % 12 + 12 * late if late or "AM" in text or "上午" in text else hour) * 60 + minute


@BOTH
def test_times_stay_the_same_on_the_other_clock(lang: Lang) -> None:
    for _, instance in instances("reformat_times", lang):
        given, output = instance.input.splitlines(), instance.output.splitlines()
        assert list(map(minutes, given)) == list(map(minutes, output))
        assert list(map(minutes, given)) == sorted(map(minutes, given))
        clocks = {bool(re.search("[AP]M|[上下]午[0-9]", text)) for text in (given[0], output[0])}
        assert clocks == {True, False}


@BOTH
def test_only_digits_are_masked(lang: Lang) -> None:
    for instruction, instance in instances("redact_digits", lang):
        pairs = list(zip(instance.input, instance.output, strict=True))
        marks = {new for old, new in pairs if old.isdigit()}
        assert len(marks) == 1
        assert marks.pop() in instruction
        assert all(old == new for old, new in pairs if not old.isdigit())


@BOTH
def test_tidying_changes_only_spaces_case_or_punctuation(lang: Lang) -> None:
    for _, instance in instances("tidy_text", lang):
        old, new = (
            re.sub(r"[\W_]+", "", text).lower() for text in (instance.input, instance.output)
        )
        assert old == new


def test_tidy_english_has_single_spaces_and_capitals() -> None:
    for _, instance in instances("tidy_text", "en"):
        assert not re.search(r"  | [.,]", instance.output)
        assert all(line[0].isupper() for line in instance.output.splitlines())


def test_tidy_chinese_has_full_width_punctuation_once() -> None:
    for _, instance in instances("tidy_text", "zh"):
        assert not re.search(r"[,.!()]| |([。，！])\1", instance.output)
        assert not re.search(r"(?<!\d):|:(?!\d)", instance.output)
