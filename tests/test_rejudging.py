"""A run judged again: what it kept stays, what other filters would keep comes, nothing is asked."""

from functools import partial
from pathlib import Path

import pytest

import filters
from tests.past_runs import (
    INSTRUCTION,
    KEYS,
    QUOTA,
    RUN,
    clean_again,
    count_rows,
    leave_run,
    make_draft,
    make_past_run,
    rows_of,
    say_mixed,
)
from tests.scripted import make_recipe
from vicugna.filtering import Chain
from vicugna.formats.canonical import read_rejected, read_tasks
from vicugna.records import Verdict
from vicugna.rejudging import read_run, rejudge
from vicugna.seeds import load_seeds

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
LANGUAGES = [{"en": 1.0}, {"zh": 1.0}, {"en": 0.5, "zh": 0.5}]
all_languages = pytest.mark.parametrize("languages", LANGUAGES, ids=["en", "zh", "both"])


@pytest.fixture
def make_run(place, monkeypatch):
    """Return a function that makes a run under outputs/; then nobody can be asked any more."""
    return partial(make_past_run, monkeypatch)


# --- with the filters of the run ------------------------------------------------------------------


@both_methods
@all_languages
def test_with_unchanged_filters_it_is_what_was_kept_and_what_was_only_too_much(
    make_run, method, languages
):
    make_run(make_recipe(method, languages=languages, target=30, lookahead=12))
    too_much = {
        piece.id
        for piece in read_rejected(RUN / "rejected.jsonl")
        if piece.verdict.filter == "quota" and piece.draft and piece.draft.output
    }

    manifest = clean_again()

    kept = rows_of(RUN)
    again = rows_of("again")
    assert len(too_much) >= 3
    assert again.keys() == kept.keys() | too_much
    assert [*again.values()][: len(kept)] == [*kept.values()]
    assert count_rows(manifest) == 30 + len(too_much)
    assert {lang for lang, count in manifest["counts"]["tasks"].items() if count} == {*languages}


@both_methods
@all_languages
def test_every_other_row_is_rejected_for_the_reason_it_had(make_run, method, languages):
    make_run(make_recipe(method, languages=languages, target=30, lookahead=12))
    before = {piece.id: piece for piece in read_rejected(RUN / "rejected.jsonl")}

    clean_again()

    after = {piece.id: piece for piece in read_rejected(Path("again") / "rejected.jsonl")}
    assert after == {key: before[key] for key in before.keys() - rows_of("again").keys()}
    reasons = {piece.verdict.filter for piece in after.values()}
    assert {"empty", "parse"} <= reasons
    assert ("exact_duplicate" if method == "alpaca" else "instances") in reasons


@both_methods
def test_after_a_stop_before_the_target_what_was_trimmed_comes_back(make_run, method):
    """One language gives less for a request, so the other is ahead when the budget is used up."""
    requests = {"alpaca": 24, "self-instruct": 120}[method]

    def say(request):
        said = say_mixed(request)
        return said if request.lang == "en" else said.split("\n")[0]

    run = make_run(
        make_recipe(method, target=400, budget={"requests": requests}, lookahead=12), say
    )
    assert run["stopped"] == "budget: requests"
    assert count_rows(run, "quota") > 0

    clean_again()

    assert rows_of(RUN).keys() < rows_of("again").keys()


@both_methods
def test_what_shards_kept_stays_too(make_run, method):
    run = make_run(make_recipe(method, target=36, shards=3))

    manifest = clean_again()

    assert rows_of(RUN).keys() <= rows_of("again").keys()
    assert count_rows(manifest) >= count_rows(run) == 36


def test_nothing_of_a_row_is_lost_on_the_way(make_run):
    """Source, group, label and checkable answer, of what was kept and of what was not."""
    make_run(make_recipe("self-instruct", target=20, teacher={"name": "offline"}), None)

    clean_again()

    def known(folder):
        folder = Path(folder)
        drafts = [task.draft for task in read_tasks(folder / "tasks.jsonl")]
        drafts += [one.draft for one in read_rejected(folder / "rejected.jsonl") if one.draft]
        return {draft.id: draft for draft in drafts}

    assert known("again") == known(RUN)
    assert all(draft.check for draft in known("again").values() if draft.output)
    assert {draft.is_classification for draft in known("again").values()} >= {True, False}


# --- with other filters ---------------------------------------------------------------------------


@both_methods
def test_a_stricter_gate_keeps_fewer_and_a_looser_one_what_was_rejected(make_run, method):
    make_run(make_recipe(method, target=40, lookahead=12, filters=["empty", "near_duplicate"]))

    counts = [
        count_rows(clean_again(max_f1=limit, out=f"at-{limit}")) for limit in (0.1, 0.2, 0.7, 1.0)
    ]

    assert counts == sorted(counts)
    assert counts[0] < counts[2]
    near = {
        piece.id
        for piece in read_rejected(RUN / "rejected.jsonl")
        if piece.verdict.filter == "near_duplicate" and piece.draft and piece.draft.output
    }
    if method == "alpaca":  # instructions that were near had no answer yet
        assert counts[2] < counts[3]
        assert near & rows_of("at-1.0").keys()


@both_methods
def test_a_filter_that_is_left_out_lets_its_drafts_through(make_run, method):
    make_run(make_recipe(method, target=30))
    rejected = read_rejected(RUN / "rejected.jsonl")
    echoes = {piece.id for piece in rejected if piece.verdict.filter == "echo"}
    assert echoes

    manifest = clean_again(names=["length", "empty"])

    assert manifest["filters"] == ["length", "empty"]
    assert echoes <= rows_of("again").keys()


# --- in which order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        pytest.param("abcd", "a", id="the kept one came first"),
        pytest.param("badc", "b", id="the rejected one came first"),
    ],
)
def test_of_two_near_drafts_the_one_that_the_run_judged_first_stays(place, lines, first):
    leave_run([make_draft("a", 0)], [(make_draft("b", 0), Verdict("debris", False))], lines)

    clean_again()

    assert [*rows_of("again")] == [f"{KEYS[first]}-0"]
    (near,) = read_rejected(Path("again/rejected.jsonl"))
    assert near.verdict.near == f"{KEYS[first]}-0"


@pytest.mark.parametrize(
    ("verdict", "first"),
    [
        pytest.param(QUOTA, "b", id="turned away: it never was in the pool"),
        pytest.param(Verdict("quota", False, 11, 9.5), "a", id="kept, and trimmed later"),
        pytest.param(Verdict("quota", False, 11, 9), "a", id="the same, a whole number"),
    ],
)
def test_what_was_only_too_much_takes_nobodys_place(place, verdict, first):
    leave_run([make_draft("b", 0)], [(make_draft("a", 0), verdict)])

    clean_again()

    assert [*rows_of("again")] == [f"{KEYS[first]}-0"]


def test_within_an_answer_the_position_decides(place):
    leave_run([make_draft("a", 10)], [(make_draft("a", 9), Verdict("debris", False))])

    clean_again()

    assert [*rows_of("again")] == [f"{KEYS['a']}-9"]


def test_instances_of_one_instruction_stay_or_go_together(place):
    """The instruction is judged once; each answer by itself."""
    near = INSTRUCTION.replace("morning", "evening")
    leave_run(
        [make_draft("b", 0, group="i-1"), make_draft("b", 1, group="i-1", output="Quiet.")],
        [
            (make_draft("b", 2, group="i-1", output="It is wide open to the west."), QUOTA),
            (make_draft("c", 0, near, group="i-2"), QUOTA),
            (make_draft("c", 1, near, group="i-2", output="Still."), QUOTA),
        ],
    )

    clean_again(names=["empty", "near_duplicate"])

    assert [*rows_of("again")] == [f"{KEYS['b']}-{place}" for place in range(3)]
    verdicts = [one.verdict for one in read_rejected(Path("again/rejected.jsonl"))]
    assert [(one.filter, one.near) for one in verdicts] == [("near_duplicate", "i-1")] * 2


def test_an_instruction_without_one_good_answer_is_in_nobodys_way(place):
    near = INSTRUCTION.replace("morning", "evening")
    leave_run([make_draft("c", 0, near, group="i-2")], [(make_draft("b", 0, group="i-1"), QUOTA)])

    def bad(draft, pool):
        return Verdict("bad", draft.source.request != KEYS["b"])

    chain = Chain((), (bad,), filters.chain(["near_duplicate"]).novelty)
    kept, dropped = rejudge(read_run(RUN), chain, 0.7, "instruction")

    assert [task.draft.group for task in kept] == ["i-2"]
    assert [one.verdict.filter for one in dropped] == ["bad"]


@pytest.mark.parametrize(
    "verdict",
    [
        pytest.param(Verdict("near_duplicate", False, 0.9, 0.7, near="x"), id="near"),
        pytest.param(Verdict("quota", False, detail="target"), id="quota"),
        pytest.param(Verdict("unanswered", False, detail="timeout"), id="unanswered"),
    ],
)
def test_an_instruction_that_never_had_an_answer_stays_rejected_as_it_is(place, verdict):
    """It has nothing to keep, and is in nobody's way."""
    leave_run([make_draft("b", 0)], [(make_draft("a", 0, output=""), verdict)])

    clean_again(names=[])

    assert [*rows_of("again")] == [f"{KEYS['b']}-0"]
    assert rows_of("again", "rejected.jsonl") == rows_of(RUN, "rejected.jsonl")


def test_what_the_method_itself_does_not_keep_stays_rejected(place):
    verdict = Verdict("instances", False, 7, 5)
    leave_run([make_draft("a", 0)], [(make_draft("b", 0, "Another one."), verdict)])

    clean_again(names=[])

    assert rows_of("again", "rejected.jsonl") == rows_of(RUN, "rejected.jsonl")


def test_seed_tasks_are_in_the_pool_as_in_the_run(place):
    seed = load_seeds("en")[3]
    leave_run([make_draft("a", 0, seed.instruction), make_draft("b", 0)], [])

    clean_again(names=["near_duplicate"])

    assert [*rows_of("again")] == [f"{KEYS['b']}-0"]
    (near,) = read_rejected(Path("again/rejected.jsonl"))
    assert near.verdict.near == seed.id
