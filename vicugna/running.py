"""One run from start to files, without an engine or inside a Prefect flow."""

import asyncio
from functools import partial

from rich.console import Console

from vicugna.console import show_progress
from vicugna.errors import UserError
from vicugna.formats.run_folder import check_run_formats, write_run
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.manifest import Manifest, describe_run
from vicugna.pipeline import Job, generate, generate_all, open_asking
from vicugna.teaching import GRACE_SECONDS
from vicugna.text.hygiene import show_plain


def announce(job: Job, console: Console) -> None:
    """Say who will be asked, for how much, and what caps it, before anything is sent."""
    recipe = job.recipe
    teacher = recipe.teacher
    shares = ", ".join(f"{count:,} {lang}" for lang, count in recipe.targets.items())
    caps = ", ".join(
        f"{value:,} {unit}{when}"
        for budget, when in ((recipe.budget, ""), (recipe.month_budget, " a month"))
        for unit, value in budget.model_dump().items()
        if value
    )
    where = f" at {teacher.base_url}" if teacher.base_url else ""
    line = (
        f"{recipe.name}: {shares}; teacher {teacher.name} ({teacher.model}){where}; "
        f"cap {caps or 'none'}; seed {recipe.seed}"
    )
    # A model may be named "x[awq]", which rich would read as its own markup.
    console.print(show_plain(line, 1_000), highlight=False, soft_wrap=True, markup=False)


async def run_direct(job: Job, console: Console) -> Manifest:
    """Run a job in this process with no engine; return its manifest."""
    check_run_formats(job.recipe.formats)
    traffic = Traffic()
    growths: list[Growth] = []
    with show_progress(job.recipe, growths, traffic, console):
        async with open_asking(job, traffic) as ask:
            try:
                whole = await generate_all(job, growths, partial(generate, job, ask))
            except asyncio.CancelledError:
                _say_finishing(traffic, console)
                raise
    return finish(job, whole, traffic)


def _say_finishing(traffic: Traffic, console: Console) -> None:
    if traffic.in_flight:
        console.print(
            f"stopping: {traffic.in_flight} answers are on their way and paid for; waiting for "
            f"them, at most {GRACE_SECONDS:.0f} s (Ctrl-C again leaves them)",
            highlight=False,
            soft_wrap=True,
        )


def finish(job: Job, growth: Growth, traffic: Traffic) -> Manifest:
    """Write the folder of a run and return its manifest.

    Raises:
        UserError: not one task was kept; nothing is written.
    """
    if not growth.tasks:
        why = growth.last_fault or "every piece was rejected; `vicugna preview` shows an answer"
        raise UserError(
            f"{job.recipe.name}: no task was kept ({growth.stopped}): {why.rstrip('.')}. "
            "Nothing was written; what was paid for is in the ledger."
        )
    manifest = describe_run(job.recipe, growth, traffic, job.seeds, job.earlier)
    return write_run(
        job.folder, growth.tasks, growth.rejected, job.recipe.formats, manifest, growth.asked
    )
