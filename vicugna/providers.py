"""What each provider of a chat endpoint needs, as data: address, key, parameters.

They all speak OpenAI's protocol, and differ in a few names. What differs is a row of
`providers.json`, so that no code knows a provider by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson

PROVIDER_FILE = Path(__file__).with_name("providers.json")
OFFLINE = "offline"
OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How a provider's Batch API differs. Sizes are in lines and bytes of one file."""

    url: str = "/v1/chat/completions"  # what each line and the batch name as their endpoint
    window: str = "24h"
    price_share: float = 0.5  # of the price of a live answer
    max_lines: int = 50_000
    max_bytes: int = 200_000_000
    names_model: bool = False  # the model stands in `replace` of the call that creates it


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `base_url` and `key_env` are "" where the user gives the one or needs no other.

    `thinking_on` and `thinking_off` are what the body gets when reasoning is switched. `batch` is
    None where there is no Batch API.
    """

    name: str
    base_url: str = ""
    key_env: str = ""
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    thinking_on: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thinking_off: Mapping[str, Any] = field(default_factory=dict[str, Any])
    batch: BatchRules | None = None


def find_provider(name: str) -> Provider:
    """Return a provider by its name.

    Raises:
        KeyError: there is none.
    """
    return load_providers()[name]


@cache
def load_providers() -> Mapping[str, Provider]:
    """Return all providers by name, in the order of the file."""
    rows: list[dict[str, Any]] = orjson.loads(PROVIDER_FILE.read_bytes())["providers"]
    return {row["name"]: _provider(row) for row in rows}


def _provider(row: dict[str, Any]) -> Provider:
    fields = {name: value for name, value in row.items() if name in Provider.__slots__}
    rules: dict[str, Any] | None = fields.pop("batch", None)
    return Provider(**fields, batch=None if rules is None else BatchRules(**rules))
