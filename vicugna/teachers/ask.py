"""What asking a teacher means, wherever the teacher is: one request in, one reply out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from vicugna.providers import PLAIN, Provider
from vicugna.records import Reply, Request

Ask = Callable[[Request], Awaitable[Reply]]
"""Answers one request, or raises `Refused`, `Transient` or `Fatal` (`vicugna.errors`)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a teacher is reached. `base_url` ends before `/chat/completions`.

    `api_key` is "" for a server that needs none; it is left out of `repr`, so that it reaches
    no log. `timeout` is in seconds and bounds one attempt from the first byte to the last.
    `provider` says in which words it is asked.
    """

    name: str
    base_url: str
    api_key: str = field(repr=False)
    timeout: float
    provider: Provider = field(default=PLAIN, repr=False)
