"""Words and sentences: what was planted is repaired, what was asked for is done."""

import random
import re

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import language, language_sayings
from vicugna.teachers.offline.kinds.grammar import table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in (*language.KINDS, *language_sayings.KINDS)}
HAN = re.compile("[\u4e00-\u9fff]")


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


@BY_LANG
def test_a_synonym_replaces_the_word_of_its_sentence(lang: Lang):
    rows = table_of("language_synonyms", lang)
    for task in tasks("synonym", lang):
        (row,) = (row for row in rows if row["sentence"] in task.instruction)
        assert row["sentence"].count(row["word"]) == 1
        before, after = row["sentence"].split(row["word"])
        assert f"{before}{row['synonym']}{after}" in task.instances[0].output


@BY_LANG
def test_an_opposite_fills_the_brackets(lang: Lang):
    for task in tasks("opposite", lang):
        for instance in task.instances:
            before, word, after = re.split("[()（）]", instance.input)
            assert instance.check.startswith(before)
            assert instance.check.endswith(after)
            assert instance.check != f"{before}{word}{after}"


@BY_LANG
def test_plain_words_replace_the_formal_ones(lang: Lang):
    rows = {row["sentence"]: row for row in table_of("language_plain", lang)}
    for task in tasks("plain_words", lang):
        for instance in task.instances:
            row = rows[instance.input]
            assert row["formal"] in instance.input
            plain_text = row.get("plain_text", instance.output)
            assert row["formal"] not in plain_text.split(" (I used")[0]
            assert plain_text in instance.output


@BY_LANG
def test_a_measure_word_fills_the_gap(lang: Lang):
    for task in tasks("measure_word", lang):
        for instance in task.instances:
            before, after = re.split("____|（  ）", instance.input)
            assert f"{before}{instance.check}{after}" in instance.output


@BY_LANG
def test_a_confusable_word_is_one_of_those_offered(lang: Lang):
    for task in tasks("confusable_word", lang):
        for instance in task.instances:
            quoted = f"“{instance.check}”" if lang == "zh" else f'"{instance.check}"'
            assert quoted in task.instruction
            assert "__" in instance.input


@BY_LANG
def test_spelling_puts_one_word_right(lang: Lang):
    rows = {row["right"]: row for row in table_of("language_spelling", lang)}
    for task in tasks("spelling", lang):
        for instance in task.instances:
            row = rows[instance.check]
            assert instance.input != instance.check
            assert instance.input.replace(row["typo"], row["word"], 1) == instance.check


@pytest.mark.parametrize("row", table_of("language_spelling", "zh"), ids=lambda row: row["word"])
def test_a_chinese_typo_is_one_wrong_character(row: dict[str, str]):
    assert len(row["word"]) == len(row["typo"])
    assert sum(a != b for a, b in zip(row["word"], row["typo"], strict=True)) in (1, 2)


@BY_LANG
def test_voice_turns_the_sentence_around(lang: Lang):
    to_passive = re.compile("被" if lang == "zh" else r"\b(was|were)\b.* by ")
    for task in tasks("voice", lang):
        for instance in task.instances:
            given, turned = (bool(to_passive.search(t)) for t in (instance.input, instance.check))
            assert given != turned


def test_translations_stand_side_by_side():
    english, chinese = (table_of("language_translation", lang) for lang in LANGS)
    assert len(english) == len(chinese)
    assert not any(HAN.search(row["text"]) for row in english)
    assert all(HAN.search(row["text"]) for row in chinese)


@BY_LANG
def test_a_translation_changes_the_language(lang: Lang):
    for task in tasks("translation", lang):
        for instance in task.instances:
            assert bool(HAN.search(instance.input)) != bool(HAN.search(instance.output))


@BY_LANG
def test_the_idiom_of_the_scene_is_among_three(lang: Lang):
    rows = table_of("language_idioms", lang)
    for task in tasks("idiom_fit", lang):
        for instance in task.instances:
            (row,) = (row for row in rows if instance.input.startswith(row["scene"]))
            offered = [other["idiom"] for other in rows if other["idiom"] in instance.input]
            assert instance.check == row["idiom"]
            assert row["idiom"] in offered
            assert len(offered) == 3


@BY_LANG
@pytest.mark.parametrize(
    ("kind", "name", "first", "second"),
    [
        ("proverb_end", "language_proverbs", "first", "second"),
        ("poem_next_line", "language_poems", "line", "next"),
        ("idiom_meaning", "language_idioms", "idiom", "meaning"),
    ],
)
def test_the_second_half_belongs_to_the_first(
    kind: str, name: str, first: str, second: str, lang: Lang
):
    pairs = {row[second]: row[first] for row in table_of(name, lang)}
    assert len(pairs) == len(table_of(name, lang))
    for task in tasks(kind, lang):
        assert pairs[task.instances[0].check] in task.instruction
