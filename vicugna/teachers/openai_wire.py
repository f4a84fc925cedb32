"""What comes back over the wire from an OpenAI-compatible chat endpoint.

Pure: a response becomes a `Reply` or an error; a request becomes a body in `openai_body`. No
socket is opened here, so that batches and tests read answers as the client does.
"""

import json
import re
import time
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

import orjson

from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_body import mend
from vicugna.teachers.prices import price_nusd

# One row per status: the cause that is counted, and what the user can do about it.
_REFUSED = {429: "rate_limit", 503: "overloaded"}
_TRANSIENT = {408: "timeout", 409: "server_error", 425: "server_error"}
_FATAL = {
    400: ("bad_request", "Check the model and the sampling parameters."),
    401: ("bad_key", "Check the API key."),
    402: ("no_credit", "Top up the account."),
    403: ("forbidden", "Check that this key may use this model, from this region."),
    404: ("not_found", "Check base_url and the name of the model."),
    422: ("bad_request", "Check the model and the sampling parameters."),
}
_REDIRECT = ("redirect", "The address has moved: change base_url.")
_OTHER = ("bad_request", "Check base_url, the model and the sampling parameters.")
_UNPAID = ("no_credit", "Top up the account or raise its limit.")

# Codes that arrive with a 429, a 400 or a 403 although waiting cannot help: of OpenAI, Moonshot,
# Zhipu (1113), DashScope (help.aliyun.com/zh/model-studio/error-code) and SiliconFlow (30001).
_NO_CREDIT = {
    "insufficient_quota",
    "billing_not_active",
    "billing_hard_limit_reached",
    "exceeded_current_quota_error",
    "1113",
    "arrearage",
    "prepaidbilloverdue",
    "postpaidbilloverdue",
    "commoditynotpurchased",
    "30001",
}
# Codes of OpenAI and Azure, DashScope and Zhipu (1301): moderation refused this one prompt, which
# is no fault of the run.
_BLOCKED = {
    "content_filter",
    "content_policy_violation",
    "data_inspection_failed",
    "datainspectionfailed",
    "1301",
}
_Usage = tuple[int, int, int, int]  # tokens: input, output; of the input read from, put in a cache
_SECRET = re.compile(r"\bsk-[\w*-]{4,}")
_TAG = re.compile(r"<[^<>]*>")
_LONGEST_QUOTE = 200
_LONGEST_WORDS = 4096  # characters of a server's words that are looked at
_LONGEST_REASON = 40
_LONGEST_REASONING = 2**20  # characters
_MOST_TOKENS = 2**31 - 1  # what a column of the ledger holds; no answer has as many
# Characters. A server on one's own machine is given "EMPTY" or "ollama" for a key: words that an
# answer may hold, and no secret.
_SHORTEST_SECRET = 12


def read_reply(
    status: int,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    request: Request,
    endpoint: Endpoint,
    seconds: float,
) -> Reply:
    """Read a response. A prompt that moderation refused is a reply with the empty text.

    Raises:
        Refused: 429 and 503, with the seconds the server asked to wait.
        Transient: Any other 5xx, a body that is not JSON, or an answer without a choice.
        Fatal: Any other status, and a 429 that says the credit is used up.
    """
    body = parse(raw)
    if 200 <= status < 300:
        return _read_answer(body, request, endpoint, seconds)
    if status == 400 and is_blocked(body):
        return _make_reply(("", "content_filter", ""), None, request, endpoint, seconds)
    raise read_error(status, headers, raw, endpoint)


def read_error(
    status: int, headers: Mapping[str, str], raw: bytes, endpoint: Endpoint
) -> TeacherError:
    """Return what the response with another status than 2xx means, with the server's words.

    429 and 503 are `Refused`, unless the credit is used up; any other 5xx is `Transient`; the
    rest is `Fatal`. The error is returned, so that it can be raised outside of a handler.
    """
    body = parse(raw)
    words = clean_words(_message(body) or raw[:4096].decode("utf-8", "replace"), endpoint)
    line = f"{who(endpoint)} said {status}: {words or 'nothing more'}"
    if _codes(body) & _NO_CREDIT.difference(endpoint.provider.too_fast):
        cause, advice = _UNPAID
    elif status in _REFUSED:
        wait = read_retry_after(headers)
        return Refused(line, cause=_REFUSED[status], retry_after=wait)
    elif status in _TRANSIENT or status >= 500:
        return Transient(line, cause=_TRANSIENT.get(status, "server_error"))
    else:
        cause, advice = _REDIRECT if status < 400 else _FATAL.get(status, _OTHER)
    stop = "" if line.endswith((".", "…", "。", "!")) else "."
    return Fatal(f"{line}{stop} {advice}", cause=cause)


def parse(raw: bytes) -> object:
    """Return the parsed body, or None. Blank lines before it (keep-alives) do not matter."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    # A paid answer is not thrown away for one broken character, which orjson would refuse.
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def is_blocked(body: object) -> bool:
    """Tell whether an error says that moderation refused this one prompt."""
    return bool(_codes(body) & _BLOCKED)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asked to wait, or None when it did not say.

    `retry-after-ms` is finer, so it goes first; `Retry-After` is in seconds or an HTTP date
    (RFC 9110, section 10.2.3), which is read against the server's own clock where it sends one.
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("Retry-After")
    seconds = _seconds(value)
    if seconds is not None or value is None:
        return seconds
    until = _timestamp(value)
    now = _timestamp(headers.get("Date", ""))
    return None if until is None else max(0.0, until - (time.time() if now is None else now))


def who(endpoint: Endpoint) -> str:
    """Return how a teacher is named at the start of an error."""
    return f'Teacher "{endpoint.name}" ({endpoint.base_url})'


def clean_words(text: str, endpoint: Endpoint) -> str:
    """Return a server's words as one short line without markup, control characters or key."""
    if endpoint.api_key:
        text = text.replace(endpoint.api_key, "***")
    text = _SECRET.sub("***", _TAG.sub(" ", text[:_LONGEST_WORDS]))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def hide_key(text: str, endpoint: Endpoint) -> str:
    """Return an answer's text without the key: what is between us may send our header back."""
    key = endpoint.api_key
    return text.replace(key, "***") if len(key) >= _SHORTEST_SECRET else text


def _read_answer(body: object, request: Request, endpoint: Endpoint, seconds: float) -> Reply:
    if body is None:
        raise Transient(f"{who(endpoint)} sent a body that is not JSON.", cause="bad_json")
    choice = _dict(_first(_dict(body).get("choices")))
    message = _dict(choice.get("message"))
    content = _text_of(message.get("content"))
    if "message" not in choice or content is None:
        words = clean_words(_message(body), endpoint)
        raise Transient(
            f"{who(endpoint)} sent no answer: {words or 'no reason'}", cause="no_answer"
        )
    told = choice.get("finish_reason")
    reason = hide_key(told, endpoint)[:_LONGEST_REASON] if isinstance(told, str) else ""
    usage = _read_usage(_dict(_dict(body).get("usage")))
    thought = hide_key(_reasoning_of(message), endpoint)
    texts = (mend(hide_key(content, endpoint)), mend(reason), mend(thought))
    return _make_reply(texts, usage, request, endpoint, seconds)


def _text_of(content: object) -> str | None:
    """Return the text of an answer, which some servers send in parts; None when it is none."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return None
    parts = [_dict(part) for part in cast("list[object]", content)]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return "".join(texts) if all(parts) else None


def _reasoning_of(message: dict[str, Any]) -> str:
    """Return what a server keeps apart from the answer: each has one of two names for it."""
    for name in ("reasoning_content", "reasoning"):
        thought = message.get(name)
        if isinstance(thought, str) and thought:
            return thought[:_LONGEST_REASONING]
    return ""


def _make_reply(
    texts: tuple[str, str, str],
    usage: _Usage | None,
    request: Request,
    endpoint: Endpoint,
    seconds: float,
) -> Reply:
    """Return a reply; `texts` are the answer, why it ended, and what was thought before it."""
    text, finish_reason, reasoning = texts
    read, written, cached, stored = usage or (0, 0, 0, 0)
    price = None
    if usage is not None:
        name = endpoint.provider.name
        price = price_nusd(request.model, read, written, cached, stored, provider=name)
    return Reply(
        key=request.key,
        teacher=endpoint.name,
        model=request.model,
        text=text,
        finish_reason=finish_reason,
        input_tokens=read,
        output_tokens=written,
        cached_tokens=cached,
        price_nusd=price,
        seconds=seconds,
        reasoning=reasoning,
    )


def _read_usage(usage: dict[str, Any]) -> _Usage | None:
    """Return the tokens that the server counted, or None when it did not count."""
    read, written = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if read is None or written is None:
        return None
    details = _dict(usage.get("prompt_tokens_details"))
    cached = (  # as OpenAI, DeepSeek and Moonshot say it
        details.get("cached_tokens"),
        usage.get("prompt_cache_hit_tokens"),
        usage.get("cached_tokens"),
    )
    stored = (  # as OpenAI and DashScope say it
        details.get("cache_write_tokens"),
        details.get("cache_creation_input_tokens"),
    )
    return read, written, _first_count(cached), _first_count(stored)


def _message(body: object) -> str:
    """Return the server's words: `error.message`, or what vLLM, FastAPI and others send."""
    error = _dict(body).get("error")
    for found in (_dict(error).get("message"), error, *map(_dict(body).get, ("message", "detail"))):
        if isinstance(found, str) and found:
            return found
    return ""


def _codes(body: object) -> set[str]:
    error = _dict(_dict(body).get("error")) or _dict(body)
    found = (error.get(name) for name in ("code", "type"))
    return {str(code).lower() for code in found if isinstance(code, str | int)}


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _first(value: object) -> object:
    return cast("list[object]", value)[0] if isinstance(value, list) and value else None


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _first_count(values: tuple[object, ...]) -> int:
    return next((count for value in values if (count := _count(value)) is not None), 0)


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _timestamp(date: str) -> float | None:
    from email.utils import parsedate_to_datetime  # 15 ms that few runs need

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
