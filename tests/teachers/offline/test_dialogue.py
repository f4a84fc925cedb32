"""Replies checked against the policy, the facts, the diary and the wish."""

import re
from itertools import pairwise

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    minutes,
    read_template,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.dialogue import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)


@each_language
def test_a_complaint_gets_what_the_policy_provides(lang: Lang):
    words = words_of("dialogue_complaints", lang)
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "complaint_reply", lang)):
        (problem,) = [
            problem
            for problem in words["problems"].values()
            if any(read_template(message, text) for message in problem["messages"])
        ]
        policy = instruction.lower()
        remedy = check
        for written, said in words["yours"]:
            remedy = remedy.replace(said, written)
        assert problem["rule"].format(remedy=remedy).lower() in policy
        name = next(name for name in words["names"] if name in text)
        assert name in output


@each_language
def test_an_answer_gives_the_fact_that_was_asked_for(lang: Lang):
    words = words_of("dialogue_staff", lang)
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "staff_answer", lang)):
        setting = next(s for s in words["settings"] if s["role"] in instruction)
        fact = next(f for f in setting["facts"] if text.endswith(f["question"]))
        assert fact["fact"].format(t=check) in instruction
        assert output == fact["answer"].format(t=check)
        speakers = [re.split("[:：]", line)[0] for line in text.splitlines()]
        assert all(one != other for one, other in pairwise(speakers))
        assert speakers[-1] == setting["speaker"]


@each_language
def test_the_first_free_time_that_suits_is_offered(lang: Lang):
    words = words_of("dialogue_bookings", lang)
    free, _ = words["states"]
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "booking_reply", lang)):
        found = re.search(r"\d+:\d\d(?: [ap]m)?", instruction)
        limit = minutes(found[0]) if found else 0
        slots = re.findall(r"(\d+:\d\d(?: [ap]m)?) (\w+)", text)
        assert [minutes(time) for time, _ in slots] == sorted(minutes(time) for time, _ in slots)
        suitable = [time for time, state in slots if state == free and minutes(time) >= limit]
        assert suitable[0] == check
        name = next(name for name in words["names"] if name in instruction)
        assert name in output


@each_language
def test_a_refusal_names_the_reason_and_another_time(lang: Lang):
    words = words_of("dialogue_invitations", lang)
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "kind_refusal", lang)):
        assert check in instruction
        assert check not in text
        reasons = [mine for _, mine in words["reasons"] if mine in output]
        assert len(reasons) == 1
        friend = next(name for name in words["friends"] if text.endswith(name))
        assert friend in output
