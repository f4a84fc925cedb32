"""Rewriting sentences and passages by a rule of grammar.

Passages mark what changes: `<before|after>`. So the rewriting is right by construction.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    Sex,
    after,
    before,
    draw_person,
    enumerate_items,
    expand,
    instances,
    instruct,
    join_sentences,
    upper_first,
)

_PRONOUNS: dict[Lang, dict[Sex, dict[str, str]]] = {
    "en": {
        "women": {"sub": "she", "obj": "her", "pos": "her"},
        "men": {"sub": "he", "obj": "him", "pos": "his"},
    },
    "zh": {"women": {"sub": "她"}, "men": {"sub": "他"}},
}


def _pronouns(lang: Lang, sex: Sex) -> dict[str, str]:
    """Return the pronouns for the slots sub, obj, pos, and Sub, Obj, Pos with a capital."""
    forms = _PRONOUNS[lang][sex]
    return forms | {name.capitalize(): upper_first(form) for name, form in forms.items()}


def _to_third_person(rng: Random, lang: Lang) -> Composed:
    """Rewrite a memory told by "I" as one told about somebody."""
    words = load_words("rewriting_passages", lang)["third_person"]
    name, sex = draw_person(rng, lang)
    about, text = rng.choice(words["passages"])
    slots = {"name": name, "job": rng.choice(words["jobs"]), **_pronouns(lang, sex)}

    def make() -> Instance:
        passage = expand(rng, text)
        output = after(passage).format_map(slots)
        return Instance(before(passage), output, output)

    scene, ask = rng.choice(words["scenes"]), rng.choice(words["asks"])
    return Composed(instruct(rng, lang, scene, ask, about=about, **slots), instances(rng, make))


def _change_tense(rng: Random, lang: Lang) -> Composed:
    """Move a passage from the past to the future, or back."""
    words = load_words("rewriting_passages", lang)["tense"]
    way = rng.choice(("to_future", "to_past"))
    about, text = rng.choice(words["passages"])

    def make() -> Instance:
        passage = expand(rng, text)
        past, future = before(passage), after(passage)
        return (
            Instance(past, future, future) if way == "to_future" else Instance(future, past, past)
        )

    scene, ask = rng.choice(words["scenes"]), rng.choice(words[way])
    return Composed(instruct(rng, lang, scene, ask, about=about), instances(rng, make))


def _expand_abbreviations(rng: Random, lang: Lang) -> Composed:
    """Write two or three abbreviations of a text in full."""
    words = load_words("rewriting_passages", lang)["abbreviations"]
    chosen = rng.sample(words["sentences"], rng.choice((2, 2, 3)))
    text = join_sentences(lang, [expand(rng, sentence) for _, sentence in chosen])
    return _quoting(
        rng,
        lang,
        rng.choice(words["scenes"]),
        rng.choice(words["asks"]),
        after(text),
        text=before(text),
        short=enumerate_items(lang, [short for short, _ in chosen]),
    )


def _quoting(rng: Random, lang: Lang, scene: str, ask: str, output: str, **slots: str) -> Composed:
    """Compose a task whose material stands in the instruction."""
    instruction = instruct(rng, lang, scene, ask, **slots)
    return Composed(instruction, (Instance("", output, output),))


def _practice(rng: Random, lang: Lang) -> tuple[Any, str]:
    """Return the sentences to rewrite, and why somebody asks."""
    words = load_words("rewriting_sentences", lang)
    return words, rng.choice(words["practice"])


def _change_voice(rng: Random, lang: Lang) -> Composed:
    """Turn active into passive or back; in Chinese the sentences with 把 and with 被."""
    words, scene = _practice(rng, lang)
    way = rng.choice(("to_passive", "to_active"))
    when = rng.choice(words["passive"]["when"])
    clause = rng.choice(words["passive"]["clauses"])
    if lang == "en":
        agent, verb, passive, thing = clause
        active = upper_first(f"{agent} {verb} {thing} {when}.")
        turned = upper_first(f"{thing} {passive} by {agent} {when}.")
    else:
        agent, thing, result = clause
        active, turned = f"{agent}{when}把{thing}{result}。", f"{thing}{when}被{agent}{result}。"
    given, output = (active, turned) if way == "to_passive" else (turned, active)
    ask = rng.choice(words["passive"][way])
    return _quoting(rng, lang, scene, ask, output, text=given, object=thing, agent=agent)


def _ask_question(rng: Random, lang: Lang) -> Composed:
    """Ask for one part of a statement: who, what, where or when."""
    words, scene = _practice(rng, lang)
    fact = rng.choice(words["question"]["facts"])
    name, _ = draw_person(rng, lang)
    where, when = rng.choice(fact[-1]), rng.choice(words["question"]["when"])
    text, questions = (_english_questions if lang == "en" else _chinese_questions)(
        name, fact, where, when
    )
    part, output = rng.choice(questions)
    ask = rng.choice(words["question"]["asks"])
    return _quoting(rng, lang, scene, ask, output, text=text, part=part)


def _english_questions(
    name: str,
    fact: Any,  # noqa: ANN401 - JSON
    where: str,
    when: str,
) -> tuple[str, list[tuple[str, str]]]:
    """Return a statement, and each of its parts with the question for it."""
    base, past, thing, _ = fact
    return f"{name} {past} {thing} {where} {when}.", [
        (name, f"Who {past} {thing} {where} {when}?"),
        (thing, f"What did {name} {base} {where} {when}?"),
        (where, f"Where did {name} {base} {thing} {when}?"),
        (when, f"When did {name} {base} {thing} {where}?"),
    ]


def _chinese_questions(
    name: str,
    fact: Any,  # noqa: ANN401 - JSON
    where: str,
    when: str,
) -> tuple[str, list[tuple[str, str]]]:
    """Return a statement, and each of its parts with the question for it."""
    verb, thing, _ = fact
    return f"{name}{when}在{where}{verb}{thing}。", [
        (name, f"谁{when}在{where}{verb}{thing}？"),
        (thing, f"{name}{when}在{where}{verb}什么？"),
        (f"在{where}", f"{name}{when}在哪里{verb}{thing}？"),
        (when, f"{name}什么时候在{where}{verb}{thing}？"),
    ]


def _report_speech(rng: Random, lang: Lang) -> Composed:
    """Turn what somebody said into reported speech."""
    words, scene = _practice(rng, lang)
    name, sex = draw_person(rng, lang)
    listener = rng.choice(words["reported"]["listeners"])
    clause = rng.choice(words["reported"]["clauses"])
    told = after(clause).format_map(_pronouns(lang, sex))
    if lang == "en":
        text = f'"{upper_first(before(clause))}," {name} said to {listener}.'
        output = f"{name} told {listener} that {told}."
    else:
        text = f"{name}对{listener}说：“{before(clause)}。”"
        output = f"{name}对{listener}说，{told}。"
    ask = rng.choice(words["reported"]["asks"])
    return _quoting(rng, lang, scene, ask, output, text=text)


def _merge_sentences(rng: Random, lang: Lang) -> Composed:
    """Join two sentences with a given connective."""
    words, scene = _practice(rng, lang)
    word, first, second, output = _MERGERS[lang](rng, words["merge"])
    stop = "." if lang == "en" else "。"
    sentences = {"first": upper_first(first) + stop, "second": upper_first(second) + stop}
    ask = rng.choice(words["merge"]["asks"])
    return _quoting(rng, lang, scene, ask, output, word=word, **sentences)


def _merge_english(rng: Random, words: Any) -> tuple[str, str, str, str]:  # noqa: ANN401 - JSON
    """Return a connective, two clauses, and the sentence they make."""
    relation, word = rng.choice(
        (("cause", "because"), ("cause", "so"), ("contrast", "although"), ("contrast", "but"))
    )
    first, second = rng.choice(words[relation])
    if word in {"so", "but"}:
        return word, first, second, upper_first(f"{first}, {word} {second}.")
    return word, first, second, upper_first(f"{word} {first}, {second}.")


def _merge_chinese(rng: Random, words: Any) -> tuple[str, str, str, str]:  # noqa: ANN401 - JSON
    """Return a pair of connectives, two clauses, and the sentence they make."""
    word = rng.choice(list(words["pairs"]))
    first, second, *merged = rng.choice(words["pairs"][word])
    if merged:
        return word, first, second, merged[0]
    opening, closing, _ = word.split("……")
    return word, first, second, f"{opening}{first}，{closing}{second}。"


_MERGERS: dict[Lang, Callable[[Random, Any], tuple[str, str, str, str]]] = {
    "en": _merge_english,
    "zh": _merge_chinese,
}


def _change_tone(name: str) -> Callable[[Random, Lang], Composed]:
    """Return the composer of a kind that looks up the polite or the formal wording."""

    def compose(rng: Random, lang: Lang) -> Composed:
        words = load_words("rewriting_tone", lang)[name]
        scene, blunt, fine, options = rng.choice(words["pairs"])
        option = rng.choice(options)
        said = blunt.format(x=option)
        slots = {"text": said, "bare": said.rstrip(".。"), "x": option}
        ask = rng.choice(words["asks"])
        return _quoting(rng, lang, scene, ask, fine.format(x=option), **slots)

    return compose


KINDS = (
    Kind("to_third_person", "rewriting", False, _to_third_person),
    Kind("change_tense", "rewriting", False, _change_tense),
    Kind("expand_abbreviations", "rewriting", False, _expand_abbreviations),
    Kind("change_voice", "rewriting", False, _change_voice),
    Kind("ask_question", "rewriting", False, _ask_question),
    Kind("report_speech", "rewriting", False, _report_speech),
    Kind("merge_sentences", "rewriting", False, _merge_sentences),
    Kind("make_polite", "rewriting", False, _change_tone("polite")),
    Kind("make_formal", "rewriting", False, _change_tone("formal")),
)
