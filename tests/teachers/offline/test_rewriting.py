"""Rewriting changes what it should and keeps the rest."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Instance, load_words
from vicugna.teachers.offline.kinds.rewriting import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)


def instances(name: str, lang: Lang, count: int = 300) -> list[tuple[str, Instance]]:
    return [
        (task.instruction, instance)
        for task in (KIND[name].compose(Random(seed), lang) for seed in range(count))
        for instance in task.instances
    ]


@BOTH
def test_no_first_person_is_left_and_the_name_stands_once(lang: Lang) -> None:
    people = load_words("text_common_people", lang)
    first = re.compile(r"\b(?:I|me|my|My|mine|we|our|us)\b" if lang == "en" else "我")
    for instruction, instance in instances("to_third_person", lang):
        assert first.search(instance.input)
        assert not first.search(instance.output)
        name = next(n for sex in people.values() for n in sex if n in instance.output)
        assert name in instruction
        assert instance.output.startswith(name)
        assert instance.output.count(name) == 1


@BOTH
def test_pronouns_fit_the_person(lang: Lang) -> None:
    people = load_words("text_common_people", lang)
    wrong = {
        "en": {"women": r"\b(?:he|him|his)\b", "men": r"\b(?:her)\b"},
        "zh": {"women": "他", "men": "她"},
    }[lang]
    # "his name" is the boy's who shows the way, in a passage about being lost.
    for _, instance in instances("to_third_person", lang):
        sex = "women" if any(n in instance.output for n in people["women"]) else "men"
        assert not re.search(wrong[sex], instance.output.replace("his name", ""))


def test_english_tenses_are_future_on_one_side_and_past_on_the_other() -> None:
    for instruction, instance in instances("change_tense", "en"):
        to_past = "will" in instance.input
        assert ("will" in instance.output) == (not to_past)
        assert instance.output.startswith("Last" if to_past else "Next")
        assert re.search(
            "past|already|into the past" if to_past else "future|plan|to come", instruction
        )


def test_chinese_plans_have_yao_and_events_have_le() -> None:
    for instruction, instance in instances("change_tense", "zh"):
        to_past = instance.input.startswith("下")
        assert instance.output.startswith("上" if to_past else "下")
        assert ("要" in instance.output) == (not to_past)
        assert ("了" in instance.output) == to_past
        assert re.search("已经发生|过去|做完" if to_past else "计划|打算|没做|将来", instruction)


@BOTH
def test_no_abbreviation_is_left(lang: Lang) -> None:
    sentences = load_words("rewriting_passages", lang)["abbreviations"]["sentences"]
    for instruction, instance in instances("expand_abbreviations", lang):
        listed = [(short, marked) for short, marked in sentences if short in instruction]
        assert len(listed) >= 2
        rest = instance.output
        for _, marked in listed:
            rest = rest.replace(re.findall(r"\|([^|>\]]*)>", marked)[0], "")
        assert not [short for short, _ in listed if re.search(rf"{short}(?![a-z])", rest)]
        assert len(rest) < len(instance.output) or lang == "en"


@BOTH
def test_a_changed_voice_starts_with_the_other_part(lang: Lang) -> None:
    clauses = load_words("rewriting_sentences", lang)["passive"]["clauses"]
    for instruction, instance in instances("change_voice", lang):
        output = instance.output.lower()
        agent, thing = next(
            (agent, thing)
            for agent, thing in (parts_of(clause, lang) for clause in clauses)
            if agent in output and thing in output
        )
        by, passive = (" by ", r"(?:to|in|use) the passive|sentence passive")
        if lang == "zh":
            by, passive = "被", "改成“被”|用“被”|被字句：|变成“被”"
            assert ("把" in output) != ("被" in output)
        assert (by in output) == bool(re.search(passive, instruction))
        assert output.startswith(thing if by in output else agent)


def parts_of(clause: list[str], lang: Lang) -> tuple[str, str]:
    """Return who does it, and what it is done to."""
    return clause[0], clause[3] if lang == "en" else clause[1]


@BOTH
def test_the_part_asked_for_is_missing_from_the_question(lang: Lang) -> None:
    for instruction, instance in instances("ask_question", lang):
        part = re.search(r"\"([^\"]+)\"" if lang == "en" else "“([^”]+)”", instruction)
        assert part
        assert part[1] not in instance.output
        assert instruction.count(part[1]) >= 2
        assert instance.output.endswith("?" if lang == "en" else "？")
        asks = r"^(?:Who|What|Where|When)\b" if lang == "en" else "谁|什么|哪里"
        assert re.search(asks, instance.output)


@BOTH
def test_reported_speech_has_no_quotation_and_no_first_person(lang: Lang) -> None:
    for _, instance in instances("report_speech", lang):
        assert not re.search(r"[\"“”：]|我|\b(?:I|my)\b", instance.output)


@BOTH
def test_merged_sentences_are_one_with_the_connective(lang: Lang) -> None:
    for instruction, instance in instances("merge_sentences", lang):
        words = re.findall(
            r"\"(\w+)\"" if lang == "en" else "“(\\w+)……(\\w+?)(?:……)?”", instruction
        )
        for word in words if lang == "en" else words[0]:
            assert word in instance.output.lower()
        assert len(re.findall("[.。]", instance.output)) == 1


@BOTH
@pytest.mark.parametrize("name", ["make_polite", "make_formal"])
def test_the_blunt_wording_stands_in_the_instruction_only(name: str, lang: Lang) -> None:
    for instruction, instance in instances(name, lang):
        quoted = re.search(r"\"([^\"]+)\"" if lang == "en" else "“([^”]+)”", instruction)
        assert quoted
        assert quoted[1] not in instance.output
        assert instance.output not in instruction
