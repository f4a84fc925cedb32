"""Lines of an invoice, and tasks that came from their replies."""

from typing import Any

from vicugna.records import Asked, Draft, Source, Task


def make_asked(
    request: str = "a", teacher: str = "openai", purpose: str = "new_tasks", **changes: Any
) -> Asked:
    """Return a line: 1,000 tokens in, a quarter of them from the cache, 200 out, 0.0005 USD."""
    known: dict[str, Any] = {
        "lang": "en",
        "prompt": f"{purpose}.en@0",
        "about": "",
        "sample": 0,
        "model": "gpt-4o-mini",
        "finish_reason": "stop",
        "input_tokens": 1000,
        "output_tokens": 200,
        "cached_tokens": 250,
        "price_nusd": 500_000,
    }
    return Asked(request, purpose, teacher=teacher, **known | changes)


def make_kept(request: str) -> Task:
    """Return a kept task whose answer is in the reply to a request."""
    draft = Draft(f"{request}-00", "en", "Name a bird.", "", "A kite.", Source(request=request))
    return Task(draft, ())
