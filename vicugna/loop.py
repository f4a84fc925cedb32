"""The loop: a sliding window of requests, consumed in the order they were composed.

Replies may arrive in any order; they are consumed in request order. Whenever one is consumed the
window is filled again from the state as it then stands, so request i is composed after reply
i - lookahead, whatever the latencies and the concurrency. There is no barrier between rounds.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from vicugna.errors import BudgetReached, Fatal, Transient
from vicugna.growth import Growth, stratum_of
from vicugna.records import Bound, Draft, Reply, Request, Stratum, Verdict
from vicugna.teachers.ask import Ask

MAX_SAMPLES = 3  # an answer without one readable piece is asked for again, at most this often
MORE_TOKENS = 2  # times as many for an answer that was cut before its first piece; once


class FollowUp(NamedTuple):
    """A further question about a draft that a reply gave."""

    request: Request
    draft: Draft


class Method(NamedTuple):
    """How tasks are asked for.

    `compose(stratum, number, growth)` begins a chain of questions, the number-th of its stratum, so
    that one language asks the same whatever becomes of the other; `consume(request, reply, growth)`
    takes a reply apart, and returns the questions that follow from it and whether it could read
    anything at all.
    """

    compose: Callable[[Stratum, int, Growth], Request]
    consume: Callable[[Request, Reply, Growth], tuple[list[FollowUp], bool]]


@dataclass(frozen=True, slots=True)
class _Job:
    request: Request
    chain: int
    number: int  # of the chain, in its stratum
    draft: Draft | None = None
    longer: bool = False  # asked once more, with more tokens


Cost = Callable[[Request], Bound]  # the most a request can use


async def grow(growth: Growth, method: Method, ask: Ask, cost: Cost) -> None:
    """Run until the target, saturation, the budget, or a teacher that is down.

    Every request that was composed is answered and consumed, also after the stop, so that a run
    and its replay take the same answers. The result is in `growth`.

    Raises:
        Fatal: the teacher says that no request can succeed.
    """
    window: deque[tuple[_Job, asyncio.Task[Reply]]] = deque()
    waiting: deque[_Job] = deque()  # follow-up questions, asked before new chains
    open_jobs: dict[int, int] = {}  # questions of a chain still to be consumed
    fatal: asyncio.Future[Fatal] = asyncio.get_running_loop().create_future()
    try:
        while True:
            while len(window) < growth.recipe.window:
                job = _next_job(growth, method, waiting, open_jobs, cost)
                if job is None:
                    break
                window.append((job, asyncio.create_task(_ask(ask, job, fatal))))
                growth.in_flight = len(window)
                await asyncio.sleep(0)  # the first ones go out before the last one is composed
            if not window:
                growth.end()
                break
            await _wait_for(window[0][1], fatal)
            job, answer = window.popleft()
            await _consume(growth, method, job, answer, waiting, open_jobs, cost)
            growth.in_flight = len(window)
    finally:
        for _, answer in window:
            answer.cancel()
        await asyncio.gather(*(answer for _, answer in window), return_exceptions=True)
    if growth.stopped != "target":
        growth.trim_to_quota()
    growth.check_conservation()


async def _ask(ask: Ask, job: _Job, fatal: asyncio.Future[Fatal]) -> Reply:
    """Ask; tell at once, not in its turn, when the teacher says that no request can succeed."""
    try:
        return await ask(job.request)
    except Fatal as error:
        if job.longer and error.cause == "bad_request":  # more tokens than the model can write
            raise Transient(str(error), cause="length") from error
        if not fatal.done():
            fatal.set_result(error)
        raise


async def _wait_for(answer: asyncio.Task[Reply], fatal: asyncio.Future[Fatal]) -> None:
    if answer.done():
        await asyncio.sleep(0)  # others are sent and read between two answers that are judged
    else:
        await asyncio.wait((answer, fatal), return_when=asyncio.FIRST_COMPLETED)
    if fatal.done():
        raise fatal.result()


def _next_job(
    growth: Growth,
    method: Method,
    waiting: deque[_Job],
    open_jobs: dict[int, int],
    cost: Cost,
) -> _Job | None:
    while waiting and (growth.stopped or _is_full(growth, waiting[0])):
        _give_up(growth, waiting.popleft(), open_jobs)
    if growth.stopped:
        return None
    if waiting:
        job = waiting[0]
    else:
        quota = growth.next_quota()
        if quota is None:
            return None
        request = method.compose(quota.stratum, quota.begun, growth)
        job = _Job(request, growth.composed, quota.begun)
    unit = _reserve(growth, cost(job.request))
    if unit:
        if growth.in_flight:
            return None  # what is held back for those may turn out to be less
        growth.stop(f"budget: {unit}")
        growth.last_fault = growth.last_fault or "the budget has no room for one request"
        return _next_job(growth, method, waiting, open_jobs, cost)
    if waiting:
        waiting.popleft()
    else:
        growth.composed += 1
        growth.quota_of(job.request).begin()
        open_jobs[job.chain] = 1
    return job


def _reserve(growth: Growth, bound: Bound) -> str:
    """Reserve the most a request can use; return the unit that has no room for it, or ""."""
    growth.note_bound(bound)
    budget = growth.budget
    over = (
        ("requests", growth.replies + growth.in_flight + 1, budget.requests),
        ("tokens", growth.used_tokens + growth.reserved_tokens + bound.tokens, budget.tokens),
        (
            "usd",
            growth.used_nusd + growth.reserved_nusd + (bound.nusd or 0),
            None if budget.usd is None else budget.usd * 1e9,
        ),
    )
    for unit, use, cap in over:
        if cap is not None and use > cap:
            return unit
    growth.reserved_nusd += bound.nusd or 0
    growth.reserved_tokens += bound.tokens
    return ""


async def _consume(
    growth: Growth,
    method: Method,
    job: _Job,
    answer: asyncio.Task[Reply],
    waiting: deque[_Job],
    open_jobs: dict[int, int],
    cost: Cost,
) -> None:
    follow_ups: list[_Job] = []
    bound, stratum = cost(job.request), stratum_of(job.request)
    known = growth.pool.count(stratum)
    try:
        reply = await answer
    except BudgetReached as error:
        growth.stop(error.cap.replace(".", ": "))
        growth.last_fault = str(error)
        if job.draft is not None:
            _reject_carried(growth, job.draft, Verdict("unanswered", False, detail="budget"))
    except Transient as error:
        if error.cause == "unreachable" and not growth.replies:
            raise Fatal(str(error), cause=error.cause) from error
        growth.count_unanswered(error)
        if job.draft is not None:
            _reject_carried(growth, job.draft, Verdict("unanswered", False, detail=error.cause))
    else:
        growth.count_reply(job.request, reply)
        growth.count_unmetered(reply, bound)
        further, readable = method.consume(job.request, reply, growth)
        growth.pool.note_chain(stratum, known, job.number)
        follow_ups = [
            replace(job, request=request, draft=draft, longer=False) for request, draft in further
        ]
        if not readable:
            follow_ups += _again(job, reply)
    growth.reserved_nusd -= bound.nusd or 0
    growth.reserved_tokens -= bound.tokens
    waiting.extend(follow_ups)
    open_jobs[job.chain] += len(follow_ups) - 1
    _close(growth, job, open_jobs, [one.draft for one in follow_ups])


def _again(job: _Job, reply: Reply) -> list[_Job]:
    """Return the question as it is asked again after an answer without one readable piece."""
    request = job.request
    if reply.finish_reason == "length":
        if job.longer:
            return []
        most = request.sampling.max_tokens * MORE_TOKENS
        longer = replace(request, sampling=replace(request.sampling, max_tokens=most))
        return [replace(job, request=longer, longer=True)]
    if request.sample + 1 < MAX_SAMPLES:
        return [replace(job, request=replace(request, sample=request.sample + 1))]
    return []


def _close(
    growth: Growth, job: _Job, open_jobs: dict[int, int], further: Sequence[Draft | None] = ()
) -> None:
    """Note what a question that has ended leaves open."""
    quota = growth.quota_of(job.request)
    if job.draft is None and None not in further:  # it is not asked a second time
        quota.unread.discard(job.number)
    if open_jobs[job.chain] == 0:
        del open_jobs[job.chain]
        quota.close()


def _is_full(growth: Growth, job: _Job) -> bool:
    """Return whether a question is about an instruction that there is no place for any more."""
    quota = growth.quota_of(job.request)
    return job.draft is not None and quota.kept >= quota.target


def _give_up(growth: Growth, job: _Job, open_jobs: dict[int, int]) -> None:
    """Do not ask a question any more; the instruction it is about is rejected."""
    if job.draft is not None:
        full = f"{growth.quota_of(job.request).name} is full"
        _reject_carried(growth, job.draft, Verdict("quota", False, detail=growth.stopped or full))
    open_jobs[job.chain] -= 1
    _close(growth, job, open_jobs)


def _reject_carried(growth: Growth, draft: Draft, verdict: Verdict) -> None:
    growth.carried -= 1
    growth.reject(draft, verdict)
