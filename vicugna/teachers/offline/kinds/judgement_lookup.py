"""Kinds that look a question up: a claim in a small table, a moment in opening hours."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    Words,
    capitalise,
    clock,
    draw_instances,
    listing,
)

Column = dict[str, int]  # the figure of each row
Week = list[tuple[int, int] | None]  # opening and closing in minutes after midnight, per weekday


def _draw_claim(rng: Random, column: Column) -> Words:
    """Draw a claim about a column of figures, true of it or not."""
    form = rng.choice(("pair", "top", "bottom", "cell", "count"))
    row, other = rng.sample(list(column), 2)
    rank, k = rng.sample((1, 2, 3, 4), 2)
    if rng.random() < 0.5:  # make it true
        falling = sorted(column, key=lambda name: -column[name])
        rank = k
        if form == "pair":
            row, other = sorted((row, other), key=lambda name: -column[name])
        elif form in ("top", "bottom"):
            row = falling[0 if form == "top" else -1]
        other = row if form == "cell" else other
    limit = sorted(column.values(), reverse=True)[rank]
    v = column[other] if form == "cell" else limit
    return {"form": form, "row": row, "other": other, "v": v, "k": max(k, 2)}


def _judge_claim(claim: Words, column: Column, words: Words, lang: Lang) -> tuple[bool, str]:
    """Return whether the claim holds of the column, and the figures that show it."""
    form, row, other = claim["form"], claim["row"], claim["other"]
    why = words["why"]
    if form == "pair":
        shown = why["pair"].format(row=row, v=column[row], other=other, w=column[other])
        return column[row] > column[other], shown
    if form == "cell":
        return column[row] == claim["v"], why["cell"].format(row=row, v=column[row])
    if form == "count":
        above = [name for name, figure in column.items() if figure > claim["v"]]
        number = words["numbers"][len(above)]
        shown = why["count"].format(rows=listing(above, lang), k=number) if above else why["none"]
        return len(above) == claim["k"], shown
    end = (max if form == "top" else min)(column, key=lambda name: column[name])
    shown = why["top" if form == "top" else "low"].format(v=column[end], row=end)
    return end == row, shown


def true_of_table(rng: Random, lang: Lang) -> Composed:
    """Ask whether a claim about a small table is true."""
    words = load_words("judgement_lookup_tables", lang)
    theme = rng.choice(words["themes"])
    heads = theme["columns"]
    chosen = rng.randrange(2)

    def draw_columns() -> list[Column]:
        ranges = [range(head["low"], head["high"] + 1, head["step"]) for head in heads]
        return [dict(zip(theme["rows"], rng.sample(r, 5), strict=True)) for r in ranges]

    columns = draw_columns()
    claim = _draw_claim(rng, columns[chosen])
    text = heads[chosen][claim["form"]].format(**{**claim, "k": words["numbers"][claim["k"]]})
    instruction = rng.choice(words["asks"]).format(
        scene=rng.choice(theme["scenes"]), title=theme["title"], claim=text, Claim=capitalise(text)
    )

    def make() -> Instance:
        holds, why = _judge_claim(claim, columns[chosen], words, lang)
        lines = [[theme["head"], *(head["head"] for head in heads)]]
        lines += [[row, *(str(column[row]) for column in columns)] for row in theme["rows"]]
        truth = "true" if holds else "false"
        answer = rng.choice(words["answers"][truth]).format(why=why)
        table = "\n".join(" | ".join(line) for line in lines)
        columns[:] = draw_columns()
        return Instance(table, answer, words["labels"][truth])

    return Composed(instruction, draw_instances(rng, make))


def _draw_week(rng: Random) -> Week:
    """Draw opening hours: five weekdays with an exception or none, a short Saturday, a Sunday."""
    usual = (rng.choice((480, 510, 540, 570, 600)), rng.choice((990, 1020, 1050, 1080, 1110)))
    week: Week = [usual] * 5
    exception = rng.choice(("none", "late", "short", "off"))
    other = {
        "none": usual,
        "late": (usual[0] + 120, usual[1] + 90),
        "short": (usual[0], 750),
        "off": None,
    }
    week[rng.randrange(5)] = other[exception]
    saturday = rng.choice(((540, 780), (570, 840), (600, 960), None))
    return [*week, saturday, rng.choice((None, None, None, (660, 960)))]


def _name_days(days: list[int], words: Words) -> list[str]:
    """Name weekdays, three or more in a row as "Monday to Friday"."""
    names: list[str] = []
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        whole = [words["days"][day] for day in run]
        names += [whole[0] + words["to"] + whole[-1]] if len(run) > 2 else whole
    return names


def _write_week(week: Week, words: Words, lang: Lang) -> str:
    """Write opening hours with one line for each group of days that are alike."""
    lines: list[str] = []
    for hours in dict.fromkeys(week):
        days = _name_days([i for i, other in enumerate(week) if other == hours], words)
        lines.append(f"{listing(days, lang)}{words['colon']}{_write_hours(hours, words, lang)}")
    return "\n".join(lines)


def _write_hours(hours: tuple[int, int] | None, words: Words, lang: Lang) -> str:
    """Write "9:00 am to 5:30 pm", or that it is closed."""
    if hours is None:
        return words["off"]
    return f"{clock(hours[0], lang)}{words['to']}{clock(hours[1], lang)}"


def open_or_closed(rng: Random, lang: Lang) -> Composed:
    """Ask whether a place is open at a given moment of the week."""
    words = load_words("judgement_lookup_hours", lang)
    place, plan = rng.choice(words["places"])
    person = rng.choice(words["people"])
    day = rng.randrange(7)
    # Places open and close on the half-hour, so no moment is a border case.
    moment = 60 * rng.randrange(7, 21) + rng.choice((10, 15, 20, 40, 45, 50))
    slots = {"day": words["days"][day], "time": clock(moment, lang)}
    instruction = rng.choice(words["asks"]).format(
        place=place, plan=plan, person=person, Person=capitalise(person), **slots
    )

    def make() -> Instance:
        week = _draw_week(rng)
        hours = week[day]
        state = "off" if hours is None else "open" if hours[0] < moment < hours[1] else "shut"
        answer = rng.choice(words["answers"][state]).format(
            hours=_write_hours(hours, words, lang), **slots
        )
        check = words["labels"]["open" if state == "open" else "shut"]
        return Instance(_write_week(week, words, lang), answer, check)

    return Composed(instruction, draw_instances(rng, make))


KINDS = (
    Kind("true_of_table", "closed_qa", True, true_of_table),
    Kind("open_or_closed", "closed_qa", True, open_or_closed),
)
