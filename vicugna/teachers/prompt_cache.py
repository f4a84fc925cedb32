"""What prompts begin with, marked so that a provider keeps it, and how much of it should be read.

A cache changes the price of a question and no word of it: nothing here is part of `Request.key`.
Every question of a prompt and language begins with the same system turn, and some go on with
fixed demonstrations (`Request.static`).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson

from vicugna.providers import PromptCache
from vicugna.records import Request

_BYTES_PER_TOKEN = 4  # of English in common vocabularies; Chinese has a little fewer


def static_bytes(request: Request) -> int:
    """Return how many bytes at the start of a request are those of every one of its prompt."""
    *before, last = request.messages
    texts = [*(message.content for message in before), last.content[: request.static]]
    return sum(len(text.encode()) for text in texts)


def mark_static(request: Request, cache: PromptCache) -> Sequence[Any]:
    """Return the messages to send, the end of what never changes marked in a provider's way.

    They are returned as they are where no mark is wanted, and where so little never changes that
    it would not be kept.
    """
    *before, last = request.messages
    if not cache.mark or not (before or request.static):
        return request.messages
    if request.static:
        end, static, rest = last, last.content[: request.static], last.content[request.static :]
    else:
        *before, end = before
        static, rest = end.content, ""
    earlier = sum(len(message.content) for message in before)
    block = _write_block(static, earlier, cache)
    if block is None:
        return request.messages
    blocks = [block, {"type": "text", "text": rest}] if rest else [block]
    marked = {"role": end.role, "content": blocks}
    return [*before, marked] if request.static else [*before, marked, last]


def expected_cached_share(
    static: int, whole: int, input_tokens: float, cache: PromptCache
) -> float | None:
    """Return the share of prompt tokens that should come from the cache; None where nobody knows.

    `static` of `whole` bytes of the prompts never change; `input_tokens` is what one prompt has.
    The first questions of a run find nothing in the cache, so a short run stays below it.

    >>> expected_cached_share(6000, 8000, 2000, PromptCache(min_tokens=1024))
    0.75
    >>> expected_cached_share(2000, 8000, 2000, PromptCache(min_tokens=1024))
    0.0
    """
    if cache.min_tokens is None or not whole:
        return None
    share = static / whole
    return share if input_tokens * share >= cache.min_tokens else 0.0


@lru_cache(maxsize=256)  # a long text is written once, not for every question
def _write_block(text: str, earlier: int, cache: PromptCache) -> orjson.Fragment | None:
    """Return a text as a marked block, None when it is too short, with what goes before, to keep.

    `earlier` counts characters.
    """
    if earlier + len(text.encode()) < max(cache.min_tokens or 0, 1) * _BYTES_PER_TOKEN:
        return None
    return orjson.Fragment(orjson.dumps({"type": "text", "text": text, **cache.mark}))
