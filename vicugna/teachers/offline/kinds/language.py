"""Words and sentences: synonyms, opposites, plain words, mistakes, the passive, translation."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import (
    Row,
    draw_rows,
    rules_of,
    shows_rows,
    table_of,
    write,
)


def synonym(rng: Random, lang: Lang) -> Composed:
    """Ask for a word that means the same as one in a sentence."""
    rules = rules_of("language_synonyms", lang)
    slots = dict(rng.choice(table_of("language_synonyms", lang)))
    slots["rewritten"] = slots["sentence"].replace(slots["word"], slots["synonym"], 1)
    instruction = write(rng, rules, "say", slots)
    output = write(rng, rules, "answer", slots)
    return Composed(instruction, (Instance("", output, slots["synonym"]),))


def opposite(rng: Random, lang: Lang) -> Composed:
    """Ask to replace the word in brackets by its opposite."""
    rules = rules_of("language_opposites", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("language_opposites", lang)):
        bracketed = f"（{row['word']}）" if lang == "zh" else f"({row['word']})"
        turned = row["sentence"].replace(bracketed, row["antonym"])
        output = write(rng, rules, "answer", row | {"turned": turned})
        instances.append(Instance(row["sentence"], output, turned))
    return Composed(instruction, tuple(instances))


def plain_words(rng: Random, lang: Lang) -> Composed:
    """Ask to say an official sentence in everyday words."""
    rules = rules_of("language_plain", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("language_plain", lang)):
        slots = {"plain_text": row["sentence"].replace(row["formal"], row["plain"])} | row
        output = write(rng, rules, "answer", slots)
        instances.append(Instance(row["sentence"], output, row["plain"]))
    return Composed(instruction, tuple(instances))


def measure_word(rng: Random, lang: Lang) -> Composed:
    """Ask for the measure word ("a loaf of bread") that is missing in a phrase."""
    rules = rules_of("language_measures", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("language_measures", lang)):
        whole = row["phrase"].replace("（  ）" if lang == "zh" else "____", row["measure"])
        output = write(rng, rules, "answer", row | {"whole": whole})
        instances.append(Instance(row["phrase"], output, row["measure"]))
    return Composed(instruction, tuple(instances))


def confusable_word(rng: Random, lang: Lang) -> Composed:
    """Ask which of two or three look-alikes belongs in a gap, such as its and it's."""
    rules, rows = rules_of("language_confusables", lang), table_of("language_confusables", lang)
    options = rng.choice(rows)["options"]
    fitting = [row for row in rows if row["options"] == options]
    pair = options.replace(" or ", " and ").replace("还是", "和")
    instruction = write(rng, rules, "say", {"options": options, "pair": pair})
    chosen = rng.sample(fitting, 1 + rng.randrange(min(3, len(fitting))))
    instances = tuple(
        Instance(row["sentence"], write(rng, rules, "answer", dict(row)), row["right"])
        for row in chosen
    )
    return Composed(instruction, instances)


def spelling(rng: Random, lang: Lang) -> Composed:
    """Ask to correct the one misspelled word of a sentence."""
    rules = rules_of("language_spelling", lang)
    instruction = write(rng, rules, "say", {})
    instances = tuple(
        Instance(
            row["right"].replace(row["word"], row["typo"], 1),
            write(rng, rules, "answer", dict(row)),
            row["right"],
        )
        for row in draw_rows(rng, table_of("language_spelling", lang))
    )
    return Composed(instruction, instances)


def voice(rng: Random, lang: Lang) -> Composed:
    """Ask to turn an active sentence passive or back (Chinese: 把 into 被 or back)."""
    rules, rows = rules_of("language_voice", lang), table_of("language_voice", lang)
    wanted = rng.choice(("active", "passive"))
    instruction = write(rng, rules, f"{wanted}_say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, rows):
        given, turned = _voices(row, lang)
        name = {"mark": "被", "voice": "passive"}
        if wanted == "active":
            given, turned = turned, given
            name = {"mark": "把", "voice": "active"}
        output = write(rng, rules, "answer", {"turned": turned} | name)
        instances.append(Instance(given, output, turned))
    return Composed(instruction, tuple(instances))


def translation(rng: Random, lang: Lang) -> Composed:
    """Ask to translate a sentence from English into Chinese or from Chinese into English."""
    other: Lang = "en" if lang == "zh" else "zh"
    mode = rng.choice(("out", "in"))
    source, target = (lang, other) if mode == "out" else (other, lang)
    instruction = write(rng, rules_of("language_translation", lang), f"{mode}_say", {})
    sources = table_of("language_translation", source)
    targets = table_of("language_translation", target)
    instances = tuple(
        Instance(sources[i]["text"], targets[i]["text"], targets[i]["text"])
        for i in rng.sample(range(len(sources)), 1 + rng.randrange(3))
    )
    return Composed(instruction, instances)


def _voices(row: Row, lang: Lang) -> tuple[str, str]:
    """Return the active and the passive sentence."""
    agent, thing = row["agent"], row["object"]
    if lang == "zh":
        return f"{agent}把{thing}{row['rest']}。", f"{thing}被{agent}{row['rest']}。"
    active = f"{agent} {row['past']} {thing}."
    passive = f"{thing} {row['be']} {row['participle']} by {agent}."
    return active[0].upper() + active[1:], passive[0].upper() + passive[1:]


KINDS: tuple[Kind, ...] = (
    Kind("synonym", "closed_qa", False, synonym),
    Kind("opposite", "rewriting", False, opposite),
    Kind("plain_words", "rewriting", False, plain_words),
    Kind("measure_word", "closed_qa", False, measure_word),
    Kind("confusable_word", "classification", True, confusable_word),
    Kind("spelling", "rewriting", False, spelling),
    Kind(
        "grammar_slip",
        "rewriting",
        False,
        shows_rows("language_grammar", shown="wrong", check="right"),
    ),
    Kind("voice", "rewriting", False, voice),
    Kind("translation", "translation", False, translation),
)
