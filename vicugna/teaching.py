"""All teachers of a run behind one `Ask`: each with its own limits, and the ledger before them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from vicugna.ledger import Ledger, Purse
from vicugna.ledger.asking import finish_sending, through_ledger
from vicugna.ledger.hedging import hedging
from vicugna.ledger.paying import Payer
from vicugna.ledger.traffic import TeacherTraffic, Traffic
from vicugna.providers import OFFLINE
from vicugna.settings import Recipe
from vicugna.teacher_settings import TeacherSettings
from vicugna.teachers.ask import Ask
from vicugna.teachers.concurrency import climbing
from vicugna.teachers.hedging import hedged
from vicugna.teachers.hours import within
from vicugna.teachers.limits import Quota
from vicugna.teachers.opening import bound_cost, endpoint_of, open_teacher, price_reply
from vicugna.teachers.pace import Pace
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

    What is with a teacher when the block ends may arrive, for `GRACE_SECONDS` at most; what waits
    for its turn is not sent.
    """
    purse = Purse(recipe.account, recipe.budget, recipe.month_budget)
    async with AsyncExitStack() as stack:
        asks: dict[str, Ask] = {}
        paces: list[Pace] = []
        for teacher in everyone(cast):
            open_live = partial(_open_live, paces=paces)
            open_one = _open_batching if teacher.settings.mode == "batch" else open_live
            opening = open_one(teacher, ledger, purse, traffic)
            asks[teacher.label] = await stack.enter_async_context(opening)

        def note(label: str, cause: str) -> None:
            traffic.of(label).handed_on[cause] += 1

        try:
            yield with_stand_ins(asks, cast, ledger.get, on_stand_in=note)
        finally:
            for pace in paces:
                pace.stop()
            await finish_sending(traffic, GRACE_SECONDS)


@asynccontextmanager
async def _open_live(
    teacher: Named, ledger: Ledger, purse: Purse, traffic: Traffic, paces: list[Pace]
) -> AsyncGenerator[Ask, None]:
    settings, counts = teacher.settings, traffic.of(teacher.label)
    slots = Slots(settings.concurrency or START)
    counts.concurrency = slots.limit
    payer = Payer(ledger, purse, bound_cost(settings), traffic)
    pace = _make_pace(settings, ledger, counts)
    paces.append(pace)
    async with open_teacher(teacher, pace.note_headers) as attempt:
        if settings.name != OFFLINE:  # that one is in this process, and never hangs
            if settings.concurrency is None:
                follow = partial(setattr, counts, "concurrency")
                attempt = climbing(attempt, slots, on_limit=follow)
            claim = hedging(ledger, purse, bound_cost(settings), traffic)
            once = hedged(attempt, claim, again=pace.paced, on_hedge=counts.count_hedge)
            attempt = pace.paced(once)
        ask = retrying(payer.attempting(attempt), on_fault=partial(_count, counts.faults))
        note = partial(setattr, counts, "opens")
        enter = within(settings.hours, note) if settings.hours else None
        yield through_ledger(payer.obtaining(ask, slots, enter), ledger, traffic)


@asynccontextmanager
async def _open_batching(
    teacher: Named, ledger: Ledger, purse: Purse, traffic: Traffic
) -> AsyncGenerator[Ask, None]:
    """Open a teacher that is asked by its Batch API."""
    # Imported here: the SDK takes a second, which live runs do not pay.
    from vicugna.batching import Batcher, Desk
    from vicugna.teachers.batch_api import open_batch_api

    endpoint, settings = endpoint_of(teacher), teacher.settings
    async with open_batch_api(endpoint) as api:
        desk = Desk(
            api,
            ledger,
            purse,
            endpoint,
            settings.model or "",
            price=partial(price_reply, teacher=settings),
            on_paid=traffic.count_sent,
            on_state=traffic.batches.__setitem__,
            on_fault=partial(_count, traffic.of(teacher.label).faults),
        )
        batcher = Batcher(desk, bound_cost(settings))
        await batcher.resume()
        try:
            yield through_ledger(batcher.obtain, ledger, traffic)
        finally:
            await batcher.close()


def _make_pace(settings: TeacherSettings, ledger: Ledger, counts: TeacherTraffic) -> Pace:
    """Return the pace of a teacher, which processes on one ledger share."""

    def tell(quota: Quota) -> None:
        counts.rpm = None if quota.requests is None else quota.requests * 60
        counts.tpm = None if quota.tokens is None else quota.tokens * 60

    given = Quota(settings.rpm and settings.rpm / 60, settings.tpm and settings.tpm / 60)
    lease = partial(ledger.lend, f"{settings.base_url} {settings.model}")
    return Pace(lease, given, trusted=settings.concurrency is not None, on_quota=tell)


def _count(counts: dict[str, int], cause: str) -> None:
    counts[cause] += 1
