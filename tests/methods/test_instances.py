"""Which instances of one instruction stay: the published rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.methods.instances import judge_instances
from vicugna.records import Draft, Source


def _drafts(*pairs):
    return [
        Draft(f"d-{number:02d}", "zh", "判断情感。", given_input, output, Source())
        for number, (given_input, output) in enumerate(pairs)
    ]


def _kept(*pairs, most=5, seed=1):
    return [verdict.kept for _, verdict in judge_instances(_drafts(*pairs), most, seed)]


@pytest.mark.parametrize(
    ("pairs", "kept"),
    [
        pytest.param([("好吃", "正面")], [True], id="one"),
        pytest.param([("好吃", "正面"), ("难吃", "负面")], [True, True], id="two"),
        pytest.param([("好吃", "正面"), ("好吃", "正面")], [True, False], id="a repeat"),
        pytest.param(
            [("好吃", "正面"), ("好吃", "负面"), ("难吃", "负面")],
            [False, False, False],
            id="two answers to one input: all go",
        ),
        pytest.param(
            [("", "春天来了"), ("", "花开了")], [True, True], id="two answers to no input stay"
        ),
        pytest.param([("", "春天"), ("", "春天")], [True, False], id="a repeat without input"),
        pytest.param(
            [("好吃", "正面"), ("好吃 ", "负面")], [True, True], id="inputs that differ in a blank"
        ),
        pytest.param([], [], id="none"),
    ],
)
def test_which_instances_stay(pairs, kept):
    assert _kept(*pairs) == kept


def test_the_reason_is_said():
    contradicted = judge_instances(_drafts(("好吃", "正面"), ("好吃", "负面")), 5, 1)
    repeated = judge_instances(_drafts(("好吃", "正面"), ("好吃", "正面")), 5, 1)
    many = judge_instances(_drafts(*((f"{n}", "正面") for n in range(7))), 5, 1)

    assert {verdict.detail for _, verdict in contradicted} == {"two outputs for '好吃'"}
    assert [verdict.detail for _, verdict in repeated] == ["", "repeats an instance"]
    assert {(verdict.measure, verdict.limit) for _, verdict in many} == {(7, 5)}
    assert {verdict.filter for _, verdict in many} == {"instances"}


@pytest.mark.parametrize(("count", "most"), [(4, 5), (5, 5), (6, 5), (20, 5), (3, 1)])
def test_no_more_than_so_many_stay(count, most):
    assert sum(_kept(*((f"{n}", "x") for n in range(count)), most=most)) == min(count, most)


def test_which_of_many_stay_is_drawn_by_the_seed_and_not_by_their_place():
    pairs = [(f"{number}", "x") for number in range(12)]
    drafts = _drafts(*pairs)
    by_seed = {
        seed: {draft.id for draft, verdict in judge_instances(drafts, 4, seed) if verdict.kept}
        for seed in range(8)
    }

    again = judge_instances(list(reversed(drafts)), 4, 3)

    assert len({frozenset(kept) for kept in by_seed.values()}) > 4
    assert {draft.id for draft, verdict in again if verdict.kept} == by_seed[3]
    assert by_seed[3] != {draft.id for draft in drafts[:4]}


@given(
    pairs=st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from("xyz")), max_size=9),
    most=st.integers(1, 4),
)
def test_every_instance_gets_one_verdict_in_the_order_given(pairs, most):
    drafts = _drafts(*pairs)

    judged = judge_instances(drafts, most, 1)

    assert [draft for draft, _ in judged] == drafts
    kept = [(draft.input, draft.output) for draft, verdict in judged if verdict.kept]
    assert len(kept) == len(set(kept)) <= most
    inputs = [given_input for given_input, _ in kept if given_input]
    assert len(inputs) == len(set(inputs))
