"""Summaries and headlines of texts whose facts are known."""

from collections.abc import Callable
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.notices import FACTS, draw_facts, events, say_notice
from vicugna.teachers.offline.kinds.text_common import (
    draw_people,
    draw_person,
    instances,
    instruct,
    join_sentences,
    upper_first,
)


def _words(lang: Lang) -> Any:  # noqa: ANN401 - JSON
    """Return the scenes and asks of this module."""
    return load_words("summaries_words", lang)


def stories(lang: Lang) -> list[Any]:
    """Return the stories that `draw_story` can fill."""
    return load_words("summaries_stories", lang)


def draw_story(rng: Random, lang: Lang, story: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - JSON
    """Fill the slots of a story, and return its text and what was filled in."""
    slots = {name: rng.choice(options) for name, options in story["slots"].items()}
    slots |= {name.capitalize(): upper_first(filler) for name, filler in slots.items()}
    slots["person"] = draw_person(rng, lang)[0]
    slots["woman"] = rng.choice(load_words("text_common_people", lang)["women"])
    text = join_sentences(lang, story["text"]).format_map(slots)
    return text, slots


def _condense(asks: str, outputs: str) -> Callable[[Random, Lang], Composed]:
    """Return the composer of a kind that tells a story in few words."""

    def compose(rng: Random, lang: Lang) -> Composed:
        words = _words(lang)
        story = rng.choice(stories(lang))
        wording = rng.choice(story[outputs])

        def make() -> Instance:
            text, slots = draw_story(rng, lang, story)
            output = upper_first(wording.format_map(slots))
            return Instance(text, output, _in_output(story["check"].format_map(slots), output))

        scene, ask = rng.choice(words["story_scenes"]), rng.choice(words[asks])
        return Composed(instruct(rng, lang, scene, ask, about=story["about"]), instances(rng, make))

    return compose


def _summarize_notice(rng: Random, lang: Lang) -> Composed:
    """Say in one sentence what, when and where."""
    words = _words(lang)
    event = rng.choice(events(lang))
    wording = rng.choice(words["notice_summaries"])
    optional = [
        name for name in FACTS if name in {"leader", "bring", "size", "deadline", "contact"}
    ]

    def make() -> Instance:
        facts = draw_facts(rng, lang, event)
        told = ["place", *rng.sample(optional, 3)]
        text = say_notice(rng, lang, facts, told, rng.choice(event["extras"]))
        output = wording.format_map(facts)
        return Instance(text, output, _in_output(words["notice_check"].format_map(facts), output))

    scene = rng.choice([*words["notice_scenes"], *event["why"], *event["why"]])
    ask = rng.choice(words["notice_asks"])
    names = {"name": event["name"], "a": event.get("a", "")}
    return Composed(instruct(rng, lang, scene, ask, **names), instances(rng, make))


def _in_output(check: str, output: str) -> str:
    """Return a check as it is written at the start of a sentence, if it stands there."""
    return check if check in output else upper_first(check)


def _decide_chat(rng: Random, lang: Lang) -> Composed:
    """Say what a group chat decided, and why the first idea was dropped."""
    words = _words(lang)
    chat = rng.choice(words["chats"])
    wording = rng.choice(words["chat_answers"])
    colon = ": " if lang == "en" else "："

    def make() -> Instance:
        (first, reason), (second, _) = rng.sample(chat["options"], 2)
        people = [name.split()[0] for name in draw_people(rng, lang, 3)]
        said = {"first": first, "second": second, "reason": reason}
        turns = ("chat_openers", "chat_objections", "chat_counters", "chat_closers")
        lines = [
            f"{person}{colon}{rng.choice(words[turn]).format_map(said)}"
            for person, turn in zip([*people, people[0]], turns, strict=True)
        ]
        return Instance("\n".join(lines), upper_first(wording.format_map(said)), second)

    scene, ask = rng.choice(words["chat_scenes"]), rng.choice(words["chat_asks"])
    return Composed(instruct(rng, lang, scene, ask, what=chat["what"]), instances(rng, make))


KINDS = (
    Kind("summarize_story", "summarization", False, _condense("summary_asks", "summary")),
    Kind("write_headline", "summarization", False, _condense("headline_asks", "headline")),
    Kind("summarize_notice", "summarization", False, _summarize_notice),
    Kind("decide_chat", "summarization", False, _decide_chat),
)
