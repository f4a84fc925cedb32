"""Claiming what is sent out of a budget, and settling what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import cast

from vicugna.errors import BudgetReached, Fatal, Refused, Transient, UserError
from vicugna.ledger.accounts import Account, Purse
from vicugna.ledger.ledger import Ledger
from vicugna.ledger.traffic import Traffic
from vicugna.ledger.writing import Busy, Charge, Full
from vicugna.records import Bound, Reply, Request
from vicugna.teachers.ask import Ask
from vicugna.teachers.slots import Slots

Enter = Callable[[], Awaitable[None]]

_NEVER_ARRIVED = ("unreachable",)
_LOOK_EVERY = 0.3  # seconds between two looks at what another process has, or holds back
_SWEEP_EVERY = 2.0  # seconds between two looks at whether it is alive


class Payer:
    """Claims what is sent, and settles or drops each claim: one open charge for each request.

    `attempting` wraps what makes one attempt; retries go around it. An attempt that may have been
    paid for in vain stays counted at the most it can have cost, and the next one is a new charge.
    """

    def __init__(
        self, ledger: Ledger, purse: Purse, bound: Callable[[Request], Bound], traffic: Traffic
    ) -> None:
        self._ledger = ledger
        self._purse = purse
        self._bound = bound
        self._traffic = traffic
        self._open: dict[str, Charge] = {}  # by key
        self._spoilt: set[str] = set()  # keys whose last attempt may have been paid for
        self._swept = -_SWEEP_EVERY

    def obtaining(self, ask: Ask, slots: Slots, enter: Enter | None = None) -> Ask:
        """Return an `Ask` that asks a request in its turn, unless another process does or has.

        What it returns is stored. `ask` retries around attempts that `attempting` wraps. A slot is
        held from the claim until the answer is in line to be written. The next request is claimed
        behind it, so no kill can lose more paid answers than there are slots (and hedges,
        `vicugna.ledger.hedging`); what another process asks has none. `enter` is waited for before
        the claim, as the hours of the teacher.
        """
        return partial(self._obtain, ask, slots, enter)

    async def _obtain(self, ask: Ask, slots: Slots, enter: Enter | None, request: Request) -> Reply:
        while True:
            async with slots.place() as leave:
                if enter is not None:
                    await enter()
                got = await self._claim(request)
                if got is None:
                    return await self._pay(ask, request, leave)
            if isinstance(got, Reply):
                self._traffic.replayed += 1
                return got
            await self._wait(got)

    async def _claim(self, request: Request) -> Reply | Busy | Full | None:
        got = await claim_whole(self._ledger, request.key, self._bound(request), self._purse)
        if not isinstance(got, Charge):
            return got
        self._open[request.key] = got
        return None

    def attempting(self, ask: Ask) -> Ask:
        """Return an `Ask` that makes one attempt out of the open charge of its request."""

        async def attempt(request: Request) -> Reply:
            key = request.key
            if key in self._spoilt and (known := await self._claim_again(request)):
                return known
            if key not in self._open:
                raise AssertionError("nothing is sent that is not claimed")
            try:
                return await ask(request)
            except BaseException as fault:
                if may_be_paid(fault):
                    self._spoilt.add(key)
                raise

        return attempt

    async def _pay(self, ask: Ask, request: Request, leave: Callable[[], None]) -> Reply:
        traffic = self._traffic
        task = cast("asyncio.Task[Reply]", asyncio.current_task())
        if traffic.first_sent is None:
            traffic.first_sent = monotonic() - traffic.started
        traffic.sending.add(task)
        try:
            reply = await ask(request)
            key = request.key
            self._spoilt.discard(key)
            charge = self._open.pop(key, None)
            if charge is None:  # another process answered between two attempts
                traffic.replayed += 1
                return reply
            writing = self._ledger.settle(charge, request, reply)
            leave()
            stored = await writing
        except BaseException:
            await self._drop(request)
            raise
        finally:
            traffic.sending.discard(task)
        traffic.count_sent(reply)
        return stored

    async def _drop(self, request: Request) -> None:
        key = request.key
        charge = self._open.pop(key, None)
        if charge is None:
            return
        lost = key in self._spoilt
        self._spoilt.discard(key)
        if lost:
            self._traffic.count_lost(charge.bound)
        await self._ledger.drop(charge, lost=lost)

    async def _wait(self, got: Busy | Full) -> None:
        """Wait a little for what another process has or holds back; see whether it is alive.

        Raises:
            BudgetReached: a cap is used up.
            UserError: a cap on money cannot be kept.
        """
        if isinstance(got, Full) and not got.later:
            raise explain_full(got)
        self._traffic.waiting += 1
        try:
            await asyncio.sleep(_LOOK_EVERY)
            if monotonic() - self._swept >= _SWEEP_EVERY:
                self._swept = monotonic()
                await self._ledger.sweep()
        finally:
            self._traffic.waiting -= 1

    async def _claim_again(self, request: Request) -> Reply | None:
        """Claim a request whose last attempt may have been paid for in vain.

        While there is no room for it another process may claim it, and answer: then return that.
        """
        spoilt = self._open.pop(request.key)
        self._spoilt.discard(request.key)
        self._traffic.count_lost(spoilt.bound)
        while True:
            got = await self._ledger.claim(
                request.key, self._bound(request), self._purse, again=spoilt
            )
            if isinstance(got, Charge):
                self._open[request.key] = got
                return None
            if isinstance(got, Reply):
                return got
            await self._wait(got)


async def claim_whole(
    ledger: Ledger, key: str, bound: Bound, purse: Purse
) -> Charge | Reply | Busy | Full:
    """Claim; whoever is cancelled meanwhile leaves no charge behind."""
    claiming = asyncio.ensure_future(ledger.claim(key, bound, purse))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:  # the ledger does not stop half way
        got = await claiming
        if isinstance(got, Charge):
            await ledger.drop(got, lost=False)
        raise


def may_be_paid(fault: BaseException) -> bool:
    """Return whether a request that ended so may have been paid for.

    It was not when it was refused or never arrived. After any other fault (a reset, a timeout, a
    server error) there may have been an answer.
    """
    never_arrived = isinstance(fault, Transient) and fault.cause in _NEVER_ARRIVED
    return not (never_arrived or isinstance(fault, Refused | Fatal))


def explain_full(full: Full) -> BudgetReached | UserError:
    """Return what ends a run whose budget is used up, or cannot be kept."""
    account, unit = full.account, full.unit
    kind, _, name = full.scope.partition(":")
    which = "budget" if kind == "run" else f"month_budget ({name})"
    if unit == "usd" and account.unpriced:
        return UserError(
            f"{which}.usd: {account.unpriced} answers in this account have no known price, so the "
            "cap cannot be kept. Cap tokens instead, or use another ledger (VICUGNA_LEDGER)."
        )
    return BudgetReached(f"{which}.{unit}", _describe(full, account))


def _describe(full: Full, account: Account) -> str:
    """Return what is used of a cap, and what the next request could take."""
    if full.unit == "usd":
        used, more, cap = account.nusd / 1e9, (full.bound.nusd or 0) / 1e9, full.cap.usd
        return f"{used:.6f} of {cap:g} USD are used, and the next request can cost {more:.6f}"
    if full.unit == "tokens":
        used, more, cap = account.tokens, full.bound.tokens, full.cap.tokens
        return f"{used:,} of {cap:,} tokens are used, and the next request can take {more:,}"
    return f"{account.requests:,} of {full.cap.requests:,} requests are used"
