"""What an answer costs, from the dated price file beside this module (`prices.json`).

A model is found by its exact name, or by that name followed by a snapshot date
(`gpt-4o-mini-2024-07-18`). Nothing else is guessed: "gpt-5" says nothing about "gpt-5.6", so a
model that is not in the file has no known price, which is not the same as free.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

PRICE_FILE = Path(__file__).with_name("prices.json")
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of one token in 1e-12 USD: whole numbers, so that sums are exact."""

    input: int
    cached_input: int
    output: int


def price_nusd(model: str, input_tokens: int, output_tokens: int, cached_tokens: int) -> int | None:
    """Return the price in 1e-9 USD, rounded up, or None when the model's price is unknown.

    `cached_tokens` is the part of `input_tokens` that the provider read from its cache.

    >>> price_nusd("gpt-4o-mini", 1000, 100, 0)
    210000
    """
    price = _find(model)
    if price is None:
        return None
    cached = min(cached_tokens, input_tokens)
    total = (
        (input_tokens - cached) * price.input
        + cached * price.cached_input
        + output_tokens * price.output
    )
    return -(-total // 1000)


def worst_price_nusd(model: str, prompt_tokens: int, max_tokens: int) -> int | None:
    """Return the most a request can cost, in 1e-9 USD: nothing cached, the answer full length.

    None means the price is unknown. A budget sets this aside before sending.
    """
    return price_nusd(model, prompt_tokens, max_tokens, 0)


def _find(model: str) -> Price | None:
    prices = _load_prices()
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model))


@cache
def _load_prices() -> dict[str, Price]:
    rows: list[dict[str, Any]] = orjson.loads(PRICE_FILE.read_bytes())["prices"]
    return {
        row["model"]: Price(*(_per_token(row[name]) for name in Price.__slots__)) for row in rows
    }


def _per_token(usd_per_million: float) -> int:
    # 1 USD per million tokens is 1e-6 USD, or 1e6 units of 1e-12 USD, per token.
    return round(usd_per_million * 1_000_000)
