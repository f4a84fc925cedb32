"""To-do items, ingredients and jobs are those of the text."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.extraction_lists import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)


def split(check: str, lang: Lang) -> list[str]:
    return [
        re.sub(r"^(?:- |\d\. )", "", item)
        for item in re.split(r"\n|; |, | and " if lang == "en" else r"\n|；|、", check)
    ]


def sentence_with(text: str, part: str) -> str:
    return next(said for said in re.split(r"(?<=[.。]) ?", text) if part in said)


@BOTH
def test_each_task_of_the_message_is_listed_once(lang: Lang) -> None:
    topics = load_words("extraction_lists_todos", lang)["topics"]
    known = {task for topic in topics for task in topic["tasks"]}
    for seed in range(300):
        for instance in KIND["extract_todos"].compose(Random(seed), lang).instances:
            asked = sorted((t for t in known if t in instance.input), key=instance.input.index)
            assert [item.lower() for item in split(instance.check, lang)] == [
                task.lower() for task in asked
            ]


@BOTH
def test_ingredients_are_copied_in_order(lang: Lang) -> None:
    for seed in range(300):
        (instance,) = KIND["extract_ingredients"].compose(Random(seed), lang).instances
        places = [instance.input.index(item) for item in split(instance.check, lang)]
        assert places == sorted(places)
        assert len(places) >= 3


@BOTH
def test_each_line_pairs_a_person_with_a_task_of_one_sentence(lang: Lang) -> None:
    for seed in range(300):
        for instance in KIND["list_jobs"].compose(Random(seed), lang).instances:
            for line in instance.output.splitlines():
                person, task = re.split(r": |：", line)
                assert person in sentence_with(instance.input, task)


@BOTH
def test_the_person_named_is_the_one_beside_the_task(lang: Lang) -> None:
    topics = load_words("extraction_lists_meetings", lang)["topics"]
    known = sorted({task for topic in topics for task in topic["tasks"]}, key=len, reverse=True)
    for seed in range(300):
        task = KIND["who_does_it"].compose(Random(seed), lang)
        asked = next(job for job in known if job in task.instruction)
        for instance in task.instances:
            assert instance.check in sentence_with(instance.input, asked)


@BOTH
def test_no_task_is_part_of_another_in_its_topic(lang: Lang) -> None:
    for name in ("extraction_lists_todos", "extraction_lists_meetings"):
        for topic in load_words(name, lang)["topics"]:
            tasks = topic["tasks"]
            assert not [a for a in tasks for b in tasks if a != b and a in b]
