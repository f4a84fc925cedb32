"""One run, from a recipe to a folder of files. What the flow's tasks call, and `--direct` too."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vicugna.earlier import Earlier, open_earlier
from vicugna.ending import ending_gently
from vicugna.errors import UserError
from vicugna.filtering import Chain
from vicugna.formats.folder import check_target
from vicugna.growth import Growth
from vicugna.ledger import open_ledger
from vicugna.ledger.traffic import Traffic
from vicugna.loop import grow
from vicugna.methods import METHODS, Seeds
from vicugna.pool import Pool, member_of
from vicugna.quotas import open_quotas
from vicugna.records import Lang, Scope, Stratum, Task, Verdict
from vicugna.seeds import load_seeds
from vicugna.settings import Budget, Recipe
from vicugna.teachers.ask import Ask
from vicugna.teachers.opening import bound_any, resolve_teachers
from vicugna.teachers.roles import addressing, name_teachers
from vicugna.teaching import open_teachers

OUTPUTS = Path("outputs")


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready to start: everything was read and checked."""

    recipe: Recipe  # with its teacher resolved
    chain: Chain
    seeds: Seeds
    folder: Path
    earlier: Earlier | None = None  # what is compared with beside the seed tasks


def prepare(recipe: Recipe, chain: Chain, out: Path | None = None) -> Job:
    """Read and check what a run needs. Nothing is sent, and no more written than an archive.

    Raises:
        UserError: the teacher has no key, a seed task, a prompt or an earlier set is wrong, or
            something else is where the folder is to be.
    """
    recipe = resolve_teachers(recipe)
    seeds: Seeds = {lang: load_seeds(lang) for lang in recipe.languages}
    _check_types(recipe, seeds)
    METHODS[recipe.method](recipe, addressing(name_teachers(recipe)), seeds)  # reads the prompts
    folder = out or OUTPUTS / f"{recipe.name}-{recipe.digest[:8]}"
    check_target(folder)
    earlier = open_earlier(recipe.against, recipe.scope, recipe.max_f1, chain, OUTPUTS)
    return Job(recipe, chain, seeds, folder, earlier)


def _check_types(recipe: Recipe, seeds: Seeds) -> None:
    """Raise when there is no seed task to show for a type."""
    for lang, types in recipe.types.items():
        shown = {seed.type for seed in seeds[lang]}
        if unknown := sorted(types.keys() - shown):
            raise UserError(
                f"types: no seed task of type {unknown[0]} in {lang}, so there is nothing to show. "
                "Write one, or leave the type out."
            )


def begin(job: Job, shard: int = 0) -> Growth:
    """Return the state of a shard before its first request: the pool holds the seed tasks.

    Shards divide target and budget evenly; the first ones take what is left over, and of each
    further type those that come after them.
    """
    recipe = job.recipe
    targets: dict[Stratum, int] = {}
    turns = Counter[Lang]()  # of the shard that is next to take what is left over
    for (lang, type), count in recipe.strata.items():
        left = count % recipe.shards
        takes = (shard - turns[lang]) % recipe.shards < left
        targets[lang, type] = count // recipe.shards + takes
        turns[lang] += left
    budget = _share(recipe.budget, recipe.shards)
    return _open(job, targets, budget, f"{recipe.seed}.{shard}")


def merge(job: Job, growths: Sequence[Growth]) -> Growth:
    """Gate the shards together, in their order; the result is the whole run.

    Each shard is gated in itself already, so one shard is the whole. A duplicate of a task of an
    earlier shard is rejected; where instructions are compared, their instances stay or go together.
    """
    if len(growths) == 1:
        return growths[0]
    recipe = job.recipe
    whole = _open(job, recipe.strata, recipe.budget, growths[0].salt)
    whole.pool.expect([task.draft for growth in growths for task in growth.tasks])
    for growth in growths:
        whole.add_shard(growth)
        _gate(whole, growth.tasks)
    for growth in growths:
        if growth.stopped != "target":
            whole.stop(growth.stopped)
    if whole.stopped not in ("", "target"):
        whole.trim_to_quota()
    whole.check_conservation()
    return whole


def _gate(whole: Growth, tasks: Sequence[Task]) -> None:
    together = whole.pool.scope == "instruction"
    gates: dict[str, Verdict | None] = {}  # by instruction: why its latest instance went, if it did
    drawn: set[str] = set()  # instructions that prompts can show
    for task in tasks:
        draft = task.draft
        if not together or draft.group not in gates:
            gates[draft.group] = whole.keep_novel(task)
        elif (verdict := gates[draft.group]) is None:
            whole.keep(task)
        else:
            whole.reject(draft, verdict)
        if gates[draft.group] is None and draft.group not in drawn:
            drawn.add(draft.group)
            whole.pool.add_drawn(draft.lang, member_of(draft))


def plan_top_up(job: Job, growths: Sequence[Growth], whole: Growth) -> Growth | None:
    """Return one more shard, grown from the whole, when the last gate left it short; else None."""
    missing: dict[Stratum, int] = {
        stratum: max(quota.target - quota.kept, 0) for stratum, quota in whole.quotas.items()
    }
    if not any(missing.values()) or whole.stopped not in ("", "target"):
        return None
    budget = whole.budget_left()
    if budget is None:
        return None
    return _open(job, missing, budget, f"{job.recipe.seed}.{len(growths)}", whole.pool)


async def generate_all(
    job: Job, growths: list[Growth], grow_shard: Callable[[Growth], Awaitable[None]]
) -> Growth:
    """Grow every shard side by side, gate them together, and top up what the gate left short.

    `growths` is filled with the shards as they begin, for whoever watches; `grow_shard` grows
    one (`generate`, in whatever an engine wraps around it).
    """
    growths.extend(begin(job, shard) for shard in range(job.recipe.shards))
    try:
        async with asyncio.TaskGroup() as group:
            for growth in growths:
                group.create_task(_await(grow_shard(growth)))
    except BaseExceptionGroup as failed:  # the first says it; the others were cancelled with it
        raise failed.exceptions[0] from None
    whole = merge(job, growths)
    while (extra := plan_top_up(job, growths, whole)) is not None:
        growths.append(extra)
        await grow_shard(extra)
        before = whole.kept.total()
        whole = merge(job, growths)
        if whole.kept.total() == before:
            whole.stop("saturated: no top-up was new")
            whole.trim_to_quota()
    return whole


async def _await(growing: Awaitable[None]) -> None:
    await growing


@asynccontextmanager
async def open_asking(job: Job, traffic: Traffic) -> AsyncGenerator[Ask, None]:
    """Open ledger and teacher for a job; the `Ask` looks in the ledger before it sends.

    A process that is told to end waits for answers that are paid for, as it does after Ctrl-C.
    """
    recipe = job.recipe
    cast = name_teachers(recipe)
    with ending_gently():
        async with (
            open_ledger(ledger_url()) as ledger,
            open_teachers(recipe, cast, ledger, traffic) as ask,
        ):
            yield ask


async def generate(job: Job, ask: Ask, growth: Growth) -> None:
    """Grow the set to its target, or until it must stop. The result is in `growth`."""
    cast = name_teachers(job.recipe)
    method = METHODS[job.recipe.method](job.recipe, addressing(cast), job.seeds)
    await grow(growth, method, ask, bound_any(cast))


def ledger_url() -> str:
    """Return the SQLAlchemy URL of the ledger: `VICUGNA_LEDGER`, or SQLite under `outputs/`."""
    return os.environ.get("VICUGNA_LEDGER") or f"sqlite:///{OUTPUTS / 'ledger.db'}"


def seed_pool(seeds: Seeds, max_f1: float, scope: Scope, earlier: Earlier | None) -> Pool:
    """Return a pool that holds the seed tasks, and compares with earlier sets too."""
    pool = Pool(max_f1, scope, earlier.archive if earlier else None)
    for lang, tasks in seeds.items():
        for seed in tasks:
            pool.add_seed(lang, member_of(seed))
    return pool


def _open(
    job: Job, targets: Mapping[Stratum, int], budget: Budget, salt: str, pool: Pool | None = None
) -> Growth:
    """Return the state of a part of a run; without a pool of its own it begins with the seeds."""
    recipe = job.recipe
    if pool is None:
        pool = seed_pool(job.seeds, recipe.max_f1, recipe.scope, job.earlier)
    return Growth(recipe, job.chain, pool, open_quotas(recipe, targets), budget, salt)


def _share(budget: Budget, shards: int) -> Budget:
    """Return one shard's part of a budget; whole numbers are rounded down, so the sum holds."""
    return Budget.model_construct(
        usd=None if budget.usd is None else budget.usd / shards,
        tokens=None if budget.tokens is None else budget.tokens // shards,
        requests=None if budget.requests is None else budget.requests // shards,
    )
