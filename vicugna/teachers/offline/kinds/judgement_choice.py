"""Kinds that choose by stated criteria: offers, rankings, dishes, trains, meeting times."""

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

Entry = tuple[str, list[int]]  # a name and one figure for each fact of the domain


def _figures(fact: Words) -> range:
    """Return the figures a fact can have."""
    return range(fact["low"], fact["high"] + 1, fact["step"])


def _write_entries(entries: list[Entry], domain: Words, lang: Lang) -> str:
    """Write one line for each entry: its name and all its figures."""
    colon, comma = (": ", ", ") if lang == "en" else ("：", "，")
    return "\n".join(
        capitalise(name)
        + colon
        + comma.join(f["line"].format(v=v) for f, v in zip(domain["facts"], values, strict=True))
        for name, values in entries
    )


def _draw_domain(rng: Random, lang: Lang, words: Words) -> tuple[Words, list[int], Words]:
    """Draw a domain, the two facts that matter in it, and the words of the instruction."""
    domain = rng.choice(words["domains"])
    chosen = rng.sample(range(3), 2)
    first, second = (domain["facts"][i] for i in chosen)
    person = draw_people(rng, lang, 1)[0]
    slots: Words = {**person, "He": capitalise(person["he"]), "things": domain["things"]}
    slots["count"] = domain.get("count", "")
    slots["intro"] = rng.choice(domain["intros"]).format(**person)
    keys = ("best",) if lang == "en" else ("noun", "better")
    for key in keys:
        slots |= {f"{key}1": first[key], f"{key}2": second[key]}
    return domain, chosen, slots


def _offers(rng: Random, lang: Lang, words: Words, drawn: tuple[Words, list[int], Words]) -> Words:
    """Draw two offers and say which is right: by the condition, or else by the second fact."""
    domain, (i, j), slots = drawn
    first, second = domain["facts"][i], domain["facts"][j]
    winner, loser = rng.sample(domain["names"], 2)
    values = [rng.sample(_figures(fact), 2) for fact in domain["facts"]]
    passing, failing = slots["passing"], slots["failing"]
    both = rng.random() < 0.5
    values[i] = rng.sample(passing, 2) if both else [rng.choice(passing), rng.choice(failing)]
    if both:
        values[j].sort(reverse=not second["up"])
    facts = {
        "wins": second["fact"].format(v=values[j][0]),
        "loses": second["fact"].format(v=values[j][1]),
        "fails": first["fact"].format(v=values[i][1]),
    }
    answer = rng.choice(words["both" if both else "one"]).format(
        winner=winner, loser=loser, **facts, **slots
    )
    entries = [(winner, [v[0] for v in values]), (loser, [v[1] for v in values])]
    text = _write_entries(rng.sample(entries, 2), domain, lang)
    return {"text": text, "answer": answer, "check": winner}


def better_offer(rng: Random, lang: Lang) -> Composed:
    """Ask which of two offers meets a condition, or is better otherwise if both meet it."""
    words = load_words("judgement_choice_options", lang)
    domain, chosen, slots = _draw_domain(rng, lang, words)
    first = domain["facts"][chosen[0]]
    figures = _figures(first)
    border = rng.randrange(len(figures) // 3, 2 * len(figures) // 3)
    must = first["must"].format(v=figures[border])
    slots |= {"must1": must, "Must1": capitalise(must)}
    instruction = rng.choice(words["offer_asks"]).format(**slots)
    low, high = figures[: border + 1], figures[border + 1 :]
    if not first["up"]:
        low, high = figures[border:], figures[:border]
    drawn = (domain, chosen, {**slots, "passing": low, "failing": high})

    def make() -> Instance:
        offers = _offers(rng, lang, words, drawn)
        answer = capitalise(offers["answer"])
        check = offers["check"] if offers["check"] in answer else capitalise(offers["check"])
        return Instance(offers["text"], answer, check)

    return Composed(capitalise(instruction), draw_instances(rng, make))


def _standings(rng: Random, lang: Lang, words: Words, domain: Words, chosen: list[int]) -> Instance:
    """Write four entries and rank them by two facts; two may tie on the first."""
    names = rng.sample(domain["names"], 4)
    columns = [rng.sample(_figures(fact), 4) for fact in domain["facts"]]
    i, j = chosen
    tied = rng.random() < 0.7
    if tied:
        columns[i][1] = columns[i][0]
    entries = [(name, [column[k] for column in columns]) for k, name in enumerate(names)]
    sign_i, sign_j = (1 if domain["facts"][k]["up"] else -1 for k in (i, j))
    ranked = sorted(entries, key=lambda entry: (sign_i * entry[1][i], sign_j * entry[1][j]))
    pair = [name for name, _ in ranked if name in names[:2]]
    tie = words["tie"].format(one=pair[0], two=pair[1]) if tied else words["no_tie"]
    order = (", " if lang == "en" else "、").join(name for name, _ in ranked)
    answer = rng.choice(words["rank_answers"]).format(order=order, tie=capitalise(tie))
    text = _write_entries(rng.sample(entries, 4), domain, lang)
    return Instance(text, answer, order)


def rank_four(rng: Random, lang: Lang) -> Composed:
    """Ask for the order of four by one criterion, and by a second one where they tie."""
    words = load_words("judgement_choice_options", lang)
    domain, chosen, slots = _draw_domain(rng, lang, words)
    instruction = rng.choice(words["rank_asks"]).format(**slots)
    return Composed(
        instruction, draw_instances(rng, lambda: _standings(rng, lang, words, domain, chosen))
    )


def _menu(rng: Random, words: Words, need: Words, budget: int, unit: int) -> Words:
    """Draw a menu on which one dish alone is free of what is avoided and within the budget."""
    fit = [dish for dish in words["dishes"] if not set(dish[2]) & set(need["avoid"])]
    unfit = [dish for dish in words["dishes"] if set(dish[2]) & set(need["avoid"])]
    dear = rng.choice((1, 2))
    right, *others = rng.sample(fit, dear + 1)
    entries = [(right, budget - unit * rng.randrange(4))]
    entries += [(dish, budget + unit * rng.randrange(1, 6)) for dish in others]
    entries += [(dish, budget + unit * rng.randrange(-5, 4)) for dish in rng.sample(unfit, 3)]
    lines = [
        capitalise(words["line"].format(dish=dish[0], parts=dish[1], price=price))
        for dish, price in rng.sample(entries, len(entries))
    ]
    return {"dish": right[0], "price": entries[0][1], "text": "\n".join(lines)}


def possible_dish(rng: Random, lang: Lang) -> Composed:
    """Ask for the one dish on a menu that meets a diet and a budget."""
    words = load_words("judgement_choice_menu", lang)
    need = rng.choice(words["needs"])
    name = rng.choice(words["people"])
    unit = 1 if lang == "en" else 2
    budget = rng.choice((9, 10, 12, 14, 15)) if lang == "en" else rng.choice((28, 30, 36, 40, 48))
    slots = {"name": name, "Name": capitalise(name)}
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(words["scenes"]), need=need["text"], budget=budget, **slots
    )

    def make() -> Instance:
        menu = _menu(rng, words, need, budget, unit)
        answer = rng.choice(words["answers"]).format(
            dish=menu["dish"], price=menu["price"], **slots
        )
        return Instance(menu["text"], answer, menu["dish"])

    return Composed(instruction, draw_instances(rng, make))


def _draw_trips(rng: Random, goal: str, by: int) -> list[dict[str, int]]:
    """Draw four or five trips in minutes and money, one of them the best for the goal."""
    arrivals = [by - 5 * d for d in rng.sample(range(0, 24, 2), 3)]
    arrivals += [by + 5 * d for d in rng.sample(range(1, 12), rng.choice((1, 2)))]
    length = rng.choice((85, 110, 135, 160))
    prices = rng.sample(range(18, 60), len(arrivals))
    changes = [rng.choice((0, 1, 2)) for _ in arrivals]
    if goal == "direct":
        changes[:3] = rng.sample((0, 1, 2), 3)
        changes[3] = 0
    return [
        # The more changes, the longer it takes, and no two leave at the same minute.
        {"leave": arrive - length - 11 * change, "arrive": arrive, "changes": change, "price": fare}
        for arrive, change, fare in zip(arrivals, changes, prices, strict=True)
    ]


def _timetable(rng: Random, lang: Lang, words: Words, goal: str, by: int) -> Words:
    """Write a timetable, and find the trip that arrives in time and is best for the goal."""
    trips = _draw_trips(rng, goal, by)
    in_time = [trip for trip in trips if trip["arrive"] <= by]
    best = min(
        in_time,
        key=lambda trip: {
            "cheapest": trip["price"],
            "latest": -trip["leave"],
            "direct": trip["changes"],
        }[goal],
    )
    trains = rng.sample(words["trains"], len(trips))
    lines: list[str] = []
    chosen: Words = {}
    for train, trip in zip(trains, sorted(trips, key=lambda trip: trip["leave"]), strict=True):
        slots = {
            "train": train,
            "leave": clock(trip["leave"], lang),
            "arrive": clock(trip["arrive"], lang),
            "changes": words["changes"][trip["changes"]],
            "price": trip["price"] if lang == "en" else trip["price"] * 4,
        }
        lines.append(words["line"].format(**slots))
        chosen = slots if trip is best else chosen
    return {**chosen, "text": "\n".join(lines)}


def best_train(rng: Random, lang: Lang) -> Composed:
    """Ask for the train that arrives in time and is the cheapest, the last or the direct one."""
    words = load_words("judgement_choice_trains", lang)
    person = draw_people(rng, lang, 1)[0]
    goal = rng.choice(("cheapest", "latest", "direct"))
    by = rng.choice(range(600, 1140, 30))
    slots = {**person, "He": capitalise(person["he"]), "by": clock(by, lang)}
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(words["scenes"]).format(**slots),
        goal=rng.choice(words["goals"][goal]).format(**slots),
        **slots,
    )

    def make() -> Instance:
        found = _timetable(rng, lang, words, goal, by)
        why = words["why"][goal].format(by=slots["by"], **found)
        answer = rng.choice(words["answers"]).format(why=why, name=person["name"], **found)
        return Instance(found["text"], answer, found["train"])

    return Composed(instruction, draw_instances(rng, make))


def _calendars(rng: Random, lang: Lang, words: Words) -> Instance:
    """Write the free times of three or four people, who share one of them."""
    names = rng.sample(words["people"], rng.choice((3, 3, 4)))
    times = [clock(time, lang) for time in sorted(rng.sample(range(540, 1080, 60), 3))]
    slots = [words["slot"].format(day=day, time=time) for day in words["days"] for time in times]
    shared, *others = rng.sample(slots, 9)
    # Every other slot is refused by one person at least: person number i % len(names).
    refusals = {slot: {i % len(names), rng.randrange(len(names))} for i, slot in enumerate(others)}
    refusals[shared] = set()
    comma = ", " if lang == "en" else "、"
    lines = [
        words["line"].format(
            name=name,
            slots=comma.join(s for s in slots if s in refusals and number not in refusals[s]),
        )
        for number, name in enumerate(names)
    ]
    return Instance("\n".join(lines), rng.choice(words["answers"]).format(slot=shared), shared)


def common_slot(rng: Random, lang: Lang) -> Composed:
    """Ask for the one time at which several people are all free."""
    words = load_words("judgement_choice_meetings", lang)
    instruction = rng.choice(words["asks"]).format(scene=rng.choice(words["scenes"]))
    return Composed(instruction, draw_instances(rng, lambda: _calendars(rng, lang, words)))


KINDS = (
    Kind("better_offer", "reasoning", False, better_offer),
    Kind("rank_four", "reasoning", False, rank_four),
    Kind("possible_dish", "closed_qa", False, possible_dish),
    Kind("best_train", "planning", False, best_train),
    Kind("common_slot", "planning", False, common_slot),
)
