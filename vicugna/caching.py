"""How much of the prompts came from the teachers' caches, and how much should have.

Of the prompts only sizes are known here, added up as replies are consumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from vicugna.providers import OPENAI, PromptCache, provider_at, rules_for
from vicugna.records import Lang, Reply, Request
from vicugna.teachers.prompt_cache import expected_cached_share, static_bytes
from vicugna.teachers.roles import Cast, everyone
from vicugna.text.hygiene import show_plain

MIN_REQUESTS = 20  # of a purpose; fewer say nothing
POOR = 0.5  # of the share that is expected: below that something is wrong


@dataclass(slots=True)
class Prompted:
    """The prompts of one teacher, purpose and language, added up."""

    requests: int = 0
    static: int = 0  # bytes at their start that never change
    whole: int = 0  # bytes
    input_tokens: int = 0
    cached_tokens: int = 0

    def add(self, other: "Prompted") -> None:
        """Add what others came to."""
        self.requests += other.requests
        self.static += other.static
        self.whole += other.whole
        self.input_tokens += other.input_tokens
        self.cached_tokens += other.cached_tokens


Prompts = dict[tuple[str, str, Lang], Prompted]
"""By the teacher's label, purpose and language: they decide what a prompt begins with."""


def note_prompt(prompts: Prompts, request: Request, reply: Reply) -> None:
    """Add one request and what the teacher counted of it."""
    whole = sum(len(message.content.encode()) for message in request.messages)
    one = Prompted(1, static_bytes(request), whole, reply.input_tokens, reply.cached_tokens)
    add_prompts(prompts, {(reply.teacher, request.purpose, request.lang): one})


def add_prompts(prompts: Prompts, others: Prompts) -> None:
    """Add the prompts of another shard."""
    for key, other in others.items():
        prompts.setdefault(key, Prompted()).add(other)


def find_caches(cast: Cast) -> dict[str, PromptCache]:
    """Return what the provider keeps of prompts, by the label of each teacher that is asked live.

    In a batch nothing that is read from a cache is counted, whatever the provider says of caches.
    """
    return {
        one.label: rules_for(
            provider_at(one.settings.name or OPENAI, one.settings.base_url or ""),
            one.settings.model or "",
        ).cache
        for one in everyone(cast)
        if one.settings.mode != "batch"
    }


def expects_cached(prompts: Prompts, caches: Mapping[str, PromptCache]) -> bool:
    """Tell whether any part of the prompts should come from a cache."""
    return any(_expect(key, one, caches) for key, one in prompts.items())


def find_poor_caching(
    prompts: Prompts, caches: Mapping[str, PromptCache], at_once: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return where less than half of what is expected came from the cache.

    One {"teacher", "purpose", "cached_share", "expected_share"} each, shares of the prompt tokens.
    `at_once` is how many requests a teacher has at the same time: so many of the first ones find
    nothing yet. A purpose with fewer than `MIN_REQUESTS` is passed over.
    """
    sums: dict[tuple[str, str], Prompted] = {}
    expected: dict[tuple[str, str], float] = {}  # tokens
    for key, one in prompts.items():
        cell = key[:2]
        sums.setdefault(cell, Prompted()).add(one)
        expected[cell] = expected.get(cell, 0.0) + _expect(key, one, caches)
    poor: list[dict[str, Any]] = []
    for (teacher, purpose), one in sums.items():
        warm = max(0.0, 1 - at_once.get(teacher, 0) / one.requests)
        wanted = expected[teacher, purpose] * warm
        if one.requests < MIN_REQUESTS or one.cached_tokens >= wanted * POOR or isclose(wanted, 0):
            continue
        poor.append(
            {
                "teacher": teacher,
                "purpose": purpose,
                "cached_share": round(one.cached_tokens / one.input_tokens, 3),
                "expected_share": round(wanted / one.input_tokens, 3),
            }
        )
    return poor


def show_poor_caching(poor: Mapping[str, Any]) -> str:
    """Return one finding of `find_poor_caching` as a line, with what to do."""
    return show_plain(
        f"{poor['purpose']} at {poor['teacher']}: {poor['cached_share']:.0%} of the prompt tokens "
        f"came from the cache, about {poor['expected_share']:.0%} could. Long pauses, and gateways "
        "that spread requests over accounts or servers, lose it: ask the provider's own address.",
        500,
    )


def _expect(key: tuple[str, str, Lang], one: Prompted, caches: Mapping[str, PromptCache]) -> float:
    """Return how many tokens of some prompts should come from the cache, of a warm one."""
    cache = caches.get(key[0])
    if cache is None:
        return 0.0
    mean = one.input_tokens / one.requests
    share = expected_cached_share(one.static, one.whole, mean, cache)
    return (share or 0.0) * one.input_tokens
