"""Kinds that put one label on a text: tone, spam, intent, register, urgency."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    Words,
    capitalise,
    draw_instances,
    draw_question,
    listing,
)


def _join_clauses(clauses: list[str], lang: Lang) -> str:
    """Make sentences of clauses that have neither a capital nor a full stop."""
    if lang == "en":
        return " ".join(f"{capitalise(clause)}." for clause in clauses)
    return "".join(f"{clause}。" for clause in clauses)


def _join_sides(sides: list[str], joint: str, lang: Lang) -> str:
    """Set one clause against another with a joint such as "However, "."""
    first = _join_clauses(sides[:1], lang)
    return f"{first} {joint}{sides[1]}." if lang == "en" else f"{first}{joint}{sides[1]}。"


def _review(rng: Random, lang: Lang, words: Words, domain: Words) -> Instance:
    """Write a review from praise, complaints or both, each about another aspect."""
    tone = rng.choice(("good", "bad", "both"))
    aspects = rng.sample(domain["aspects"], rng.choice((2, 3)))
    good, bad = aspects[0][0], aspects[1][1]
    if tone == "both":
        text = _join_sides(rng.sample((good, bad), 2), rng.choice(words["joints"]), lang)
    else:
        text = _join_clauses([aspect[tone == "bad"] for aspect in aspects], lang)
    answer = rng.choice(words["answers"][tone]).format(good=good, bad=bad)
    opener = rng.choice(domain["openers"]) + (" " if lang == "en" else "")
    return Instance(opener + text, answer, words["labels"][tone])


def review_tone(rng: Random, lang: Lang) -> Composed:
    """Ask whether a review praises, complains, or does both."""
    words = load_words("classification_review", lang)
    domain = rng.choice(words["domains"])
    scene = rng.choice(domain["scenes"])
    ask = rng.choice(words["asks"]).format(scene=scene, thing=domain["thing"])
    return Composed(ask.strip(), draw_instances(rng, lambda: _review(rng, lang, words, domain)))


def _message(rng: Random, words: Words, brief: bool) -> Instance:
    """Fill one of the spam or genuine messages."""
    label = rng.choice(("spam", "genuine"))
    text, why = rng.choice(words[label])
    slots = {
        "fee": rng.choice(words["fees"]),
        "prize": rng.choice(words["prizes"]),
        "sender": rng.choice(words["senders"]),
        "day": rng.choice(words["days"]),
        "hour": rng.choice(words["hours"]),
    }
    answers = words["answers"][label]
    answer = answers[0] if brief else rng.choice(answers)
    return Instance(text.format(**slots), answer.format(why=why), words["labels"][label])


def spam_or_genuine(rng: Random, lang: Lang) -> Composed:
    """Ask whether a text message is spam."""
    words = load_words("classification_spam", lang)
    instruction, brief = draw_question(rng, words)
    return Composed(instruction, draw_instances(rng, lambda: _message(rng, words, brief)))


def _request(rng: Random, words: Words, options: list[str]) -> Instance:
    """Fill one of the messages written with one of the intents."""
    label = rng.choice(options)
    praise = label == words["labels"][-1]
    text = rng.choice(words["messages"][label]).format(product=rng.choice(words["products"]))
    answer = rng.choice(words["praise_answers" if praise else "answers"])
    return Instance(text, answer.format(label=label), label)


def customer_intent(rng: Random, lang: Lang) -> Composed:
    """Ask what the writer of a message to a shop wants, out of three to five intents."""
    words = load_words("classification_intent", lang)
    options = rng.sample(words["labels"], rng.choice((3, 4, 5)))
    choice = listing(options, lang, "or") if lang == "en" else "、".join(options)
    instruction, _ = draw_question(rng, words, options=choice)
    return Composed(instruction, draw_instances(rng, lambda: _request(rng, words, options)))


def _sentence(rng: Random, words: Words, brief: bool) -> Instance:
    """Draw a sentence that is either formal or casual."""
    side = rng.randrange(2)
    label = ("formal", "casual")[side]
    answers = words["answers"][label]
    answer = answers[0] if brief else rng.choice(answers)
    return Instance(rng.choice(words["pairs"])[side], answer, words["labels"][label])


def formal_or_casual(rng: Random, lang: Lang) -> Composed:
    """Ask whether a sentence is formal or casual."""
    words = load_words("classification_register", lang)
    instruction, brief = draw_question(rng, words)
    return Composed(instruction, draw_instances(rng, lambda: _sentence(rng, words, brief)))


def _ticket(rng: Random, words: Words, context: Words, limits: tuple[int, int]) -> Instance:
    """Write a report whose level follows from its numbers and its way out."""
    limit, limit_hours = limits
    reason = rng.choice(("people", "hours", "blocked", "manageable"))
    n = limit + rng.randrange(9) if reason == "people" else rng.randrange(limit // 2, limit)
    few = reason == "hours"
    h = rng.randrange(2, limit_hours) if few else limit_hours + rng.randrange(1, 20)
    has_way = reason == "manageable" or (reason in ("people", "hours") and rng.random() < 0.5)
    extra = [
        rng.choice(context["deadlines"]).format(h=h),
        rng.choice(context["with" if has_way else "without"]),
    ]
    rng.shuffle(extra)
    issue = rng.choice(context["issues"]).format(n=n)
    unit = context.get("unit", "")
    counts = {"n": f"{n}{unit}", "limit": f"{limit}{unit}", "h": h, "limit_hours": limit_hours}
    text = (" " if not unit else "").join([issue, *extra])
    return Instance(text, words["why"][reason].format(**counts), reason)


def ticket_urgency(rng: Random, lang: Lang) -> Composed:
    """Ask for the level of a report by a rule about people, hours and a way out."""
    words = load_words("classification_urgency", lang)
    context = rng.choice(words["contexts"])
    labels = dict[str, str](zip(("high", "mid", "low"), rng.choice(words["labels"]), strict=True))
    limits = (rng.choice((5, 8, 10, 12, 20)), rng.choice((3, 4, 5, 6, 8)))
    rule = rng.choice(context["rules"]).format(limit=limits[0], limit_hours=limits[1], **labels)
    instruction = rng.choice(words["asks"]).format(scene=context["scene"], rule=rule)

    def make() -> Instance:
        drawn = _ticket(rng, words, context, limits)
        level = {"blocked": "mid", "manageable": "low"}.get(drawn.check, "high")
        answer = rng.choice(words["answers"]).format(label=labels[level], why=drawn.output)
        return Instance(drawn.input, answer, labels[level])

    return Composed(instruction, draw_instances(rng, make))


KINDS = (
    Kind("review_tone", "classification", True, review_tone),
    Kind("spam_or_genuine", "classification", True, spam_or_genuine),
    Kind("customer_intent", "classification", True, customer_intent),
    Kind("formal_or_casual", "classification", True, formal_or_casual),
    Kind("ticket_urgency", "classification", True, ticket_urgency),
)
