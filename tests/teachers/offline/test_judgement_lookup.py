"""Claims about tables and moments in opening hours, read from the input as a person would."""

import re

import pytest

from tests.teachers.offline.judgement_templates import (
    compose_all,
    inputs_of,
    minutes,
    words_of,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.judgement_lookup import KINDS

each_language = pytest.mark.parametrize("lang", LANGS)


def judge(form: str, slots: dict[str, str], figures: dict[str, int], numbers: list[str]) -> bool:
    """Decide a claim with plain comparisons."""
    row = slots.get("row", "")
    if form == "pair":
        return figures[row] > figures[slots["other"]]
    if form == "top":
        return all(figures[row] >= figure for figure in figures.values())
    if form == "bottom":
        return all(figures[row] <= figure for figure in figures.values())
    if form == "cell":
        return figures[row] == int(slots["v"])
    above = sum(figure > int(slots["v"]) for figure in figures.values())
    return numbers[above] == slots["k"]


@each_language
def test_a_claim_holds_of_the_table(lang: Lang):
    words = words_of("judgement_lookup_tables", lang)
    verdicts: list[str] = []
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "true_of_table", lang)):
        header, *rows = [line.split(" | ") for line in text.splitlines()]
        theme = next(
            t
            for t in words["themes"]
            if [t["head"], *(head["head"] for head in t["columns"])] == header
            and [row[0] for row in rows] == t["rows"]
        )
        readings = {
            judge(form, slots, {row[0]: int(row[c + 1]) for row in rows}, words["numbers"])
            for c, head in enumerate(theme["columns"])
            for form, slots in possible_claims(theme["rows"], instruction, words["numbers"])
            if head[form].format(**slots).lower() in instruction.lower()
        }
        assert len(readings) == 1, instruction
        assert check == words["labels"]["true" if readings.pop() else "false"]
        verdicts.append(check)
    assert 0.3 < verdicts.count(words["labels"]["true"]) / len(verdicts) < 0.7


def possible_claims(
    rows: list[str], instruction: str, numbers: list[str]
) -> list[tuple[str, dict[str, str]]]:
    """List every claim that could stand in an instruction, by form and slots."""
    figures = re.findall(r"\d+", instruction)
    claims = [(form, {"row": row}) for form in ("top", "bottom") for row in rows]
    claims += [("pair", {"row": a, "other": b}) for a in rows for b in rows if a != b]
    claims += [("cell", {"row": row, "v": v}) for row in rows for v in figures]
    claims += [("count", {"k": k, "v": v}) for k in numbers for v in figures]
    return claims


def days_in(text: str, days: list[str]) -> set[str]:
    """Read "Monday to Wednesday and Friday" as four days."""
    found: set[str] = set()
    between = "|".join(days)
    for first, last in re.findall(rf"({between})(?:(?: to |至)({between}))?", text):
        start = days.index(first)
        found |= set(days[start : days.index(last or first) + 1])
    return found


@each_language
def test_a_place_is_open_between_its_hours(lang: Lang):
    words = words_of("judgement_lookup_hours", lang)
    verdicts: list[str] = []
    for instruction, text, _, check in inputs_of(compose_all(KINDS, "open_or_closed", lang)):
        (day,) = days_in(instruction, words["days"])
        moment = minutes(instruction)
        lines = [line.partition(words["colon"]) for line in text.splitlines()]
        assert set().union(*(days_in(named, words["days"]) for named, _, _ in lines)) == set(
            words["days"]
        )
        hours = next(h for named, _, h in lines if day in days_in(named, words["days"]))
        times = [minutes(part) for part in re.findall(r"\d+:\d\d(?: [ap]m)?", hours)]
        is_open = bool(times) and times[0] <= moment <= times[1]
        assert check == words["labels"]["open" if is_open else "shut"]
        verdicts.append(check)
    assert 0.25 < verdicts.count(words["labels"]["open"]) / len(verdicts) < 0.75
