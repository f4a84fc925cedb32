import asyncio
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import Fatal, Refused, Transient
from vicugna.records import Message, Request, Sampling
from vicugna.teachers import batch_wire
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.batch_wire import (
    BatchState,
    is_named,
    read_batch,
    read_file_id,
    read_id,
    read_line,
    split_lines,
    write_line,
)
from vicugna.teachers.openai_body import write_body
from vicugna.teachers.openai_wire import read_reply

KEY = "sk-proj-abcdef123456"
ENDPOINT = Endpoint("openai", "https://api.example.com/v1", KEY, 60.0)
REQUEST = Request("compose", "zh", "m", (Message("user", "写两题\n"),), Sampling(1.0, 1.0, 9), "p")
ANSWER = {
    "choices": [{"message": {"content": "好 \u2028"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5},
}
BATCH = {"id": "batch_1", "status": "in_progress", "input_file_id": "file-1"}


def _line(response=None, error=None, **other):
    return {"id": "r1", "custom_id": "a", "response": response, "error": error} | other


def _reply(line):
    found = read_line(line, ENDPOINT)
    return read_reply(found.status, {}, found.body, request=REQUEST, endpoint=ENDPOINT, seconds=0.0)


@pytest.mark.parametrize("url", ["/v1/chat/completions", "/v4/chat/completions"])
def test_a_line_that_is_sent(url):
    """One line, with the body of the live request in it."""
    body = write_body(REQUEST)

    line = write_line("a", url, body)

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert orjson.loads(line) == {
        "custom_id": "a",
        "method": "POST",
        "url": url,
        "body": orjson.loads(body),
    }


def test_an_answer_is_read_as_a_live_one_is():
    line = _line({"status_code": 200, "request_id": "q", "body": ANSWER})

    found, reply = read_line(line, ENDPOINT), _reply(line)

    assert (found.custom_id, found.status, found.code, found.words) == ("a", 200, "", "")
    assert (reply.text, reply.finish_reason, reply.key) == ("好 \u2028", "stop", REQUEST.key)
    assert (reply.input_tokens, reply.output_tokens) == (3, 5)


def test_an_answer_with_half_a_character_is_kept():
    raw = json.dumps(ANSWER).replace("\\u2028", "\\ud83d")
    line = _line({"status_code": 200, "body": json.loads(raw)})

    assert _reply(line).text == "好 \ufffd"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param(_line({"status_code": 200, "body": ANSWER}), 200, id="OpenAI"),
        pytest.param(_line({"status_code": "200", "body": ANSWER}), 200, id="a status in digits"),
        pytest.param(_line({"body": ANSWER}), 200, id="no status but an answer"),
        pytest.param(_line({"status_code": 429, "body": {"error": {}}}), 429, id="OpenAI, 429"),
        pytest.param(_line({"status_code": 400}, {"message": "m"}), 400, id="vLLM"),
        pytest.param(_line(None, {"code": "batch_expired"}), 0, id="expired"),
        pytest.param(_line(None, {"code": "data_inspection_failed"}), 400, id="DashScope, blocked"),
        pytest.param(_line(None, {"code": "InvalidParameter"}), 0, id="DashScope"),
        pytest.param(_line(None, "timeout"), 0, id="an error in words"),
        pytest.param(_line(), 0, id="nothing"),
        pytest.param(_line({"status_code": True, "body": {}}), 0, id="a status that is true"),
        pytest.param(_line({"status_code": 99, "body": {}}), 0, id="a status below 100"),
        pytest.param(_line({"status_code": 600, "body": {}}), 0, id="a status above 599"),
        pytest.param(_line({"status_code": "²00", "body": {}}), 0, id="a status of another kind"),
        pytest.param(_line([], []), 0, id="lists"),
    ],
)
def test_the_status_of_a_line(line, status):
    """0 is what may be sent again: nobody says that it was executed."""
    assert read_line(line, ENDPOINT).status == status


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        pytest.param(
            _line({"status_code": 429, "body": {"error": {"message": "slow"}}}),
            Refused,
            "slow",
            id="too fast",
        ),
        pytest.param(
            _line({"status_code": 500, "body": {"error": {"message": "oops"}}}),
            Transient,
            "oops",
            id="server error",
        ),
        pytest.param(
            _line({"status_code": 400, "body": None}, {"message": "too long", "code": 400}),
            Fatal,
            "too long",
            id="beside the response",
        ),
        pytest.param(_line({"status_code": 500, "body": "down"}), Transient, "down", id="a text"),
        pytest.param(_line({"status_code": 200, "body": None}), Transient, "JSON", id="no body"),
    ],
)
def test_what_a_line_without_an_answer_means(line, kind, words):
    with pytest.raises(kind, match=words):
        _reply(line)


def test_a_line_that_moderation_refused_is_a_reply():
    assert _reply(_line(None, {"code": "data_inspection_failed"})).finish_reason == "content_filter"


@pytest.mark.parametrize("in_body", [True, False])
def test_code_and_words_of_a_line(in_body):
    """Without key, markup or line breaks, wherever they stand."""
    error = {"code": "c\n1", "message": f"<b>no</b>\nkey {KEY}"}
    line = _line({"status_code": 400, "body": {"error": error}}) if in_body else _line(None, error)

    found = read_line(line, ENDPOINT)

    assert (found.code, found.words) == ("c 1", "no key ***")


@pytest.mark.parametrize("custom_id", [None, 7, ["a"]])
def test_a_line_that_does_not_say_whose_it_is(custom_id):
    assert read_line(_line(custom_id=custom_id), ENDPOINT).custom_id == ""


def test_a_batch():
    body = BATCH | {
        "request_counts": {"total": 9, "completed": 3, "failed": 2},
        "output_file_id": None,
        "error_file_id": "file-3",
        "errors": None,
    }

    assert read_batch(body, ENDPOINT) == BatchState(
        id="batch_1",
        status="in_progress",
        done=3,
        failed=2,
        total=9,
        input_file="file-1",
        output_file="",
        error_file="file-3",
        errors=(),
        error_codes=(),
    )


@pytest.mark.parametrize(
    ("told", "status", "ended"),
    [
        ("validating", "validating", False),
        ("in_progress", "in_progress", False),
        ("finalizing", "finalizing", False),
        ("cancelling", "cancelling", False),
        ("completed", "completed", True),
        ("failed", "failed", True),
        ("expired", "expired", True),
        ("cancelled", "cancelled", True),
        ("in_queue", "in_queue", False),
        ("COMPLETED", "completed", True),
        ("canceled", "cancelled", True),
    ],
)
def test_a_status(told, status, ended):
    """A word that is not known is not the end."""
    state = read_batch(BATCH | {"status": told}, ENDPOINT)

    assert (state.status, state.ended) == (status, ended)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param([BATCH], id="a list"),
        pytest.param(None, id="no JSON"),
        pytest.param(BATCH | {"id": None}, id="no id"),
        pytest.param(BATCH | {"id": ""}, id="an empty id"),
        pytest.param(BATCH | {"id": 7}, id="a number"),
        pytest.param(BATCH | {"id": "a b"}, id="a blank in the id"),
        pytest.param(BATCH | {"id": "a\n"}, id="a line break in the id"),
        pytest.param(BATCH | {"id": "批"}, id="an id outside ASCII"),
        pytest.param(BATCH | {"id": f"x{KEY}"}, id="the key in the id"),
        pytest.param(BATCH | {"status": None}, id="no status"),
    ],
)
def test_what_is_no_batch(body):
    assert read_batch(body, ENDPOINT) is None


@pytest.mark.parametrize(
    "counts", [None, [], {}, {"total": None}, {"total": -1, "completed": "3", "failed": True}]
)
def test_counts_that_are_not_told_are_nought(counts):
    state = read_batch(BATCH | {"request_counts": counts}, ENDPOINT)

    assert (state.done, state.failed, state.total) == (0, 0, 0)


@pytest.mark.parametrize(
    ("errors", "lines", "codes"),
    [
        pytest.param(
            {
                "data": [
                    {"code": "mismatched_model", "line": 3, "message": "Not that."},
                    {"code": "mismatched_model", "line": 4, "message": "Nor that."},
                ]
            },
            ("line 3: mismatched_model: Not that.", "line 4: mismatched_model: Nor that."),
            ("mismatched_model",),
            id="OpenAI",
        ),
        pytest.param(
            {"data": [{"code": "token_limit_exceeded", "line": None, "message": "Wait."}]},
            ("token_limit_exceeded: Wait.",),
            ("token_limit_exceeded",),
            id="the file as a whole",
        ),
        pytest.param(["no such model"], ("no such model",), (), id="SiliconFlow"),
        pytest.param("no such model", ("no such model",), (), id="Novita"),
        pytest.param([{"message": f"<i>{KEY}</i>\n{KEY}"}], ("*** ***",), (), id="key and markup"),
        pytest.param({"data": None}, (), (), id="none"),
        pytest.param([7, None, {}], (), (), id="no errors"),
    ],
)
def test_errors_of_a_refused_file(errors, lines, codes):
    state = read_batch(BATCH | {"status": "failed", "errors": errors}, ENDPOINT)

    assert (state.errors, state.error_codes) == (lines, codes)


def test_no_more_than_twenty_errors_are_told():
    state = read_batch(BATCH | {"errors": ["no"] * 50_000}, ENDPOINT)

    assert len(state.errors) == 20


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"id": "file-1", "object": "file"}, id="OpenAI"),
        pytest.param({"code": 20000, "data": {"id": "file-1"}}, id="SiliconFlow"),
    ],
)
def test_the_id_of_a_file(body):
    assert read_file_id(body, ENDPOINT) == "file-1"


def test_a_new_batch_of_together():
    assert read_batch({"job": BATCH}, ENDPOINT).id == "batch_1"


@pytest.mark.parametrize(("length", "good"), [(4096, True), (4097, False)])
def test_an_id_may_be_a_signed_address(length, good):
    assert (read_id("h" * length, ENDPOINT) != "") == good


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ({"vicugna": "x"}, True),
        ({"vicugna": "y"}, False),
        ({"name": "x"}, False),
        (None, False),
        ([], False),
    ],
)
def test_a_name(metadata, named):
    assert is_named({"metadata": metadata}, "x") == named


def test_no_name_is_nobodys():
    assert not is_named({"metadata": {"vicugna": ""}}, "")


def _split(*blocks):
    async def run():
        async def stream():
            for block in blocks:
                yield block

        return [line async for line in split_lines(stream())]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("blocks", "lines"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param((b"a\nb\n",), [b"a", b"b"], id="one block"),
        pytest.param((b"a\nb",), [b"a", b"b"], id="no end"),
        pytest.param((b"a", b"b\n", b"", b"c\n"), [b"ab", b"c"], id="cut inside of a line"),
        pytest.param((b"\n\n",), [b"", b""], id="blank lines"),
        pytest.param(("a\u2028\x85\x0c\r\n".encode(),), ["a\u2028\x85\x0c\r".encode()], id="no LF"),
    ],
)
def test_lines(blocks, lines):
    assert _split(*blocks) == lines


@given(st.binary(max_size=60), st.integers(1, 7))
def test_lines_do_not_depend_on_the_blocks(raw, size):
    blocks = [raw[i : i + size] for i in range(0, len(raw), size)]

    expected = raw.split(b"\n")
    assert _split(*blocks) == (expected if expected[-1] else expected[:-1])


def test_a_line_without_end_is_passed_over(monkeypatch):
    """It must not fill the machine."""
    monkeypatch.setattr(batch_wire, "_LONGEST_LINE", 4)

    assert _split(b"1234\n12", b"345\n1", b"2\n12345") == [b"1234", None, b"12", None]
