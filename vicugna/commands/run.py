"""`vicugna run`: from a recipe to a folder of files."""

import asyncio
from pathlib import Path
from typing import Any

import click

from vicugna.commands.options import overrides, recipe_options


@click.command()
@recipe_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--direct", is_flag=True, help="Without Prefect: starts in about a second.")
@click.option("--quiet", is_flag=True, help="No panel, no summary.")
def run(recipe: str, out: Path | None, *, direct: bool, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Raise a training set from seed tasks and a teacher.

    RECIPE is a name (small, alpaca-52k, self-instruct, self-instruct-52k) or a path to a .yaml;
    default small. Without --teacher the teacher is openai if OPENAI_API_KEY is set, else
    offline. Run the same command again to go on after a stop: what was paid for is in the ledger.
    Exit code 3 means that it stopped before the target.

    \b
    vicugna run
    vicugna run --target 1000 --seed 7 --out outputs/mine
    vicugna run self-instruct --teacher openai --model gpt-4o-mini
    vicugna run --base-url http://localhost:11434/v1 --model qwen3
    """
    if not direct:
        from vicugna.commands.engine import choose_server

        choose_server()  # a temporary one starts while the rest is imported and read

    from rich.console import Console

    from vicugna.console import print_cost, print_summary
    from vicugna.content import load_filters
    from vicugna.pipeline import prepare
    from vicugna.running import announce, run_direct
    from vicugna.settings import load_recipe
    from vicugna.shortfall import describe_stop

    console = Console(quiet=quiet)
    settings = load_recipe(recipe, overrides(**chosen))
    job = prepare(settings, load_filters().chain(settings.filters), out)
    announce(job, console)
    if direct:
        manifest = asyncio.run(run_direct(job, console))
    else:
        from vicugna.commands.engine import run_flow

        params = {"recipe": recipe, "out": str(job.folder), **chosen}
        params["teacher"] = params.pop("name")
        manifest = run_flow("self_instruct", params, console)
    print_summary(manifest, job.folder, console)
    print_cost(manifest, console)
    if manifest["stopped"] != "target":
        console.print(
            f"stopped early: {describe_stop(manifest)}",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        return 3
    return 0
