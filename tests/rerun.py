"""Running a job, changing one thing, and running it again on the same ledger."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.scripted import (
    addressed,
    make_chain,
    make_job,
    make_recipe,
    make_seeds,
    open_asking_ledger,
    scripted,
)
from vicugna.filtering import Chain
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.methods import METHODS
from vicugna.pipeline import Job, begin, generate, generate_all
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Reply, Request, Verdict
from vicugna.settings import PURPOSES_OF

FIRSTS = ("new_tasks", "new_instructions")  # the purposes that begin a chain
METHOD_OF = {purpose: method for method, asked in PURPOSES_OF.items() for purpose in asked}
AFTER = {  # what is asked about the answers to a purpose
    "new_tasks": (),
    "new_instructions": ("is_classification", "input_first", "output_first"),
    "is_classification": ("input_first", "output_first"),
    "input_first": (),
    "output_first": (),
}
_BEHIND_DEMONSTRATIONS = 48  # the seed tasks up to this number are in the prompts of self-instruct


class Run(NamedTuple):
    """What a run composed, in its order; what of it was sent, in any order; and what came of it."""

    asked: list[Request]
    anew: list[Request]
    growth: Growth


def run_job(job: Job, folder: Path) -> Run:
    """Run a job on the ledger of a folder."""
    asked: list[Request] = []
    anew: list[Request] = []

    async def grow() -> Growth:
        url = f"sqlite:///{folder}/ledger.db"
        async with open_asking_ledger(url, scripted(asked=anew), Traffic()) as asking:

            async def ask(request: Request) -> Reply:
                asked.append(request)
                return await asking(request)

            return await generate_all(job, [], partial(generate, job, ask))

    growth = asyncio.run(grow())
    return Run(asked, anew, growth)


def run_first(make: Callable[[str], Job], method: str, folder: Path) -> Run:
    """Run `job_of(method)` or `plain_job(method)` on the ledger of a folder, which is empty.

    It is done once; then the ledger it left is copied.
    """
    run, ledger = _run_once(make, method)
    (folder / "ledger.db").write_bytes(ledger)
    return run


@cache
def _run_once(make: Callable[[str], Job], method: str) -> tuple[Run, bytes]:
    with TemporaryDirectory() as name:
        run = run_job(make(method), Path(name))
        return run, (Path(name) / "ledger.db").read_bytes()


def job_of(method: str, *, target: int = 60, **changes: Any) -> Job:
    """Return a job with so many seed tasks that one more is no demonstration."""
    return make_job(make_recipe(method, target=target, **changes), seeds=60)


def plain_job(method: str, **changes: Any) -> Job:
    """Return a job whose prompts show seed tasks only, so that none depends on another's answer.

    The window holds the whole run, so nothing is given up at its end.
    """
    return job_of(method, machine_shown=0, lookahead=400, **changes)


def keys(requests: Sequence[Request]) -> list[str]:
    """Return the keys of requests: one changed byte, and it is another."""
    return [request.key for request in requests]


def firsts(requests: Sequence[Request], lang: Lang) -> list[Request]:
    """Return the first questions of the chains of a language."""
    return [one for one in requests if one.lang == lang and one.purpose in FIRSTS]


def question(request: Request) -> tuple[Any, ...]:
    """Return what a request asks about, however it is put and whoever is asked."""
    return request.purpose, request.lang, request.shown, request.about, request.sample


def pick_seed(job: Job, lang: Lang) -> str:
    """Return the id of a seed task that is drawn into an early prompt and is no demonstration."""
    recipe = job.recipe
    compose = METHODS[recipe.method](recipe, addressed("scripted"), job.seeds).compose
    growth = begin(job)
    shown = [max(compose((lang, ""), number, growth).shown) for number in range(1, 9)]
    return next(seed for seed in shown if int(seed[-3:]) > _BEHIND_DEMONSTRATIONS)


def change_seeds(job: Job, lang: Lang, seed: str, change: str) -> tuple[Job, Job]:
    """Return a job before and after one seed task was added, removed or edited."""
    known = job.seeds[lang]
    text = make_seeds(lang, len(known) + 1)[-1].instruction
    versions = {
        "with": known,
        "without": tuple(one for one in known if one.id != seed),
        "edited": tuple(replace(one, instruction=text) if one.id == seed else one for one in known),
    }
    before, after = {
        "added": ("without", "with"),
        "removed": ("with", "without"),
        "edited": ("with", "edited"),
    }[change]
    one, other = (
        replace(job, seeds={**job.seeds, lang: versions[version]}) for version in (before, after)
    )
    return one, other


def make_stricter(job: Job, lang: Lang, field: str) -> Job:
    """Return a job that keeps about a quarter of the drafts of a language, by a field of it."""

    def ask(draft: Draft, pool: Pool) -> Verdict:
        fits = sum(map(ord, getattr(draft, field))) % 4 == 0
        return Verdict("quarter", fits or draft.lang != lang)

    chain = make_chain()
    if field == "instruction":
        return replace(job, chain=Chain((*chain.instruction, ask), chain.answer, chain.novelty))
    return replace(job, chain=Chain(chain.instruction, (*chain.answer, ask), chain.novelty))
