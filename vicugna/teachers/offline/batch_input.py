"""The input file of a batch, checked as OpenAI checks it.

    {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {...}}

One line a request. The codes are those that OpenAI's own clients report; a client should rely on
`token_limit_exceeded` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import orjson

from vicugna.text.tokens import count_tokens

_MOST_ERRORS = 100  # of one file that are told; every line of 50,000 may be wrong


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch. `body` is JSON."""

    custom_id: str
    body: bytes
    model: str


@dataclass(frozen=True, slots=True)
class LineError:
    """Why a file was refused. `line` counts from 1; None when it is the file as a whole."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


def read_lines(
    raw: bytes, url: str, *, max_lines: int, max_bytes: int
) -> tuple[list[Line], list[LineError]]:
    """Return the lines of an input file, or what is wrong with it."""
    if len(raw) > max_bytes:
        return [], [LineError("file_too_large", f"The file is larger than {max_bytes} bytes.")]
    rows = raw.removesuffix(b"\n").split(b"\n")
    if rows == [b""]:
        return [], [LineError("empty_file", "The input file has no requests.")]
    if len(rows) > max_lines:
        words = f"The file has {len(rows)} requests, at most {max_lines} are allowed."
        return [], [LineError("too_many_tasks", words)]
    lines: list[Line] = []
    errors: list[LineError] = []
    for found in _check(rows, url):
        if isinstance(found, Line):
            lines.append(found)
        elif len(errors) < _MOST_ERRORS:
            errors.append(found)
    return ([], errors) if errors else (lines, [])


def count_prompts(lines: list[Line]) -> int:
    """Return the tokens of all prompts: words in English, characters in Chinese."""
    bodies = (cast("dict[str, Any]", orjson.loads(line.body)) for line in lines)
    return sum(_count(turn) for body in bodies for turn in _list(body.get("messages")))


def _count(turn: object) -> int:
    content = cast("dict[str, Any]", turn).get("content") if isinstance(turn, dict) else None
    return count_tokens(content) if isinstance(content, str) else 0


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _check(rows: list[bytes], url: str) -> Iterator[Line | LineError]:
    seen: set[str] = set()
    model = None
    for number, row in enumerate(rows, 1):
        found = _read_line(row, url, number)
        if isinstance(found, Line):
            model = model or found.model
            if found.custom_id in seen:
                words = f'The custom_id "{found.custom_id}" is that of another request.'
                found = LineError("duplicate_custom_id", words, number, "custom_id")
            elif found.model != model:
                words = f'The model is "{found.model}", that of the first line is "{model}".'
                found = LineError("mismatched_model", words, number, "body.model")
            else:
                seen.add(found.custom_id)
        yield found


def _read_line(row: bytes, url: str, number: int) -> Line | LineError:
    try:
        parsed = orjson.loads(row)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        return LineError("invalid_json_line", "This line is not a JSON object.", number)
    request = cast("dict[str, Any]", parsed)
    custom_id, body = request.get("custom_id"), request.get("body")
    if not isinstance(custom_id, str) or not custom_id:
        return _missing("custom_id", number)
    if request.get("method") != "POST":
        return LineError("invalid_method", "The method is not POST.", number, "method")
    if request.get("url") != url:
        return LineError("mismatched_url", f'The url is not "{url}".', number, "url")
    if not isinstance(body, dict):
        return _missing("body", number)
    asked = cast("dict[str, Any]", body)
    model = asked.get("model")
    if not isinstance(model, str) or not model:
        return _missing("body.model", number)
    # orjson writes what orjson wrote: the body is the bytes that a live request would have had,
    # and so meets the same faults.
    return Line(custom_id, orjson.dumps(asked), model)


def _missing(param: str, number: int) -> LineError:
    words = f'Missing required parameter: "{param}".'
    return LineError("missing_required_parameter", words, number, param)
