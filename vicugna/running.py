"""One run from start to files, without an engine or inside a Prefect flow."""

import asyncio
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from vicugna.errors import NothingKept
from vicugna.formats.run_folder import check_run_formats, write_run
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.manifest import Manifest, describe_run
from vicugna.pipeline import Job, generate, generate_all, open_asking
from vicugna.progress import show_progress
from vicugna.teachers.roles import Named, everyone, name_teachers
from vicugna.teaching import GRACE_SECONDS
from vicugna.text.hygiene import show_plain


def announce(job: Job, console: Console) -> None:
    """Say who will be asked, for how much, and what caps it, before anything is sent.

    Several teachers are named by their roles, on a line of their own.
    """
    recipe = job.recipe
    cast = name_teachers(recipe)
    one, *others = everyone(cast)
    shares = ", ".join(f"{count:,} {lang}" for lang, count in recipe.targets.items())
    if types := {type for types in recipe.types.values() for type in types}:
        shares += f" of {len(types)} types"
    caps = ", ".join(
        f"{value:,} {unit}{when}"
        for budget, when in ((recipe.budget, ""), (recipe.month_budget, " a month"))
        for unit, value in budget.model_dump().items()
        if value
    )
    who = "" if others else f"teacher {_show_teacher(one)}; "
    lines = [f"{recipe.name}: {shares}; {who}cap {caps or 'none'}; seed {recipe.seed}"]
    if others:
        roles = (f"{role}: {_show_role(several)}" for role, several in cast.items())
        lines.append("; ".join(roles))
    for line in lines:
        # A model may be named "x[awq]", which rich would read as its own markup.
        console.print(show_plain(line, 1_000), highlight=False, soft_wrap=True, markup=False)


def _show_role(several: Sequence[Named]) -> str:
    """Return who has a role: each with a share of the questions, or one after the other."""
    weights = [one.settings.weight for one in several]
    total = sum(weight or 0.0 for weight in weights)
    if not total or len(several) == 1:
        return ", else ".join(map(_show_teacher, several))
    return ", ".join(
        f"{(weight or 0.0) / total:.0%} {_show_teacher(one)}"
        for one, weight in zip(several, weights, strict=True)
    )


def _show_teacher(teacher: Named) -> str:
    settings = teacher.settings
    where = f" at {settings.base_url}" if settings.base_url else ""
    mode = ", mode batch" if settings.mode == "batch" else ""
    return f"{teacher.label} ({settings.model}{mode}){where}"


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
        NothingKept: not one task was kept; nothing is written.
    """
    if not growth.tasks:
        why = growth.last_fault or "every piece was rejected; `vicugna preview` shows an answer"
        raise NothingKept(
            f"{job.recipe.name}: no task was kept ({growth.stopped}): {why.rstrip('.')}. "
            "Nothing was written; what was paid for is in the ledger.",
            growth.stopped,
        )
    manifest = describe_run(job.recipe, growth, traffic, job.seeds, job.earlier)
    return write_run(
        job.folder, growth.tasks, growth.rejected, job.recipe.formats, manifest, growth.asked
    )
