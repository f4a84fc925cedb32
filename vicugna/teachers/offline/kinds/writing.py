"""Short letters, notes and messages assembled from facts."""

from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.notices import draw_facts, events
from vicugna.teachers.offline.kinds.text_common import (
    draw_days,
    draw_people,
    enumerate_items,
    expand,
    instances,
    instruct,
    join_sentences,
    say_day,
    say_time,
    say_weekday,
    upper_first,
)


def _words(lang: Lang, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return the asks and letters of one kind."""
    return load_words("writing_words", lang)[name]


def _letter(rng: Random, words: Any, facts: dict[str, str]) -> Composed:  # noqa: ANN401 - JSON
    """Compose a task whose facts stand in the instruction, and its letter."""
    instruction = upper_first(rng.choice(words["asks"]).format_map(facts))
    output = rng.choice(words["letters"]).format_map(facts)
    return Composed(instruction, (Instance("", output, words["check"].format_map(facts)),))


def _short_names(rng: Random, lang: Lang, count: int) -> list[str]:
    """Draw names as friends use them: first names in English, full names in Chinese."""
    names = draw_people(rng, lang, count)
    return [name.split()[0] for name in names] if lang == "en" else names


def _write_invitation(rng: Random, lang: Lang) -> Composed:
    """Invite a guest to an occasion with date, time, place and a deadline."""
    words = _words(lang, "invitation")
    noun, why, places = rng.choice(words["occasions"])
    guest, host = _short_names(rng, lang, 2)
    deadline, day = draw_days(rng, 2, gap=14)
    facts = {
        "noun": noun,
        "why": why,
        "Why": upper_first(why),
        "why_sentence": f"{upper_first(why)}.",
        "place": rng.choice(places),
        "guest": guest,
        "host": host,
        "weekday": say_weekday(lang, day),
        "date": say_day(lang, day),
        "deadline": say_day(lang, deadline),
        "time": say_time(lang, rng.randrange(34, 41) * 30),
    }
    return _letter(rng, words, facts)


def _write_leave_note(rng: Random, lang: Lang) -> Composed:
    """Ask for leave from one day to another."""
    words = _words(lang, "leave")
    first, last = draw_days(rng, 2, gap=4)
    name, cover = draw_people(rng, lang, 2)
    reason = rng.choice(words["reasons"])
    facts = {
        "boss": rng.choice(words["bosses"]),
        "name": name,
        "cover": cover,
        "reason": reason,
        "Reason": upper_first(reason),
        "first": say_day(lang, first),
        "last": say_day(lang, last),
    }
    return _letter(rng, words, facts)


def _write_thanks(rng: Random, lang: Lang) -> Composed:
    """Thank somebody for a thing and say what became of it."""
    words = _words(lang, "thanks")
    thing, details = rng.choice(words["things"])
    name, friend = _short_names(rng, lang, 2)
    detail = rng.choice(details)
    facts = {"thing": thing, "name": name, "friend": friend, "detail": detail}
    facts |= {"Detail": upper_first(detail), "detail_sentence": f"{upper_first(detail)}."}
    return _letter(rng, {**words, "check": "{thing}"}, facts)


def _reply_to_inquiry(rng: Random, lang: Lang) -> Composed:
    """Answer the two questions of an e-mail from a list of facts."""
    words = _words(lang, "reply")
    chosen = rng.sample(words["facts"], 4)
    facts = [(expand(rng, fact), question) for fact, question in chosen]
    stop, reply = (". " if lang == "en" else "。"), rng.choice(words["replies"])

    def make() -> Instance:
        asked = rng.sample(facts, 2)
        questions = join_sentences(lang, [question for _, question in asked])
        answers = "".join(upper_first(fact) + stop for fact, _ in asked).rstrip()
        slots = {"name": _short_names(rng, lang, 1)[0], "questions": questions, "answers": answers}
        return Instance(
            rng.choice(words["mails"]).format_map(slots), reply.format_map(slots), answers
        )

    told = enumerate_items(lang, [fact for fact, _ in facts])
    ask = rng.choice(words["asks"])
    place = rng.choice(words["places"])
    return Composed(instruct(rng, lang, "", ask, place=place, facts=told), instances(rng, make))


def _expand_notes(rng: Random, lang: Lang) -> Composed:
    """Make a message out of bullet points about an event."""
    words = _words(lang, "notes")
    event = rng.choice(events(lang))
    message = rng.choice(words["messages"])

    def make() -> Instance:
        facts = draw_facts(rng, lang, event)
        facts["a_upper"] = facts.get("A", "")
        check = words["check"].format_map(facts)
        return Instance(words["lines"].format_map(facts), message.format_map(facts), check)

    ask, readers = rng.choice(words["asks"]), rng.choice(words["readers"])
    slots = {"readers": readers, "name": event["name"], "a": event.get("a", "")}
    scene = rng.choice(words["scenes"])
    return Composed(instruct(rng, lang, scene, ask, **slots), instances(rng, make))


KINDS = (
    Kind("write_invitation", "writing", False, _write_invitation),
    Kind("write_leave_note", "writing", False, _write_leave_note),
    Kind("write_thanks", "writing", False, _write_thanks),
    Kind("reply_to_inquiry", "writing", False, _reply_to_inquiry),
    Kind("expand_notes", "writing", False, _expand_notes),
)
