"""Trips, joint work, mixtures, shapes and chances worked out again."""

from fractions import Fraction

import pytest

from tests.teachers.offline.quantity_draws import (
    count_of,
    figures,
    minutes,
    read,
    read_mode,
    rows,
    value,
)
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.quantities import KINDS

both = pytest.mark.parametrize("lang", LANGS)


@both
def test_distance_is_speed_times_time(lang: Lang):
    words = load_words("quantities_trip", lang)
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "trip", lang):
        mode, _, slots = read_mode(words["scenes"], instruction)
        asks = {"time": minutes, "meet": minutes}.get(mode, value)
        speed = value(check) if mode == "speed" else value(slots["v"])
        speed += value(slots.get("w", "0"))
        hours = Fraction(minutes(slots.get("t", check)), 60)
        distance = value(check) if mode == "distance" else value(slots["d"])
        assert speed * hours == distance
        assert asks(check) > 0
        seen.add(mode)
    assert seen == {"time", "meet", "speed", "distance"}


@both
def test_rates_add_up_and_leaks_subtract(lang: Lang):
    words = load_words("quantities_work", lang)
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "work_rate", lang):
        mode, scene, slots = read_mode(words["scenes"], instruction)
        result = value(check)
        if mode == "crew":
            _, frame = read(
                [
                    text.replace("{who}", scene["who"]).replace("{task}", scene["task"])
                    for text in words["frames"]["crew"]
                ],
                instruction,
            )
            assert result * count_of(frame["n"]) == count_of(slots["m"]) * value(slots["d"])
        else:
            leak = -1 if mode == "leak" else 1
            assert 1 / result == 1 / value(slots["a"]) + leak / value(slots["b"])
        seen.add(mode)
    assert seen == {"together", "crew", "leak"}


@both
def test_a_mixture_keeps_its_ratio(lang: Lang):
    words = load_words("quantities_mix", lang)
    for instruction, _, _, check in rows(KINDS, "ratio_mix", lang):
        mode, _, frame = read_mode(words["frames"], instruction)
        _, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        a, b = value(slots["a"]), value(slots["b"])
        if mode == "part":
            big, small = figures(check)
            assert big + small == value(frame["total"])
            assert big * b == small * a
        elif mode == "other":
            assert value(check) * a == figures(frame["big"])[0] * b
        else:
            assert value(check) * b == figures(frame["small"])[0] * (a + b)


def shape_answer(mode: str, scene: dict[str, int], slots: dict[str, Fraction]) -> Fraction:
    """Compute the answer to a shape problem from its measures."""
    a, b = slots["a"], slots["b"]
    if mode == "fence":
        return 2 * (a + b) + slots["g"] * (1 if scene.get("plus") else -1)
    if mode == "tiles":
        return (a * scene["scale"] / slots["s"]) * (b * scene["scale"] / slots["s"])
    if mode == "paint":
        return -(-(a * b - slots["h"]) // slots["c"])
    return a * b * slots["h"] / 1000 if mode == "tank" else a * b * slots["c"]


@both
def test_shapes_are_measured_right(lang: Lang):
    words = load_words("quantities_geometry", lang)
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "geometry", lang):
        mode, scene, slots = read_mode(words["scenes"], instruction)
        measures = {name: value(text) for name, text in slots.items() if name != "name"}
        answer = shape_answer(mode, scene, measures)
        assert value(check) == answer
        assert mode == "tank" or answer.denominator == 1
        seen.add(mode)
    assert seen == set(words["scenes"])


@both
def test_a_chance_counts_outcomes(lang: Lang):
    words = load_words("quantities_chance", lang)
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "chance", lang):
        place, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        scene = words["scenes"][place]
        mode, _, frame = read_mode(words["frames"], instruction.replace(slots["list"], ""))
        things = [n for n, kind in enumerate(scene["kinds"]) for _ in range(count(slots, kind, n))]
        wanted = frame.get("one") or frame["x"]
        named = {scene.get("one", "{x}").format(x=kind): n for n, kind in enumerate(scene["kinds"])}
        chosen = named[wanted]
        hits = [thing == chosen for thing in things]
        if mode == "both":
            pairs = [(i, j) for i in range(len(hits)) for j in range(len(hits)) if i != j]
            expected = Fraction(sum(hits[i] and hits[j] for i, j in pairs), len(pairs))
        else:
            expected = Fraction(sum(hit == (mode == "one") for hit in hits), len(hits))
        assert value(check) == expected
        seen.add(mode)
    assert seen == {"one", "not", "both"}


def count(slots: dict[str, str], kind: str, place: int) -> int:
    """Read how many of a kind the list names; the list names the kinds in their order."""
    assert kind in slots["list"]
    return int(figures(slots["list"])[place])
