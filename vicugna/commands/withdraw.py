"""`vicugna withdraw`: release a set without some of its rows."""

import asyncio
from typing import Any

import click

from vicugna.commands.options import split_names
from vicugna.commands.outcomes import end_with


@click.command()
@click.argument("name", metavar="SET")
@click.argument("rows", nargs=-1, metavar="[ROW]...")
@click.option("--why", help="Why these rows go: told in diff.jsonl and manifest.json.")
@click.option("--failing", is_flag=True, help="Those that today's filters would not keep.")
@click.option("--filters", help="With --failing: names, comma-separated; default the recipe's.")
@click.option("--day", metavar="YYYY-MM-DD", help="Day of the version; default today (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def withdraw(
    name: str,
    rows: tuple[str, ...],
    why: str | None,
    filters: str | None,
    day: str | None,
    *,
    failing: bool,
    as_json: bool,
) -> int:
    """Release a set without some of its rows.

    ROWs are ids in tasks.jsonl of the newest release, with --why they go; or with --failing all
    rows are judged again by the filters of this version. Earlier releases stay as they are, and
    what was withdrawn is compared with for ever: it does not come back.

    \b
    vicugna withdraw small 6d33cab51d29fa80-00 --why "complaint 17"
    vicugna withdraw small --failing
    """
    from vicugna.releasing.starting import start
    from vicugna.releasing.withdrawing import plan_withdrawal

    if failing == bool(rows):
        raise click.UsageError("give ids of rows, or --failing, one of both.")
    if rows and not why:
        raise click.UsageError("--why: say why these rows go; it stands in diff.jsonl.")

    def work() -> dict[str, Any]:
        folder, release = plan_withdrawal(name, rows, why or "", split_names(filters), day)
        return asyncio.run(start(folder, release)).to_json()

    return end_with(work, as_json=as_json, quiet=False)
