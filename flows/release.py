"""A night of a set that grows: what it lacks is raised, and a new version released.

Every release is an event, `vicugna.release`, of the resource `vicugna.set.<name>`, so that an
automation of Prefect can start what trains on it.
"""

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import HTTPError
from prefect import flow
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_table_artifact,
)
from prefect.client.orchestration import get_client
from prefect.deployments.flow_runs import arun_deployment
from prefect.events import emit_event
from prefect.exceptions import PrefectException
from prefect.states import Cancelled
from pydantic import Field

from vicugna.commands.recipe_params import RecipeParams
from vicugna.content import load_filters, load_flow
from vicugna.manifest import Manifest
from vicugna.pipeline import Job
from vicugna.releasing.history import read_history
from vicugna.releasing.listing import tabulate_version
from vicugna.releasing.night import plan_night
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.starting import start_night
from vicugna.report import render_release

_LOG = logging.getLogger(__name__)
_WORKER = "help/worker"  # flow and deployment of prefect.yaml
_MOST_VERSIONS = 100  # in the table of a page
_run_job = load_flow("self_instruct").run_job


class ReleaseParams(RecipeParams):
    """What `vicugna release` takes. What is not given is as the recipe says."""

    set: str | None = Field(
        None, description="Name of the set; default the recipe's · 数据集名，默认用配方名"
    )
    add: int | None = Field(
        None, ge=1, description="Rows to add; default up to the target · 新增几条，默认补足目标"
    )
    day: str | None = Field(
        None, description="Which night, as 2026-11-29; default today (UTC) · 哪一晚，默认当天"
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Workers of the pool that ask for it; all see outputs/ and one ledger · "
        "由工作池里几个 worker 一起提问；它们共用 outputs/ 和同一账本",
    )


@asynccontextmanager
async def _helped(job: Job, helpers: int) -> AsyncGenerator[None]:
    """Let other workers help with a job. Their trouble is not its: nothing waits for them.

    Those that no worker has taken up when the job ends are cancelled; the others end by themselves.
    """
    params = {"params": {"recipe": job.recipe.model_dump(mode="json")}}
    runs: list[UUID] = []
    with _said():
        for _ in range(helpers):
            run = await arun_deployment(_WORKER, parameters=params, timeout=0, as_subflow=False)
            runs.append(run.id)
    try:
        yield
    finally:
        with _said():
            for run_id in runs:
                async with get_client() as client:
                    known = await client.read_flow_run(run_id)
                    if known.state is not None and known.state.is_scheduled():
                        late = Cancelled(message="the run had ended before a worker took it up")
                        await client.set_flow_run_state(run_id, late)


@contextmanager
def _said() -> Generator[None]:
    """Log what Prefect refuses, and go on."""
    try:
        yield
    except (PrefectException, HTTPError) as error:
        _LOG.warning("help/worker: %s: %s", type(error).__name__, error)


@flow(name="release", persist_result=False)
async def release(params: ReleaseParams) -> dict[str, Any]:
    """Raise what a set lacks and release it; return what came of it.

    Raises:
        VicugnaError: the recipe or the teacher's settings are wrong, or the teacher refuses.
    """
    recipe = params.read_recipe()
    chain = load_filters().chain(recipe.filters)
    night = plan_night(recipe, chain, params.set, params.add, params.day)

    async def grow(job: Job) -> Manifest:
        async with _helped(job, params.workers - 1):
            return await _run_job(job)

    return await show(await start_night(night, grow))


async def show(outcome: Outcome) -> dict[str, Any]:
    """Show what came of a start as artifacts, and a new version as an event; return it."""
    told = outcome.to_json()
    named = f"{told['set']}: {told['event']}"
    await acreate_markdown_artifact(markdown=render_release(told), key="release", description=named)
    if outcome.manifest is not None:
        newest_first = [*reversed(read_history(outcome.folder).manifests)][:_MOST_VERSIONS]
        table = [*map(tabulate_version, newest_first)]
        await acreate_table_artifact(table=table, key="versions", description=told["set"])
    if outcome.event == "released":
        place = Path(told["folder"]).resolve()
        await acreate_link_artifact(
            link=place.as_uri(), link_text=told["folder"], key="files", description=told["set"]
        )
        resource = {"prefect.resource.id": f"vicugna.set.{told['set']}"}
        emit_event("vicugna.release", resource=resource, payload=told)
    return told
