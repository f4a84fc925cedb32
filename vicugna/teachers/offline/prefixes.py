"""How much of a prompt the server has seen before, as OpenAI's prompt cache counts it.

A prefix is the longest start that a prompt shares with an earlier one for the same model: in whole
messages, and in the first that differs in steps of 128 tokens. Below 1,024 tokens nothing is cached
(OpenAI, "Prompt caching").
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, cast

import orjson

from vicugna.text.tokens import CJK, count_tokens

MINIMUM = 1024  # tokens
STEP = 128  # tokens
_REMEMBERED = 65_536  # prefixes; about 10 MB
# What `count_tokens` counts, at its place in the text as it stands.
_TOKEN = re.compile(f"[a-zA-Z0-9ａ-ｚＡ-Ｚ０-９]+|[{CJK}]")


class Prefixes:
    """The starts of the latest prompts, by their hashes."""

    def __init__(self, minimum: int = MINIMUM) -> None:
        self._minimum = minimum
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def take(self, body: dict[str, Any]) -> int:
        """Return how many tokens of the prompt are cached, and remember the prompt."""
        cached, known = 0, True
        for key, length in _prefixes(body):
            known = known and key in self._seen
            if known:
                cached = length
            self._seen[key] = None
            self._seen.move_to_end(key)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return cached if cached >= self._minimum else 0


def _prefixes(body: dict[str, Any]) -> Iterator[tuple[bytes, int]]:
    """Yield hash and tokens of every start of a prompt that may be cached, shortest first."""
    before, length = str(body.get("model", "")).encode(), 0
    for message in cast("list[dict[str, Any]]", body["messages"]):
        content = message["content"]
        text = content if isinstance(content, str) else ""
        hashed = blake2b(before + orjson.dumps(message["role"]), digest_size=16)
        start = 0
        for number, end in enumerate(_steps(text), 1):
            hashed.update(text[start:end].encode(errors="surrogatepass"))
            start = end
            yield hashed.digest(), length + number * STEP
        rest = text[start:].encode(errors="surrogatepass") if text else orjson.dumps(content)
        hashed.update(rest + b"\xff")  # no byte of UTF-8: here the message ends
        before, length = hashed.digest(), length + count_tokens(text)
        yield before, length


@lru_cache(maxsize=1024)
def _steps(text: str) -> tuple[int, ...]:
    """Return where every 128th token of a text ends."""
    ends = (match.end() for match in _TOKEN.finditer(text))
    return tuple(end for number, end in enumerate(ends, 1) if number % STEP == 0)
