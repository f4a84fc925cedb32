"""`vicugna check`: what is wrong before a run finds out."""

from typing import Any

import click

from vicugna.commands.options import overrides, recipe_options
from vicugna.text.hygiene import show_plain


@click.command()
@recipe_options
def check(recipe: str, **chosen: Any) -> int:  # noqa: ANN401 - the options of a recipe
    """Check recipe, seed tasks, prompts, formats, ledger and teacher.

    Says what is wrong, where, and what to do; exit code 2 when anything is. The teacher is asked
    for its list of models, which costs nothing.

    \b
    vicugna check
    vicugna check alpaca-52k --teacher openai --model gpt-4o-mini
    """
    from vicugna.checking import check_recipe
    from vicugna.content import load_filters

    problems = 0
    for name, good, said in check_recipe(recipe, overrides(**chosen), load_filters()):
        problems += not good
        click.echo(
            f"{click.style('ok ', 'green') if good else click.style('BAD', 'red')} {name:<12}"
            + show_plain(said, 1_000)
        )
    return 2 if problems else 0
