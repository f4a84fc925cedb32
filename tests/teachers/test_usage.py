import pytest

from vicugna.records import Message, Reply, Request, Sampling
from vicugna.teachers.usage import Usage

EN = "Name three rivers that run to the north. " * 10
ZH = "请说出三条向北流的河。" * 10


def _request(purpose="new_tasks", text=EN, max_tokens=1000):
    return Request(purpose, "en", "m", (Message("user", text),), Sampling(1, 1, max_tokens), "p")


def _reply(read, written):
    return Reply("k", "t", "m", "x", "stop", read, written, 0, None, 1.0)


@pytest.mark.parametrize(
    ("text", "prompt"), [pytest.param(EN, 104, id="en"), pytest.param(ZH, 84, id="zh")]
)
def test_before_any_answer_it_is_as_long_as_it_may_be(text, prompt):
    """So that too few go out, not too many; a token is about four bytes in both languages."""
    assert Usage().expect(_request(text=text)) == pytest.approx(prompt + 1000, abs=1)


def test_a_guess_counts_where_it_is_lower():
    assert Usage(guess=300).expect(_request()) == pytest.approx(404, abs=1)
    assert Usage(guess=3000).expect(_request()) == pytest.approx(1104, abs=1)


def test_the_first_answer_is_believed_and_the_prompt_is_scaled_by_its_size():
    usage = Usage()
    usage.learn(_request(text="x" * 92), _reply(50, 200))

    assert usage.expect(_request(text="x" * 92)) == pytest.approx(250)
    assert usage.expect(_request(text="x" * 192)) == pytest.approx(300)


def test_purposes_do_not_mix():
    """A yes or no says nothing of how long a story will be."""
    usage = Usage()
    usage.learn(_request("is_classification"), _reply(100, 1))

    assert usage.expect(_request("new_tasks")) == pytest.approx(1104, abs=1)


def test_it_follows_when_answers_grow():
    usage = Usage()
    for written in [100] * 200 + [500] * 200:
        usage.learn(_request(), _reply(100, written))

    assert usage.expect(_request()) == pytest.approx(600, rel=0.02)


def test_one_odd_answer_among_many_changes_little():
    usage = Usage()
    for written in [400] * 100 + [8000]:
        usage.learn(_request(), _reply(100, written))

    assert 500 < usage.expect(_request()) < 700


def test_a_server_that_does_not_count_teaches_nothing():
    usage = Usage()
    usage.learn(_request(), _reply(0, 0))

    assert usage.expect(_request()) == pytest.approx(1104, abs=1)
