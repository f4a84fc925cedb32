"""The first prompts of a job and one answer, judged as the run would judge it; nothing is kept."""

from collections import Counter
from collections.abc import Callable

from vicugna.methods import METHODS
from vicugna.pipeline import Job, begin
from vicugna.records import Request
from vicugna.teachers.opening import bound_cost, open_teacher

Say = Callable[[str], None]


async def preview_job(job: Job, say: Say) -> None:
    """Say the first request of each language, then one answer and what became of its pieces."""
    growth = begin(job)
    recipe = job.recipe
    method = METHODS[recipe.method](recipe, recipe.teacher.model or "", job.seeds)
    requests = [
        method.compose(lang, number, growth) for number, lang in enumerate(recipe.languages)
    ]
    for request in requests:
        _say_request(job, request, say)
    faults: Counter[str] = Counter()
    async with open_teacher(recipe.teacher, lambda cause: faults.update([cause])) as ask:
        reply = await ask(requests[0])
    say(f"── answer ({requests[0].lang}) · {reply.teacher} ({reply.model}) · {reply.finish_reason}")
    say(reply.text)
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


def _say_request(job: Job, request: Request, say: Say) -> None:
    nusd, tokens = bound_cost(job.recipe.teacher)(request)
    say(f"── {request.prompt} ({request.lang}) · at most {tokens:,} tokens, {nusd / 1e9:.6f} USD")
    for turn in request.messages:
        say(f"[{turn.role}]")
        say(turn.content)
    say("")
