"""Kinds that write the next turn: to a complaint, a question, a booking, an invitation."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    Words,
    capitalise,
    clock,
    draw_instances,
    draw_people,
)


def _draw_remedy(rng: Random, words: Words, problem: str) -> str:
    """Draw what a shop offers for a problem, with days, percent and amounts filled in."""
    figures = {key: rng.choice(words[key]) for key in ("n", "p", "v")}
    return rng.choice(words["problems"][problem]["remedies"]).format(**figures)


def _complaint(rng: Random, words: Words, remedies: dict[str, str]) -> Instance:
    """Write a complaint about one of the problems, and the reply that the policy asks for."""
    problem = rng.choice(list(remedies))
    spoken = words["problems"][problem]
    remedy = remedies[problem]
    for written, said in words["yours"]:
        remedy = remedy.replace(written, said)
    slots = {"name": rng.choice(words["names"]), "item": rng.choice(words["items"])}
    text = rng.choice(spoken["messages"]).format(**slots)
    sorry = rng.choice(spoken["sorry"]).format(**slots)
    reply = rng.choice(words["replies"]).format(sorry=sorry, remedy=remedy, **slots)
    return Instance(text, reply, remedy)


def complaint_reply(rng: Random, lang: Lang) -> Composed:
    """Ask for a reply to a complaint that offers what the policy provides."""
    words = load_words("dialogue_complaints", lang)
    problems = rng.sample(list(words["problems"]), 3)
    remedies = {problem: _draw_remedy(rng, words, problem) for problem in problems}
    rules = [words["problems"][key]["rule"].format(remedy=remedies[key]) for key in problems]
    policy = ("; " if lang == "en" else "；").join(rules)
    shop = rng.choice(words["shops"])
    instruction = rng.choice(words["asks"]).format(
        shop=shop, Shop=capitalise(shop), policy=policy, Policy=capitalise(policy)
    )
    return Composed(instruction, draw_instances(rng, lambda: _complaint(rng, words, remedies)))


def staff_answer(rng: Random, lang: Lang) -> Composed:
    """Ask for the next line of a receptionist, waiter or assistant, who knows three facts."""
    words = load_words("dialogue_staff", lang)
    setting = rng.choice(words["settings"])
    known = [(fact, rng.choice(fact["t"])) for fact in rng.sample(setting["facts"], 3)]
    gap, colon = (" ", ": ") if lang == "en" else ("", "：")
    instruction = rng.choice(words["asks"]).format(
        role=setting["role"], facts=gap.join(fact["fact"].format(t=t) for fact, t in known)
    )

    def make() -> Instance:
        fact, t = rng.choice(known)
        opening = rng.choice(setting["openings"])
        lead = setting["speaker"] + colon
        # Whoever spoke last goes on speaking; nobody takes two turns in a row.
        turn = gap if opening.rpartition("\n")[2].startswith(lead) else f"\n{lead}"
        text = opening + turn + fact["question"]
        return Instance(text, fact["answer"].format(t=t), t)

    return Composed(instruction, draw_instances(rng, make))


def _diary(rng: Random, lang: Lang, words: Words, day: str, limit: int) -> tuple[str, str]:
    """Write a day of a diary; return it with the first free time that is not before the limit."""
    times = sorted(rng.sample(range(540, 1080, 30), rng.choice((6, 7, 8))))
    late = [time for time in times if time >= limit] or [1080]
    offered = late[rng.randrange(max(1, len(late) - 1))]
    times = sorted({*times, offered})
    states = [
        words["states"][rng.randrange(2) if time < limit or time > offered else time != offered]
        for time in times
    ]
    slots = [f"{clock(time, lang)} {state}" for time, state in zip(times, states, strict=True)]
    joined = (", " if lang == "en" else "，").join(slots)
    return words["diary"].format(day=day, slots=joined), clock(offered, lang)


def booking_reply(rng: Random, lang: Lang) -> Composed:
    """Ask for a reply that offers the first free appointment that suits a customer."""
    words = load_words("dialogue_bookings", lang)
    wish = rng.choice(("after", "after", "any"))
    limit = rng.choice(range(600, 961, 30)) if wish == "after" else 0
    slots = {"day": rng.choice(words["days"]), "name": rng.choice(words["names"])}
    instruction = rng.choice(words["asks"]).format(
        place=rng.choice(words["places"]),
        scene=rng.choice(words["scenes"]),
        wish=rng.choice(words["wishes"][wish]).format(limit=clock(limit, lang), **slots),
        **slots,
    )

    def make() -> Instance:
        diary, time = _diary(rng, lang, words, slots["day"], limit)
        return Instance(diary, rng.choice(words["replies"]).format(time=time, **slots), time)

    return Composed(capitalise(instruction), draw_instances(rng, make))


def kind_refusal(rng: Random, lang: Lang) -> Composed:
    """Ask for a friendly refusal of an invitation, with a reason and another date."""
    words = load_words("dialogue_invitations", lang)
    person = draw_people(rng, lang, 1)[0]
    reason, mine = rng.choice(words["reasons"])
    occasion, text, event = rng.choice(words["invitations"])
    slots = {
        "name": person["name"],
        "friend": rng.choice(words["friends"]),
        "alternative": rng.choice(words["alternatives"]),
    }
    instruction = rng.choice(words["asks"]).format(
        occasion=occasion,
        reason=reason.format(**person),
        He=capitalise(person["he"]),
        **{**person, **slots},
    )
    reply = rng.choice(words["replies"]).format(mine=mine, event=event, **slots)
    message = Instance(text.format(**slots), reply, slots["alternative"])
    return Composed(capitalise(instruction), (message,))


KINDS = (
    Kind("complaint_reply", "dialogue", False, complaint_reply),
    Kind("staff_answer", "dialogue", False, staff_answer),
    Kind("booking_reply", "dialogue", False, booking_reply),
    Kind("kind_refusal", "dialogue", False, kind_refusal),
)
