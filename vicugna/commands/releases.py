"""`vicugna releases`: the versions of a set."""

import json
from typing import Any

import click

from vicugna.commands.columns import align
from vicugna.text.hygiene import show_plain

_HEAD = (
    "version",
    "rows",
    "added",
    "withdrawn",
    "stopped",
    "cost",
    "cost in all",
    "finished (UTC)",
)


@click.command()
@click.argument("name", metavar="SET")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def releases(name: str, *, as_json: bool) -> None:
    """List the versions of a set, newest first.

    \b
    vicugna releases small
    vicugna releases small --json
    """
    from vicugna.errors import UserError
    from vicugna.releasing.history import read_history
    from vicugna.releasing.versions import find_set

    history = read_history(find_set(name))
    if not history.manifests:
        raise UserError(
            f'set "{show_plain(name)}": has no release yet; `vicugna release` makes one.'
        )
    newest_first = [_describe(one) for one in reversed(history.manifests)]
    if as_json:
        for told in newest_first:
            click.echo(json.dumps(told))
        return
    for line in align([_HEAD, *map(_columns, newest_first)]):
        click.echo(line)


def _describe(manifest: dict[str, Any]) -> dict[str, Any]:
    usage: dict[str, Any] = manifest.get("usage", {})
    return {
        "version": manifest["version"],
        "previous": manifest["previous"],
        "night": manifest["night"],
        "tasks": manifest["counts"]["tasks"],
        **manifest["changes"],
        "stopped": manifest["stopped"],
        "price_usd": usage.get("price_usd"),
        "cost": manifest["cost"],
        "finished": manifest["session"]["finished"],
    }


def _columns(told: dict[str, Any]) -> tuple[str, ...]:
    rows = ", ".join(f"{lang} {count:,}" for lang, count in told["tasks"].items())
    cost, total = told["price_usd"], told["cost"]["price_usd"]
    withdrawn = ", ".join(f"{count:,} {why}" for why, count in told["withdrawn"].items())
    return (
        told["version"],
        rows,
        f"{sum(told['added'].values()):,}",
        show_plain(withdrawn, 60) or "0",
        show_plain(str(told["stopped"]), 40) if told["night"] else "",
        f"{cost} USD" if cost is not None else "unknown" if told["night"] else "",
        f"{total} USD" if total is not None else "unknown",
        str(told["finished"])[:16].replace("T", " "),
    )
