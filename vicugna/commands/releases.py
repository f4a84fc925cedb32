"""`vicugna releases`: the sets, and the versions of one."""

import json
from typing import TYPE_CHECKING, Any

import click

from vicugna.commands.columns import align
from vicugna.text.hygiene import show_plain

if TYPE_CHECKING:
    from vicugna.releasing.history import History

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
_SETS = ("set", "versions", "newest", "rows", "cost in all", "finished (UTC)")


@click.command()
@click.argument("name", metavar="[SET]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def releases(name: str | None, *, as_json: bool) -> None:
    """List the versions of a set, newest first; without SET, the sets.

    \b
    vicugna releases
    vicugna releases small
    vicugna releases small --json
    """
    from vicugna.releasing.listing import describe_set, describe_version

    if name is None:
        found, head, columns = [describe_set(one) for one in _read_sets()], _SETS, _columns_of_set
    else:
        newest_first = reversed(_read_set(name).manifests)
        found, head, columns = [describe_version(one) for one in newest_first], _HEAD, _columns
    if as_json:
        for told in found:
            click.echo(json.dumps(told))  # ASCII: no name can steer a terminal
        return
    if not found:
        click.echo("no set has a release yet; `vicugna release` makes one, without a key too")
        return
    for line in align([head, *map(columns, found)]):
        click.echo(line)


def _read_sets() -> "list[History]":
    from vicugna.pipeline import OUTPUTS
    from vicugna.releasing.listing import list_sets

    return list_sets(OUTPUTS)


def _read_set(name: str) -> "History":
    from vicugna.errors import UserError
    from vicugna.releasing.history import read_history
    from vicugna.releasing.versions import find_set

    history = read_history(find_set(name))
    if not history.manifests:
        raise UserError(
            f'set "{show_plain(name)}": has no release yet; `vicugna release` makes one.'
        )
    return history


def _show_rows(told: dict[str, Any]) -> str:
    return ", ".join(f"{lang} {count:,}" for lang, count in told["tasks"].items())


def _show_total(told: dict[str, Any]) -> str:
    total = told["cost"]["price_usd"]
    return f"{total} USD" if total is not None else "unknown"


def _columns_of_set(told: dict[str, Any]) -> tuple[str, ...]:
    from vicugna.releasing.listing import show_finished

    return (
        show_plain(told["set"], 61),
        f"{told['versions']:,}",
        told["version"],
        _show_rows(told),
        _show_total(told),
        show_finished(told),
    )


def _columns(told: dict[str, Any]) -> tuple[str, ...]:
    from vicugna.releasing.listing import show_finished

    cost = told["price_usd"]
    withdrawn = ", ".join(f"{count:,} {why}" for why, count in told["withdrawn"].items())
    return (
        told["version"],
        _show_rows(told),
        f"{sum(told['added'].values()):,}",
        show_plain(withdrawn, 60) or "0",
        show_plain(str(told["stopped"]), 40) if told["night"] else "",
        f"{cost} USD" if cost is not None else "unknown" if told["night"] else "",
        _show_total(told),
        show_finished(told),
    )
