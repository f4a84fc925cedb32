"""What a run that stopped at a cap lacks, what that would cost, and which option allows it."""

from math import ceil, log10
from typing import Any

from vicugna.growth import Growth
from vicugna.settings import Recipe

_MARGIN = 1.1  # the next answers may be longer than those so far
_CAPS = ("budget", "month_budget")


def estimate_missing(recipe: Recipe, growth: Growth) -> dict[str, Any] | None:
    """Return what the missing tasks would take, as those that are there did; None when none are.

    Tasks by count, requests and tokens rounded up, `price_usd` as text (None is unknown).
    `reserve` is what a cap must leave free beside them: a request is sent when the most that it
    can use fits, in every shard.
    """
    missing, kept = recipe.target - growth.kept.total(), growth.kept.total()
    if missing <= 0 or not kept:
        return None
    tokens = growth.input_tokens + growth.output_tokens
    largest = growth.largest
    return {
        "tasks": missing,
        "requests": ceil(growth.replies * missing / kept),
        "tokens": ceil(tokens * missing / kept),
        "price_usd": None if growth.unpriced else f"{growth.price_nusd * missing / kept / 1e9:.6f}",
        "reserve": {
            "requests": recipe.shards,
            "tokens": largest.tokens * recipe.shards,
            "usd": f"{(largest.nusd or 0) * recipe.shards / 1e9:.6f}",
        },
    }


def describe_stop(manifest: dict[str, Any]) -> str:
    """Return why a run stopped early, and after a cap what more would cost and how to allow it."""
    stopped: str = manifest["stopped"]
    missing = manifest.get("missing")
    cap, _, unit = stopped.partition(": ")
    name = cap.partition(" ")[0]
    if name not in _CAPS or missing is None:
        return stopped
    option = f"--{name.replace('_', '-')}-{unit}"
    price = missing["price_usd"]
    money = "price unknown" if price is None else f"{price} USD"
    known = manifest["recipe"].get(name, {}).get(unit)
    more = {"usd": price, "tokens": missing["tokens"], "requests": missing["requests"]}[unit]
    advice = ""
    if known is not None and more is not None:
        wanted = known + float(more) * _MARGIN + float(missing.get("reserve", {}).get(unit, 0))
        amount = _round_up(wanted) if unit == "usd" else str(ceil(wanted))
        advice = f"; {option} {amount} would be about enough"
    elif name == "month_budget":
        advice = f"; {option} raises the cap, and next month has a new one"
    return (
        f"{stopped}. {missing['tasks']:,} tasks are missing: about {missing['requests']:,} more "
        f"answers, {missing['tokens']:,} tokens, {money}{advice}"
    )


def _round_up(usd: float) -> str:
    """Return an amount rounded up to two digits: 1.234 -> "1.3"."""
    step = 10.0 ** (int(log10(usd)) - (1 if usd >= 1 else 2))
    return f"{ceil(usd / step) * step:.10f}".rstrip("0").rstrip(".")
