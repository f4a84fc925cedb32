"""Notices of events whose facts are known, and questions that can be answered from them."""

from datetime import timedelta
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    draw_days,
    draw_people,
    expand,
    instances,
    instruct,
    join_sentences,
    say_day,
    say_money,
    say_time,
    say_weekday,
    upper_first,
)

FACTS = ("date", "time", "place", "leader", "fee", "bring", "size", "deadline", "contact")


def events(lang: Lang) -> list[Any]:
    """Return the events that notices can be about."""
    return load_words("notices_events", lang)


def draw_facts(rng: Random, lang: Lang, event: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Draw all that can be known of an event, as it is said in a text."""
    day = draw_days(rng, 1)[0]
    leader, contact = draw_people(rng, lang, 2)
    first_hour, last_hour = event["hours"]
    facts = {
        "name": event["name"],
        "date": say_day(lang, day),
        "weekday": say_weekday(lang, day),
        "time": say_time(lang, rng.randrange(first_hour * 2, last_hour * 2) * 30),
        "place": rng.choice(event["places"]),
        "leader": leader,
        "bring": rng.choice(event["bring"]),
        "size": str(_between(rng, event["size"])),
        "deadline": say_day(lang, day - timedelta(rng.randrange(3, 12))),
        "contact": contact,
    }
    if "a" in event:
        facts |= {"a": event["a"], "A": upper_first(event["a"])}
    if "fee" in event:
        facts["fee"] = say_money(lang, _between(rng, event["fee"]))
    return facts


def _between(rng: Random, limits: list[int]) -> int:
    """Draw a whole number from the first limit to the second."""
    return rng.randrange(limits[0], limits[1] + 1)


def say_notice(rng: Random, lang: Lang, facts: dict[str, str], told: list[str], extra: str) -> str:
    """Say some facts as a notice. Date and time are always told."""
    words = load_words("notices_words", lang)["facts"]
    said = [name for name in FACTS if words[name]["says"] and name in {"date", *told}]
    parts = [expand(rng, rng.choice(words[name]["says"])).format_map(facts) for name in said]
    parts.insert(rng.randrange(1, len(parts) + 1), extra)
    return join_sentences(lang, parts)


def bare(lang: Lang, fact: str, value: str) -> str:
    """Return a fact as an answer is compared: an English place without its preposition."""
    return value.split(" ", 1)[1] if lang == "en" and fact == "place" else value


def _answer_notice(rng: Random, lang: Lang) -> Composed:
    """Answer a question from a notice; now and then the notice does not say."""
    words = load_words("notices_words", lang)
    event = rng.choice(events(lang))
    possible = [name for name in FACTS if name != "fee" or "fee" in event]
    asked = rng.choice(possible)
    fact = words["facts"][asked]
    answer = rng.choice(fact["answers"])

    def make() -> Instance:
        facts = draw_facts(rng, lang, event)
        told = rng.sample([name for name in possible[2:] if name != asked], 4)
        known = asked in {"date", "time"} or rng.random() < 0.85
        text = say_notice(
            rng, lang, facts, [*told, asked] if known else told, rng.choice(event["extras"])
        )
        if known:
            return Instance(text, answer.format_map(facts), bare(lang, asked, facts[asked]))
        output = rng.choice(words["missing"]).format(missing=fact["missing"])
        return Instance(text, output, words["missing_check"])

    ask = join_sentences(lang, [rng.choice(fact["asks"]), rng.choice(words["sources"])])
    instruction = instruct(rng, lang, rng.choice(event["why"]), ask, name=event["name"])
    return Composed(instruction, instances(rng, make))


KINDS = (Kind("answer_notice", "closed_qa", False, _answer_notice),)
