"""How commands that release end: what came of it, for people or for programs, and the exit code."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from vicugna.errors import VicugnaError
from vicugna.text.hygiene import show_plain

Told = Mapping[str, Any]  # as `vicugna.releasing.outcome` tells it to programs


def end_with(start: Callable[[], Told], *, as_json: bool, quiet: bool) -> int:
    """Start work on a set, print what came of it, and return the exit code.

    Raises:
        VicugnaError: what went wrong; with `as_json` it is printed as an object first.
    """
    try:
        told = start()
    except VicugnaError as error:
        if as_json:
            click.echo(json.dumps({"event": "failed", "exit_code": 2, "words": str(error)}))
        raise
    if as_json:
        click.echo(json.dumps(told))  # ASCII: no name can steer a terminal
    elif not quiet:
        for line in describe(told):
            click.echo(show_plain(line, 1_000))
    return int(told["exit_code"])


def describe(told: Told) -> list[str]:
    """Return in lines what came of a start."""
    name, version, event = told["set"], told["version"], told["event"]
    if event == "released":
        return _describe_release(told)
    if event == "complete":
        return [f"{name}: there is nothing to do; the newest version is {version}"]
    if event == "released already":
        return [f"{name}: this night has its release; the newest version is {version}"]
    if event == "busy":
        return [f"{name}: {told['words']}. Nothing was done."]
    newest = f" The newest version is still {version}." if version else ""
    return [f"{str(told['words']).rstrip('.')}.{newest}"]


def _describe_release(told: Told) -> list[str]:
    rows, cost = told["tasks"], told["cost"]
    by_lang = ", ".join(f"{lang} {count:,}" for lang, count in rows.items())
    since = f" since {told['previous']}" if told["previous"] else ""
    added, withdrawn = (sum(told[name].values()) for name in ("added", "withdrawn"))
    lines = [
        f"{told['set']} {told['version']}: {sum(rows.values()):,} rows ({by_lang}); "
        f"{added:,} added, {withdrawn:,} withdrawn{since}"
    ]
    if told["stopped"] != "target":
        lines.append(f"stopped {told['stopped']}")
    if told["price_usd"] is not None and cost["usd_per_row"] is not None:
        each = 1000 * float(cost["usd_per_row"])
        lines.append(
            f"cost    {told['price_usd']} USD this time, {cost['price_usd']} in all, "
            f"{each:.6f} for 1,000 rows"
        )
    lines += [f"files   {told['folder']}/", f"latest  outputs/{told['set']}/latest"]
    return lines
