"""What a run that stopped at a cap lacks, and the option that lets it reach the target."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.scripted import grow_once, make_job, make_recipe, make_reply, say_well, scripted
from vicugna.pipeline import begin
from vicugna.records import Bound, Message, Request, Sampling
from vicugna.shortfall import describe_stop, estimate_missing
from vicugna.teachers.offline import ask as offline

REQUEST = Request("new_tasks", "en", "m", (Message("user", "Hi"),), Sampling(1, 1, 99), "p@1")


def _growth(kept, replies=4, *, largest=(50_000, 700), **changes):
    """Return a growth that kept some tasks; each reply was of 30 tokens and 2,000 nano-dollars."""
    growth = begin(make_job(make_recipe(target=24, **changes)))
    growth.quotas["en", ""].kept = kept
    for _ in range(replies):
        growth.count_reply(REQUEST, make_reply(REQUEST, "", price_nusd=2_000))
    growth.note_bound(Bound(*largest))
    return growth


@pytest.mark.parametrize(
    ("kept", "replies", "missing"),
    [
        pytest.param(0, 4, None, id="nothing kept: nothing to go by"),
        pytest.param(24, 4, None, id="the target"),
        pytest.param(25, 4, None, id="more than the target"),
        pytest.param(23, 4, (1, 1, 6, "0.000000"), id="one is missing: rounded up"),
        pytest.param(12, 4, (12, 4, 120, "0.000008"), id="half: as much again"),
        pytest.param(8, 4, (16, 8, 240, "0.000016"), id="a third: twice as much again"),
        pytest.param(7, 4, (17, 10, 292, "0.000019"), id="parts of requests and tokens"),
        pytest.param(1, 4, (23, 92, 2760, "0.000184"), id="one kept"),
    ],
)
def test_what_is_missing_costs_as_what_is_there(kept, replies, missing):
    growth = _growth(kept, replies)

    found = estimate_missing(growth.recipe, growth)

    assert (found and tuple(found.values())[:4]) == missing


def test_one_answer_without_a_price_makes_the_price_unknown():
    growth = _growth(12)
    growth.count_reply(REQUEST, make_reply(REQUEST, "", price_nusd=None))

    assert estimate_missing(growth.recipe, growth)["price_usd"] is None


@pytest.mark.parametrize(
    ("largest", "shards", "reserve"),
    [
        pytest.param((50_000, 700), 1, (1, 700, "0.000050"), id="one request"),
        pytest.param((50_000, 700), 3, (3, 2100, "0.000150"), id="one of each shard"),
        pytest.param((None, 700), 1, (1, 700, "0.000000"), id="unknown price"),
    ],
)
def test_a_cap_must_have_room_for_the_largest_request_up_to_the_end(largest, shards, reserve):
    growth = _growth(12, largest=largest, shards=shards)

    assert tuple(estimate_missing(growth.recipe, growth)["reserve"].values()) == reserve


def test_the_largest_request_is_that_of_all_that_were_composed():
    """By tokens and by money each, and over shards."""
    growth, shard = _growth(12, largest=(5, 100)), _growth(0, largest=(9, 7))
    growth.note_bound(Bound(None, 101))
    growth.add_shard(shard)
    composed = []

    run = grow_once(make_recipe(), scripted(asked=composed))

    assert growth.largest == Bound(9, 101)
    sizes = [
        sum(len(turn.content.encode()) + 8 for turn in request.messages)
        + request.sampling.max_tokens
        for request in composed
    ]
    assert run.largest.tokens == max(sizes)


# --- in words -------------------------------------------------------------------------------------

MISSING = {"tasks": 1_200, "requests": 300, "tokens": 40_000, "price_usd": "2.000000"}


def _describe(stopped, budget=None, **missing):
    return describe_stop(
        {
            "stopped": stopped,
            "recipe": {"budget": budget or {}},
            "missing": MISSING | missing if missing.get("tasks", 1) else None,
        }
    )


@pytest.mark.parametrize(
    ("stopped", "budget", "advice"),
    [
        pytest.param("budget: usd", {"usd": 5.0}, "--budget-usd 7.2", id="dollars"),
        pytest.param("budget: tokens", {"tokens": 100}, "--budget-tokens 44100", id="tokens"),
        pytest.param("budget: requests", {"requests": 7}, "--budget-requests 337", id="requests"),
    ],
)
def test_after_a_cap_it_says_what_more_would_cost_and_how_to_allow_it(stopped, budget, advice):
    assert _describe(stopped, budget) == (
        f"{stopped}. 1,200 tasks are missing: about 300 more answers, 40,000 tokens, 2.000000 USD; "
        f"{advice} would be about enough"
    )


@pytest.mark.parametrize(
    ("unit", "reserve", "amount"),
    [
        pytest.param("usd", "0.700000", "7.9", id="dollars"),
        pytest.param("tokens", 4_000, "48100", id="tokens"),
        pytest.param("requests", 3, "340", id="requests"),
    ],
)
def test_the_amount_leaves_room_for_the_largest_request(unit, reserve, amount):
    budget = {"usd": 5.0, "tokens": 100, "requests": 7}
    said = _describe(f"budget: {unit}", {unit: budget[unit]}, reserve={unit: reserve})

    assert said.endswith(f"--budget-{unit} {amount} would be about enough")


@pytest.mark.parametrize(
    ("cap", "more", "amount"),
    [
        pytest.param(1.0, "0.000000", "1", id="two digits already"),
        pytest.param(1.2, "0.000000", "1.2", id="exactly two digits"),
        pytest.param(1.201, "0.000000", "1.3", id="above two digits"),
        pytest.param(0.99, "0.000000", "0.99", id="cents"),
        pytest.param(0.991, "0.000000", "1", id="cents above"),
        pytest.param(0.0123, "0.000000", "0.013", id="small"),
        pytest.param(0.00001, "0.000001", "0.000012", id="very small: no exponent"),
        pytest.param(9.95, "0.000000", "10", id="one digit more"),
        pytest.param(99.0, "0.900000", "100", id="two digits more"),
        pytest.param(100.0, "20.000000", "130", id="hundreds"),
        pytest.param(0.5, "1.000000", "1.6", id="a tenth more than the estimate"),
    ],
)
def test_an_amount_of_money_is_rounded_up_to_two_digits(cap, more, amount):
    said = _describe("budget: usd", {"usd": cap}, price_usd=more)

    assert re.findall(r"--budget-usd (\S+) ", said) == [amount]
    assert float(amount) >= cap + float(more)


def test_an_unknown_price_is_said_and_no_amount_is_made_up():
    said = _describe("budget: usd", {"usd": 5.0}, price_usd=None)

    assert said.endswith("40,000 tokens, price unknown")


def test_a_cap_of_the_month_is_not_in_the_manifest_so_no_amount_is_named():
    said = _describe("month_budget (2026-11): usd")

    assert said.endswith(
        "2.000000 USD; --month-budget-usd raises the cap, and next month has a new one"
    )


@pytest.mark.parametrize("stopped", ["target", "saturated: zh", "teacher down: reset"])
def test_no_other_stop_is_a_matter_of_money(stopped):
    assert _describe(stopped, {"usd": 5.0}) == stopped


def test_a_cap_that_was_reached_with_the_target_lacks_nothing():
    assert _describe("budget: usd", {"usd": 5.0}, tasks=0) == "budget: usd"


# --- the amount it names --------------------------------------------------------------------------

PRICE = {"input": 1.0, "output": 2.0}  # USD per million tokens


@pytest.fixture
def recipe(monkeypatch, place):
    """Return a function that writes a recipe whose teacher has a price; it returns its name."""
    ask = scripted(say_well)

    async def ask_priced(request):
        reply = await ask(request)
        prompt = sum(len(turn.content) for turn in request.messages) // 3
        answer = len(reply.text) // 3
        nusd = round(1000 * (prompt * PRICE["input"] + answer * PRICE["output"]))
        counted = {"input_tokens": prompt, "output_tokens": answer, "price_nusd": nusd}
        return replace(reply, **counted)

    monkeypatch.setattr(offline, "ask_offline", ask_priced)

    def write(method, **changes):
        settings = make_recipe(method, target=80, formats=["alpaca"], **changes)
        settings = settings.model_dump(mode="json")
        settings["teacher"] = {"name": "offline", "price": PRICE}
        Path("mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        return "mine.yaml"

    return write


@pytest.mark.parametrize(
    ("method", "unit", "cap", "shards"),
    [
        pytest.param("alpaca", "usd", 0.01, 1, id="alpaca, dollars"),
        pytest.param("alpaca", "tokens", 8_000, 1, id="alpaca, tokens"),
        pytest.param("alpaca", "tokens", 14_000, 1, id="alpaca, near the target"),
        pytest.param("alpaca", "tokens", 16_000, 2, id="alpaca, two shards"),
        pytest.param("alpaca", "requests", 8, 1, id="alpaca, requests"),
        pytest.param("self-instruct", "usd", 0.05, 1, id="self-instruct, dollars"),
        pytest.param("self-instruct", "tokens", 60_000, 1, id="self-instruct, tokens"),
        pytest.param("self-instruct", "requests", 60, 1, id="self-instruct, requests"),
        pytest.param("self-instruct", "requests", 90, 2, id="self-instruct, two shards"),
    ],
)
def test_the_amount_it_names_lets_the_run_reach_the_target(
    vicugna, recipe, method, unit, cap, shards
):
    """The same command with the option that was named, once."""
    mine = recipe(method, shards=shards)
    code, out, _ = vicugna("run", mine, "--direct", f"--budget-{unit}", cap)
    assert code == 3
    (amount,) = re.findall(rf"--budget-{unit} (\S+) would be about enough", out)

    code, out, err = vicugna("run", mine, "--direct", f"--budget-{unit}", amount)

    assert (code, err) == (0, "")
    assert "stopped early" not in out


@pytest.mark.parametrize("cap", [40_000, 75_000])
def test_the_last_request_has_room_too_though_it_can_use_far_more_than_it_will(vicugna, cap):
    """The shipped recipe and the offline teacher: 3.7 times as much is held back as is used."""
    _, out, _ = vicugna("run", "--direct", "--budget-tokens", cap)
    (amount,) = re.findall(r"--budget-tokens (\d+) would be about enough", out)

    code, _, err = vicugna("run", "--direct", "--budget-tokens", amount)

    assert (code, err) == (0, "")
