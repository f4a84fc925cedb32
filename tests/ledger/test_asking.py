"""Asking through the ledger: once paid is never paid again."""

import asyncio

import pytest

from tests.scripted import make_reply, open_asking_ledger
from vicugna.errors import Fatal, Transient
from vicugna.ledger import connect, read_all
from vicugna.ledger.asking import finish_sending
from vicugna.ledger.traffic import Traffic
from vicugna.records import Message, Request, Sampling


def _request(text, sample=0):
    messages = (Message("user", text),)
    return Request("p", "en", "m", messages, Sampling(1, 1, 16), "p@1", sample=sample)


def _url(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


def _ask_all(tmp_path, ask, requests, concurrency=4):
    """Ask all at once; return the answers (or errors) and what was sent."""

    async def run():
        traffic = Traffic()
        async with open_asking_ledger(_url(tmp_path), ask, traffic, concurrency) as asking:
            waiting = (asking(request) for request in requests)
            return await asyncio.gather(*waiting, return_exceptions=True), traffic

    return asyncio.run(run())


def _counting(seen, **changes):
    async def ask(request):
        seen.append(request)
        reply = make_reply(request, f"answer {len(seen)}", **changes)
        await asyncio.sleep(0)
        return reply

    return ask


def test_an_answer_that_is_there_is_not_sent_for(tmp_path):
    seen = []
    first, _ = _ask_all(tmp_path, _counting(seen), [_request("a")])
    second, traffic = _ask_all(tmp_path, _counting(seen), [_request("a")])

    assert first == second
    assert len(seen) == 1
    assert (traffic.sent, traffic.replayed, traffic.first_sent) == (0, 1, None)


def test_the_same_question_at_once_is_sent_once(tmp_path):
    seen = []

    replies, traffic = _ask_all(tmp_path, _counting(seen), [_request("a")] * 20)

    assert len(seen) == traffic.sent == 1
    assert {reply.text for reply in replies} == {"answer 1"}


def test_another_sample_is_another_answer(tmp_path):
    seen = []
    requests = [_request("a", sample) for sample in range(3)]

    replies, traffic = _ask_all(tmp_path, _counting(seen), requests)

    assert len({reply.text for reply in replies}) == traffic.sent == 3


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_no_more_are_with_the_teacher_than_the_concurrency(tmp_path, concurrency):
    now, most = 0, 0

    async def ask(request):
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(5):
            await asyncio.sleep(0)
        now -= 1
        return make_reply(request, "x")

    _, traffic = _ask_all(tmp_path, ask, [_request(f"{n}") for n in range(50)], concurrency)

    assert 1 <= most <= concurrency
    assert traffic.sent == 50
    assert traffic.in_flight == 0


def test_answers_from_the_ledger_do_not_wait_for_the_teacher(tmp_path):
    """A resumed run reads on while the one request it sends is under way."""
    known = [_request(f"{n}") for n in range(10)]
    _ask_all(tmp_path, _counting([]), known)
    answered = []

    async def run():
        released = asyncio.Event()

        async def slow(request):
            await released.wait()
            return make_reply(request, "late")

        async with open_asking_ledger(_url(tmp_path), slow, Traffic(), 1) as asking:
            new = asyncio.create_task(asking(_request("new")))
            for request in known:
                answered.append(await asking(request))
            released.set()
            answered.append(await new)

    asyncio.run(run())

    assert [reply.text for reply in answered][-1] == "late"
    assert len(answered) == 11


@pytest.mark.parametrize("error", [Transient("No.", cause="reset"), Fatal("No.", cause="bad_key")])
def test_a_question_without_an_answer_may_be_asked_again(tmp_path, error):
    async def fail(request):
        raise error

    failed, traffic = _ask_all(tmp_path, fail, [_request("a"), _request("a")])
    assert [type(one) for one in failed] == [type(error)] * 2
    assert (traffic.sent, traffic.in_flight) == (0, 0)

    replies, traffic = _ask_all(tmp_path, _counting([]), [_request("a")])
    assert (replies[0].text, traffic.sent) == ("answer 1", 1)


def test_traffic_counts_what_was_paid_for_now(tmp_path):
    ask = _counting([], input_tokens=3, output_tokens=4, price_nusd=5)
    _, traffic = _ask_all(tmp_path, ask, [_request("a"), _request("b")])
    _, unpriced = _ask_all(tmp_path, _counting([], price_nusd=None), [_request("c")])

    assert (traffic.sent_tokens, traffic.sent_nusd) == (14, 10)
    assert traffic.first_sent is not None
    assert unpriced.sent_nusd == 0


def _give_up(tmp_path, *, asked, seconds, let_go):
    """Cancel everybody who waits, finish what is under way, and return the keys in the ledger."""

    async def run():
        released, traffic, reached = asyncio.Event(), Traffic(), asyncio.Event()

        async def ask(request):
            reached.set()
            await released.wait()
            return make_reply(request, "paid")

        async with open_asking_ledger(_url(tmp_path), ask, traffic, 1) as asking:
            waiting = [asyncio.create_task(asking(_request(text))) for text in asked]
            await reached.wait()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            if let_go:
                released.set()
            await finish_sending(traffic, seconds)
        engine = connect(_url(tmp_path))
        stored = {one.reply.key for one in read_all(engine)}
        engine.dispose()
        return stored, traffic

    return asyncio.run(run())


def test_what_is_with_the_teacher_when_a_run_is_stopped_arrives_and_is_kept(tmp_path):
    """It is paid for. What still waited for its turn is not sent any more."""
    stored, traffic = _give_up(tmp_path, asked=["a", "b"], seconds=30, let_go=True)

    assert len(stored) == traffic.sent == 1
    assert traffic.in_flight == 0
    assert not traffic.sending


def test_what_does_not_arrive_in_time_is_given_up(tmp_path):
    stored, traffic = _give_up(tmp_path, asked=["a"], seconds=0.01, let_go=False)

    assert (stored, traffic.sent, traffic.in_flight) == (set(), 0, 0)
    assert not traffic.sending


def test_nothing_under_way_is_nothing_to_wait_for():
    asyncio.run(finish_sending(Traffic(), 30))
