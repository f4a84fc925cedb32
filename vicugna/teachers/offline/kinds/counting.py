"""Counting a word, the sentences or the commas of a text."""

import re
from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.summaries import draw_story, stories
from vicugna.teachers.offline.kinds.text_common import instruct, upper_first

_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*")
_TARGETS: dict[Lang, tuple[str, ...]] = {
    "en": ("the", "a", "and", "to", "of", "in"),
    "zh": ("的", "了", "在", "一", "不", "个"),
}


def _counts(lang: Lang, text: str) -> dict[tuple[str, str], int]:
    """Count each target word (in Chinese a character), the sentences and the commas."""
    found = _WORD.findall(text.lower()) if lang == "en" else text
    stop, comma = (".", ",") if lang == "en" else ("。", "，")
    words = {("word", target): found.count(target) for target in _TARGETS[lang]}
    return words | {("sentences", ""): text.count(stop), ("commas", ""): text.count(comma)}


def _count_in_text(rng: Random, lang: Lang) -> Composed:
    """Count something that occurs at least twice in the beginning of a story."""
    words = load_words("counting_words", lang)
    story = rng.choice(stories(lang))
    texts = [
        draw_story(rng, lang, {**story, "text": story["text"][: rng.choice((3, 4, 5))]})[0]
        for _ in range(rng.randrange(1, 4))
    ]
    counts = {text: _counts(lang, text) for text in texts}
    often = [key for key, count in counts[texts[0]].items() if count > 1]
    what, target = rng.choice([*often, ("sentences", ""), ("commas", "")])
    if counts[texts[0]][what, target] < 2:  # too few commas
        what = "sentences"
    answer = rng.choice(words["answers"][what])
    made = [(text, counted[what, target]) for text, counted in counts.items()]
    instances = tuple(
        Instance(text, answer.format(target=target, count=count), str(count))
        for text, count in made
        if count > 1
    )
    slots = {"about": story["about"], "target": target, "Target": upper_first(target)}
    scene, ask = rng.choice(words["scenes"]), rng.choice(words[what])
    return Composed(instruct(rng, lang, scene, ask, **slots), instances)


KINDS = (Kind("count_in_text", "closed_qa", False, _count_in_text),)
