"""`vicugna release`: raise what a set lacks, and release a new version of it."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from vicugna.commands.options import overrides, recipe_options
from vicugna.commands.outcomes import end_with

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@recipe_options
@click.option("--set", "name_of_set", help="Name of the set; default that of the recipe.")
@click.option("--add", type=click.IntRange(1), help="Add so many rows; default up to the target.")
@click.option("--day", metavar="YYYY-MM-DD", help="Which night it is; default today (UTC).")
@click.option("--direct", is_flag=True, help="Without Prefect: starts in about a second.")
@click.option("--quiet", is_flag=True, help="No panel, no summary.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def release(
    recipe: str,
    name_of_set: str | None,
    add: int | None,
    day: str | None,
    *,
    direct: bool,
    quiet: bool,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401
) -> int:
    """Raise what a set lacks, and release a new version of it.

    A release is a folder that never changes, outputs/SET/releases/VERSION/, with all rows in every
    layout and what changed in diff.jsonl; outputs/SET/latest points to the newest. New rows are
    compared with those of every earlier release. Start it every night: one night has one release
    however often it is started, and one that was killed is finished by the next start.

    Exit code 0: released, or nothing to do; 3: stopped before the target; 4: another process is at
    work on the set; 2: something was wrong. VICUGNA_WEBHOOK and VICUGNA_HOOK say whom to tell.

    \b
    vicugna release small
    vicugna release small --add 500 --model gpt-4o-mini --month-budget-usd 30
    vicugna release small --direct --json
    """
    if not direct:
        from vicugna.commands.engine import choose_server

        choose_server()  # a temporary one starts while the rest is imported and read

    from rich.console import Console

    console = Console(quiet=quiet or as_json)
    params = {"recipe": recipe, "set": name_of_set, "add": add, "day": day, **chosen}

    def start() -> dict[str, Any]:
        if direct:
            return _release_direct(params, console)
        from vicugna.commands.engine import run_flow

        params["teacher"] = params.pop("name")
        return run_flow("release", params, console)

    return end_with(start, as_json=as_json, quiet=quiet)


def _release_direct(params: dict[str, Any], console: "Console") -> dict[str, Any]:
    from vicugna.content import load_filters
    from vicugna.pipeline import Job
    from vicugna.releasing.night import plan_night
    from vicugna.releasing.starting import start_night
    from vicugna.running import announce, run_direct
    from vicugna.settings import load_recipe

    recipe, name, add, day = (params.pop(key) for key in ("recipe", "set", "add", "day"))
    settings = load_recipe(recipe, overrides(**params))
    night = plan_night(settings, load_filters().chain(settings.filters), name, add, day)

    async def grow(job: Job) -> dict[str, Any]:
        announce(job, console)
        return await run_direct(job, console)

    return asyncio.run(start_night(night, grow)).to_json()
