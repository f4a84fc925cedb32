"""What every kind about judging and planning keeps to, and the wording they share."""

import random
import re

import pytest
from rapidfuzz.distance import LCSseq

from tests.teachers.offline.judgement_templates import compose_all
from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kind import Instance, Kind
from vicugna.teachers.offline.kinds import (
    classification,
    classification_routing,
    dialogue,
    judgement,
    judgement_choice,
    judgement_lookup,
    planning,
    planning_ideas,
)
from vicugna.teachers.offline.kinds.judgement_common import (
    capitalise,
    clock,
    draw_instances,
    draw_people,
    listing,
)
from vicugna.text.tokens import count_tokens, tokens

KINDS: tuple[Kind, ...] = (
    *classification.KINDS,
    *classification_routing.KINDS,
    *judgement.KINDS,
    *judgement_lookup.KINDS,
    *judgement_choice.KINDS,
    *planning.KINDS,
    *planning_ideas.KINDS,
    *dialogue.KINDS,
)
EVERY = [(kind, lang) for kind in KINDS for lang in LANGS]
every_kind = pytest.mark.parametrize(
    ("kind", "lang"), EVERY, ids=[f"{kind.name} {lang}" for kind, lang in EVERY]
)
UNFIT = {
    "en": re.compile(
        r"\b(images?|graphs?|pictures?|photos?|files?|maps?|draw|draws|drawings?|plots?|go to|"
        r"videos?|audio|music|flowcharts?|diagrams?|charts?|links?)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile("图像|图片|照片|文件|图表|图层|曲线图|链接|视频|音频|画出|下图|http"),
}


def test_there_are_enough_kinds_and_no_name_twice():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 18
    assert all(kind.type in TASK_TYPES for kind in KINDS)


@every_kind
def test_the_check_stands_in_a_whole_answer(kind: Kind, lang: Lang):
    for task in compose_all(KINDS, kind.name, lang):
        assert 1 <= len(task.instances) <= 3
        for instance in task.instances:
            assert instance.check
            assert instance.check in instance.output
            assert instance.output != instance.input
            assert instance.output == instance.output.strip()
            assert not re.search(r"[{}]|  ", instance.output + instance.input)


@every_kind
def test_the_same_generator_gives_the_same_task(kind: Kind, lang: Lang):
    for serial in range(50):
        twice = [kind.compose(random.Random(serial), lang) for _ in range(2)]
        assert twice[0] == twice[1]


@every_kind
def test_instructions_read_like_instructions(kind: Kind, lang: Lang):
    low, high = (4, 100) if lang == "en" else (8, 150)
    for task in compose_all(KINDS, kind.name, lang):
        text = task.instruction
        length = len(text.split()) if lang == "en" else len(text)
        assert low <= length <= high, text
        assert text[0].isalnum(), text
        assert text[-1] not in ":：", text
        assert not UNFIT[lang].search(text), text
        assert not re.search(r"[{}]|  |\.\.|。。", text), text
        assert text[0] == text[0].upper()


@every_kind
def test_each_language_keeps_to_itself(kind: Kind, lang: Lang):
    for task in compose_all(KINDS, kind.name, lang):
        shown = "\n".join([task.instruction, *(x.input + x.output for x in task.instances)])
        if lang == "en":
            assert not re.search("[\u3000-\u9fff\uff00-\uffef]", shown), shown
            assert not re.search(r"\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmnpqrstvwz]\w", shown), shown
        else:
            assert not re.search("[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]", shown), shown


@every_kind
def test_inputs_are_short_and_differ(kind: Kind, lang: Lang):
    for task in compose_all(KINDS, kind.name, lang):
        inputs = [instance.input for instance in task.instances]
        assert len(set(inputs)) == len(inputs)
        assert all(count_tokens(text) <= (170 if lang == "en" else 300) for text in inputs)


@every_kind
def test_labels_are_few_and_all_of_them_come_up(kind: Kind, lang: Lang):
    if not kind.is_classification:
        return
    tasks = compose_all(KINDS, kind.name, lang)
    checks = [instance.check for task in tasks for instance in task.instances]
    assert 2 <= len(set(checks)) <= 40
    assert all(len(check) <= 30 for check in checks)


@every_kind
def test_sixty_instructions_out_of_four_hundred_are_novel(kind: Kind, lang: Lang):
    numbers: dict[str, str] = {}
    kept: list[str] = []
    for task in compose_all(KINDS, kind.name, lang, 400):
        words = tokens(task.instruction)
        text = "".join(numbers.setdefault(word, chr(0x4E00 + len(numbers))) for word in words)
        # F1 = 2 * LCS / (m + n): the gate drops what is above 0.7.
        if all(
            20 * LCSseq.similarity(text, other) <= 7 * (len(text) + len(other)) for other in kept
        ):
            kept.append(text)
    assert len(kept) >= 60


@pytest.mark.parametrize(
    ("moment", "lang", "written"),
    [
        (0, "en", "12:00 am"),
        (545, "en", "9:05 am"),
        (720, "en", "12:00 pm"),
        (870, "en", "2:30 pm"),
        (545, "zh", "9:05"),
        (870, "zh", "14:30"),
    ],
    ids=["midnight", "morning", "noon", "afternoon", "Chinese morning", "Chinese afternoon"],
)
def test_clock_times(moment: int, lang: Lang, written: str):
    assert clock(moment, lang) == written


@pytest.mark.parametrize(
    ("items", "lang", "word", "written"),
    [
        (["a"], "en", "", "a"),
        (["a", "b"], "en", "", "a and b"),
        (["a", "b", "c"], "en", "or", "a, b or c"),
        (["甲"], "zh", "", "甲"),
        (["甲", "乙", "丙"], "zh", "", "甲、乙和丙"),
        (["甲", "乙"], "zh", "或", "甲或乙"),
    ],
    ids=["one", "two", "three with or", "one Chinese", "three Chinese", "two Chinese with or"],
)
def test_lists_in_prose(items: list[str], lang: Lang, word: str, written: str):
    assert listing(items, lang, word) == written


def test_capitalise_leaves_the_rest_alone():
    assert capitalise("the Nile") == "The Nile"
    assert capitalise("") == ""


def test_people_are_different():
    for lang in LANGS:
        names = [person["name"] for person in draw_people(random.Random(1), lang, 24)]
        assert len(set(names)) == 24


def test_an_input_that_comes_twice_is_used_once():
    same = Instance("in", "out", "out")
    for serial in range(20):
        assert draw_instances(random.Random(serial), lambda: same) == (same,)
