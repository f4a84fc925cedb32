"""A second machine for a run: asks what the run still has to ask, and keeps nothing.

Answers go to the ledger, where the run finds them. Whoever comes first asks a question, so both
are at work on the same run, under one quota and one budget; when either of them dies the other one
asks what is left. A run on a page of its own starts it: see `workers` of the release.
"""

from pathlib import Path
from typing import Any

from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from vicugna.content import load_filters, load_flow
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import OUTPUTS, open_asking, prepare
from vicugna.settings import Recipe

_grow_shards = load_flow("self_instruct").grow_shards


class HelpParams(BaseModel):
    """The run that is helped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: dict[str, Any] = Field(
        description="Recipe of the run, whole, as it stands in its manifest · 该次运行的完整配方"
    )


@flow(name="help", persist_result=False)
async def help(params: HelpParams) -> int:
    """Ask what a run asks; return how many answers were paid for here.

    Raises:
        UserError: the recipe is none, or a set it compares with is not on this machine.
    """
    recipe = Recipe.model_validate(params.recipe)
    job = prepare(recipe, load_filters().chain(recipe.filters), Path(OUTPUTS, ".nothing"))
    traffic, growths = Traffic(), list[Growth]()
    async with open_asking(job, traffic) as ask:
        await _grow_shards(job, growths, ask)
    return traffic.sent
