import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import TeacherError, Transient
from vicugna.providers import find_provider
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_wire import read_reply

KEY = "sk-proj-abcdef123456"
ENDPOINT = Endpoint("openai", "https://api.example.com/v1", KEY, 60.0)
REQUEST = Request(
    "compose",
    "zh",
    "gpt-4o-mini",
    (Message("system", "你是出题人。"), Message("user", "Write 2 tasks.")),
    Sampling(temperature=0.7, top_p=0.5, max_tokens=1024),
    "alpaca",
)
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100}


def _body(message=None, *, usage=USAGE, reason="stop", **more):
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"choices": [choice], "usage": usage, **more}


def _read(body, status=200, headers=None):
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return read_reply(status, headers or {}, raw, request=REQUEST, endpoint=ENDPOINT, seconds=1.5)


def _fail(body, status, headers=None) -> TeacherError:
    with pytest.raises(TeacherError) as caught:
        _read(body, status, headers)
    return caught.value


def test_a_reply():
    """The reply holds the answer, who gave it, and what it cost."""
    reply = _read(_body({"role": "assistant", "content": "第一题：……"}))

    assert reply.key == REQUEST.key
    assert (reply.teacher, reply.model) == ("openai", "gpt-4o-mini")
    assert (reply.text, reply.finish_reason) == ("第一题：……", "stop")
    assert (reply.input_tokens, reply.output_tokens, reply.cached_tokens) == (1000, 100, 0)
    assert reply.price_nusd == 210_000
    assert reply.seconds == 1.5


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param({"content": None}, "", id="null content"),
        pytest.param({"content": ""}, "", id="empty content"),
        pytest.param({"role": "assistant"}, "", id="no content"),
        pytest.param({"content": None, "refusal": "no"}, "", id="refusal field"),
        pytest.param({"content": "答", "reasoning_content": "想"}, "答", id="reasoning apart"),
        pytest.param({"content": "", "reasoning_content": "想"}, "", id="only reasoning"),
        pytest.param({"content": " \n a\x00b \n"}, " \n a\x00b \n", id="text is not touched"),
        pytest.param({"content": []}, "", id="no parts"),
        pytest.param(
            {"content": [{"type": "text", "text": "一"}, {"type": "text", "text": " b"}]},
            "一 b",
            id="parts",
        ),
        pytest.param(
            {"content": [{"type": "image_url"}, {"type": "text", "text": "b"}]},
            "b",
            id="other parts",
        ),
        pytest.param({"content": [{"type": "text", "text": 7}]}, "", id="a part without text"),
    ],
)
def test_the_text(message, text):
    """The content is the text, word for word; no content is the empty text."""
    assert _read(_body(message)).text == text


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"reasoning_content": "想"}, "想", id="DeepSeek, DashScope, SGLang"),
        pytest.param({"reasoning": "想"}, "想", id="vLLM, Ollama, OpenRouter"),
        pytest.param({"reasoning_content": None, "reasoning": "想"}, "想", id="one is null"),
        pytest.param({"reasoning_content": "", "reasoning": "想"}, "想", id="one is empty"),
        pytest.param({"reasoning_content": "想", "reasoning": "想"}, "想", id="said twice"),
        pytest.param({"reasoning_content": ["想"]}, "", id="no text"),
        pytest.param({"reasoning": {"effort": "high"}}, "", id="an object"),
        pytest.param({"reasoning_content": "a\ud83d"}, "a\ufffd", id="half a character"),
        pytest.param({"reasoning_content": f"with {KEY}"}, "with ***", id="the key"),
        pytest.param({"reasoning_content": "长" * 2**21}, "长" * 2**20, id="without end"),
    ],
)
@pytest.mark.parametrize("content", ["答", "", None])
def test_reasoning_is_kept_apart(message, reasoning, content):
    """It is never in the text, also where there is no other."""
    raw = json.dumps(_body({"content": content, **message})).encode()
    reply = _read(raw)

    assert (reply.text, reply.reasoning) == (content or "", reasoning)


@pytest.mark.parametrize(
    ("reason", "expected"), [("length", "length"), ("eos", "eos"), (None, ""), (7, "")]
)
def test_the_finish_reason_is_the_servers_word(reason, expected):
    assert _read(_body({"content": "a"}, reason=reason)).finish_reason == expected


@pytest.mark.parametrize(
    ("usage", "tokens", "price"),
    [
        pytest.param(USAGE, (1000, 100, 0), 210_000, id="plain"),
        pytest.param(
            USAGE | {"prompt_tokens_details": {"cached_tokens": 400}},
            (1000, 100, 400),
            180_000,
            id="cached, as OpenAI says it",
        ),
        pytest.param(
            USAGE | {"prompt_cache_hit_tokens": 400, "prompt_cache_miss_tokens": 600},
            (1000, 100, 400),
            180_000,
            id="cached, as DeepSeek says it",
        ),
        pytest.param(
            USAGE | {"cached_tokens": 400},
            (1000, 100, 400),
            180_000,
            id="cached, as Moonshot says it",
        ),
        pytest.param(
            USAGE | {"prompt_tokens_details": {"cached_tokens": None}, "cached_tokens": 400},
            (1000, 100, 400),
            180_000,
            id="cached, in the second place",
        ),
        pytest.param(
            USAGE | {"prompt_tokens_details": {"text_tokens": 9, "cache_type": "ephemeral"}},
            (1000, 100, 0),
            210_000,
            id="details without a cache, as DashScope says it",
        ),
        pytest.param(
            USAGE | {"prompt_tokens_details": None}, (1000, 100, 0), 210_000, id="null details"
        ),
        pytest.param({}, (0, 0, 0), None, id="empty usage"),
        pytest.param(None, (0, 0, 0), None, id="no usage"),
        pytest.param({"prompt_tokens": 9}, (0, 0, 0), None, id="half a usage"),
        pytest.param(
            {"prompt_tokens": "9", "completion_tokens": -1}, (0, 0, 0), None, id="nonsense"
        ),
    ],
)
def test_usage_and_price(usage, tokens, price):
    """Tokens are the server's; when it does not count, the price is unknown, not nothing."""
    reply = _read(_body({"content": "a"}, usage=usage))

    assert (reply.input_tokens, reply.output_tokens, reply.cached_tokens) == tokens
    assert reply.price_nusd == price


@pytest.mark.parametrize(
    "details",
    [
        pytest.param({"cached_tokens": 0, "cache_write_tokens": 800}, id="as OpenAI says it"),
        pytest.param(
            {"cached_tokens": 0, "cache_creation_input_tokens": 800, "cache_type": "ephemeral"},
            id="as DashScope says it",
        ),
    ],
)
def test_what_is_put_into_a_cache_may_cost_more(details):
    """800 of 1,000 tokens at 0.25 USD, the others at 0.2; 100 written ones at 1.2."""
    request = replace(REQUEST, model="gpt-5.6-luna")
    raw = orjson.dumps(_body({"content": "a"}, usage=USAGE | {"prompt_tokens_details": details}))
    reply = read_reply(200, {}, raw, request=request, endpoint=ENDPOINT, seconds=1.0)

    assert reply.price_nusd == 800 * 250 + 200 * 200 + 100 * 1200
    assert reply.cached_tokens == 0


@pytest.mark.parametrize(
    ("name", "price"),
    [
        pytest.param("deepseek", 1000 * 1320 + 100 * 3960, id="its own"),
        pytest.param("dashscope", None, id="somebody else's"),
        pytest.param("vllm", None, id="nobody's"),
    ],
)
def test_a_price_is_that_of_the_provider(name, price):
    """The same model costs something else elsewhere."""
    endpoint = replace(ENDPOINT, provider=find_provider(name))
    request = replace(REQUEST, model="deepseek-v4-pro")
    raw = orjson.dumps(_body({"content": "a"}))

    reply = read_reply(200, {}, raw, request=request, endpoint=endpoint, seconds=1.0)
    assert reply.price_nusd == price


@pytest.mark.parametrize(
    "before", [b"\n", b"\n\n\r\n \n", b" "], ids=["one line", "several lines", "blank"]
)
def test_keep_alive_lines_before_the_answer(before):
    assert _read(before + orjson.dumps(_body({"content": "a"}))).text == "a"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(rb'"a\ud83d"', "a\ufffd", id="half an emoji, escaped"),
        pytest.param(b'"a\xff\xfe"', "a\ufffd\ufffd", id="bytes that are not UTF-8"),
        pytest.param(b'"a\nb"', None, id="raw line break in a string"),
    ],
)
def test_a_paid_answer_survives_a_broken_character(content, text):
    """What can be read is read; the rest is asked again."""
    raw = b'{"choices": [{"message": {"content": %b}, "finish_reason": "stop"}]}' % content
    if text is None:
        assert _fail(raw, 200).cause == "bad_json"
    else:
        assert _read(raw).text == text


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param(b"", "bad_json", id="empty"),
        pytest.param(b"\n\n", "bad_json", id="only blank lines"),
        pytest.param(b'{"choices": [{"mess', "bad_json", id="cut"),
        pytest.param(b"<html>504</html>", "bad_json", id="HTML"),
        pytest.param(b"[" * 100_000, "bad_json", id="nested too deep"),
        pytest.param(b"null", "bad_json", id="null"),
        pytest.param({}, "no_answer", id="no choices"),
        pytest.param([], "no_answer", id="a list"),
        pytest.param("text", "no_answer", id="a string"),
        pytest.param({"choices": []}, "no_answer", id="empty choices"),
        pytest.param({"choices": None}, "no_answer", id="null choices"),
        pytest.param({"choices": [{"text": "a"}]}, "no_answer", id="no message"),
        pytest.param(_body({"content": ["a"]}), "no_answer", id="content is no text"),
        pytest.param(_body({"content": {"text": "a"}}), "no_answer", id="content is an object"),
        pytest.param({"error": {"message": "upstream died"}}, "no_answer", id="error in a 200"),
    ],
)
def test_an_answer_that_is_none_may_be_asked_again(body, cause):
    error = _fail(body, 200)

    assert isinstance(error, Transient)
    assert error.cause == cause


def test_the_reason_in_a_200_is_passed_on():
    assert "upstream died" in str(_fail({"error": {"message": "upstream died"}}, 200))


@given(st.binary(max_size=200), st.sampled_from([200, 400, 404, 429, 500, 503]))
def test_no_body_is_a_bug(raw, status):
    """Whatever a server sends, it is a reply or a named fault."""
    try:
        _read(raw, status)
    except TeacherError as error:
        assert error.cause  # noqa: PT017 - a reply is right too, so `raises` does not fit


NAMES = [
    "choices",
    "message",
    "content",
    "reasoning",
    "text",
    "usage",
    "prompt_tokens",
    "prompt_tokens_details",
]
NAMES += ["completion_tokens", "cached_tokens", "error", "code", "type"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**60) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 400, 429]))
def test_no_json_is_a_bug(body, status):
    """Any shape of JSON is a reply with a text, or a named fault."""
    raw = orjson.dumps(body)
    try:
        reply = _read(raw, status)
    except TeacherError as error:
        assert error.cause  # noqa: PT017 - a reply is right too, so `raises` does not fit
    else:
        assert isinstance(reply.text, str)
        assert isinstance(reply.finish_reason, str)
        assert isinstance(reply.reasoning, str)
        assert min(reply.input_tokens, reply.output_tokens, reply.cached_tokens) >= 0


@pytest.mark.parametrize(
    ("key", "hidden"),
    [
        pytest.param(KEY, True, id="a key"),
        pytest.param("a+b(c)[d]$^*e\\g", True, id="signs of patterns"),
        pytest.param("ollama", False, id="a word that a server at home is given"),
        pytest.param("", False, id="none"),
    ],
)
def test_a_key_is_taken_out_of_an_answer(key, hidden):
    """A gateway may show the model, or send back, what it was asked with."""
    text = f"Bearer {key} 密钥{key}{key}。"
    raw = orjson.dumps(_body({"content": text}, reason=f"stop {key}"))
    endpoint = replace(ENDPOINT, api_key=key)

    reply = read_reply(200, {}, raw, request=REQUEST, endpoint=endpoint, seconds=1.0)

    mark = "***" if hidden else key
    assert reply.text == f"Bearer {mark} 密钥{mark}{mark}。"
    assert reply.finish_reason == f"stop {mark}"


@pytest.mark.parametrize("count", [2**31, 10**18, True, 1.5, "9", -1, None])
def test_a_count_that_cannot_be_is_no_count(count):
    """Or one answer would fill the column of the ledger, and the budget."""
    reply = _read(_body({"content": "a"}, usage={"prompt_tokens": count, "completion_tokens": 9}))

    assert (reply.input_tokens, reply.output_tokens, reply.price_nusd) == (0, 0, None)


def test_a_finish_reason_without_end_is_cut():
    assert _read(_body({"content": "a"}, reason="长" * 10_000)).finish_reason == "长" * 40
