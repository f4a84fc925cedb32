"""The state of a run, driven by hand: one reply, one draft, one verdict at a time."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted import grow_once, make_job, make_recipe, make_reply, shuffled, write_instruction
from vicugna.errors import Transient
from vicugna.growth import MAX_UNANSWERED, draft_id, licence_of
from vicugna.parsing import Piece
from vicugna.pipeline import begin
from vicugna.records import Asked, Draft, Message, Request, Sampling, Source, Task, Verdict
from vicugna.settings import Budget

REQUEST = Request("new_tasks", "en", "m", (Message("user", "Hi"),), Sampling(1, 1, 99), "p@1")


def _growth(**changes):
    return begin(make_job(make_recipe(**changes)))


def _draft(number, lang="en", instruction=None):
    text = instruction or write_instruction(Random(f"{lang}{number}"), lang)
    source = Source(request=f"{number:064x}", position=0)
    return Draft(f"{lang}-draft-{number}", lang, text, "", "An answer.", source)


def _keep(growth, *drafts):
    for draft in drafts:
        growth.keep(Task(draft, ()))
        growth.pieces += 1


def test_the_language_furthest_behind_its_quota_is_next():
    growth = _growth(target=40)
    en, zh = growth.quotas.values()
    assert growth.next_quota() is en  # equal: the first of the recipe

    en.begin()
    assert growth.next_quota() is zh

    zh.begin()
    zh.begin()
    assert growth.next_quota() is en


@pytest.mark.parametrize(
    ("chains", "expected"),
    [pytest.param(6, True, id="one chain short"), pytest.param(7, False, id="enough under way")],
)
def test_nothing_more_is_asked_while_what_is_under_way_should_do(chains, expected):
    """Four tasks a request of which 0.8 are expected to be kept: 7 requests for 20 tasks."""
    growth = _growth(target=20, languages={"en": 1.0})
    growth.quotas["en", ""].open = chains

    assert bool(growth.next_quota()) == expected


def test_the_expected_yield_follows_what_was_kept():
    growth = _growth(target=40)
    quota = growth.quotas["en", ""]
    assert quota.expected_yield == pytest.approx(4 * 0.8)

    quota.done = 9
    assert quota.expected_yield == pytest.approx(0.32)

    quota.done = 10_000
    assert quota.expected_yield == 0.05

    _keep(growth, *(_draft(number) for number in range(20)))
    quota.done = 9
    assert quota.expected_yield == pytest.approx(2.32)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_draft_over_the_quota_of_its_language_is_rejected_with_the_count(lang):
    growth = _growth(target=4)

    kept = [growth.offer(_draft(number, lang), growth.chain.whole) for number in range(3)]

    assert kept == [True, True, False]
    assert growth.kept[lang] == 2
    assert growth.rejected[0].verdict == Verdict("quota", False, 2, 2)
    assert growth.stopped == ""


def test_a_draft_that_a_filter_drops_says_which_even_when_the_quota_is_full():
    growth = _growth(target=4)
    _keep(growth, _draft(1), _draft(2))

    growth.offer(_draft(3, instruction="Too short"), growth.chain.whole)

    assert growth.rejected[0].verdict.filter == "length"


def test_the_target_stops_the_run_when_every_language_is_full():
    growth = _growth(target=4)
    _keep(growth, _draft(1), _draft(2), _draft(1, "zh"))
    assert growth.stopped == ""

    _keep(growth, _draft(2, "zh"))
    assert growth.stopped == "target"

    growth.stop("budget: tokens")
    assert growth.stopped == "target"


def test_an_instruction_is_carried_until_its_answer_comes():
    growth = _growth()
    growth.pieces = 2

    assert growth.admit(_draft(1), growth.chain.instruction)
    assert not growth.admit(_draft(2, instruction="Short"), growth.chain.instruction)

    assert (growth.carried, len(growth.rejected)) == (1, 1)
    growth.check_conservation()


def test_what_a_reply_cost_is_added_and_an_unknown_price_is_not_free():
    growth = _growth()
    for reply in (
        make_reply(REQUEST, "", input_tokens=3, output_tokens=5, cached_tokens=2, price_nusd=7),
        make_reply(REQUEST, "", input_tokens=1, output_tokens=1, price_nusd=None),
    ):
        growth.count_reply(REQUEST, reply)

    assert growth.replies == 2
    assert (growth.input_tokens, growth.output_tokens, growth.cached_tokens) == (4, 6, 2)
    assert (growth.price_nusd, growth.unpriced) == (7, 1)


def test_only_requests_in_a_row_without_an_answer_mean_that_the_teacher_is_down():
    growth = _growth()
    for _ in range(3):
        for _ in range(MAX_UNANSWERED - 1):
            growth.count_unanswered(Transient("No answer.", cause="timeout"))
        assert growth.stopped == ""
        growth.count_reply(REQUEST, make_reply(REQUEST, ""))
    for _ in range(MAX_UNANSWERED):
        growth.count_unanswered(Transient("Dropped.", cause="reset"))

    assert growth.stopped == "teacher down: reset"
    assert growth.unanswered == {"timeout": 27, "reset": 10}


# --- saturation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "stopped"),
    [
        pytest.param(5, "", id="exactly the floor"),
        pytest.param(4, "saturated: zh", id="below the floor"),
    ],
)
def test_a_language_is_saturated_below_the_floor_over_a_whole_window(kept, stopped):
    growth = _growth(target=1000, saturation={"window": 20, "min_accepted": 0.25})
    _keep(growth, *(_draft(number, "zh") for number in range(kept)))

    for number in range(20 - kept):
        assert growth.stopped == ""
        growth.reject(_draft(100 + number, "zh"), Verdict("near_duplicate", False))

    assert growth.stopped == stopped


def test_saturation_looks_at_one_language_and_at_the_latest_pieces():
    growth = _growth(target=1000, saturation={"window": 20, "min_accepted": 0.05})
    for number in range(19):
        growth.reject(_draft(number, "en"), Verdict("near_duplicate", False))
    for number in range(19):
        growth.reject(_draft(number, "zh"), Verdict("near_duplicate", False))
    _keep(growth, _draft(50), _draft(50, "zh"))
    assert growth.stopped == ""

    growth.reject_piece(Piece(0, "…", None, "unreadable"), REQUEST, Source(request="a" * 64))
    assert growth.stopped == ""  # the kept one is still in the window
    for number in range(19):
        growth.reject(_draft(60 + number), Verdict("near_duplicate", False))
    assert growth.stopped == "saturated: en"


@pytest.mark.parametrize("reason", ["quota", "unanswered"])
def test_what_says_nothing_of_the_teacher_does_not_saturate(reason):
    growth = _growth(saturation={"window": 20, "min_accepted": 0.5})

    for number in range(50):
        growth.reject(_draft(number), Verdict(reason, False))

    assert growth.stopped == ""


# --- quotas after an early stop -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "kept", "left"),
    [
        pytest.param((0.5, 0.5), (30, 10), (11, 10), id="en ahead"),
        pytest.param((0.5, 0.5), (10, 30), (10, 11), id="zh ahead"),
        pytest.param((0.5, 0.5), (11, 10), (11, 10), id="one ahead stays"),
        pytest.param((0.5, 0.5), (12, 10), (11, 10), id="two ahead"),
        pytest.param((0.8, 0.2), (40, 10), (40, 10), id="at its share"),
        pytest.param((0.8, 0.2), (40, 20), (40, 11), id="the small one ahead"),
        pytest.param((0.8, 0.2), (60, 10), (41, 10), id="the large one ahead"),
        pytest.param((0.5, 0.5), (30, 0), (30, 0), id="nothing of one: nothing is dropped"),
    ],
)
def test_an_early_stop_leaves_the_shares_within_one_task(shares, kept, left):
    growth = _growth(target=200, languages=dict(zip(("en", "zh"), shares, strict=True)))
    _keep(growth, *(_draft(number, "en") for number in range(kept[0])))
    _keep(growth, *(_draft(number, "zh") for number in range(kept[1])))
    growth.stop("budget: tokens")

    growth.trim_to_quota()

    assert (growth.kept["en"], growth.kept["zh"]) == left
    assert [task.draft.id for task in growth.tasks] == [
        *(f"en-draft-{number}" for number in range(left[0])),
        *(f"zh-draft-{number}" for number in range(left[1])),
    ]
    assert {one.verdict.filter for one in growth.rejected} <= {"quota"}
    growth.check_conservation()


@pytest.mark.parametrize(
    ("targets", "left"),
    [
        pytest.param({"en": 9, "zh": 3}, (7, 3), id="three quarters of it en"),
        pytest.param({"en": 12, "zh": 0}, (7, 3), id="nothing of zh wanted"),
    ],
)
def test_a_shard_that_tops_up_holds_the_shares_of_what_is_missing(targets, left):
    """Not those of the recipe: the whole would lose rows it still lacks."""
    growth = _growth(target=200)
    for lang, target in targets.items():
        growth.quotas[lang, ""].target = target
    _keep(growth, *(_draft(number, "en") for number in range(7)))
    _keep(growth, *(_draft(number, "zh") for number in range(3)))
    growth.stop("budget: tokens")

    growth.trim_to_quota()

    assert (growth.kept["en"], growth.kept["zh"]) == left


@settings(max_examples=30, deadline=None)
@given(
    share=st.integers(1, 9).map(lambda tenths: tenths / 10),
    requests=st.integers(4, 60),
    order=st.integers(0, 999),
)
def test_after_a_budget_stop_the_shares_hold_within_a_point_or_a_task(share, requests, order):
    recipe = make_recipe(
        target=2000,
        languages={"en": share, "zh": round(1 - share, 1)},
        budget={"requests": requests},
    )

    growth = grow_once(recipe, shuffled(order))

    total = growth.kept.total()
    assert growth.stopped == "budget: requests"
    if all(growth.kept[lang] for lang in recipe.languages):
        for lang, wanted in recipe.languages.items():
            assert abs(growth.kept[lang] / total - wanted) <= max(0.01, 1 / total) + 1e-9


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(lambda growth: growth.tasks.pop(), id="a task"),
        pytest.param(lambda growth: growth.rejected.pop(), id="a rejected piece"),
        pytest.param(lambda growth: setattr(growth, "carried", -1), id="a carried piece"),
        pytest.param(lambda growth: setattr(growth, "pieces", 9), id="a piece of a reply"),
    ],
)
def test_a_piece_that_is_lost_is_an_error_of_ours(lose):
    growth = _growth()
    growth.pieces = 2
    growth.offer(_draft(1), ())
    growth.reject(_draft(2), Verdict("length", False))
    growth.check_conservation()

    lose(growth)
    with pytest.raises(AssertionError, match="accounted for"):
        growth.check_conservation()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda growth: growth.asked.pop(), id="a line"),
        pytest.param(lambda growth: growth.asked.reverse() or growth.asked.pop(), id="another"),
        *(
            pytest.param(lambda growth, name=name: setattr(growth, name, 9), id=name)
            for name in ("input_tokens", "output_tokens", "cached_tokens", "price_nusd", "unpriced")
        ),
    ],
)
def test_an_invoice_that_does_not_add_up_is_an_error_of_ours(spoil):
    growth = _growth()
    growth.count_reply(REQUEST, make_reply(REQUEST, "", cached_tokens=2, price_nusd=7))
    growth.count_reply(REQUEST, make_reply(REQUEST, "", price_nusd=None))
    growth.check_conservation()

    spoil(growth)
    with pytest.raises(AssertionError, match="on the lines"):
        growth.check_conservation()


def test_a_line_of_the_invoice_says_what_was_asked_and_answered():
    growth = _growth()
    asked = replace(REQUEST, about="en-007", sample=2)
    reply = make_reply(asked, "", finish_reason="length", cached_tokens=3, price_nusd=None)

    growth.count_reply(asked, reply)

    assert growth.asked == [
        Asked(
            request=asked.key,
            purpose="new_tasks",
            lang="en",
            prompt="p@1",
            about="en-007",
            sample=2,
            teacher="scripted",
            model="scripted",
            finish_reason="length",
            input_tokens=10,
            output_tokens=20,
            cached_tokens=3,
            price_nusd=None,
        )
    ]


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        pytest.param(Budget(), Budget(), id="no cap"),
        pytest.param(Budget(tokens=31), Budget(tokens=1), id="one token left"),
        pytest.param(Budget(tokens=30), None, id="no token left"),
        pytest.param(Budget(requests=2), Budget(requests=1), id="one request left"),
        pytest.param(Budget(requests=1), None, id="no request left"),
        pytest.param(Budget(usd=0.75), Budget(usd=0.25), id="a quarter left"),
        pytest.param(Budget(usd=0.5), None, id="no money left"),
        pytest.param(Budget(usd=1, requests=1), None, id="one of two caps used up"),
    ],
)
def test_the_budget_that_is_left(budget, left):
    growth = _growth()
    growth.budget = budget
    growth.count_reply(
        REQUEST, make_reply(REQUEST, "", input_tokens=10, output_tokens=20, price_nusd=500_000_000)
    )

    assert growth.budget_left() == left


def test_the_id_of_a_piece_names_its_request_and_its_place():
    source = Source(request="0123456789abcdef" * 4, position=3)

    assert draft_id(source) == "0123456789abcdef-03"
    assert draft_id(replace(source, position=123)) == "0123456789abcdef-123"


@pytest.mark.parametrize(("teacher", "licence"), [("offline", "cc-by-4.0"), ("openai", "")])
def test_the_licence_is_known_of_our_own_teacher_only(teacher, licence):
    """What may be done with the answers of another is in its provider's terms."""
    assert licence_of(Source(teacher=teacher)) == licence
