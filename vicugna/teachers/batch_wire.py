"""What a Batch API says, and the lines of its files. Pure: no socket is opened here.

The words are OpenAI's. What others do differently was read in their documents in November 2026:
SiliconFlow wraps a file in `data`, has batches "in_queue", lists errors as texts and may give an
address for a file; Together writes statuses in capitals and wraps a new batch in `job`; vLLM and
DashScope may put an error beside the response and not in it.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import orjson

from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_wire import clean_words, hide_key, is_blocked

NAME = "vicugna"
"""The key of the metadata that holds the name of a batch."""

_ENDED = {"completed", "failed", "expired", "cancelled"}
_SPELLINGS = {"canceled": "cancelled", "canceling": "cancelling"}
_LONGEST_ID = 4096  # characters; a signed address is long
_LONGEST_CODE = 64
_LONGEST_LINE = 64 * 2**20  # bytes, as of a live answer
_MOST_ERRORS = 20  # of a refused file that are told


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is. Counts are of lines; a file that there is not is "".

    `status` is "validating", "in_progress", "finalizing", "completed", "failed", "expired",
    "cancelling" or "cancelled", or another word of the server, which means that it goes on.
    `errors` say why validation failed, one line each, without key and markup. A file of some
    providers is an address, https://..., that needs no key: whoever has it can read the file.
    """

    id: str
    status: str
    done: int
    failed: int
    total: int
    input_file: str
    output_file: str
    error_file: str
    errors: tuple[str, ...]
    error_codes: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: what is in the files is all there is."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What became of one request. `custom_id` is "" when the line does not say whose it is.

    `status` and `body` are for `openai_wire.read_reply`. `status` is 0 for a request that was
    never executed or is not known to be, and `code` says why: "batch_expired", "batch_cancelled".
    It may be sent again. `words` are the server's, without key and markup, "" for an answer.
    """

    custom_id: str
    status: int
    body: bytes
    code: str
    words: str


def write_line(custom_id: str, url: str, body: bytes) -> bytes:
    """Return the line of an input file. `body` is JSON, as `openai_body.write_body` writes it."""
    line = {"custom_id": custom_id, "method": "POST", "url": url, "body": orjson.Fragment(body)}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def read_line(line: dict[str, Any], endpoint: Endpoint) -> BatchLine:
    """Read a line of an output or error file. OpenAI says which is which by the status alone."""
    custom_id, response, error = line.get("custom_id"), _dict(line.get("response")), _error(line)
    body = response.get("body")
    if body is None and error:
        body = {"error": error}
    status = _status(response, body)
    if status == 0 and is_blocked({"error": error}):
        status = 400
    told = error or _dict(_dict(body).get("error"))
    return BatchLine(
        custom_id=custom_id if isinstance(custom_id, str) else "",
        status=status,
        body=_write(body),
        code=_code(told.get("code"), endpoint),
        words="" if status == 200 else clean_words(_text(told.get("message")), endpoint),
    )


async def split_lines(blocks: AsyncIterator[bytes]) -> AsyncGenerator[bytes | None, None]:
    """Yield the lines of a file as its blocks arrive, None for one that is too long to be one.

    Only LF ends a line: the others that Unicode knows may stand inside of JSON.
    """
    held: list[bytes] = []
    size = 0  # of the line so far
    async for block in blocks:
        for number, piece in enumerate(block.split(b"\n")):
            if number:
                yield b"".join(held) if size <= _LONGEST_LINE else None
                held, size = [], 0
            size += len(piece)
            if size <= _LONGEST_LINE:
                held.append(piece)
            else:
                held.clear()
    if size:
        yield b"".join(held) if size <= _LONGEST_LINE else None


def read_batch(body: object, endpoint: Endpoint) -> BatchState | None:
    """Read a batch, or return None when the body is none."""
    batch = _unwrap(body)
    identity = read_id(batch.get("id"), endpoint)
    status = _text(batch.get("status")).lower()
    if not identity or not status:
        return None
    counts = _dict(batch.get("request_counts"))
    done, failed, total = (_count(counts.get(name)) for name in ("completed", "failed", "total"))
    errors = [_dict(row) or {"message": row} for row in _rows(batch.get("errors"))]
    codes = (_code(error.get("code"), endpoint) for error in errors)
    return BatchState(
        id=identity,
        status=_code(_SPELLINGS.get(status, status), endpoint),
        done=done,
        failed=failed,
        total=total,
        input_file=read_id(batch.get("input_file_id"), endpoint),
        output_file=read_id(batch.get("output_file_id"), endpoint),
        error_file=read_id(batch.get("error_file_id"), endpoint),
        errors=tuple(words for error in errors if (words := _say(error, endpoint))),
        error_codes=tuple(dict.fromkeys(code for code in codes if code)),
    )


def read_list(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the batches of a page."""
    rows = body.get("data")
    return [_dict(row) for row in cast("list[object]", rows)] if isinstance(rows, list) else []


def read_file_id(body: object, endpoint: Endpoint) -> str:
    """Return the id of a file that was uploaded, or ""."""
    return read_id(_unwrap(body).get("id"), endpoint)


def read_id(value: object, endpoint: Endpoint) -> str:
    """Return an id, or "" for what cannot be one. It goes into addresses and into the ledger."""
    text = _text(value)
    good = len(text) <= _LONGEST_ID and text.isascii() and text.isprintable() and " " not in text
    return text if good and hide_key(text, endpoint) == text else ""


def is_named(batch: dict[str, Any], name: str) -> bool:
    """Tell whether a batch carries this name in its metadata."""
    return bool(name) and _dict(batch.get("metadata")).get(NAME) == name


def _unwrap(body: object) -> dict[str, Any]:
    outer = _dict(body)
    if "id" in outer:
        return outer
    return _dict(outer.get("data")) or _dict(outer.get("job"))


def _error(line: dict[str, Any]) -> dict[str, Any]:
    error = line.get("error")
    return {"message": error} if isinstance(error, str) else _dict(error)


def _status(response: dict[str, Any], body: object) -> int:
    value = response.get("status_code")
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        value = int(value)
    if type(value) is int and 100 <= value <= 599:
        return value
    return 200 if "choices" in _dict(body) else 0


def _write(body: object) -> bytes:
    if body is None or isinstance(body, str):
        return (body or "").encode("utf-8", "replace")
    try:
        return orjson.dumps(body)
    except TypeError:  # half a character
        return json.dumps(body).encode()


def _rows(errors: object) -> list[object]:
    rows = _dict(errors).get("data", errors)
    if isinstance(rows, str):
        return [rows]
    return cast("list[object]", rows)[:_MOST_ERRORS] if isinstance(rows, list) else []


def _say(error: dict[str, Any], endpoint: Endpoint) -> str:
    line = error.get("line")
    place = f"line {line}" if type(line) is int else ""
    parts = (place, _code(error.get("code"), endpoint), _text(error.get("message")))
    return clean_words(": ".join(part for part in parts if part), endpoint)


def _code(value: object, endpoint: Endpoint) -> str:
    text = str(value) if type(value) is int else _text(value)
    return clean_words(text, endpoint)[:_LONGEST_CODE]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
