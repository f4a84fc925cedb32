"""Seed tasks -> prompts -> teacher -> drafts -> filters -> a folder of files.

One task per shard and per stage, never one per request. Tasks take a number and return a number:
teacher, pool and rows stay in plain Python around them, so none of it reaches Prefect's database.
The API key is read from the environment where the teacher is opened, and is no parameter.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    aupdate_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from pydantic import Field

from vicugna.commands.recipe_params import RecipeParams
from vicugna.console import CONSOLE
from vicugna.content import load_filters
from vicugna.formats.run_folder import check_run_formats
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.manifest import Manifest
from vicugna.pipeline import Job, generate, generate_all, open_asking, prepare
from vicugna.progress import show_progress
from vicugna.report import render_report
from vicugna.running import finish
from vicugna.teachers.ask import Ask

PROGRESS_SECONDS = 3.0  # each update is an HTTP call and an event
_STAGE: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


class RunParams(RecipeParams):
    """What `vicugna run` takes. What is not given is as the recipe says."""

    out: str | None = Field(
        None,
        description="Folder to write; default outputs/<recipe>-<hash> · 写到哪个文件夹",
    )

    def read(self) -> Job:
        """Read and check what the run needs; nothing is sent and nothing is written."""
        recipe = self.read_recipe()
        chain = load_filters().chain(recipe.filters)
        check_run_formats(recipe.formats)
        return prepare(recipe, chain, Path(self.out) if self.out else None)


@flow(name="self-instruct", persist_result=False)
async def self_instruct(params: RunParams) -> Manifest:
    """Raise a training set from seed tasks and a teacher; return its manifest.

    Raises:
        UserError: the recipe, a seed task, a prompt or the teacher's settings are wrong, or no
            task was kept.
    """
    return await run_job(params.read())


async def run_job(job: Job) -> Manifest:
    """Run a job inside the flow run that calls this, with its tasks and artifacts.

    Return the manifest.

    Raises:
        VicugnaError: the teacher refuses for good, or no task was kept.
    """
    traffic, growths = Traffic(), list[Growth]()
    with show_progress(job.recipe, growths, traffic, CONSOLE.get()):
        async with _progress_artifact(job, growths), open_asking(job, traffic) as ask:
            whole = await grow_shards(job, growths, ask)
    manifests: list[Manifest] = []

    @task(name="write", **_STAGE)
    def write() -> int:
        manifests.append(finish(job, whole, traffic))
        return len(whole.tasks)

    write()
    report = render_report(manifests[0], job.folder)
    await acreate_markdown_artifact(markdown=report, key="report", description=job.recipe.name)
    return manifests[0]


async def grow_shards(job: Job, growths: list[Growth], ask: Ask) -> Growth:
    """Grow the shards, each in a task run of its own; return the whole."""

    @task(name="grow", task_run_name="grow-{shard}", **_STAGE)
    async def grow(shard: int) -> int:
        await generate(job, ask, growths[shard])
        return growths[shard].kept.total()

    async def grow_shard(growth: Growth) -> None:
        await grow(next(place for place, known in enumerate(growths) if known is growth))

    return await generate_all(job, growths, grow_shard)


@asynccontextmanager
async def _progress_artifact(job: Job, growths: list[Growth]) -> AsyncGenerator[None]:
    """Keep a progress artifact up to date. Its trouble is not the run's: nothing waits for it."""
    known: list[UUID] = []

    async def update() -> None:
        description = f"{job.recipe.target:,} tasks wanted"
        known.append(await acreate_progress_artifact(0.0, key="progress", description=description))
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            await aupdate_progress_artifact(known[0], progress=share_kept(job, growths))

    updating = asyncio.create_task(update())
    try:
        yield
    finally:
        updating.cancel()
        await asyncio.gather(updating, return_exceptions=True)
    if known:
        await aupdate_progress_artifact(known[0], progress=share_kept(job, growths))


def share_kept(job: Job, growths: list[Growth]) -> float:
    """Return how much of the target is there, in per cent: 0 to 100."""
    kept = sum(growth.kept.total() for growth in growths)
    return min(100.0, round(100 * kept / job.recipe.target, 1))
