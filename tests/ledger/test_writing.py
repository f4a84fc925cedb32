"""What a transaction does: every sequence of claims, answers and deaths leaves the books right."""

import asyncio
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from tests.scripted import make_purse, make_reply
from vicugna.ledger import connect, open_ledger
from vicugna.ledger.accounts import Account, count_accounts, read_accounts
from vicugna.ledger.tables import ACCOUNT, CHARGE, PROCESS, REPLY
from vicugna.ledger.writing import (
    Beat,
    Bury,
    Busy,
    Charge,
    Claim,
    Drop,
    Full,
    Settle,
    write_group,
)
from vicugna.records import Bound, Message, Reply, Request, Sampling

BOUND = Bound(1_000, 100)
FREE = make_purse()


def _request(text):
    return Request("new_tasks", "zh", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


@pytest.fixture
def engine(any_url):
    engine = connect(any_url)
    yield engine
    engine.dispose()


def _empty(engine):
    with engine.execution_options(writes=True).begin() as connection:
        for table in (REPLY, CHARGE, ACCOUNT, PROCESS):
            connection.execute(delete(table))


def _write(engine, *group):
    with engine.execution_options(writes=True).begin() as connection:
        return write_group(connection, group)


def _claim(text, process="a", purse=FREE, bound=BOUND, **more):
    return Claim(_request(text).key, process, bound, purse, **more)


def _settle(charge, text, answer="x", **changes):
    return Settle(charge, _request(text), make_reply(_request(text), answer, **changes))


def _accounts(engine):
    """Return the accounts, after looking whether they are what the rows add up to."""
    with engine.connect() as connection:
        counted = count_accounts(connection)
        stored = read_accounts(connection, connection.scalars(select(ACCOUNT.c.scope)))
    assert {scope: one for scope, one in stored.items() if one != Account(scope)} == counted
    return counted


@contextmanager
def _run_account(engine):
    yield _accounts(engine)["run:run"]


def _states(engine):
    with engine.connect() as connection:
        return sorted(connection.scalars(select(CHARGE.c.state)))


# --- one question ---------------------------------------------------------------------------------


def test_a_claim_is_held_until_its_answer_is_written(engine):
    (charge,) = _write(engine, _claim("a"))
    with _run_account(engine) as held:
        assert (held.nusd, held.held_nusd, held.held_tokens, held.held_requests) == (
            0,
            1000,
            100,
            1,
        )

    _write(engine, _settle(charge, "a", price_nusd=300, input_tokens=20, output_tokens=10))

    with _run_account(engine) as paid:
        assert (paid.nusd, paid.tokens, paid.requests, paid.held_nusd) == (300, 30, 1, 0)
    assert _states(engine) == []


def test_a_question_that_another_process_has_is_not_claimed_again(engine):
    (charge,) = _write(engine, _claim("a", "a"))

    assert _write(engine, _claim("a", "b")) == [Busy("a")]
    _write(engine, _settle(charge, "a", "the answer"))
    (known,) = _write(engine, _claim("a", "b"))

    assert isinstance(known, Reply)
    assert known.text == "the answer"


def test_of_two_claims_in_one_group_the_first_has_it(engine):
    first, second = _write(engine, _claim("a", "a"), _claim("a", "a"))

    assert isinstance(first, Charge)
    assert second == Busy("a")


def test_a_claim_that_was_refused_by_the_teacher_leaves_nothing(engine):
    (charge,) = _write(engine, _claim("a"))

    _write(engine, Drop(charge, lost=False))

    assert _accounts(engine) == {}
    assert isinstance(_write(engine, _claim("a"))[0], Charge)


def test_what_may_have_been_paid_in_vain_stays_counted_at_the_most(engine):
    (charge,) = _write(engine, _claim("a"))
    (again,) = _write(engine, _claim("a", again=charge))
    _write(engine, _settle(again, "a", price_nusd=300, input_tokens=20, output_tokens=10))

    with _run_account(engine) as paid:
        assert (paid.nusd, paid.tokens, paid.requests) == (1300, 130, 2)
    assert _states(engine) == ["lost"]


def test_what_a_dead_process_had_is_lost_and_can_be_claimed(engine):
    _write(engine, _claim("a", "dead"), _claim("b", "dead"), _claim("c", "alive"), Beat("dead"))

    _write(engine, Bury("dead"))
    got = _write(engine, _claim("a", "b"), _claim("c", "b"))

    assert [type(one) for one in got] == [Charge, Busy]
    assert _states(engine) == ["lost", "lost", "open", "open"]
    with _run_account(engine) as account:
        assert (account.requests, account.held_requests) == (2, 2)


def test_an_answer_of_a_process_that_was_taken_for_dead_is_kept_and_counted_once(engine):
    (charge,) = _write(engine, _claim("a", "slow"))
    _write(engine, Bury("slow"))

    (stored,) = _write(engine, _settle(charge, "a", "late", price_nusd=300))

    assert stored.text == "late"
    with _run_account(engine) as account:
        assert (account.nusd, account.requests) == (300, 1)


def test_when_both_paid_the_first_answer_stays_and_both_are_counted(engine):
    (slow,) = _write(engine, _claim("a", "slow"))
    _write(engine, Bury("slow"))
    (fast,) = _write(engine, _claim("a", "fast"))
    _write(engine, _settle(fast, "a", "first", price_nusd=200))

    (stored,) = _write(engine, _settle(slow, "a", "second", price_nusd=300))

    assert stored.text == "first"
    with _run_account(engine) as account:
        assert (account.nusd, account.requests) == (500, 2)


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        pytest.param({"price_nusd": 0}, (0, 30, 0), id="free"),
        pytest.param({"price_nusd": None}, (1000, 30, 0), id="no price: the bound"),
        pytest.param(
            {"price_nusd": None, "input_tokens": 0, "output_tokens": 0},
            (1000, 100, 0),
            id="no usage: the bound",
        ),
    ],
)
def test_what_the_server_did_not_count_is_counted_at_the_most(engine, changes, counted):
    (charge,) = _write(engine, _claim("a"))
    _write(engine, _settle(charge, "a", **({"input_tokens": 20, "output_tokens": 10} | changes)))

    with _run_account(engine) as account:
        assert (account.nusd, account.tokens, account.unpriced) == counted


def test_a_price_nobody_knows_makes_a_money_cap_impossible(engine):
    (charge,) = _write(engine, _claim("a", bound=Bound(None, 100)))
    _write(engine, _settle(charge, "a", price_nusd=None))

    (full,) = _write(engine, _claim("b", purse=make_purse(budget={"usd": 99})))

    assert (full.unit, full.later, full.account.unpriced) == ("usd", False, 1)


# --- caps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["budget", "month_budget"])
@pytest.mark.parametrize(
    ("unit", "cap"), [("usd", 3e-6), ("tokens", 300), ("requests", 3)], ids=["usd", "tokens", "n"]
)
def test_no_more_is_claimed_than_the_cap_allows(engine, scope, unit, cap):
    purse = make_purse(**{scope: {unit: cap}})

    got = _write(engine, *(_claim(f"{n}", purse=purse) for n in range(5)))

    assert [type(one) for one in got] == [Charge] * 3 + [Full] * 2
    assert (got[3].unit, got[3].later) == (unit, True)
    for charge in got[:3]:
        _write(engine, Drop(charge, lost=True))
    (full,) = _write(engine, _claim("5", purse=purse))
    assert (full.unit, full.later) == (unit, False)


def test_a_cap_of_the_month_is_over_all_runs_and_that_of_a_run_is_not(engine):
    month = {"month_budget": {"requests": 2}}
    one, other = make_purse("one", **month), make_purse("other", **month)
    alone = make_purse("alone", budget={"requests": 1})
    _write(engine, _claim("a", purse=one))

    got = _write(engine, *(_claim(text, purse=other) for text in "bc"), _claim("d", purse=alone))

    assert [type(one) for one in got] == [Charge, Full, Charge]
    assert got[1].scope.startswith("month:")


def test_next_month_has_room_again(engine):
    purse = make_purse(month_budget={"requests": 1})
    november = _claim("a", purse=purse, created="2026-11-30T23:59:59.999+00:00")
    december = _claim("b", purse=purse, created="2026-12-01T00:00:00.000+00:00")
    back = _claim("c", purse=purse, created="2026-11-30T23:59:58.000+00:00")  # the clock jumped

    got = _write(engine, november, december, back)

    assert [type(one) for one in got] == [Charge, Charge, Full]


def test_a_claim_gets_the_room_that_an_answer_of_its_group_leaves(engine):
    purse = make_purse(budget={"tokens": 130})
    (charge,) = _write(engine, _claim("a", purse=purse))

    group = _claim("b", purse=purse), _settle(charge, "a", input_tokens=20, output_tokens=10)

    assert isinstance(_write(engine, *group)[0], Charge)


# --- any sequence ---------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "settle", "drop", "lose", "again", "bury"]),
        st.sampled_from("abcdef"),  # questions
        st.sampled_from(["p", "q"]),  # processes
        st.integers(0, 9),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, together=st.integers(1, 5), twice=st.booleans())
def test_whatever_happens_the_sums_agree_and_no_cap_is_passed(engine, steps, together, twice):
    """Also when a group is done a second time, because nobody knew whether it had been."""
    _empty(engine)
    purse = make_purse(budget={"tokens": 550}, month_budget={"requests": 7})
    charges: list[Charge] = []
    for start in range(0, len(steps), together):
        group = [_operation(charges, purse, *step) for step in steps[start : start + together]]
        group = [operation for operation in group if operation is not None]
        outcomes = _write(engine, *group)
        if twice:
            assert _write(engine, *group)[: len(group)] == outcomes or _has_full(outcomes)
        charges += [one for one in outcomes if isinstance(one, Charge) and one not in charges]
        accounts = _accounts(engine).values()
        assert all(account.tokens + account.held_tokens <= 550 for account in accounts)
        assert all(account.requests + account.held_requests <= 7 for account in accounts)
        assert all(min(account.held_tokens, account.tokens) >= 0 for account in accounts)
        with engine.connect() as connection:
            query = select(CHARGE.c.key).where(CHARGE.c.state == "open")
            keys = list(connection.scalars(query))
        assert len(keys) == len(set(keys))


def _has_full(outcomes):
    """Room may have come, or gone to another, between the two times."""
    return any(isinstance(one, Full | Busy) for one in outcomes)


def _operation(charges, purse, kind, text, process, number):
    if kind == "claim":
        return _claim(text, process, purse)
    if kind == "bury":
        return Bury(process)
    mine = [charge for charge in charges if charge.key == _request(text).key]
    if not mine:
        return None
    charge = mine[number % len(mine)]
    if kind == "settle":
        return _settle(charge, text, f"{number}", input_tokens=number, output_tokens=90 - number)
    if kind == "again":
        return _claim(text, charge.process, purse, again=charge)
    return Drop(charge, lost=kind == "lose")


def test_a_group_in_which_one_cannot_be_written_writes_the_others(tmp_path):
    """Nobody's paid answer is lost because of a neighbour."""

    async def run():
        async with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            texts = ["a", "b", "c"]
            requests = [_request(text) for text in texts]
            charges = [await ledger.claim(one.key, BOUND, FREE) for one in requests]
            answers = ["good", "half \ud800", "also good"]
            settling = (
                ledger.settle(charge, request, make_reply(request, answer))
                for charge, request, answer in zip(charges, requests, answers, strict=True)
            )
            return await asyncio.gather(*settling, return_exceptions=True)

    first, second, third = asyncio.run(run())

    assert (first.text, type(second), third.text) == ("good", TypeError, "also good")
