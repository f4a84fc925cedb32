"""Summaries say what the text says."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Instance, load_words
from vicugna.teachers.offline.kinds.summaries import KINDS, draw_story, stories

KIND = {kind.name: kind for kind in KINDS}
BOTH = pytest.mark.parametrize("lang", LANGS)


def instances(name: str, lang: Lang) -> list[Instance]:
    return [
        instance
        for seed in range(300)
        for instance in KIND[name].compose(Random(seed), lang).instances
    ]


@BOTH
@pytest.mark.parametrize("name", ["summarize_story", "write_headline"])
def test_the_fact_compared_is_told_in_the_text(name: str, lang: Lang) -> None:
    for instance in instances(name, lang):
        assert instance.check.lower() in instance.input.lower()


@BOTH
def test_a_summary_is_one_sentence_and_a_headline_has_no_stop(lang: Lang) -> None:
    stop = "." if lang == "en" else "。"
    for instance in instances("summarize_story", lang):
        assert instance.output.count(stop) == 1
        assert len(instance.output) < len(instance.input) / 2
    for instance in instances("write_headline", lang):
        assert stop not in instance.output
        assert len(instance.output.split()) <= 11
        assert len(instance.output) <= (70 if lang == "en" else 20)


@BOTH
def test_every_name_and_number_of_a_summary_is_in_the_text(lang: Lang) -> None:
    people = load_words("text_common_people", lang)
    known = [person for sex in people.values() for person in sex]
    for instance in instances("summarize_story", lang):
        named = [person for person in known if person in instance.output]
        assert all(part in instance.input for part in named + re.findall(r"\d+", instance.output))


@BOTH
def test_a_notice_in_one_sentence_keeps_date_time_and_place(lang: Lang) -> None:
    when = r"[A-Z][a-z]+ \d+|\d+:\d\d [AP]M" if lang == "en" else r"\d+月\d+日|\d+:\d\d"
    for instance in instances("summarize_notice", lang):
        said = re.findall(when, instance.output)
        assert len(said) == 2
        assert all(part in instance.input for part in said)


@BOTH
def test_a_chat_is_decided_for_the_last_proposal(lang: Lang) -> None:
    for instance in instances("decide_chat", lang):
        opening, objection, counter, _ = instance.input.splitlines()
        assert instance.check in counter
        assert instance.check not in opening
        reason = re.split(r"because |since |因为|原因是", instance.output)[-1].strip(".。")
        assert reason in objection


@BOTH
def test_stories_are_told_without_a_slot_left_over(lang: Lang) -> None:
    for story in stories(lang):
        text, slots = draw_story(Random(1), lang, story)
        assert not set("{}") & set(text)
        for wording in (*story["summary"], *story["headline"]):
            assert story["check"].format_map(slots).lower() in wording.format_map(slots).lower()
