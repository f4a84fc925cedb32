"""What every kind about knowledge, language, logic and code promises, in both languages."""

import random
import re

import pytest
from rapidfuzz.distance import LCSseq

from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kind import Composed, Kind
from vicugna.teachers.offline.kinds import (
    code,
    code_commands,
    code_data,
    code_output,
    knowledge,
    language,
    language_sayings,
    logic,
    logic_relations,
)
from vicugna.text.tokens import tokens

MODULES = (
    knowledge,
    language,
    language_sayings,
    logic,
    logic_relations,
    code,
    code_output,
    code_commands,
    code_data,
)
KINDS = [kind for module in MODULES for kind in module.KINDS]
BY_NAME = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
BY_LANG = pytest.mark.parametrize("lang", LANGS)
DRAWS = 300
MIN_NOVEL, NOVELTY_DRAWS, MAX_F1 = 60, 400, 0.7
UNWANTED = {
    "en": re.compile(
        r"\b(images?|graphs?|pictures?|photos?|files?|maps?|drawing|draw|plots?|videos?|audio|"
        r"music|flowcharts?|diagrams?|charts?|links?)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile("图片|图像|照片|文件|链接|视频|音频|图表|地图|画|音乐"),
}


def draw(kind: Kind, lang: Lang, serial: int) -> Composed:
    return kind.compose(random.Random(f"{kind.name}-{lang}-{serial}"), lang)


def test_names_are_unique_and_types_known():
    names = [kind.name for kind in KINDS]
    assert len(names) >= 18
    assert len(set(names)) == len(names)
    assert {kind.type for kind in KINDS} <= set(TASK_TYPES)


@BY_LANG
@BY_NAME
def test_the_answer_stands_in_the_output(kind: Kind, lang: Lang):
    for serial in range(DRAWS):
        task = draw(kind, lang, serial)
        assert 1 <= len(task.instances) <= 3
        for instance in task.instances:
            assert instance.check.strip()
            assert instance.check in instance.output
            assert instance.output != instance.input
            assert len(tokens(instance.input)) <= 120


@BY_LANG
@BY_NAME
def test_instructions_are_whole_sentences_of_fair_length(kind: Kind, lang: Lang):
    for serial in range(DRAWS):
        instruction = draw(kind, lang, serial).instruction
        count = len(tokens(instruction))
        assert count >= 4 if lang == "en" else count >= 8
        assert count <= 100 if lang == "en" else len(instruction) <= 150
        assert instruction[0].isalpha()
        assert instruction[-1] in '.?!。？！"”'
        assert "  " not in instruction
        assert not UNWANTED[lang].search(instruction)
        if lang == "en":
            assert not re.search("[\u4e00-\u9fff]", instruction)


@BY_LANG
@BY_NAME
def test_no_slot_is_left_unfilled(kind: Kind, lang: Lang):
    names = re.compile(r"(?<!\[)\{(lead|ask|friend|kid|adult|when|where|class|event|[abkxn])\}")
    for serial in range(DRAWS):
        task = draw(kind, lang, serial)
        texts = [task.instruction, *(text for i in task.instances for text in (i.input, i.output))]
        assert not any(names.search(text) for text in texts)


@BY_LANG
@BY_NAME
def test_the_same_seed_gives_the_same_task(kind: Kind, lang: Lang):
    assert [draw(kind, lang, n) for n in range(40)] == [draw(kind, lang, n) for n in range(40)]


@BY_LANG
@BY_NAME
def test_enough_instructions_are_novel(kind: Kind, lang: Lang):
    kept: list[list[str]] = []
    for serial in range(NOVELTY_DRAWS):
        words = tokens(draw(kind, lang, serial).instruction)
        if all(
            2 * LCSseq.similarity(words, other) <= MAX_F1 * (len(words) + len(other))
            for other in kept
        ):
            kept.append(words)
        if len(kept) >= MIN_NOVEL:
            return
    pytest.fail(f"only {len(kept)} of {NOVELTY_DRAWS} are novel")
