"""What is wrong with a row is found, whichever column it is in, and what is right is not."""

import zlib

import orjson
import pytest

from tests.kept import make_answers, make_request
from tests.scripted import make_reply
from vicugna.ledger.damage import find_charge_damage, find_damage, try_request, try_unpack
from vicugna.ledger.rows import reply_row

CREATED = "2026-11-28T01:02:03.456+00:00"
PAID = {
    "run": "0123456789abcdef",
    "month": "2026-11",
    "charge": "c" * 32,
    "charged_nusd": 7,
    "charged_tokens": 30,
}
CHARGE = {
    "id": "a" * 32,
    "key": "b" * 64,
    "run": "r",
    "month": "2026-11",
    "process": "p",
    "state": "lost",
    "nusd": 5,
    "tokens": 6,
    "requests": 1,
    "unpriced": 0,
    "created": CREATED,
}


def _row(request, reply):
    return reply_row(request, reply, CREATED) | PAID


def _row_of(changes):
    request = make_request("翻译：早上好。")
    reply = make_reply(request, "Good morning.", price_nusd=7, seconds=1.0)
    return _row(request, reply) | changes


def _damage(row):
    return find_damage(row, try_request(row["request"]))


@pytest.mark.parametrize(("request_", "reply"), make_answers(), ids=lambda one: one.key[:6])
def test_whatever_is_written_is_sound(request_, reply):
    assert _damage(_row(request_, reply)) == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"key": "a" * 64}, "its key is not the hash of its request", id="key"),
        pytest.param({"key": "A" * 64}, 'its "key" is \'AAA', id="key in capitals"),
        pytest.param({"key": None}, 'its "key" is None', id="no key"),
        pytest.param({"text": "Good evening."}, "its checksum differs", id="text"),
        pytest.param({"text": b"\xff"}, "its \"text\" is b'\\xff'", id="text that is none"),
        pytest.param({"price_nusd": 8}, "its checksum differs", id="price"),
        pytest.param({"price_nusd": None}, "its checksum differs", id="price unknown"),
        pytest.param({"price_nusd": -1}, 'its "price_nusd" is -1', id="price below zero"),
        pytest.param({"price_nusd": 2**63}, '"price_nusd" is 9223372036854775808', id="price"),
        pytest.param({"input_tokens": 11}, "its checksum differs", id="tokens"),
        pytest.param({"output_tokens": 2**31}, 'its "output_tokens" is', id="too many tokens"),
        pytest.param({"cached_tokens": True}, 'its "cached_tokens" is True', id="true"),
        pytest.param({"seconds": 2.0}, "its checksum differs", id="seconds"),
        pytest.param({"seconds": float("nan")}, 'its "seconds" is nan', id="no seconds"),
        pytest.param({"seconds": float("inf")}, 'its "seconds" is inf', id="endless"),
        pytest.param({"seconds": -0.5}, 'its "seconds" is -0.5', id="before it was sent"),
        pytest.param({"teacher": "a\0"}, 'its "teacher" is', id="NUL where none can be"),
        pytest.param({"lang": "cn"}, "its \"lang\" is 'cn'", id="language"),
        pytest.param({"lang": "en"}, "its purpose and language are not", id="another language"),
        pytest.param({"purpose": "x"}, "its purpose and language are not", id="purpose"),
        pytest.param({"created": "yesterday"}, "its \"created\" is 'yesterday'", id="time"),
        pytest.param({"month": "2026-13"}, "its \"month\" is '2026-13'", id="month"),
        pytest.param({"month": ""}, "its \"month\" is ''", id="no month"),
        pytest.param({"charged_nusd": "7"}, "its \"charged_nusd\" is '7'", id="charge"),
        pytest.param({"charged_tokens": None}, 'its "charged_tokens" is None', id="no tokens"),
        pytest.param({"digest": "0" * 32}, "its checksum differs", id="checksum"),
        pytest.param({"digest": ""}, "its \"digest\" is ''", id="no checksum"),
        pytest.param({"request": b"zip"}, "its request cannot be read", id="request"),
        pytest.param({"request": None}, "its request cannot be read", id="no request"),
        pytest.param({"request": zlib.compress(b"[1]")}, "request cannot be read", id="a list"),
    ],
)
def test_what_is_wrong_with_an_answer(changes, says):
    assert says in _damage(_row_of(changes))


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        pytest.param({"input_tokens": 2**31 - 1}, True, id="most tokens"),
        pytest.param({"input_tokens": 2**31}, False, id="one more"),
        pytest.param({"price_nusd": 2**63 - 1}, True, id="highest price"),
        pytest.param({"price_nusd": 0}, True, id="free"),
        pytest.param({"seconds": 0.0}, True, id="at once"),
    ],
)
def test_the_limits_themselves_are_sound(changes, sound):
    request = make_request("Count to four.")
    row = _row(request, make_reply(request, "1 2 3 4", **({"seconds": 1.0} | changes)))

    assert (_damage(row) == "") is sound


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"key": ""}, "", id="of many answers"),
        pytest.param({"state": "removed", "requests": 9, "unpriced": 9}, "", id="removed"),
        pytest.param({"nusd": None, "unpriced": 1}, "", id="price unknown"),
        pytest.param({"id": "a"}, "its \"id\" is 'a'", id="id"),
        pytest.param({"state": "spent"}, "its \"state\" is 'spent'", id="state"),
        pytest.param({"state": []}, 'its "state" is []', id="a list"),
        pytest.param({"tokens": -1}, 'its "tokens" is -1', id="tokens"),
        pytest.param({"nusd": 1.0}, 'its "nusd" is 1.0', id="money"),
        pytest.param({"unpriced": 2}, "2 of its 1 requests have no price", id="unpriced"),
    ],
)
def test_what_is_wrong_with_a_charge(changes, says):
    assert find_charge_damage(CHARGE | changes) == says


SENT = orjson.loads(orjson.dumps(make_request("写一首诗。")))


def test_a_request_is_read_from_what_was_written_of_it():
    assert try_unpack(SENT) == make_request("写一首诗。")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param("text", id="text"),
        pytest.param({}, id="an empty object"),
        pytest.param(SENT | {"more": 1}, id="a field too much"),
        pytest.param({k: v for k, v in SENT.items() if k != "prompt"}, id="a field too few"),
        pytest.param(SENT | {"messages": []}, id="no message"),
        pytest.param(SENT | {"messages": [1]}, id="a message that is a number"),
        pytest.param(SENT | {"messages": [{"role": "user", "content": 1}]}, id="content"),
        pytest.param(SENT | {"messages": [{"role": "root", "content": "x"}]}, id="role"),
        pytest.param(SENT | {"messages": [{"role": [], "content": "x"}]}, id="role that is a list"),
        pytest.param(SENT | {"sampling": {"temperature": 1}}, id="half a sampling"),
        pytest.param(SENT | {"sampling": SENT["sampling"] | {"top_p": "1"}}, id="top_p"),
        pytest.param(SENT | {"sampling": SENT["sampling"] | {"top_p": True}}, id="true"),
        pytest.param(SENT | {"shown": [1]}, id="shown"),
        pytest.param(SENT | {"lang": "fr"}, id="language"),
        pytest.param(SENT | {"lang": {}}, id="language that is an object"),
        pytest.param(SENT | {"sample": -1}, id="sample"),
        pytest.param(SENT | {"model": 4}, id="model"),
    ],
)
def test_what_is_no_request_is_none(sent):
    assert try_unpack(sent) is None
