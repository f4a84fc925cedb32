"""All teachers of a run behind one `Ask`: each with its own limits, and the ledger before them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from vicugna.ledger import Ledger, Purse
from vicugna.ledger.asking import finish_sending, through_ledger
from vicugna.ledger.paying import Payer
from vicugna.ledger.traffic import Traffic
from vicugna.settings import Recipe
from vicugna.teachers.ask import Ask
from vicugna.teachers.opening import bound_cost, open_teacher
from vicugna.teachers.retry import retrying
from vicugna.teachers.roles import Cast, Named, everyone
from vicugna.teachers.slots import Slots
from vicugna.teachers.standing_in import with_stand_ins

GRACE_SECONDS = 30.0  # for answers that are paid for already, when a run is interrupted
START = 32  # requests in flight at once, while nothing is known of the teacher


@asynccontextmanager
async def open_teachers(
    recipe: Recipe, cast: Cast, ledger: Ledger, traffic: Traffic
) -> AsyncGenerator[Ask, None]:
    """Open every teacher of a run; the `Ask` looks in the ledger before it sends.

    What is with a teacher when the block ends may arrive, for `GRACE_SECONDS` at most.
    """
    purse = Purse(recipe.account, recipe.budget, recipe.month_budget)
    async with AsyncExitStack() as stack:
        asks: dict[str, Ask] = {}
        for teacher in everyone(cast):
            opening = _open_one(teacher, ledger, purse, traffic)
            asks[teacher.label] = await stack.enter_async_context(opening)

        def note(label: str, cause: str) -> None:
            traffic.of(label).handed_on[cause] += 1

        try:
            yield with_stand_ins(asks, cast, ledger.get, on_stand_in=note)
        finally:
            await finish_sending(traffic, GRACE_SECONDS)


@asynccontextmanager
async def _open_one(
    teacher: Named, ledger: Ledger, purse: Purse, traffic: Traffic
) -> AsyncGenerator[Ask, None]:
    settings, counts = teacher.settings, traffic.of(teacher.label)
    slots = Slots(settings.concurrency or START)
    payer = Payer(ledger, purse, bound_cost(settings), traffic)
    async with open_teacher(teacher) as attempt:
        ask = retrying(payer.attempting(attempt), on_fault=partial(_count, counts.faults))
        yield through_ledger(ask, ledger, payer, traffic, slots)


def _count(counts: dict[str, int], cause: str) -> None:
    counts[cause] += 1
