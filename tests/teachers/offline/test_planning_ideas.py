"""Ideas counted and compared with their constraints; explanations that hold their point."""

import re

import pytest

from tests.teachers.offline.judgement_templates import compose_all, inputs_of, words_of
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.planning_ideas import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)


def ideas_in(output: str) -> list[str]:
    """Read a numbered or dashed list."""
    lines = output.splitlines()
    if lines[0].startswith("- "):
        return [line.removeprefix("- ") for line in lines]
    assert [line.split(". ")[0] for line in lines] == [str(n + 1) for n in range(len(lines))]
    return [line.split(". ", 1)[1] for line in lines]


def number_in(instruction: str, numbers: dict[str, str], lang: Lang) -> int:
    """Read how many are asked for."""
    shape = r"\b{}\b" if lang == "en" else "{}(?:个|条|样)"
    found = {
        int(figure)
        for figure, word in numbers.items()
        if re.search(shape.format(word), instruction, re.IGNORECASE)
    }
    return min(found, default=0) if len(found) == 1 else 0


@each_language
def test_the_number_of_ideas_is_exact(lang: Lang):
    words = words_of("planning_ideas_bank", lang)
    counted = 0
    for instruction, _, output, check in inputs_of(compose_all(KINDS, "exact_ideas", lang)):
        ideas = ideas_in(output)
        topic = next(t for t in words["topics"] if t["topic"] in instruction)
        assert len(set(ideas)) == len(ideas)
        assert set(ideas) <= set(topic["ideas"])
        assert check == ideas[0]
        wanted = number_in(instruction, words["numbers"], lang)
        counted += bool(wanted)
        assert wanted in (0, len(ideas)), instruction
    assert counted > 200


@each_language
def test_activities_meet_both_constraints(lang: Lang):
    words = words_of("planning_ideas_activities", lang)
    tags_of = {text: set(tags) for text, tags in words["activities"]}
    for instruction, _, output, _ in inputs_of(compose_all(KINDS, "fitting_activities", lang)):
        ideas = ideas_in(output)
        wanted = {key for key, text in words["constraints"].items() if text in instruction}
        assert len(wanted) == 2
        assert all(wanted <= tags_of[idea] for idea in ideas)
        assert 2 <= len(set(ideas)) == len(ideas) <= 4


@each_language
def test_no_activity_contradicts_itself(lang: Lang):
    for text, tags in words_of("planning_ideas_activities", lang)["activities"]:
        assert not {"home", "outside"} <= set(tags), text
        assert not {"alone", "group"} <= set(tags), text


@each_language
def test_an_explanation_answers_the_question(lang: Lang):
    questions = words_of("planning_ideas_children", lang)["questions"]
    for instruction, _, output, check in inputs_of(compose_all(KINDS, "child_question", lang)):
        (entry,) = [entry for entry in questions if entry[0] in instruction]
        assert entry[1:] == [check, output]
