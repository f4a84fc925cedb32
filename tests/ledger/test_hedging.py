"""Paying for second requests: accounts, caps, cancellation and death. In virtual time."""

import asyncio
from collections import Counter
from random import Random

import pytest
from sqlalchemy import func, select

from tests.scripted import make_purse, make_reply
from tests.virtual_time import run_virtual
from vicugna.errors import BudgetReached, Fatal, Refused, TeacherError, Transient
from vicugna.ledger import connect, open_ledger, paying
from vicugna.ledger.accounts import Account, count_accounts, read_accounts
from vicugna.ledger.asking import finish_sending, through_ledger
from vicugna.ledger.hedging import hedge_key, hedging
from vicugna.ledger.paying import Payer
from vicugna.ledger.restoring import import_ledger
from vicugna.ledger.tables import CHARGE
from vicugna.ledger.traffic import Traffic
from vicugna.ledger.transfer import export_ledger
from vicugna.ledger.verifying import Tally, verify_ledger
from vicugna.records import Bound, Message, Request, Sampling
from vicugna.teachers.hedging import hedged
from vicugna.teachers.latencies import Latencies
from vicugna.teachers.retry import retrying
from vicugna.teachers.slots import Slots

BOUND = Bound(1_000, 100)
USED = {"input_tokens": 20, "output_tokens": 10, "price_nusd": 300}
LATE = 2.0
HANGS = 180.0
FAULTS = {
    "refused": Refused("busy", cause="rate_limit", retry_after=0),
    "unreachable": Transient("nobody", cause="unreachable"),
    "timeout": Transient("late", cause="timeout"),
    "reset": Transient("gone", cause="reset"),
    "fatal": Fatal("bad key", cause="bad_key"),
    "": None,
}


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setattr(Latencies, "late_after", LATE)


def _request(text):
    return Request("new_tasks", "zh", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


async def _no_pause(_):
    await asyncio.sleep(0)


class _Teacher:
    """Ends the n-th request of a question as `plan` says: (seconds, name of the fault or "").

    `billed` is the most it can ask for, in tokens: it may have an answer ready for who hangs up.
    """

    def __init__(self, plan):
        self._plan = plan
        self.sent = Counter()
        self.billed = 0

    async def ask(self, request):
        number = self.sent[request.key]
        self.sent[request.key] += 1
        seconds, name = self._plan(request, number)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.billed += BOUND.tokens
            raise
        fault = FAULTS[name]
        if fault is not None:
            self.billed += BOUND.tokens * (name in ("timeout", "reset"))
            raise fault
        self.billed += 30
        return make_reply(request, f"答 {number}", **USED)


def _open(ledger, teacher, traffic, attempts=3, **caps):
    """Return what asks the teacher through a ledger, as `vicugna.teaching` puts it together."""
    purse = make_purse(**caps)
    claim = hedging(ledger, purse, lambda _: BOUND, traffic)
    attempt = hedged(teacher.ask, claim, on_hedge=traffic.of("scripted").count_hedge)
    payer = Payer(ledger, purse, lambda _: BOUND, traffic)
    again = retrying(payer.attempting(attempt), attempts=attempts, sleep=_no_pause)
    return through_ledger(payer.obtaining(again, Slots(8)), ledger, traffic)


def _ask(url, plan, texts, **caps):
    """Ask texts at the same time; return the answers or errors, the traffic and the teacher."""

    async def run():
        teacher, traffic = _Teacher(plan), Traffic()
        async with open_ledger(url) as ledger:
            asking = _open(ledger, teacher, traffic, **caps)
            asked = (asking(_request(text)) for text in texts)
            got = await asyncio.gather(*asked, return_exceptions=True)
        return got, traffic, teacher

    return run_virtual(run())


def _account(url, scope="run:run"):
    """Return an account; all of them are what their rows add up to."""
    engine = connect(url)
    with engine.connect() as connection:
        counted = count_accounts(connection)
        assert read_accounts(connection, counted) == counted
    engine.dispose()
    return counted.get(scope, Account(scope))


def _count_open(url):
    engine = connect(url)
    with engine.connect() as connection:
        found = select(func.count()).select_from(CHARGE).where(CHARGE.c.state == "open")
        count = connection.execute(found).scalar()
    engine.dispose()
    return count


@pytest.mark.parametrize(
    ("plan", "answer", "lost"),
    [
        pytest.param([(1, "")], "答 0", 0, id="in time"),
        pytest.param([(HANGS, ""), (3, "")], "答 1", 1, id="the second wins"),
        pytest.param([(4, ""), (3, "")], "答 0", 1, id="the first wins"),
        pytest.param([(4, ""), (1, "refused")], "答 0", 0, id="the second is refused"),
        pytest.param([(4, ""), (1, "unreachable")], "答 0", 0, id="the second never arrives"),
        pytest.param([(4, ""), (1, "fatal")], "答 0", 0, id="the second is refused for good"),
        pytest.param([(6, ""), (3, "timeout")], "答 0", 1, id="the second gets no answer"),
        pytest.param([(4, "refused"), (5, "")], "答 1", 0, id="the first is refused"),
        pytest.param([(4, "reset"), (5, "")], "答 1", 1, id="the first is reset"),
        pytest.param([(4, "reset"), (5, "reset"), (1, "")], "答 2", 2, id="both in vain, again"),
        pytest.param([(4, "reset"), (5, "refused"), (1, "")], "答 2", 1, id="one in vain, again"),
        pytest.param([(4, "refused"), (5, "reset"), (1, "")], "答 2", 1, id="the other, again"),
        pytest.param(
            [(4, "reset"), (5, "reset"), (HANGS, ""), (1, "")], "答 3", 3, id="a second pair"
        ),
    ],
)
def test_one_answer_is_paid_for_and_what_was_in_vain_is_lost(any_url, plan, answer, lost):
    (reply,), traffic, teacher = _ask(any_url, lambda _, number: plan[number], ["问"])

    assert reply.text == answer
    assert _account(any_url) == Account("run:run", 300 + lost * 1000, 30 + lost * 100, 1 + lost)
    assert (traffic.lost, traffic.lost_nusd, traffic.lost_tokens) == (lost, lost * 1000, lost * 100)
    assert teacher.billed <= 30 + lost * 100
    counts = traffic.of("scripted")
    assert counts.sent == 1
    assert counts.hedged == sum(len(plan) > after for after in (1, 3))
    assert counts.hedges_won == (answer in ("答 1", "答 3"))


def test_a_pair_without_an_answer_leaves_what_both_may_have_cost(any_url):
    (error,), traffic, _ = _ask(any_url, lambda *_: (4, "timeout"), ["问"])

    assert isinstance(error, Transient)
    assert _account(any_url) == Account("run:run", 6_000, 600, 6)
    assert (traffic.lost, traffic.sent, traffic.of("scripted").hedged) == (6, 0, 3)


# --- caps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["budget", "month_budget"])
@pytest.mark.parametrize(
    ("cap", "hedges"),
    [
        pytest.param({"tokens": 199}, 0, id="one token too few for two"),
        pytest.param({"tokens": 200}, 1, id="tokens for two"),
        pytest.param({"usd": 1.999e-6}, 0, id="one too few dollars for two"),
        pytest.param({"usd": 2e-6}, 1, id="dollars for two"),
        pytest.param({"requests": 1}, 0, id="one request"),
        pytest.param({"requests": 2}, 1, id="two requests"),
    ],
)
def test_a_second_one_that_could_pass_a_cap_is_not_sent(any_url, scope, cap, hedges):
    """It is not waited for either: the first goes on alone."""
    plan = [(9, ""), (3, "")]

    (reply,), traffic, teacher = _ask(
        any_url, lambda _, number: plan[number], ["问"], **{scope: cap}
    )

    assert reply.text == f"答 {hedges}"
    assert teacher.sent.total() == 1 + hedges
    assert (traffic.of("scripted").hedged, traffic.lost) == (hedges, hedges)


@pytest.mark.parametrize(
    ("cap", "hedges"),
    [pytest.param(299, 0, id="no room beside both"), pytest.param(300, 1, id="room for three")],
)
def test_room_that_another_question_holds_is_not_waited_for(any_url, cap, hedges):
    """When the other has its answer there would be room."""
    plans = {"慢": [(9, ""), (3, "")], "快": [(2.3, "")]}

    def plan(request, number):
        return plans[request.messages[0].content][number]

    replies, traffic, _ = _ask(any_url, plan, ["慢", "快"], budget={"tokens": cap})

    assert [reply.text for reply in replies] == [f"答 {hedges}", "答 0"]
    assert traffic.of("scripted").hedged == hedges


# --- whoever stops, and when ----------------------------------------------------------------------


@pytest.mark.parametrize("stop", [0, 0.5, 2.0, 2.25, 3, 4, 5.0, 5.25])
@pytest.mark.parametrize(
    "plan",
    [
        pytest.param([(HANGS, ""), (3, "")], id="the second would win"),
        pytest.param([(5, ""), (HANGS, "")], id="the first would win"),
        pytest.param([(3, "reset"), (HANGS, "")], id="the first fails"),
        pytest.param([(HANGS, ""), (1, "reset")], id="the second fails"),
    ],
)
def test_a_run_that_is_stopped_leaves_nothing_open_and_counts_what_it_sent(tmp_path, plan, stop):
    url = f"sqlite:///{tmp_path}/ledger.db"

    async def run():
        teacher, traffic = _Teacher(lambda _, number: plan[number]), Traffic()
        async with open_ledger(url) as ledger:
            asking = asyncio.create_task(_open(ledger, teacher, traffic)(_request("问")))
            await asyncio.wait([asking], timeout=stop)
            asking.cancel()
            await finish_sending(traffic, 0)
            await asyncio.gather(asking, return_exceptions=True)
        return teacher, traffic

    teacher, traffic = run_virtual(run())

    account = _account(url)
    assert _count_open(url) == account.held_tokens == 0
    assert account.requests == teacher.sent.total() == traffic.lost + traffic.sent
    assert account.tokens >= teacher.billed


def test_whatever_happens_accounts_add_up_and_no_cap_is_passed(any_url, monkeypatch):
    """Runs with random seconds, faults and ends, each with a cap of its own."""
    monkeypatch.setattr(paying, "_LOOK_EVERY", 1.0)
    rng = Random(11)

    async def one_run(number):
        seconds = (0, 1, 2, 2.25, 3, 5, 20)
        plans = {}

        def plan(request, sent):
            key = request.messages[0].content, sent
            return plans.setdefault(key, (rng.choice(seconds), rng.choice(("", "", *FAULTS))))

        cap = {"tokens": rng.choice((150, 250, 350, 600))}
        teacher, traffic = _Teacher(plan), Traffic()
        stop = rng.choice((None, None, *seconds))
        async with open_ledger(any_url) as ledger:
            asking = _open(ledger, teacher, traffic, run=f"run-{number}", budget=cap)
            tasks = [asyncio.create_task(asking(_request(f"{number} {n}"))) for n in range(4)]
            await asyncio.wait(tasks, timeout=stop)
            for task in tasks if stop is not None else ():
                task.cancel()
            if stop is not None:
                await finish_sending(traffic, rng.choice((0, 3)))
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        expected = (TeacherError, BudgetReached, asyncio.CancelledError)
        assert all(isinstance(end, expected) or end.text for end in ends)
        return teacher.billed, cap["tokens"], traffic.of("scripted").hedged

    hedges = 0
    for number in range(24):
        billed, cap, hedged_now = run_virtual(one_run(number))
        hedges += hedged_now
        account = _account(any_url, f"run:run-{number}")
        assert billed <= account.tokens <= cap
        assert account.held_tokens == 0
    assert hedges > 10
    assert _count_open(any_url) == 0


# --- another process ------------------------------------------------------------------------------


def test_what_a_process_that_died_had_sent_twice_is_lost_twice(any_url):
    async def run():
        async with open_ledger(any_url) as living:
            async with open_ledger(any_url) as dying:
                request = _request("问")
                await dying.claim(request.key, BOUND, make_purse())
                assert await hedging(dying, make_purse(), lambda _: BOUND, Traffic())(request)
                dying._presence._lock.release()  # as the system does it
                await living.sweep()
                before = _count_open(any_url)
                assert await hedging(living, make_purse(), lambda _: BOUND, Traffic())(request)
            return before

    assert run_virtual(run()) == 0
    assert _account(any_url) == Account("run:run", 3_000, 300, 3)


def test_a_second_one_that_another_process_has_is_not_sent(any_url):
    async def run():
        async with open_ledger(any_url) as one, open_ledger(any_url) as other:
            claims = [hedging(it, make_purse(), lambda _: BOUND, Traffic()) for it in (one, other)]
            return [await claim(_request("问")) is not None for claim in claims]

    assert run_virtual(run()) == [True, False]


def test_a_claim_that_nobody_waits_for_any_more_is_given_back(any_url):
    async def run():
        async with open_ledger(any_url) as ledger:
            claim = hedging(ledger, make_purse(), lambda _: BOUND, Traffic())
            claiming = asyncio.create_task(claim(_request("问")))
            await asyncio.sleep(0)
            claiming.cancel()
            await asyncio.gather(claiming, return_exceptions=True)
            return claiming.cancelled()

    assert run_virtual(run())
    assert _account(any_url) == Account("run:run")


def test_its_key_is_a_hash_of_its_own(any_url, tmp_path):
    """So a ledger with such charges is sound, and goes to another one and back."""
    plan = [(HANGS, ""), (3, "")]
    _ask(any_url, lambda _, number: plan[number], ["问"])
    key = _request("问").key

    assert len(hedge_key(key)) == 64
    assert len({key, hedge_key(key), hedge_key(hedge_key(key))}) == 3
    engine = connect(any_url)
    assert [finding for finding in verify_ledger(engine, Tally()) if not finding[1]] == []
    export_ledger(engine, tmp_path / "ledger.jsonl.gz", force=False)
    engine.dispose()
    copy = f"sqlite:///{tmp_path}/copy.db"
    engine = connect(copy)
    import_ledger(engine, tmp_path / "ledger.jsonl.gz")
    engine.dispose()
    assert _account(copy) == _account(any_url)
