"""Answers about a notice stand in it, and what it does not say is said to be missing."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.notices import FACTS, KINDS, draw_facts, events, say_notice

COMPOSE = KINDS[0].compose
SIGNS = {
    "fee": {"en": r"\$\d", "zh": r"\d元"},
    "size": {"en": r"people|limited to", "zh": r"\d人"},
    "deadline": {"en": r"Sign up|egist", "zh": r"报名(?!费)"},
}


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_is_quoted_from_the_notice(lang: Lang) -> None:
    missing = load_words("notices_words", lang)["missing_check"]
    checks = [
        (instance.check, instance.input)
        for seed in range(400)
        for instance in COMPOSE(Random(seed), lang).instances
    ]
    assert all(check in text for check, text in checks if check != missing)
    assert 20 < sum(check == missing for check, _ in checks) < len(checks) / 4


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("fact", SIGNS)
def test_a_fact_is_told_only_when_it_is_to_be_told(fact: str, lang: Lang) -> None:
    sign = re.compile(SIGNS[fact][lang])
    for seed in range(200):
        rng = Random(seed)
        event = rng.choice([event for event in events(lang) if "fee" in event])
        facts = draw_facts(rng, lang, event)
        with_it = say_notice(rng, lang, facts, [fact, "place"], "")
        without = say_notice(rng, lang, facts, [n for n in FACTS if n not in {fact, "fee"}], "")
        assert sign.search(with_it)
        assert not sign.search(without)
        assert facts["time"] in without


@pytest.mark.parametrize("lang", LANGS)
def test_events_have_all_that_a_notice_needs(lang: Lang) -> None:
    for event in events(lang):
        assert {"name", "places", "bring", "size", "hours", "why", "extras"} <= set(event)
        assert event["hours"][0] < event["hours"][1] <= 24
        assert (lang == "en") == ("a" in event)
