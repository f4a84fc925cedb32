"""Paying out of a budget: retries, losses, other processes, and a cap that is used up."""

import asyncio

import pytest
from sqlalchemy import select

from tests.scripted import make_purse, make_reply, open_asking_ledger
from vicugna.errors import BudgetReached, Fatal, Refused, Transient, UserError
from vicugna.ledger import connect, open_ledger, paying, presence
from vicugna.ledger.accounts import Account, read_accounts
from vicugna.ledger.asking import through_ledger
from vicugna.ledger.paying import Payer
from vicugna.ledger.tables import REPLY
from vicugna.ledger.traffic import Traffic
from vicugna.records import Bound, Message, Request, Sampling
from vicugna.teachers.retry import retrying
from vicugna.teachers.slots import Slots

BOUND = Bound(1_000, 100)


def _request(text):
    return Request("new_tasks", "zh", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch):
    monkeypatch.setattr(paying, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(paying, "_SWEEP_EVERY", 0.02)


@pytest.fixture
def url(any_url):
    return any_url


async def _no_pause(_):
    await asyncio.sleep(0)


def _account(url, scope="run:run"):
    engine = connect(url)
    with engine.connect() as connection:
        account = read_accounts(connection, [scope])[scope]
    engine.dispose()
    return account


async def _ask(url, ask, texts, concurrency=8, **caps):
    """Ask texts through a ledger, with retries; return the answers or errors, and the traffic."""
    traffic, budgets = Traffic(), make_purse(**caps)
    async with open_ledger(url) as ledger:
        payer = Payer(ledger, budgets, lambda _: BOUND, traffic)
        again = retrying(payer.attempting(ask), attempts=3, sleep=_no_pause)
        asking = through_ledger(payer.obtaining(again, Slots(concurrency)), ledger, traffic)
        waiting = (asking(_request(text)) for text in texts)
        return await asyncio.gather(*waiting, return_exceptions=True), traffic


def _failing(faults, **changes):
    """Return a teacher that meets each question with these faults, then answers it."""
    met = {}

    async def ask(request):
        met[request.key] = met.get(request.key, 0) + 1
        if met[request.key] <= len(faults):
            raise faults[met[request.key] - 1]
        usage = {"input_tokens": 20, "output_tokens": 10, "price_nusd": 300}
        return make_reply(request, "答", **(usage | changes))

    return ask


REFUSED = Refused("Wait.", cause="rate_limit", retry_after=0)


def _fault(cause):
    return Transient("No.", cause=cause)


# --- what an attempt costs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "lost"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([REFUSED] * 5, 0, id="refused: nothing was paid"),
        pytest.param([_fault("unreachable")], 0, id="never arrived"),
        pytest.param([_fault("timeout")], 1, id="no answer in time"),
        pytest.param([_fault("reset"), _fault("cut")], 2, id="answers that were cut"),
        pytest.param([_fault("server_error")], 1, id="a server error, perhaps after the answer"),
        pytest.param([_fault("reset"), REFUSED, REFUSED], 1, id="lost, then refused"),
    ],
)
def test_an_attempt_that_may_have_been_paid_for_is_counted(url, faults, lost):
    (reply,), traffic = asyncio.run(_ask(url, _failing(faults), ["问"]))

    assert reply.text == "答"
    assert _account(url) == Account("run:run", 300 + lost * 1000, 30 + lost * 100, 1 + lost)
    assert (traffic.lost, traffic.lost_nusd) == (lost, lost * 1000)


@pytest.mark.parametrize(
    ("faults", "lost"),
    [
        pytest.param([_fault("timeout")] * 3, 3, id="three times in vain"),
        pytest.param([_fault("unreachable")] * 3, 0, id="nobody there"),
        pytest.param([Fatal("No key.", cause="bad_key")], 0, id="refused for good"),
        pytest.param([_fault("cut"), Fatal("No.", cause="no_credit")], 1, id="after a lost one"),
    ],
)
def test_what_gives_no_answer_leaves_what_it_may_have_cost(url, faults, lost):
    (error,), _ = asyncio.run(_ask(url, _failing(faults), ["问"]))

    assert isinstance(error, Transient | Fatal)
    assert _account(url) == Account("run:run", lost * 1000, lost * 100, lost)
    (reply,), _ = asyncio.run(_ask(url, _failing([]), ["问"]))
    assert reply.text == "答"


def test_no_more_is_with_the_teacher_than_there_are_slots_until_answers_are_written(url):
    """So that no kill can lose more: an answer is committed before the next question is sent."""
    unwritten, most = set(), []

    async def run():
        async with open_ledger(url) as ledger:
            payer = Payer(ledger, make_purse(), lambda _: BOUND, Traffic())

            async def ask(request):
                engine = connect(url)
                with engine.connect() as connection:
                    unwritten.difference_update(connection.scalars(select(REPLY.c.key)))
                engine.dispose()
                unwritten.add(request.key)
                most.append(len(unwritten))
                return make_reply(request, "答")

            asking = payer.obtaining(payer.attempting(ask), Slots(2))
            await asyncio.gather(*(asking(_request(f"问{number}")) for number in range(12)))

    asyncio.run(run())

    assert (max(most), len(most)) == (2, 12)


def test_a_cancelled_attempt_may_have_been_paid_for(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"

    async def run():
        reached = asyncio.Event()

        async def ask(request):
            reached.set()
            await asyncio.Event().wait()

        traffic = Traffic()
        async with open_asking_ledger(url, ask, traffic, bound=BOUND) as asking:
            waiting = asyncio.create_task(asking(_request("问")))
            await reached.wait()
            for task in traffic.sending:
                task.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(run())

    assert _account(url) == Account("run:run", 1000, 100, 1)


# --- caps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["budget", "month_budget"])
@pytest.mark.parametrize(
    ("cap", "answered"),
    [
        # Each answer uses 30 tokens and holds back 100 until then.
        pytest.param({"tokens": 99}, 0, id="no room for one"),
        pytest.param({"tokens": 100}, 1, id="room for one"),
        pytest.param({"tokens": 129}, 1, id="one token too few for two"),
        pytest.param({"tokens": 130}, 2, id="room for two, one after the other"),
        pytest.param({"usd": 1.3e-6}, 2, id="dollars for two"),
        pytest.param({"usd": 1.299e-6}, 1, id="dollars for one"),
        pytest.param({"requests": 3}, 3, id="three requests"),
    ],
)
def test_what_is_held_back_and_not_used_is_used_by_others(url, scope, cap, answered):
    """Nothing stops for a cap as long as what is under way may turn out to cost less."""
    replies, _ = asyncio.run(_ask(url, _failing([]), "abcdef", **{scope: cap}))

    refused = [one for one in replies if isinstance(one, BudgetReached)]
    assert (len(replies) - len(refused), len(refused)) == (answered, 6 - answered)
    name = "budget" if scope == "budget" else "month_budget ("
    assert all(one.cap.startswith(name) and one.cap.endswith(next(iter(cap))) for one in refused)


def test_the_error_says_what_is_used_and_what_the_next_would_take(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    asyncio.run(_ask(url, _failing([]), "ab"))
    rows = []
    for cap in ({"usd": 1e-6}, {"tokens": 100}, {"requests": 2}):
        (error,), _ = asyncio.run(_ask(url, _failing([]), "c", budget=cap))
        rows.append(str(error))

    assert rows == [
        "budget.usd: 0.000001 of 1e-06 USD are used, and the next request can cost 0.000001",
        "budget.tokens: 60 of 100 tokens are used, and the next request can take 100",
        "budget.requests: 2 of 2 requests are used",
    ]


def test_a_retry_that_has_no_room_is_not_sent(url):
    """Two attempts were lost: a third one could pass the cap."""
    ask, sent = _failing([_fault("timeout")] * 3), []

    async def count(request):
        sent.append(request)
        return await ask(request)

    (error,), _ = asyncio.run(_ask(url, count, ["问"], budget={"tokens": 250}))

    assert isinstance(error, BudgetReached)
    assert (len(sent), _account(url).tokens) == (2, 200)


def test_a_money_cap_beside_answers_without_a_price_cannot_be_kept(url):
    async def without_price(url):
        ask, bound = _failing([], price_nusd=None), Bound(None, 100)
        async with open_asking_ledger(url, ask, Traffic(), bound=bound) as asking:
            await asking(_request("a"))

    asyncio.run(without_price(url))
    (error,), _ = asyncio.run(_ask(url, _failing([]), "b", month_budget={"usd": 5}))

    assert isinstance(error, UserError)
    assert "1 answers in this account have no known price, so the cap cannot be kept" in str(error)


# --- two processes --------------------------------------------------------------------------------


def test_two_at_once_pay_for_each_question_once_and_both_get_all_answers(url):
    sent = []

    async def slow(request):
        sent.append(request.key)
        while len(sent) < 4:  # one alone has three with the teacher
            await asyncio.sleep(0)
        return make_reply(request, "答")

    async def both():
        texts = [f"{n}" for n in range(40)]
        return await asyncio.gather(*(_ask(url, slow, texts, concurrency=3) for _ in range(2)))

    (one, first), (other, second) = asyncio.run(both())

    assert one == other
    assert len(sent) == len(set(sent)) == 40
    assert first.sent + second.sent == 40
    assert min(first.sent, second.sent) > 0


def test_two_at_once_keep_one_cap_together(url):
    async def both():
        cap, texts = {"tokens": 330}, ("abcdefghij", "klmnopqrst")
        return await asyncio.gather(*(_ask(url, _failing([]), t, budget=cap) for t in texts))

    results = asyncio.run(both())

    answered = [one for replies, _ in results for one in replies if hasattr(one, "text")]
    assert len(answered) == 8  # the ninth could use 100 of the 90 that are left
    assert _account(url).tokens == 240


def test_what_a_dead_process_had_is_asked_by_the_one_that_waits(url, monkeypatch):
    """Its lock file is gone with it; then its beat decides, by the clock of the one who waits."""
    clock = [0.0]
    monkeypatch.setattr(presence, "monotonic", lambda: clock[0])

    async def run():
        async with open_ledger(url) as dead:
            await dead.claim(_request("问").key, BOUND, make_purse())
            dead._beating.cancel()
            dead._presence.end()
            asking = asyncio.create_task(_ask(url, _failing([]), ["问"]))
            for _ in range(20):
                await asyncio.sleep(0.01)
                clock[0] += presence.LEASE / 10
            replies, _ = await asyncio.wait_for(asking, 30)
            dead._beating = None
            return replies

    (reply,) = asyncio.run(run())

    assert reply.text == "答"
    assert _account(url) == Account("run:run", 1300, 130, 2)


def test_an_answer_that_another_one_brings_between_two_attempts_is_taken(url):
    """While there is no room for a second attempt, another process may claim the question."""

    async def run():
        async with open_ledger(url) as other:

            async def ask(request):
                raise Transient("Lost.", cause="timeout")

            async def meanwhile():
                while True:
                    got = await other.claim(_request("问").key, BOUND, make_purse())
                    if not hasattr(got, "process") or hasattr(got, "bound"):
                        reply = make_reply(_request("问"), "另一个进程的回答")
                        await other.settle(got, _request("问"), reply)
                        await other.drop(holding, lost=False)
                        return
                    await asyncio.sleep(0)

            # Room for one attempt beside what is held here, and not for a second one.
            holding = await other.claim(_request("held").key, BOUND, make_purse())
            asking = _ask(url, ask, ["问"], budget={"tokens": 200})
            (replies, _), _ = await asyncio.gather(asking, meanwhile())
            return replies

    (reply,) = asyncio.run(run())

    assert reply.text == "另一个进程的回答"
