"""What a run spent: its replies added up by teacher and by purpose, and the words that tell it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vicugna.records import Asked, Task
from vicugna.text.hygiene import show_plain

HEAD = (
    "teacher",
    "purpose",
    "answers",
    "tasks",
    "tokens in",
    "cached",
    "tokens out",
    "USD",
    "USD per 1,000",
)
"""Titles of the columns of `list_rows`."""
WORDS = 2  # columns at the left; the others are numbers


@dataclass(slots=True)
class Spent:
    """Some replies, added up. `nusd` is in 1e-9 USD and leaves out the `unpriced` ones."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    nusd: int = 0
    unpriced: int = 0  # replies whose price is unknown

    def add(self, line: Asked) -> None:
        """Add one reply."""
        self.requests += 1
        self.input_tokens += line.input_tokens
        self.output_tokens += line.output_tokens
        self.cached_tokens += line.cached_tokens
        self.nusd += line.price_nusd or 0
        self.unpriced += line.price_nusd is None

    def describe(self, tasks: int) -> dict[str, Any]:
        """Return it as a manifest has it; `tasks` is how many the whole run kept."""
        usd = None if self.unpriced else self.nusd / 1e9
        return {
            "requests": self.requests,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
            "price_usd": None if usd is None else f"{usd:.6f}",
            "replies_without_price": self.unpriced,
            "usd_per_task": None if usd is None or not tasks else f"{usd / tasks:.9f}",
        }


def describe_usage(asked: Sequence[Asked], tasks: Sequence[Task]) -> dict[str, Any]:
    """Return what the replies that a run consumed came to, of all and by teacher and purpose.

        {SUMS, "by_teacher": {LABEL: {"models": [...], "tasks": N, SUMS,
                                      "by_purpose": {PURPOSE: {"tasks": N, SUMS}}}}}

    SUMS are "requests", "input_tokens", "output_tokens", "cached_tokens" (of the input), and
    "price_usd", which is None when the price of one of them is unknown; "replies_without_price"
    counts these. "tasks" are the kept ones whose answers came from there. "usd_per_task" is the
    price divided by all tasks of the run, so that the parts add up to the whole; None when the
    price is unknown, or nothing was kept. Teachers and purposes are in the order of their first
    reply. Of the same replies all is the same.
    """
    kept = _count_tasks(asked, tasks)
    by_teacher: dict[str, list[Asked]] = {}
    for line in asked:
        by_teacher.setdefault(line.teacher, []).append(line)
    return _sum(asked).describe(len(tasks)) | {
        "by_teacher": {
            teacher: {
                "models": sorted({line.model for line in lines}),
                "tasks": sum(kept[teacher, purpose] for purpose in _purposes(lines)),
                **_sum(lines).describe(len(tasks)),
                "by_purpose": {
                    purpose: {
                        "tasks": kept[teacher, purpose],
                        **_sum(some).describe(len(tasks)),
                    }
                    for purpose, some in _purposes(lines).items()
                },
            }
            for teacher, lines in by_teacher.items()
        }
    }


def list_rows(usage: Mapping[str, Any], *, models: bool = False) -> list[tuple[str, ...]]:
    """Return a row for each teacher and purpose, under `HEAD`, as text of one line each.

    None where there are not at least two of them. With `models` the teacher's are named too.
    """
    rows: list[tuple[str, ...]] = []
    for label, teacher in usage.get("by_teacher", {}).items():
        name = f"{label} ({', '.join(teacher['models'])})" if models else label
        for purpose, sums in teacher["by_purpose"].items():
            rows.append((show_plain(name, 120), show_plain(purpose, 40), *_numbers(sums)))
    return rows if len(rows) > 1 else []


def show_usage(usage: Mapping[str, Any]) -> str:
    """Return what all replies came to, in words: answers, tokens, cost, cost of 1,000 tasks."""
    cached = usage.get("cached_tokens", 0)
    share = f" ({show_share(cached, usage['input_tokens'])} of the prompt from cache)"
    tokens = f"{usage['input_tokens']:,} + {usage['output_tokens']:,} tokens"
    return (
        f"{usage['requests']:,} answers, {tokens}{share if cached else ''}, "
        f"{_price(usage)}{_per_thousand(usage)}"
    )


def show_usd(usd: float) -> str:
    """Return an amount with three digits that say something, or in cents from one dollar on.

    >>> show_usd(0.0276), show_usd(0.069), show_usd(1234.5), show_usd(0)
    ('0.0276', '0.069', '1,234.50', '0')
    """
    if usd >= 1:
        return f"{usd:,.2f}"
    return f"{float(f'{usd:.3g}'):.12f}".rstrip("0").rstrip(".")


def show_paid(usd: str | None) -> str:
    """Return an amount of a manifest in words; None is unknown, never free."""
    return "price unknown" if usd is None else f"{show_usd(float(usd))} USD"


def show_share(part: int, whole: int) -> str:
    """Return a share in per cent; what is there at all is never 0 %.

    >>> show_share(61, 100), show_share(1, 1000), show_share(0, 0)
    ('61%', '<1%', '0%')
    """
    share = min(part / whole, 1.0) if whole else 0.0
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _purposes(lines: Iterable[Asked]) -> dict[str, list[Asked]]:
    purposes: dict[str, list[Asked]] = {}
    for line in lines:
        purposes.setdefault(line.purpose, []).append(line)
    return purposes


def _sum(lines: Iterable[Asked]) -> Spent:
    spent = Spent()
    for line in lines:
        spent.add(line)
    return spent


def _count_tasks(asked: Sequence[Asked], tasks: Sequence[Task]) -> Counter[tuple[str, str]]:
    """Count tasks by the teacher and the purpose of the reply that gave their answer."""
    lines = {line.request: line for line in asked}
    sources = (lines[task.draft.source.request] for task in tasks)
    return Counter((line.teacher, line.purpose) for line in sources)


def _numbers(sums: Mapping[str, Any]) -> tuple[str, ...]:
    price, each = sums["price_usd"], sums["usd_per_task"]
    no_price = "unknown" if price is None else "-"  # nothing was kept
    return (
        f"{sums['requests']:,}",
        f"{sums['tasks']:,}",
        f"{sums['input_tokens']:,}",
        show_share(sums["cached_tokens"], sums["input_tokens"]),
        f"{sums['output_tokens']:,}",
        "unknown" if price is None else show_usd(float(price)),
        no_price if each is None else show_usd(float(each) * 1000),
    )


def _price(usage: Mapping[str, Any]) -> str:
    unpriced = usage.get("replies_without_price", 0)
    if usage["price_usd"] is None and 0 < unpriced < usage["requests"]:
        return f"price unknown ({unpriced:,} of {usage['requests']:,} answers)"
    return show_paid(usage["price_usd"])


def _per_thousand(usage: Mapping[str, Any]) -> str:
    each = usage.get("usd_per_task")
    if each is None or not float(each):
        return ""
    return f", {show_usd(float(each) * 1000)} USD per 1,000 tasks"
