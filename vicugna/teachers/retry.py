"""Asks again when asking again can help, as one table says for each kind of fault."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from random import Random

from vicugna.errors import Refused, TeacherError, Transient
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask


@dataclass(frozen=True, slots=True)
class Rule:
    """How to meet one kind of fault. Times are in seconds.

    The pause is random, from 0 up to `first`, doubled after each fault up to `longest` (full
    jitter: requests that failed together do not come back together). A request gives up when
    it has used up its attempts, if the fault costs one, or would have to pause for more than
    `patience` in all.
    """

    first: float
    longest: float
    costs_attempt: bool
    patience: float


# A refusal says "later", not "never". `Fatal` is not here: it is raised at once.
RULES: dict[type[TeacherError], Rule] = {
    Refused: Rule(first=1.0, longest=60.0, costs_attempt=False, patience=600.0),
    Transient: Rule(first=0.5, longest=30.0, costs_attempt=True, patience=inf),
}

_RNG = Random()


def retrying(
    ask: Ask,
    *,
    attempts: int = 6,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    rng: Random = _RNG,
    on_fault: Callable[[str], None] = lambda cause: None,
) -> Ask:
    """Return an `Ask` that retries by `RULES` and calls `on_fault(cause)` for every fault.

    Raises:
        Fatal: As soon as `ask` raises it.
        Transient: When the last of `attempts` tries failed, or refusals used up its patience;
            the cause is that of the last fault.
    """

    async def ask_again(request: Request) -> Reply:
        met = dict.fromkeys(RULES, 0)
        paused = dict.fromkeys(RULES, 0.0)
        while True:
            try:
                return await ask(request)
            except TeacherError as fault:
                on_fault(fault.cause)
                kind = type(fault)
                if kind not in RULES:
                    raise
                rule = RULES[kind]
                pause = _pause(fault, rule, met[kind], rng)
                met[kind] += 1
                paused[kind] += pause
                if rule.costs_attempt and met[kind] >= attempts:
                    raise
                if paused[kind] > rule.patience:
                    raise _gave_up(fault, rule, met[kind], pause) from None
            await sleep(pause)

    return ask_again


def _pause(fault: TeacherError, rule: Rule, before: int, rng: Random) -> float:
    # Without a bound the power would overflow after a thousand faults.
    jitter = rng.uniform(0.0, min(rule.longest, rule.first * 2.0 ** min(before, 16)))
    asked = fault.retry_after if isinstance(fault, Refused) else None
    # What the server asked for, and a little more: the whole pool was told the same moment, and
    # a server that keeps saying 0 must not be asked in a tight loop.
    return jitter if asked is None else asked + jitter / 10


def _gave_up(fault: TeacherError, rule: Rule, met: int, pause: float) -> Transient:
    return Transient(
        f"{fault} That was refusal {met} and the next try would be in {pause:.0f} s: "
        f"over {rule.patience:.0f} s of waiting for one request.",
        cause=fault.cause,
    )
