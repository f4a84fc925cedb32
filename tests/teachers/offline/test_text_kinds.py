"""What every kind of text work owes, in both languages."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kind import Composed, Kind
from vicugna.teachers.offline.kinds import (
    counting,
    extraction,
    extraction_lists,
    formatting,
    formatting_lists,
    formatting_text,
    notices,
    rewriting,
    summaries,
    writing,
)
from vicugna.text.rouge import rouge_l

MODULES = (
    counting,
    extraction,
    extraction_lists,
    formatting,
    formatting_lists,
    formatting_text,
    notices,
    rewriting,
    summaries,
    writing,
)
KINDS = [kind for module in MODULES for kind in module.KINDS]
BOTH = pytest.mark.parametrize("lang", LANGS)
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
LATIN_IN_CHINESE = {"csv", "json", "markdown", "a", "z"}


def draws(kind: Kind, lang: Lang, count: int) -> Iterator[Composed]:
    for number in range(count):
        yield kind.compose(Random(f"{kind.name}/{lang}/{number}"), lang)


def test_names_are_unique_and_types_are_known() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 18
    assert {kind.type for kind in KINDS} <= set(TASK_TYPES)


@BOTH
@EACH
def test_a_draw_is_complete_and_its_check_stands_in_the_output(kind: Kind, lang: Lang) -> None:
    for task in draws(kind, lang, 300):
        assert task.instances
        assert len({instance.input for instance in task.instances}) == len(task.instances)
        for instance in task.instances:
            assert instance.check
            assert instance.check in instance.output
            assert instance.output != instance.input
            for text in (instance.input, instance.output):
                assert text == text.strip()
            assert not instance.output.endswith((":", "："))


@BOTH
@EACH
def test_an_instruction_has_the_length_and_letters_of_its_language(kind: Kind, lang: Lang) -> None:
    for task in draws(kind, lang, 300):
        text = task.instruction
        assert text[0].isalnum()
        assert not set("{}[]|<>") & set(text)
        if lang == "en":
            assert 4 <= len(text.split()) <= 100
            assert not any(is_chinese(mark) for mark in text)
        else:
            assert 8 <= len(text) <= 150
            assert set(latin_words(text)) <= LATIN_IN_CHINESE
            assert not half_width_after_chinese(text)


@BOTH
@EACH
def test_the_same_seed_composes_the_same_task(kind: Kind, lang: Lang) -> None:
    for number in range(20):
        first, second = (kind.compose(Random(number), lang) for _ in range(2))
        assert first == second


@BOTH
@EACH
def test_at_least_sixty_of_four_hundred_instructions_are_novel(kind: Kind, lang: Lang) -> None:
    kept: list[str] = []
    for task in draws(kind, lang, 400):
        if all(rouge_l(task.instruction, other) <= 0.7 for other in kept):
            kept.append(task.instruction)
        if len(kept) == 60:
            return
    pytest.fail(f"{len(kept)} novel instructions")


def is_chinese(mark: str) -> bool:
    return "\u3000" <= mark <= "\u9fff" or "\uff00" <= mark <= "\uffef"


def latin_words(text: str) -> list[str]:
    letters = "".join(mark if mark.isascii() and mark.isalpha() else " " for mark in text)
    return letters.lower().split()


def half_width_after_chinese(text: str) -> bool:
    return any(is_chinese(mark) and after in ",;:?!" for mark, after in pairwise(text))
