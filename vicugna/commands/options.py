"""Options that several commands share."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from vicugna.providers import load_providers

Command = Callable[..., Any]

_MONEY = click.FloatRange(0, min_open=True)
_RECIPE = (
    click.option("--target", type=click.IntRange(1), help="Tasks to keep, all languages."),
    click.option(
        "--teacher",
        "name",
        type=click.Choice(list(load_providers())),
        metavar="NAME",
        help="Who answers; docs/teachers.md lists them.",
    ),
    click.option("--model", help="Model name at the endpoint."),
    click.option("--base-url", help="OpenAI-compatible endpoint (http://host/v1)."),
    click.option("--against", multiple=True, help="Earlier set to compare with; repeatable."),
    click.option("--seed", type=click.IntRange(0), help="Seed of every draw."),
    click.option("--budget-usd", type=_MONEY, help="Most the run may cost; default none."),
    click.option("--budget-tokens", type=click.IntRange(1), help="Most tokens of the run."),
    click.option("--budget-requests", type=click.IntRange(1), help="Most requests of the run."),
    click.option("--month-budget-usd", type=_MONEY, help="Most of all runs this month (UTC)."),
    click.option("--month-budget-tokens", type=click.IntRange(1), help="The same in tokens."),
    click.option("--month-budget-requests", type=click.IntRange(1), help="The same in requests."),
)


def recipe_options(command: Command) -> Command:
    """Add the RECIPE argument and the options that override a recipe."""
    for option in reversed(_RECIPE):
        command = option(command)
    return click.argument("recipe", default="small")(command)


def overrides(
    target: int | None,
    name: str | None,
    model: str | None,
    base_url: str | None,
    seed: int | None,
    against: Sequence[str] | None = None,
    **caps: float | None,
) -> dict[str, Any]:
    """Return the options of `recipe_options` as dotted overrides of a recipe.

    Example: month_budget_usd=5 -> {"month_budget.usd": 5}.
    """
    return {
        "target": target,
        "teacher.name": name,
        "teacher.model": model,
        "teacher.base_url": base_url,
        "against": list(against) if against else None,
        "seed": seed,
        **{".".join(name.rsplit("_", 1)): cap for name, cap in caps.items()},
    }


def split_names(text: str | None) -> list[str] | None:
    """Return the names of a comma-separated option; None when it was not given.

    >>> split_names("alpaca, messages")
    ['alpaca', 'messages']
    """
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
