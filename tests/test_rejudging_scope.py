"""A run judged again by what it compared, and by something else."""

from collections import Counter
from functools import partial
from pathlib import Path

import orjson
import pytest

import filters
from tests.past_runs import (
    KEYS,
    QUOTA,
    RUN,
    clean_again,
    leave_run,
    make_draft,
    make_past_run,
    rows_of,
)
from tests.scopes import ALIKE, KEPT, say_alike
from tests.scripted import make_recipe
from vicugna.formats.canonical import read_rejected
from vicugna.records import SCOPES
from vicugna.seeds import load_seeds

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
every_scope = pytest.mark.parametrize("scope", SCOPES)


@pytest.fixture
def make_run(place, monkeypatch):
    """Return a function that makes a run under outputs/; then nobody can be asked any more."""
    return partial(make_past_run, monkeypatch, say=say_alike)


def _reasons(folder):
    return {piece.id: piece.verdict for piece in read_rejected(Path(folder) / "rejected.jsonl")}


@both_methods
@every_scope
def test_with_unchanged_filters_all_that_the_run_kept_stays(make_run, method, scope):
    """After it what was only too much, once each; every other row has the reason it had."""
    make_run(make_recipe(method, scope=scope, target=30, lookahead=12))
    before, too_much = _reasons(RUN), set()
    for piece in read_rejected(RUN / "rejected.jsonl"):
        if piece.verdict.filter == "quota" and piece.draft and piece.draft.output:
            too_much.add(piece.id)

    clean_again()

    kept, again, after = rows_of(RUN), rows_of("again"), _reasons("again")
    assert [*again.values()][:30] == [*kept.values()]
    assert {*again} - {*kept} <= too_much
    assert {key: after[key] for key in before.keys() - too_much} == {
        key: before[key] for key in before.keys() - too_much
    }
    assert {after[key].filter for key in too_much - {*again}} <= {*filters.NOVELTY}
    reasons = Counter(verdict.filter for verdict in before.values())
    assert reasons["near_duplicate"] + reasons["exact_duplicate"] > 3


@both_methods
@every_scope
def test_what_shards_kept_stays_too(make_run, method, scope):
    make_run(make_recipe(method, scope=scope, target=36, shards=3))

    clean_again()

    assert len(rows_of(RUN)) == 36
    assert rows_of(RUN).keys() <= rows_of("again").keys()


@both_methods
def test_a_run_may_be_judged_by_another_scope(make_run, method):
    make_run(make_recipe(method, target=30))

    kept = {scope: rows_of(clean_again(out=scope, scope=scope)["folder"]) for scope in SCOPES}

    for scope in SCOPES:
        outputs = [orjson.loads(line)["output"].rstrip("!") for line in kept[scope].values()]
        once = len(outputs) == len(set(outputs))
        assert once == (scope == "output")


def _leave_alike(lang, group=""):
    """Leave a run that was asked for the tasks of `ALIKE`; the first two are of one instruction."""
    groups = [f"{group}{number}" if group else "" for number in (0, 0, 1, 2, 3)]
    drafts = [
        make_draft("a", number, row[0], groups[number], row[2], row[1], lang)
        for number, row in enumerate(ALIKE[lang])
    ]
    leave_run([], [(draft, QUOTA) for draft in drafts])


@pytest.mark.parametrize("lang", ["en", "zh"])
@every_scope
def test_complete_tasks_are_compared_by_the_scope(place, scope, lang):
    _leave_alike(lang)

    clean_again(names=filters.NOVELTY, scope=scope)

    assert [*rows_of("again")] == [f"{KEYS['a']}-{place}" for place in KEPT[scope]]


@pytest.mark.parametrize("lang", ["en", "zh"])
@every_scope
def test_instances_stay_or_go_together_only_where_instructions_are_compared(place, scope, lang):
    _leave_alike(lang, "i-")

    clean_again(names=filters.NOVELTY, scope=scope)

    kept = [0, 1, 3] if scope == "instruction" else KEPT[scope]
    assert [*rows_of("again")] == [f"{KEYS['a']}-{place}" for place in kept]
    last = _reasons("again")[f"{KEYS['a']}-4"]
    first = "i-0" if scope == "instruction" else f"{KEYS['a']}-0"
    assert (last.filter, last.near) == ("exact_duplicate", first)


@every_scope
def test_an_instruction_that_a_filter_drops_takes_its_instances_along(place, scope):
    good = make_draft("b", 0)
    leave_run([good], [(make_draft("a", n, "Run", "i-1", f"It is {n}."), QUOTA) for n in (0, 1)])

    clean_again(names=["length", *filters.NOVELTY], scope=scope)

    assert [*rows_of("again")] == [good.id]
    assert {verdict.filter for verdict in _reasons("again").values()} == {"length"}


@every_scope
def test_seed_tasks_are_in_the_pool_whole(place, scope):
    seed = load_seeds("en")[3]
    leave_run(
        [make_draft("a", 0, seed.instruction, "", seed.output, seed.input), make_draft("b", 0)], []
    )

    clean_again(names=["near_duplicate"], scope=scope)

    assert [*rows_of("again")] == [f"{KEYS['b']}-0"]
    (near,) = _reasons("again").values()
    assert near.near == seed.id
