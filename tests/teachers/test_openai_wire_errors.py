from dataclasses import replace
from email.utils import formatdate

import orjson
import pytest

from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.providers import find_provider
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_wire import read_reply, read_retry_after

KEY = "sk-proj-abcdef123456"
ENDPOINT = Endpoint("openai", "https://api.example.com/v1", KEY, 60.0)
REQUEST = Request(
    "compose", "zh", "gpt-4o-mini", (Message("user", "写两题"),), Sampling(0.7, 0.5, 1024), "alpaca"
)


def _read(body, status, headers=None):
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return read_reply(status, headers or {}, raw, request=REQUEST, endpoint=ENDPOINT, seconds=1.5)


def _fail(body, status, headers=None) -> TeacherError:
    with pytest.raises(TeacherError) as caught:
        _read(body, status, headers)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (429, Refused, "rate_limit"),
        (503, Refused, "overloaded"),
        (500, Transient, "server_error"),
        (502, Transient, "server_error"),
        (504, Transient, "server_error"),
        (529, Transient, "server_error"),
        (408, Transient, "timeout"),
        (409, Transient, "server_error"),
        (400, Fatal, "bad_request"),
        (401, Fatal, "bad_key"),
        (402, Fatal, "no_credit"),
        (403, Fatal, "forbidden"),
        (404, Fatal, "not_found"),
        (405, Fatal, "bad_request"),
        (413, Fatal, "bad_request"),
        (422, Fatal, "bad_request"),
        (302, Fatal, "redirect"),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<h1>oops</h1>", b'{"error": {"message": "oops"}}', b"[]", b'{"error": 7}']
)
def test_the_table_of_statuses(status, kind, cause, body):
    """What a status means does not depend on how its body is written."""
    error = _fail(body, status)

    assert type(error) is kind
    assert error.cause == cause
    assert str(status) in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        pytest.param(429, "insufficient_quota", Fatal, id="OpenAI"),
        pytest.param(429, "exceeded_current_quota_error", Fatal, id="Moonshot"),
        pytest.param(429, 1113, Fatal, id="Zhipu"),
        pytest.param(400, "billing_hard_limit_reached", Fatal, id="hard limit"),
        pytest.param(400, "Arrearage", Fatal, id="DashScope"),
        pytest.param(429, "PrepaidBillOverdue", Fatal, id="DashScope, prepaid"),
        pytest.param(429, "rate_limit_exceeded", Refused, id="only too fast"),
        pytest.param(429, None, Refused, id="no code"),
    ],
)
@pytest.mark.parametrize("name", ["code", "type"])
def test_no_credit_is_not_too_fast(status, code, kind, name):
    """A 429 for want of money does not go away by waiting."""
    error = _fail({"error": {"message": "m", name: code}}, status, {"Retry-After": "1"})

    assert type(error) is kind
    if kind is Fatal:
        assert error.cause == "no_credit"
        assert "Top up" in str(error)


@pytest.mark.parametrize(
    ("name", "kind", "cause"),
    [("openai", Fatal, "no_credit"), ("dashscope", Refused, "rate_limit")],
)
def test_one_code_means_two_things(name, kind, cause):
    """DashScope says insufficient_quota when there were too many tokens in a minute."""
    words = "Allocated quota exceeded, please increase your quota limit."
    body = {"error": {"message": words, "type": "insufficient_quota", "code": "insufficient_quota"}}
    endpoint = replace(ENDPOINT, provider=find_provider(name))

    with pytest.raises(TeacherError) as caught:
        read_reply(429, {}, orjson.dumps(body), request=REQUEST, endpoint=endpoint, seconds=1.0)
    assert (type(caught.value), caught.value.cause) == (kind, cause)


def test_siliconflow_says_it_without_an_error():
    """Its codes are numbers, beside the words."""
    body = {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}
    error = _fail(body, 403)

    assert (type(error), error.cause) == (Fatal, "no_credit")
    assert "balance is insufficient. Top up" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param({"code": "content_filter", "message": "m"}, id="Azure"),
        pytest.param({"code": "content_policy_violation", "message": "m"}, id="OpenAI"),
        pytest.param({"code": "data_inspection_failed", "message": "m"}, id="DashScope"),
        pytest.param({"code": "1301", "message": "m"}, id="Zhipu"),
    ],
)
def test_a_prompt_that_moderation_refuses_does_not_stop_the_run(error):
    """It is an answer without text, so that it is in the ledger and not asked again."""
    reply = _read({"error": error}, 400)

    assert (reply.text, reply.finish_reason) == ("", "content_filter")
    assert reply.price_nusd is None
    assert reply.key == REQUEST.key


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"error": {"message": "Model not found"}}, "Model not found", id="OpenAI"),
        pytest.param({"error": "model 'x' not found"}, "model 'x' not found", id="Ollama"),
        pytest.param({"object": "error", "message": "no such model"}, "no such model", id="vLLM"),
        pytest.param(
            {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "1"},
            "Invalid API-key provided.",
            id="DashScope",
        ),
        pytest.param(b'"Invalid token"', '"Invalid token"', id="SiliconFlow"),
        pytest.param(
            {"error": {"code": "1211", "message": "模型不存在"}}, "模型不存在", id="Zhipu"
        ),
        pytest.param({"detail": "Not Found"}, "Not Found", id="FastAPI"),
        pytest.param({"detail": [{"msg": "field required"}]}, "field required", id="FastAPI list"),
        pytest.param(b"<html><h1>Not  here</h1>\n</html>", "404: Not here.", id="HTML"),
        pytest.param(b"", "nothing more", id="nothing"),
        pytest.param(b"\xff\xfe", "\ufffd", id="bytes"),
        pytest.param({"error": {"message": "a\x1b[31m\r\nb\u2028c"}}, "a [31m b c", id="control"),
    ],
)
def test_the_line_says_what_the_server_said_and_what_to_do(body, words):
    line = str(_fail(body, 404))

    assert words in line
    assert line.startswith('Teacher "openai" (https://api.example.com/v1) said 404: ')
    assert line.endswith("Check base_url and the name of the model.")
    assert line.isprintable()


def test_a_long_message_is_shortened():
    line = str(_fail({"error": {"message": "很长" * 5000}}, 400))

    assert "…" in line
    assert len(line) < 400


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(f"Incorrect API key provided: {KEY}.", id="whole"),
        pytest.param(f"x{KEY}x {KEY}", id="inside a word"),
        pytest.param("Incorrect API key provided: sk-proj-********3456.", id="masked"),
        pytest.param("a" * 190 + KEY, id="at the place where the line is cut"),
    ],
)
@pytest.mark.parametrize("shape", ["message", "bare", "html"])
def test_the_key_is_in_no_error(status, words, shape):
    """Servers quote the key they refuse: the log must not."""
    body = {
        "message": {"error": {"message": words}},
        "bare": words.encode(),
        "html": f"<b>{words}</b>".encode(),
    }[shape]

    error = _fail(body, status)

    for secret in (KEY, "abcdef", "3456", "sk-proj"):
        assert secret not in str(error)
        assert secret not in repr(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="silent"),
        pytest.param({"Retry-After": "7"}, 7.0, id="seconds"),
        pytest.param({"Retry-After": "0"}, 0.0, id="zero"),
        pytest.param({"Retry-After": "1.5"}, 1.5, id="a fraction"),
        pytest.param({"Retry-After": "-3"}, 0.0, id="negative"),
        pytest.param({"retry-after-ms": "250"}, 0.25, id="milliseconds"),
        pytest.param({"retry-after-ms": "250", "Retry-After": "1"}, 0.25, id="the finer one"),
        pytest.param({"retry-after-ms": "soon", "Retry-After": "1"}, 1.0, id="the readable one"),
        pytest.param({"Retry-After": "soon"}, None, id="words"),
        pytest.param({"Retry-After": ""}, None, id="empty"),
        pytest.param({"Retry-After": "nan"}, None, id="not a number"),
        pytest.param({"Retry-After": "inf"}, None, id="for ever"),
        pytest.param({"Retry-After": "9" * 400}, None, id="too large for a number"),
        pytest.param(
            {
                "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
            id="a date by the server's own clock",
        ),
        pytest.param(
            {
                "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT",
                "Date": "Wed, 21 Oct 2026 07:28:30 GMT",
            },
            0.0,
            id="a date in the past",
        ),
        pytest.param({"Retry-After": "Wed, 99 Oct 2026 07:28:00 GMT"}, None, id="no such day"),
    ],
)
def test_retry_after(headers, seconds):
    """A wait is read in every form servers send, and never guessed."""
    assert read_retry_after(headers) == seconds
    error = _fail(b"", 429, headers)
    assert isinstance(error, Refused)
    assert error.retry_after == seconds


def test_a_date_without_a_clock_is_read_against_ours(monkeypatch):
    monkeypatch.setattr("vicugna.teachers.openai_wire.time.time", lambda: 1_800_000_000.0)

    assert read_retry_after({"Retry-After": formatdate(1_800_000_042, usegmt=True)}) == 42.0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": {"message": "<" * 2_000_000}}, id="tags that never end"),
        pytest.param({"error": {"message": "\n" * 2_000_000}}, id="only line ends"),
        pytest.param({"error": {"message": "a", "code": "b" * 2_000_000}}, id="a long code"),
        pytest.param(
            b'{"error": {"code": ' + b"[" * 900 + b"]" * 900 + b', "type": {"a": []}}}',
            id="a deep code",
        ),
        pytest.param({"error": {"code": [KEY], "type": 1.5, "message": None}}, id="no codes"),
        pytest.param(b"<" * 2_000_000, id="no JSON"),
    ],
)
@pytest.mark.parametrize("status", [400, 429])
def test_words_without_end_are_one_short_line(body, status):
    """In a moment: they are cut before they are looked at."""
    assert len(str(_fail(body, status))) < 400
