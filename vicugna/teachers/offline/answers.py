"""What the offline server answers: the body of a chat request becomes the payload of a response.

Composing and paying are two steps, because what is refused is not paid for, and whether it is
refused can depend on the answer (`quota.py`).
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.records import Lang
from vicugna.teachers.offline.faults import ANSWER_FAULTS, apply_text_fault
from vicugna.teachers.offline.prefixes import Prefixes
from vicugna.text.tokens import CJK, count_tokens

Respond = Callable[[dict[str, Any]], str]
"""Answers the body of a chat request with a text. A `UserError` becomes a 400."""

MODEL = "offline"
_CJK = re.compile(f"[{CJK}]")
_THOUGHTS: dict[Lang, str] = {
    "en": "The question says what to write. I take one step after another, check each, then write.",
    "zh": "题目说明了要写什么。我一步一步推，逐步核对，然后写出来。",
}


@dataclass(slots=True)
class Teacher:
    """What answers, and what it was paid for."""

    respond: Respond
    reasoning: bool = False
    prefixes: Prefixes | None = None
    paid: int = 0
    tokens: int = 0  # of the prompts and answers that were paid for
    previous: dict[Lang, str] = field(default_factory=dict[Lang, str])


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is paid for. Tokens are ours: words in English, characters in Chinese."""

    body: dict[str, Any]
    said: str  # by the teacher; `text` is what a fault made of it
    lang: Lang
    text: str
    finish_reason: str
    thoughts: str
    read: int
    written: int  # thoughts included


def answer(teacher: Teacher, body: dict[str, Any], fault: str | None = None) -> bytes:
    """Return the payload that answers a body of `read_body`, which is paid for.

    Raises:
        UserError: The teacher cannot answer this body.
    """
    return pay(teacher, compose(teacher, body, fault))


def read_body(raw: bytes) -> dict[str, Any]:
    """Return the body of a chat request.

    Raises:
        UserError: It is not JSON, or has no messages with role and content.
    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UserError(f"The body is not JSON: {error}.") from error
    body = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    messages = body.get("messages")
    turns = cast("list[object]", messages) if isinstance(messages, list) else []
    if not turns or not all(_is_turn(turn) for turn in turns):
        raise UserError('The body has no list of "messages", each with a role and a content.')
    return body


def compose(
    teacher: Teacher, body: dict[str, Any], fault: str | None, before: Answer | None = None
) -> Answer:
    """Compose the answer to a body of `read_body`, with the fault if it is one of the answer.

    `before` is an answer to the same body that was not paid for: the teacher is not asked again.

    Raises:
        UserError: The teacher cannot answer this body.
    """
    faulty = fault in ANSWER_FAULTS
    if before is not None and not faulty and before.text is before.said:
        return before
    said = teacher.respond(body) if before is None else before.said
    count = count_tokens(said)
    lang = _lang(said, count)
    text, reason = said, "stop"
    if fault is not None and faulty:
        text, reason = apply_text_fault(fault, said, lang, teacher.previous.get(lang, ""))
    thoughts = _THOUGHTS[lang] if teacher.reasoning else ""
    return Answer(
        body=body,
        said=said,
        lang=lang,
        text=text,
        finish_reason=reason,
        thoughts=thoughts,
        read=sum(map(_count, body["messages"])),
        written=(count if text is said else count_tokens(text)) + count_tokens(thoughts),
    )


def pay(teacher: Teacher, composed: Answer) -> bytes:
    """Count the answer as paid for, whether it arrives or not, and return its payload."""
    teacher.previous[composed.lang] = composed.said
    teacher.paid += 1
    teacher.tokens += composed.read + composed.written
    completion = _completion(
        composed, teacher.prefixes.take(composed.body) if teacher.prefixes else 0
    )
    try:
        return orjson.dumps(completion)
    except TypeError:  # half a character, which JSON writes as "\\ud800" and UTF-8 not at all
        return json.dumps(completion).encode()


def error_shape(code: str, words: str) -> dict[str, Any]:
    """Return an error as the body of a response says it."""
    return {"error": {"message": words, "type": code, "code": code, "param": None}}


def _lang(text: str, count: int) -> Lang:
    if text.isascii():  # an English text need not be searched
        return "en"
    return "zh" if _CJK.subn("", text)[1] * 2 > count else "en"


def _is_turn(turn: object) -> bool:
    return isinstance(turn, dict) and "role" in turn and "content" in turn


def _completion(composed: Answer, cached: int) -> dict[str, Any]:
    """Wrap an answer as OpenAI does."""
    message = {"role": "assistant", "content": composed.text}
    usage: dict[str, Any] = {
        "prompt_tokens": composed.read,
        "completion_tokens": composed.written,
        "total_tokens": composed.read + composed.written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    if composed.thoughts:
        message["reasoning_content"] = composed.thoughts
        usage["completion_tokens_details"] = {"reasoning_tokens": count_tokens(composed.thoughts)}
    return {
        "id": "chatcmpl-offline",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": str(composed.body.get("model", MODEL)),
        "choices": [{"index": 0, "message": message, "finish_reason": composed.finish_reason}],
        "usage": usage,
    }


def _count(message: Any) -> int:  # noqa: ANN401 - JSON
    content = cast("dict[str, Any]", message).get("content") if isinstance(message, dict) else ""
    return count_tokens(content) if isinstance(content, str) else 0
