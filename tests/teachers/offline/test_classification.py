"""Labels worked out again from the text alone."""

import re

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    read_template,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.classification import KINDS

DIGITS = ("n", "h", "limit", "limit_hours")
each_language = pytest.mark.parametrize("lang", LANGS)


@each_language
def test_a_review_is_mixed_when_it_holds_praise_and_complaint(lang: Lang):
    words = words_of("classification_review", lang)
    clauses = [aspect for domain in words["domains"] for aspect in domain["aspects"]]
    for _, text, _, check in inputs_of(compose_all(KINDS, "review_tone", lang)):
        said = text.lower()
        good = any(praise.lower() in said for praise, _ in clauses)
        bad = any(complaint.lower() in said for _, complaint in clauses)
        assert check == words["labels"]["both" if good and bad else "good" if good else "bad"]


@each_language
def test_a_message_is_spam_when_a_spam_template_wrote_it(lang: Lang):
    words = words_of("classification_spam", lang)
    for _, text, _, check in inputs_of(compose_all(KINDS, "spam_or_genuine", lang)):
        found = {
            label
            for label in ("spam", "genuine")
            if any(read_template(template, text) is not None for template, _ in words[label])
        }
        assert {words["labels"][label] for label in found} == {check}


@each_language
def test_an_intent_is_the_one_the_message_was_written_for(lang: Lang):
    words = words_of("classification_intent", lang)
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "customer_intent", lang)):
        found = [
            label
            for label, templates in words["messages"].items()
            if any(read_template(template, text) is not None for template in templates)
        ]
        assert found == [check]
        assert check in instruction


@each_language
def test_a_sentence_is_on_one_side_of_its_pair(lang: Lang):
    words = words_of("classification_register", lang)
    for _, text, _, check in inputs_of(compose_all(KINDS, "formal_or_casual", lang)):
        (side,) = {pair.index(text) for pair in words["pairs"] if text in pair}
        assert check == list(words["labels"].values())[side]


@each_language
def test_brief_questions_get_the_label_alone(lang: Lang):
    ends = [
        re.escape(ask.replace("{scene}", "").strip())
        for name in ("spam", "register")
        for ask in words_of(f"classification_{name}", lang)["brief_asks"]
    ]
    asked = 0
    for name in ("spam_or_genuine", "formal_or_casual"):
        for instruction, _, output, check in inputs_of(compose_all(KINDS, name, lang)):
            if re.search("|".join(ends), instruction):
                asked += 1
                assert output == check
    assert asked > 20


@each_language
def test_a_level_follows_from_the_rule(lang: Lang):
    words = words_of("classification_urgency", lang)
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "ticket_urgency", lang)):
        context = next(c for c in words["contexts"] if c["scene"] in instruction)
        rule = next(
            found
            for template in context["rules"]
            if (found := read_template(template, instruction, whole=False, digits=DIGITS))
        )
        people = next(
            int(found["n"])
            for issue in context["issues"]
            if (found := read_template(issue, text, whole=False, digits=DIGITS))
        )
        hours = next(
            int(found["h"])
            for deadline in context["deadlines"]
            if (found := read_template(deadline, text, whole=False, digits=DIGITS))
        )
        if people >= int(rule["limit"]) or hours <= int(rule["limit_hours"]):
            level = "high"
        else:
            level = "mid" if any(way in text for way in context["without"]) else "low"
        assert level in rule
        assert rule[level] == check
