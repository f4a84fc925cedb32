"""What goes over the wire to an OpenAI-compatible chat endpoint, in the words of its provider.

Pure: a request becomes a body. What differs between providers and models is data
(`vicugna.providers`).
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import orjson

from vicugna.providers import PLAIN, Provider, rules_for
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.prompt_cache import mark_static

_SURROGATE = re.compile("[\ud800-\udfff]")


def sendable(request: Request) -> Request:
    """Return the request with lone surrogates in its texts replaced by U+FFFD.

    They cannot be written as UTF-8; they come from files cut inside a character. A request
    without any is returned as it is.
    """
    texts = [mend(message.content) for message in request.messages]
    if all(text is m.content for text, m in zip(texts, request.messages, strict=True)):
        return request
    mended = (Message(m.role, text) for text, m in zip(texts, request.messages, strict=True))
    return replace(request, messages=tuple(mended))


def write_body(request: Request, provider: Provider = PLAIN, *, batch: bool = False) -> bytes:
    """Return the JSON body of a request, in the words of its provider.

    What the model refuses is left out, and so is a penalty of zero, which is the default. A line
    of a batch has nothing marked to be kept: caches of live requests are not read there.
    """
    model, sampling = request.model, request.sampling
    prompt = "" if batch else request.prompt
    rest = _write_rest(provider, model, sampling, request.sample, prompt)
    keep = rules_for(provider, model).cache
    messages = mark_static(request, keep) if keep.mark and not batch else request.messages
    return b'{"model":%b,"messages":%b,%b' % (orjson.dumps(model), orjson.dumps(messages), rest[1:])


@lru_cache(maxsize=1024)
def _write_rest(
    provider: Provider, model: str, sampling: Sampling, sample: int, prompt: str
) -> bytes:
    """Return what follows the messages in a body: the same for most requests of a prompt."""
    rules = rules_for(provider, model)
    rest = {**_parameters(sampling, sample, rules), **rules.cache.options}
    if rules.cache.key and prompt:
        rest[rules.cache.key] = prompt
    if sampling.extra:
        _merge(rest, orjson.loads(sampling.extra))
    return orjson.dumps(rest)


def _parameters(sampling: Sampling, sample: int, rules: Provider) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "temperature": float(sampling.temperature),  # 1 and 1.0 are alike where bodies are kept
        "top_p": float(sampling.top_p),
        rules.max_tokens: sampling.max_tokens,
    }
    if sample:
        parameters["seed"] = sample  # another answer to the same question
    if sampling.presence_penalty:
        parameters["presence_penalty"] = float(sampling.presence_penalty)
    if sampling.frequency_penalty:
        parameters["frequency_penalty"] = float(sampling.frequency_penalty)
    thinks = rules.thinks if sampling.thinking is None else sampling.thinking
    for name in rules.leaves_out + rules.leaves_out_thinking if thinks else rules.leaves_out:
        parameters.pop(name, None)
    if sampling.thinking is not None:
        parameters |= rules.thinking_on if thinks else rules.thinking_off
    return parameters


def _merge(body: dict[str, Any], extra: dict[str, Any]) -> None:
    """Put further parameters into a body; objects of the same name are put together."""
    for name, value in extra.items():
        ours: object = body.get(name)
        if isinstance(ours, dict) and isinstance(value, dict):
            value = cast("dict[str, Any]", ours) | cast("dict[str, Any]", value)
        body[name] = value


def mend(text: str) -> str:
    """Return a text with lone surrogates replaced by U+FFFD; a good one is returned as it is."""
    try:
        text.encode()  # fifty times faster than searching
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
