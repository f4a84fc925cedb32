"""What an answer costs, from the dated price file beside this module (`prices.json`).

A model is found by its provider and its exact name, or by that name followed by a snapshot date
(`gpt-4o-mini-2024-07-18`). Nothing else is guessed: "gpt-5" says nothing about "gpt-5.6", so a
model that is not in the file has no known price, which is not the same as free. A file of the same
shape, named by `VICUGNA_PRICES`, goes first.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.providers import OPENAI, load_providers

PRICE_FILE = Path(__file__).with_name("prices.json")
VARIABLE = "VICUGNA_PRICES"
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_KNOWN = {"provider", "model", "input", "cached_input", "cache_write", "output", "date", "source"}
_DEAREST = 1_000_000  # USD per million tokens; a price above is a slip


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of one token in 1e-12 USD: whole numbers, so that sums are exact.

    `cache_write` is that of a token that is put into the cache, None where it costs what it costs
    anyway.
    """

    input: int
    cached_input: int
    output: int
    cache_write: int | None = None


_Prices = Mapping[tuple[str, str], Price]  # by provider, "" for every one, and model


def price_nusd(
    model: str,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    written_tokens: int = 0,
    *,
    provider: str = OPENAI,
) -> int | None:
    """Return the price in 1e-9 USD, rounded up, or None when the model's price is unknown.

    `cached_tokens` is the part of `input_tokens` that the provider read from its cache,
    `written_tokens` another part, which it put there.

    >>> price_nusd("gpt-4o-mini", 1000, 100, 0)
    210000
    """
    price = _find(provider, model)
    if price is None:
        return None
    cached = min(cached_tokens, input_tokens)
    written = min(written_tokens, input_tokens - cached)
    return _nusd(
        (input_tokens - cached - written) * price.input
        + cached * price.cached_input
        + written * (price.input if price.cache_write is None else price.cache_write)
        + output_tokens * price.output
    )


def worst_price_nusd(
    model: str, prompt_tokens: int, max_tokens: int, *, provider: str = OPENAI
) -> int | None:
    """Return the most a request can cost, in 1e-9 USD: nothing cached, the answer full length.

    None means the price is unknown. A budget sets this aside before sending.
    """
    price = _find(provider, model)
    if price is None:
        return None
    dearest = max(price.input, price.cached_input, price.cache_write or 0)
    return _nusd(prompt_tokens * dearest + max_tokens * price.output)


def check_prices() -> None:
    """Do nothing when the file of prices that the environment names, if any, can be read.

    Raises:
        UserError: it cannot, with the place.
    """
    _own_prices()


@lru_cache(maxsize=1024)
def _find(provider: str, model: str) -> Price | None:
    for name in dict.fromkeys((model, _SNAPSHOT.sub("", model))):
        for prices in (_own_prices(), _listed_prices()):
            price = prices.get((provider, name)) or prices.get(("", name))
            if price is not None:
                return price
    return None


@cache
def _listed_prices() -> _Prices:
    """Return the prices that ship. A model anywhere is taken to cost what it costs at most."""
    rows: list[dict[str, Any]] = orjson.loads(PRICE_FILE.read_bytes())["prices"]
    prices = {(row["provider"], row["model"]): _price(row) for row in rows}
    anywhere: dict[tuple[str, str], Price] = {}
    for (_, model), price in prices.items():  # the client of any endpoint is called openai
        key = (OPENAI, model)
        anywhere[key] = _dearer(anywhere.get(key, price), price)
    return anywhere | prices


@cache
def _own_prices() -> _Prices:
    """Return the prices of the file that the environment names."""
    path = os.environ.get(VARIABLE)
    if not path:
        return {}
    try:
        read: object = orjson.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or f"not valid JSON: {error}"
        raise UserError(f"{VARIABLE}: {path}: {what}.") from None
    rows = cast("dict[str, Any]", read).get("prices") if isinstance(read, dict) else None
    if not isinstance(rows, list):
        raise UserError(f'{VARIABLE}: {path}: expected {{"prices": [...]}}.')
    prices: dict[tuple[str, str], Price] = {}
    for number, row in enumerate(cast("list[object]", rows)):
        wrong = _find_wrong(row)
        if wrong:
            raise UserError(f"{VARIABLE}: {path}: prices[{number}]: {wrong}.")
        good = cast("dict[str, Any]", row)
        prices[good.get("provider", ""), good["model"]] = _price(good)
    return prices


def _find_wrong(row: object) -> str:
    """Return what is wrong with a row of a user's file, or ""."""
    if not isinstance(row, dict):
        return "expected an object"
    fields = cast("dict[str, Any]", row)
    if unknown := sorted(fields.keys() - _KNOWN):
        return f'unknown key "{unknown[0]}"'
    if not isinstance(fields.get("model"), str) or not fields["model"]:
        return "model: expected the name of a model"
    if "provider" in fields and fields["provider"] not in load_providers():
        return f"provider: expected one of {', '.join(load_providers())}, or none for every one"
    for name in ("input", "output", "cached_input", "cache_write"):
        needed = name in ("input", "output")
        if (needed or name in fields) and not _is_price(fields.get(name)):
            return f"{name}: got {fields.get(name)!r:.40}, expected USD per million tokens"
    return ""


def _is_price(value: object) -> bool:
    return type(value) in (int, float) and 0 <= cast("float", value) <= _DEAREST


def _price(row: Mapping[str, Any]) -> Price:
    write = row.get("cache_write")
    return Price(
        _per_token(row["input"]),
        _per_token(row.get("cached_input", row["input"])),
        _per_token(row["output"]),
        None if write is None else _per_token(write),
    )


def _dearer(one: Price, other: Price) -> Price:
    """Return the higher of each two prices."""
    writes = [p.input if p.cache_write is None else p.cache_write for p in (one, other)]
    return Price(
        max(one.input, other.input),
        max(one.cached_input, other.cached_input),
        max(one.output, other.output),
        max(writes),
    )


def _nusd(total: int) -> int:
    return -(-total // 1000)


def _per_token(usd_per_million: float) -> int:
    # 1 USD per million tokens is 1e-6 USD, or 1e6 units of 1e-12 USD, per token.
    return round(usd_per_million * 1_000_000)
