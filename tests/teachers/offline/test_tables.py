"""Averages, middle values, stock, tallies and tables worked out again."""

import re
import statistics
from collections import Counter
from fractions import Fraction

import pytest

from tests.teachers.offline.quantity_draws import figures, read, read_mode, renamed, rows, value
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.tables import KINDS

both = pytest.mark.parametrize("lang", LANGS)


@both
def test_the_average_is_the_mean(lang: Lang):
    for _, given, output, check in rows(KINDS, "average", lang):
        values = [figures(re.split(r"[:：]", line)[1])[0] for line in given.split("\n")]
        assert value(check) == Fraction(statistics.mean(values))
        assert output.count(check) >= 1


@both
def test_middle_values(lang: Lang):
    words = load_words("tables_middle", lang)
    seen: set[str] = set()
    for instruction, given, _, check in rows(KINDS, "middle_values", lang):
        mode, _, _ = read_mode(words["frames"], instruction)
        values = [int(found) for found in re.findall(r"\d+", given)]
        if mode == "mode":
            assert statistics.multimode(values) == [value(check)]
        elif mode == "median":
            assert value(check) == Fraction(statistics.median(values))
        else:
            assert value(check) == max(values) - min(values)
        seen.add(mode)
    assert seen == {"median", "mode", "range"}


@both
def test_low_stock_is_what_is_below_the_limit(lang: Lang):
    words = load_words("tables_stock", lang)
    for instruction, given, _, check in rows(KINDS, "stock_low", lang):
        _, slots = read(renamed(words["frames"], t="a"), instruction)
        short: list[str] = []
        lines = given.split("\n")
        for line in lines:
            if figures(line)[0] < value(slots["a"]):
                short.append(re.sub(r"^\d+ x |(?:: | - |：| |×)\d+$", "", line))
        assert check == words["separator"].join(short)
        assert 0 < len(short) < len(lines)


@both
def test_a_tally_counts_and_ranks(lang: Lang):
    words = load_words("tables_tally", lang)
    for _, given, _, check in rows(KINDS, "tally", lang):
        counts = Counter(given.split(words["separator"]))
        assert len(set(counts.values())) == len(counts)
        expected = [words["line"].format(item=i, count=n) for i, n in counts.most_common()]
        assert check.split("\n") == expected


@both
def test_the_leader_has_the_most_points(lang: Lang):
    words = load_words("tables_match", lang)
    result = r"(.+) (\d+)[-:](\d+) (.+)"
    for instruction, given, output, check in rows(KINDS, "match_table", lang):
        _, slots = read(words["rules"], instruction)
        win = int(slots["w"])
        points: Counter[str] = Counter()
        for line in given.split("\n"):
            home, scored, against, away = re.fullmatch(result, line).groups()
            x, y = int(scored), int(against)
            points[home] += win if x > y else x == y
            points[away] += win if y > x else x == y
        (leader, most), (_, second), *_ = points.most_common()
        assert check == leader
        assert most > second
        assert all(words["standing"].format(team=t, n=n) in output for t, n in points.items())
