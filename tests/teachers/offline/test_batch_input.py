import orjson
import pytest

from vicugna.records import Message, Request, Sampling
from vicugna.teachers.offline.batch_input import Line, LineError, count_prompts, read_lines
from vicugna.teachers.openai_body import write_body

URL = "/v1/chat/completions"
ZHIPU_URL = "/v4/chat/completions"


def _row(custom_id="a", *, url=URL, content="Write 2 tasks.", model="m", **other):
    body = {"model": model, "messages": [{"role": "user", "content": content}]}
    line = {"custom_id": custom_id, "method": "POST", "url": url, "body": body} | other
    return orjson.dumps({name: value for name, value in line.items() if value is not None})


def _read(*rows, url=URL, max_lines=50_000, max_bytes=200_000_000, end=b"\n"):
    raw = b"\n".join(rows) + end
    return read_lines(raw, url, max_lines=max_lines, max_bytes=max_bytes)


@pytest.mark.parametrize("end", [b"\n", b"", b"\r\n"], ids=["LF", "no end", "CR LF"])
@pytest.mark.parametrize("content", ["Write 2 tasks.", "写两道题"], ids=["en", "zh"])
def test_a_good_file(content, end):
    rows = [_row("a", content=content), _row("b", content=content)]

    lines, errors = _read(*rows, end=end)

    assert errors == []
    assert [line.custom_id for line in lines] == ["a", "b"]
    assert {line.model for line in lines} == {"m"}


def test_a_body_is_the_bytes_of_a_live_request():
    """So a line meets the same fault as the request would have met over HTTP."""
    request = Request(
        "compose",
        "zh",
        "m",
        (Message("user", "写\n“两”道题 \u2028"),),
        Sampling(0.7, 0.95, 1024),
        "p",
    )
    body = write_body(request)

    lines, _ = _read(_row(body=orjson.loads(body)))

    assert lines == [Line("a", body, "m")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(b"{", "invalid_json_line", id="half an object"),
        pytest.param(b"", "invalid_json_line", id="a blank line"),
        pytest.param(b"[]", "invalid_json_line", id="a list"),
        pytest.param(b"\xff", "invalid_json_line", id="bytes"),
        pytest.param(_row(custom_id=None), "missing_required_parameter", id="no id"),
        pytest.param(_row(custom_id=""), "missing_required_parameter", id="an empty id"),
        pytest.param(_row(custom_id=7), "missing_required_parameter", id="an id that is a number"),
        pytest.param(_row("b", method="GET"), "invalid_method", id="another method"),
        pytest.param(_row("b", url=ZHIPU_URL), "mismatched_url", id="another url"),
        pytest.param(_row("b", body=None), "missing_required_parameter", id="no body"),
        pytest.param(_row("b", body="{}"), "missing_required_parameter", id="a text for a body"),
        pytest.param(_row("b", model=""), "missing_required_parameter", id="no model"),
        pytest.param(_row("b", model="n"), "mismatched_model", id="another model"),
        pytest.param(_row("a"), "duplicate_custom_id", id="the same id"),
    ],
)
def test_a_bad_line_refuses_the_file(row, code):
    """OpenAI runs nothing of a file with one bad line, and says which line it is."""
    lines, errors = _read(_row("a"), row, _row("c"))

    assert lines == []
    assert [(error.code, error.line) for error in errors] == [(code, 2)]


def test_every_bad_line_is_told_up_to_a_hundred():
    _, errors = _read(*[b"{"] * 101)

    assert [error.line for error in errors] == list(range(1, 101))


def test_an_empty_file():
    assert _read(end=b"") == ([], [LineError("empty_file", "The input file has no requests.")])


@pytest.mark.parametrize(("count", "good"), [(3, True), (4, False)], ids=["as many", "one more"])
def test_the_most_lines(count, good):
    lines, errors = _read(*(_row(str(i)) for i in range(count)), max_lines=3)

    assert (len(lines) == count) == good
    assert [error.code for error in errors] == ([] if good else ["too_many_tasks"])


@pytest.mark.parametrize(("extra", "good"), [(0, True), (-1, False)], ids=["as many", "one more"])
def test_the_most_bytes(extra, good):
    _, errors = _read(_row(), max_bytes=len(_row()) + 1 + extra)

    assert [error.code for error in errors] == ([] if good else ["file_too_large"])


def test_another_endpoint():
    """Zhipu has its own path, which the lines and the batch name alike."""
    lines, errors = _read(_row(url=ZHIPU_URL), url=ZHIPU_URL)

    assert (len(lines), errors) == (1, [])


def test_prompts_are_counted_in_words_and_characters():
    lines, _ = _read(_row("a", content="Write 2 tasks."), _row("b", content="写两道题"))

    assert count_prompts(lines) == 3 + 4


def test_a_prompt_of_another_shape_counts_nothing():
    lines, _ = _read(_row(body={"model": "m", "messages": [7, {"content": ["写"]}]}))

    assert count_prompts(lines) == 0
