"""`vicugna preview`: what would be sent, and one answer to it."""

import asyncio
from typing import Any

import click

from vicugna.commands.options import overrides, recipe_options


@click.command()
@recipe_options
def preview(recipe: str, **chosen: Any) -> None:  # noqa: ANN401 - the options of a recipe
    """Show the first prompt of each language and one answer.

    One request is sent to the teacher, so a real one is paid for one answer; it is kept in the
    ledger, and the run that follows does not pay for it again. RECIPE is a name or a path to a
    .yaml; default small.

    \b
    vicugna preview
    vicugna preview self-instruct --teacher offline
    vicugna preview --teacher openai --model gpt-4o-mini
    """
    from vicugna.content import load_filters
    from vicugna.pipeline import prepare
    from vicugna.previewing import preview_job
    from vicugna.settings import load_recipe

    settings = load_recipe(recipe, overrides(**chosen))
    job = prepare(settings, load_filters().chain(settings.filters))
    asyncio.run(preview_job(job, click.echo))
