"""Letters hold every fact that was asked for."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.writing import KINDS

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)
DAYS = {"en": r"[JFMASOND][a-z]+ \d{1,2}\b", "zh": r"\d+月\d+日"}


@BOTH
@pytest.mark.parametrize("name", ["write_invitation", "write_leave_note", "write_thanks"])
def test_names_and_days_of_the_instruction_are_in_the_letter(name: str, lang: Lang) -> None:
    people = load_words("text_common_people", lang)
    known = [person for sex in people.values() for person in sex]
    if lang == "en" and name != "write_leave_note":
        known = [person.split()[0] for person in known]
    for seed in range(300):
        task = KIND[name].compose(Random(seed), lang)
        output = task.instances[0].output
        assert set(re.findall(DAYS[lang], task.instruction)) == set(re.findall(DAYS[lang], output))
        named = [person for person in known if re.search(rf"{person}(?![a-z])", task.instruction)]
        assert len(named) == 2
        assert all(person in output for person in named)


@BOTH
def test_only_the_questions_of_the_mail_are_answered(lang: Lang) -> None:
    facts = load_words("writing_words", lang)["reply"]["facts"]
    for seed in range(300):
        task = KIND["reply_to_inquiry"].compose(Random(seed), lang)
        for instance in task.instances:
            asked = [fact for fact, question in facts if question in instance.input]
            assert len(asked) == 2
            for answer in re.split(r"\. |。", instance.check.rstrip(".。")):
                assert answer[1:] in task.instruction
                assert any(re.fullmatch(pattern(fact), answer.lower()) for fact in asked)


def pattern(fact: str) -> str:
    """Return a fact with its choices as a regular expression."""
    return re.sub(r"\[([^\]]*)\]", r"(?:\1)", fact).lower()


@BOTH
def test_a_message_has_every_point_of_the_notes(lang: Lang) -> None:
    for seed in range(300):
        for instance in KIND["expand_notes"].compose(Random(seed), lang).instances:
            for line in instance.input.splitlines():
                for part in re.split(r", |: |：|前报名", line.removeprefix("- ")):
                    value = re.sub(r"^(?:sign up by )", "", part)
                    assert value in instance.output or value in {
                        "leader",
                        "bring",
                        "主持",
                        "自带",
                        "",
                    }
