"""`vicugna runs`: what lies under outputs/."""

import json
from typing import TYPE_CHECKING, Any

import click

from vicugna.commands.columns import align
from vicugna.text.hygiene import show_plain

if TYPE_CHECKING:
    from vicugna.runs import Listed

_HEAD = ("name", "made by", "method", "kept", "stopped", "requests", "cost", "finished (UTC)")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def runs(*, as_json: bool) -> None:
    """List the runs under outputs/, newest first.

    Each with how much of its target was kept per language, why it stopped, how many answers it
    took and what they cost. A folder that cannot be read is a line that says why.

    \b
    vicugna runs
    vicugna runs --json
    """
    from vicugna.pipeline import OUTPUTS
    from vicugna.runs import list_runs

    found = list_runs(OUTPUTS)
    if as_json:
        for listed in found:
            click.echo(json.dumps(_to_json(listed)))  # ASCII: no name can steer a terminal
        return
    if not found:
        click.echo(f"no runs under {OUTPUTS}/ yet; `vicugna run` makes one, without a key too")
        if any(OUTPUTS.glob("*/releases")):
            click.echo("the versions of sets: `vicugna releases`")
        return
    good = [_columns(listed) for listed in found if not listed.problem]
    for line in align([_HEAD, *good]) if good else ():
        click.echo(line)
    for listed in found:
        if listed.problem:
            click.echo(show_plain(f"{listed.folder.name}: broken: {listed.problem}"))


def _columns(listed: "Listed") -> tuple[str, ...]:
    kept = ", ".join(
        f"{lang} {count:,}" + (f"/{listed.targets[lang]:,}" if lang in listed.targets else "")
        for lang, count in ({lang: 0 for lang in listed.targets} | dict(listed.kept)).items()
    )
    cost = "" if listed.requests is None else listed.price_usd or "unknown"
    return (
        show_plain(listed.folder.name),
        show_plain(listed.made_by, 12),
        show_plain(listed.method, 16),
        kept,
        show_plain(listed.stopped, 40),
        "" if listed.requests is None else f"{listed.requests:,}",
        f"{cost} USD" if listed.price_usd is not None else cost,
        f"{listed.finished:%Y-%m-%d %H:%M}",
    )


def _to_json(listed: "Listed") -> dict[str, Any]:
    known = {"name": listed.folder.name, "folder": str(listed.folder)}
    if listed.problem:
        return known | {"problem": listed.problem}
    return known | {
        "made_by": listed.made_by,
        "method": listed.method,
        "stopped": listed.stopped,
        "kept": dict(listed.kept),
        "targets": dict(listed.targets),
        "requests": listed.requests,
        "price_usd": listed.price_usd,
        "usd_per_1000_tasks": listed.usd_per_1000_tasks,
        "finished": listed.finished.isoformat(),
    }
