"""Verdicts worked out again: rules with limits, pairs of sentences, house rules."""

import operator

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    read_template,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.judgement import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)
KEEPS = {"min": operator.ge, "max": operator.le}


@each_language
def test_a_case_is_decided_by_its_numbers(lang: Lang):
    words = words_of("judgement_eligibility", lang)
    on_the_limit = 0
    for instruction, _, output, check in inputs_of(compose_all(KINDS, "eligible_or_not", lang)):
        schema, rule, facts = next(
            (schema, rule, facts)
            for schema in words["schemas"]
            if (rule := read_template(schema["rule"], instruction, whole=False, digits="abxy"))
            and (facts := read_template(schema["facts"], instruction, whole=False, digits="abxy"))
        )
        values = (("a", "x"), ("b", "y"))
        passes = [
            KEEPS[schema[limit]["sense"]](int(facts[value]), int(rule[limit]))
            for limit, value in values
        ]
        on_the_limit += any(facts[value] == rule[limit] for limit, value in values)
        right = (all if schema["join"] == "all" else any)(passes)
        assert check == words["yes" if right else "no"]
        assert output.startswith(check)
    assert on_the_limit > 10


@each_language
def test_a_claim_stands_under_its_relation(lang: Lang):
    words = words_of("judgement_entailment", lang)
    for instruction, _, _, check in inputs_of(compose_all(KINDS, "second_sentence", lang)):
        frame = next(
            f
            for f in words["frames"]
            if read_template(f["premise"], instruction, whole=False) is not None
        )
        found = [
            number
            for number, key in enumerate(("follow", "against", "open"))
            for claim in frame[key]
            if read_template(claim.rstrip(".。"), instruction, whole=False) is not None
        ]
        assert len(set(found)) == 1
        assert check in [labels[found[0]] for labels in words["label_sets"]]
        assert check in instruction


@each_language
def test_what_no_rule_mentions_is_not_stated(lang: Lang):
    words = words_of("judgement_rules", lang)
    rules = [rule for place in words["places"] for rule in place["rules"]]
    for instruction, text, output, check in inputs_of(compose_all(KINDS, "allowed_or_not", lang)):
        rule, _, allowed = next(rule for rule in rules if rule[1] in instruction)
        label = ("allowed" if allowed else "forbidden") if rule in text else "silent"
        assert check == words["labels"][label]
        if rule in text and rule in output:
            number = next(x.split(".")[0] for x in text.splitlines() if rule in x)
            assert number in output


@each_language
def test_house_rules_say_what_they_are_marked_as(lang: Lang):
    ban = (" not ", "forbidden", "prohibited", "cannot", "have to stay", "No ", "only be eaten")
    ban = ban if lang == "en" else ("禁止", "不得", "严禁", "不外借", "须停止", "只能")
    for place in words_of("judgement_rules", lang)["places"]:
        for rule, _, allowed in place["rules"]:
            assert any(word in rule for word in ban) != allowed, rule
