"""Telling what is wrong with a row: what `verify` calls damaged, and what `import` refuses.

Both ask the same questions, so whatever is exported can be imported, and what was imported is
sound.
"""

import math
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from vicugna.ledger.rows import Row, checksum, reply_from, unpack_request
from vicugna.records import LANGS, Request

_MOST_INT, _MOST_BIGINT = 2**31 - 1, 2**63 - 1  # what the columns hold in PostgreSQL
_ROLES = ("system", "user", "assistant")
_NUMBERS = ("temperature", "top_p", "max_tokens", "presence_penalty", "frequency_penalty")
_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_KEY = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{32}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value  # which PostgreSQL refuses


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(most: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and 0 <= value <= most


def _is_money(value: object) -> bool:
    return value is None or (type(value) is int and 0 <= value <= _MOST_BIGINT)


def _is_seconds(value: object) -> bool:
    return isinstance(value, float) and 0 <= value < math.inf


def _one_of(*values: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in values


_ANSWER: Mapping[str, Callable[[object], bool]] = {
    "key": _matches(_KEY),
    "teacher": _is_plain,
    "model": _is_text,
    "purpose": _is_plain,
    "lang": _one_of(*LANGS),
    "text": _is_text,
    "finish_reason": _is_text,
    "input_tokens": _is_count(_MOST_INT),
    "output_tokens": _is_count(_MOST_INT),
    "cached_tokens": _is_count(_MOST_INT),
    "price_nusd": _is_money,
    "seconds": _is_seconds,
    "reasoning": _is_text,
    "created": _matches(_TIME),
    "run": _is_plain,
    "month": _matches(_MONTH),
    "charge": _is_plain,
    "charged_nusd": _is_money,
    "charged_tokens": _is_count(_MOST_BIGINT),
    "digest": _matches(_ID),
}
_CHARGE: Mapping[str, Callable[[object], bool]] = {
    "id": _matches(_ID),
    "key": lambda value: value == "" or _matches(_KEY)(value),  # "": of many answers
    "run": _is_plain,
    "month": _matches(_MONTH),
    "process": _is_plain,
    "state": _one_of("open", "lost", "removed"),
    "nusd": _is_money,
    "tokens": _is_count(_MOST_BIGINT),
    "requests": _is_count(_MOST_INT),
    "unpriced": _is_count(_MOST_INT),
    "created": _matches(_TIME),
}


def try_request(packed: Any) -> Request | None:  # noqa: ANN401 - what the database holds
    """Return the request in the `request` column; None when it cannot be read as one."""
    try:
        return try_unpack(orjson.loads(zlib.decompress(packed)))
    except (zlib.error, ValueError, TypeError):
        return None


def try_unpack(sent: Any) -> Request | None:  # noqa: ANN401 - what JSON holds
    """Return the request that was written as JSON; None when this is none."""
    try:
        request = unpack_request(sent)
    except (KeyError, TypeError, AttributeError):
        return None
    return request if _is_request(request) else None


def find_damage(row: Row, request: Request | None) -> str:
    """Return what is wrong with an answer and its request, in words; "" when nothing is."""
    wrong = _find_odd(row, _ANSWER)
    if wrong:
        return wrong
    if request is None:
        return "its request cannot be read"
    if request.key != row["key"]:
        return "its key is not the hash of its request"
    if (request.purpose, request.lang) != (row["purpose"], row["lang"]):
        return "its purpose and language are not those of its request"
    if checksum(reply_from(row)) != row["digest"]:
        return "its checksum differs: text, tokens, price or another field was changed"
    return ""


def find_charge_damage(row: Row) -> str:
    """Return what is wrong with a charge, in words; "" when nothing is."""
    wrong = _find_odd(row, _CHARGE)
    if not wrong and row["unpriced"] > row["requests"]:
        return f"{row['unpriced']} of its {row['requests']} requests have no price"
    return wrong


def _find_odd(row: Row, columns: Mapping[str, Callable[[object], bool]]) -> str:
    for name, is_good in columns.items():
        if not is_good(row[name]):
            return f'its "{name}" is {repr(row[name])[:40]}'
    return ""


def _is_request(request: Request) -> bool:
    texts = (request.purpose, request.model, request.prompt, request.about, request.teacher)
    return (
        all(map(_is_text, (*texts, *request.shown, request.sampling.extra)))
        and request.sampling.thinking in (None, True, False)
        and _one_of(*LANGS)(request.lang)
        and _is_count(_MOST_INT)(request.sample)
        and len(request.messages) > 0
        and all(
            _one_of(*_ROLES)(message.role) and _is_text(message.content)
            for message in request.messages
        )
        and all(_is_number(getattr(request.sampling, name)) for name in _NUMBERS)
    )


def _is_number(value: Any) -> bool:  # noqa: ANN401 - what JSON holds
    return type(value) in (int, float) and math.isfinite(value)
