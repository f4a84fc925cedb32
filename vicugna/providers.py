"""What each provider of a chat endpoint needs, as data: address, key, parameters.

They all speak OpenAI's protocol, and differ in a few names. What differs is a row of
`providers.json`, so that no code knows a provider by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

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


@dataclass(frozen=True, slots=True, eq=False)  # known by identity, like the provider
class PromptCache:
    """How a provider reuses what many prompts begin with, which changes the price and no answer.

    `min_tokens` is the shortest beginning that is kept, None where nobody says. `key` is the
    parameter that gets the name of the prompt, so that its questions meet the same cache. `models`
    are patterns of those that must be told what to keep: their body gets `options`, and the block
    that ends the beginning gets `mark`.
    """

    min_tokens: int | None = None
    key: str = ""
    models: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    mark: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, eq=False)  # known by identity, so that rules can be looked up
class Provider:
    """One provider. `base_url` and `key_env` are "" where the user gives the one or needs no other.

    `thinks` says whether a model reasons by itself, None where that depends on the model.
    `thinking_on` and `thinking_off` are what the body gets when reasoning is switched, nothing
    where it cannot be. `leaves_out` are parameters that are not sent, because they are refused
    or ignored; `leaves_out_thinking` those that are not while a model reasons.

    `too_fast` are codes that elsewhere say that the credit is used up, and here only that a limit
    was met. `tag` is what the server puts behind a model's name that has none; `lists_models` is
    False where the list of models has other names than those that are asked for. `batch` is None
    where there is no Batch API.

    `models` overrides fields for some models (`rules_for`), `elsewhere` for another address than
    the provider's own (`provider_at`). `source` says where the row is from.
    """

    name: str
    base_url: str = ""
    key_env: str = ""
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    thinks: bool | None = None
    thinking_on: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thinking_off: Mapping[str, Any] = field(default_factory=dict[str, Any])
    leaves_out: tuple[str, ...] = ()
    leaves_out_thinking: tuple[str, ...] = ()
    cache: PromptCache = PromptCache()
    too_fast: tuple[str, ...] = ()
    tag: str = ""
    lists_models: bool = True
    batch: BatchRules | None = None
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    elsewhere: Mapping[str, Any] = field(default_factory=dict[str, Any])
    source: str = ""


PLAIN = Provider(OPENAI)
"""What any endpoint understands: no parameter of its own, and nothing about a model."""


def find_provider(name: str) -> Provider:
    """Return a provider by its name.

    Raises:
        KeyError: there is none.
    """
    return load_providers()[name]


@cache
def provider_at(name: str, base_url: str) -> Provider:
    """Return a provider as it is reached at an address: its own, or one that somebody else has.

    Raises:
        KeyError: there is none of that name.
    """
    provider = find_provider(name)
    at_home = not base_url or f".{_host(base_url)}".endswith(f".{_host(provider.base_url)}")
    return provider if at_home else _override(provider, provider.elsewhere)


@lru_cache(maxsize=1024)
def rules_for(provider: Provider, model: str) -> Provider:
    """Return a provider with what it says of one model.

    A pattern is the beginning of a model's name, up to a sign that is no letter or digit: "gpt-5"
    is also said of "gpt-5-mini" and "gpt-5.4", not of "gpt-50". The longest one counts, alone.
    """
    fitting = [pattern for pattern in provider.models if _fits(pattern, model)]
    rules = _override(provider, provider.models[max(fitting, key=len)]) if fitting else provider
    told = rules.cache
    if told.models and not any(_fits(pattern, model) for pattern in told.models):
        return replace(rules, cache=replace(told, options={}, mark={}))
    return rules


def can_switch(provider: Provider, model: str, thinking: bool) -> bool:
    """Tell whether a model can be made to reason, or not to; it may do so by itself."""
    rules = rules_for(provider, model)
    switch = rules.thinking_on if thinking else rules.thinking_off
    return bool(switch) or rules.thinks is thinking


@cache
def load_providers() -> Mapping[str, Provider]:
    """Return all providers by name, in the order of the file."""
    rows: list[dict[str, Any]] = orjson.loads(PROVIDER_FILE.read_bytes())["providers"]
    providers: dict[str, Provider] = {}
    for row in rows:
        fields = _fields(row)
        if isinstance(fields.get("models"), str):  # as at another provider, named before
            fields["models"] = providers[fields["models"]].models
        providers[row["name"]] = Provider(**fields)
    return providers


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # it is no address, which is told where it is used
        return ""


def _fits(pattern: str, model: str) -> bool:
    name = model.casefold()
    return name.startswith(pattern) and not name[len(pattern) : len(pattern) + 1].isalnum()


def key_variables() -> frozenset[str]:
    """Return the environment variables that hold keys: nobody but a teacher is to see them."""
    return frozenset(one.key_env for one in load_providers().values() if one.key_env)


def _override(provider: Provider, changes: Mapping[str, Any]) -> Provider:
    return replace(provider, **_fields(changes)) if changes else provider


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a row of JSON gives, as a provider holds them."""
    return {name: _READ[name](value) if name in _READ else value for name, value in row.items()}


def _read_batch(rules: dict[str, Any] | None) -> BatchRules | None:
    return None if rules is None else BatchRules(**rules)


def _read_cache(rules: dict[str, Any]) -> PromptCache:
    fields: dict[str, Any] = {**rules, "models": tuple(rules.get("models", ()))}
    return PromptCache(**fields)


def _read_models(groups: str | list[dict[str, Any]]) -> str | dict[str, dict[str, Any]]:
    """Return what is said of each pattern; the file says it of several at once."""
    if isinstance(groups, str):
        return groups
    return {
        pattern: {name: value for name, value in group.items() if name != "of"}
        for group in groups
        for pattern in group["of"]
    }


_READ: dict[str, Callable[[Any], Any]] = {
    "leaves_out": tuple,
    "leaves_out_thinking": tuple,
    "too_fast": tuple,
    "batch": _read_batch,
    "cache": _read_cache,
    "models": _read_models,
}
