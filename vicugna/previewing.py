"""The first prompts of a job and one answer, judged as the run would judge it.

The answer goes into the ledger like any other: the run that follows does not pay for it again.
"""

from collections.abc import Callable
from dataclasses import replace

from vicugna.ledger.traffic import Traffic
from vicugna.methods import METHODS
from vicugna.pipeline import Job, begin, open_asking
from vicugna.records import Request
from vicugna.settings import Recipe
from vicugna.teachers.opening import bound_any
from vicugna.teachers.roles import addressing, name_teachers
from vicugna.text.hygiene import show_lines

Say = Callable[[str], None]


async def preview_job(job: Job, say: Say) -> None:
    """Say the first request of each language, then one answer and what became of its pieces.

    With types it is the first type of each language.
    """
    recipe = _ask_live(job.recipe)
    job = replace(job, recipe=recipe)
    growth = begin(job)
    method = METHODS[recipe.method](recipe, addressing(name_teachers(recipe)), job.seeds)
    firsts = {stratum[0]: stratum for stratum in reversed(growth.quotas)}
    requests = [method.compose(firsts[lang], 0, growth) for lang in recipe.languages]
    for request in requests:
        _say_request(job, request, say)
    async with open_asking(job, Traffic()) as ask:
        reply = await ask(requests[0])
    say(f"── answer ({requests[0].lang}) · {reply.teacher} ({reply.model}) · {reply.finish_reason}")
    say(show_lines(reply.text))
    method.consume(requests[0], reply, growth)
    price = "unknown" if reply.price_nusd is None else f"{reply.price_nusd / 1e9:.6f} USD"
    say(
        f"── {growth.pieces} pieces: {len(growth.tasks) + growth.carried} good, "
        f"{len(growth.rejected)} rejected; {reply.input_tokens} + {reply.output_tokens} tokens, "
        f"price {price}"
    )
    for piece in growth.rejected:
        verdict = piece.verdict
        say(f"   {piece.id}: {verdict.filter} {verdict.detail or verdict.measure or ''}".rstrip())


def _ask_live(recipe: Recipe) -> Recipe:
    """Return a recipe that asks live: one answer is not waited for as long as a batch may take."""
    live = {"mode": "live"}
    teachers = {
        role: tuple(one.model_copy(update=live) for one in several)
        for role, several in recipe.teachers.items()
    }
    teacher = recipe.teacher.model_copy(update=live)
    return recipe.model_copy(update={"teacher": teacher, "teachers": teachers})


def _say_request(job: Job, request: Request, say: Say) -> None:
    bound = bound_any(name_teachers(job.recipe))(request)
    money = "price unknown" if bound.nusd is None else f"{bound.nusd / 1e9:.6f} USD"
    say(f"── {request.prompt} ({request.lang}) · at most {bound.tokens:,} tokens, {money}")
    for turn in request.messages:
        say(f"[{turn.role}]")
        say(show_lines(turn.content))
    say("")
