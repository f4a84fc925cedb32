"""Sends a request that takes much longer than its like a second time; the first answer counts.

Some answers never come: a connection breaks and nobody says so, or one machine of many hangs.
Answers are consumed in order, so each of those would hold up the run until its timeout. Dean and
Barroso ("The Tail at Scale", 2013) call the second one a hedged request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from math import inf
from typing import Any, cast

from vicugna.errors import Refused, Transient, VicugnaError
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask
from vicugna.teachers.latencies import Latencies

Release = Callable[[BaseException], Awaitable[None]]
"""Ends a claim. Told what ended the one of the two requests that is not paid for by the answer."""

Claim = Callable[[Request], Awaitable[Release | None]]
"""Claims what a second request can cost; None when there is no room for it."""

_LOOK_EVERY = 0.25  # seconds between two looks at what is late
# When a whole server is slow everything is late, and more requests make it slower.
_SHARE_IN_FLIGHT = 0.02  # second requests beside the first ones, and one more
_SHARE_SENT = 0.05
_AT_FIRST = 3.0  # second requests that need no others before them
_SAVED = 25.0  # the most that are saved up
_REST = 5.0  # seconds after a refusal


def hedged(
    ask: Ask,
    claim: Claim,
    *,
    again: Callable[[Ask], Ask] = lambda ask: ask,
    on_hedge: Callable[[bool], None] = lambda won: None,
) -> Ask:
    """Return an `Ask` that makes one attempt of at most two requests at a time.

    The second is sent when the first is late (`Latencies`), once `claim` has room for it; `again`
    wraps it into what else it must wait for, as a limiter. Whichever answers first counts, and the
    other is cancelled; a fault of one is not told while the other may answer, and a second that
    met one is sent again when it is as late once more. Few are sent beside
    many that are late at the same time, and none for some seconds after a refusal. `on_hedge` is
    called with False when a second request is sent, and with True when its answer is taken.

    Raises:
        TeacherError: what ended the first request, when the second did not answer either.
    """
    return _Hedging(ask, claim, again, on_hedge).ask


@dataclass(slots=True, eq=False)
class _Attempt:
    """A request, and the second one if it was sent."""

    request: Request
    task: asyncio.Task[Any]
    cancelling: int  # how often the task was told to stop before
    begun: float
    since: float  # when the first one, or the second that met a fault, was sent
    fault: BaseException | None = None  # what ended the first
    running: bool = True  # the first
    stopped: bool = False  # the first, by the answer to the second
    second: asyncio.Task[None] | None = None
    release: Release | None = None  # what is claimed for the second
    reply: Reply | None = None  # to the second

    def take(self, reply: Reply) -> None:
        """Take the answer to the second; the first is not waited for any more."""
        self.reply = reply
        if self.running:
            self.stopped = self.task.cancel()


@dataclass(slots=True)
class _Kind:
    """Requests of one purpose: alike enough to say of one that it is late."""

    latencies: Latencies = field(default_factory=Latencies)
    single: dict[_Attempt, None] = field(default_factory=dict[_Attempt, None])  # oldest first

    def late(self, now: float) -> Iterator[_Attempt]:
        """Yield those that are late and were sent once."""
        after = self.latencies.late_after
        return takewhile(lambda one: after is not None and now - one.since >= after, self.single)


class _Hedging:
    """All attempts of one teacher that run.

    One timer looks after them all, so that an attempt which is not late costs no more than an entry
    in a table. The first request runs in the caller's own task, which is cancelled and brought back
    as `asyncio.timeout` does it when the second one answers.
    """

    def __init__(
        self, ask: Ask, claim: Claim, again: Callable[[Ask], Ask], on_hedge: Callable[[bool], None]
    ) -> None:
        self._ask = ask
        self._claim = claim
        self._again = again
        self._on_hedge = on_hedge
        self._kinds: dict[str, _Kind] = {}  # by purpose
        self._timer: asyncio.TimerHandle | None = None
        self._running = 0  # attempts
        self._seconds = 0  # second requests that run
        self._left = _AT_FIRST  # second requests that may still be sent
        self._quiet_until = -inf

    async def ask(self, request: Request) -> Reply:
        attempt = self._begin(request)
        try:
            reply = await self._ask(request)
        except BaseException as fault:
            self._end(attempt)
            attempt.fault = fault
            self._note_refusal(fault)
            if attempt.second is None:
                raise
            return await self._turn_to_second(attempt, attempt.second, fault)
        self._kinds[request.purpose].latencies.add(self._end(attempt))
        if attempt.second is not None:
            _bring_back(attempt)
            await _stop(attempt.second)
        return reply

    async def _turn_to_second(
        self, attempt: _Attempt, second: asyncio.Task[None], fault: BaseException
    ) -> Reply:
        """Return what the second request answers, after the first one ended without an answer."""
        brought_back = _bring_back(attempt)
        try:
            if isinstance(fault, asyncio.CancelledError) and not brought_back:
                raise fault
            await _join(second)
        except asyncio.CancelledError:
            await _stop(second)
            raise
        if attempt.reply is None:
            raise fault
        self._on_hedge(True)
        return attempt.reply

    async def _send_second(self, attempt: _Attempt) -> None:
        fault: BaseException | None = None
        try:
            await self._again(self._claiming(attempt))(attempt.request)
        except (VicugnaError, _NoRoom) as error:  # the first one decides
            fault = error
            self._note_refusal(error)
        except BaseException as error:
            fault = error
            raise
        finally:
            self._seconds -= 1
            if attempt.release is not None:
                await attempt.release(fault or attempt.fault or asyncio.CancelledError())
        if isinstance(fault, Transient) and attempt.running:  # and the first one may hang for long
            attempt.second, attempt.release = None, None
            attempt.since = asyncio.get_running_loop().time()
            self._kinds[attempt.request.purpose].single[attempt] = None

    def _claiming(self, attempt: _Attempt) -> Ask:
        """Return what sends the second request: not claimed before it may go."""

        async def send(request: Request) -> Reply:
            attempt.release = await self._claim(request)
            if attempt.release is None:
                raise _NoRoom
            self._on_hedge(False)
            begun = asyncio.get_running_loop().time()
            reply = await self._ask(request)
            seconds = asyncio.get_running_loop().time() - begun
            self._kinds[request.purpose].latencies.add(seconds)
            attempt.take(reply)
            return reply

        return send

    def _begin(self, request: Request) -> _Attempt:
        loop = asyncio.get_running_loop()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        attempt = _Attempt(request, task, task.cancelling(), loop.time(), loop.time())
        kind = self._kinds.get(request.purpose)
        if kind is None:
            kind = self._kinds[request.purpose] = _Kind()
        kind.single[attempt] = None
        self._running += 1
        self._left = min(self._left + _SHARE_SENT, _SAVED)
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_EVERY, self._look)
        return attempt

    def _end(self, attempt: _Attempt) -> float:
        """Note that the first request has ended; return its seconds."""
        attempt.running = False
        self._running -= 1
        self._kinds[attempt.request.purpose].single.pop(attempt, None)
        return asyncio.get_running_loop().time() - attempt.begun

    def _note_refusal(self, fault: BaseException) -> None:
        if isinstance(fault, Refused):
            self._quiet_until = asyncio.get_running_loop().time() + _REST

    def _look(self) -> None:
        """Send a second request for what is late, the oldest first, as far as there is room."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        late = [attempt for kind in self._kinds.values() for attempt in kind.late(now)]
        for attempt in sorted(late, key=lambda one: one.begun):
            if not self._has_room(now):
                break
            del self._kinds[attempt.request.purpose].single[attempt]
            self._left -= 1
            self._seconds += 1
            attempt.second = asyncio.create_task(self._send_second(attempt))
        self._timer = loop.call_later(_LOOK_EVERY, self._look) if self._running else None

    def _has_room(self, now: float) -> bool:
        few = self._seconds <= _SHARE_IN_FLIGHT * self._running
        return few and self._left >= 1 and now >= self._quiet_until


class _NoRoom(Exception):
    """The second request is not sent."""


def _bring_back(attempt: _Attempt) -> bool:
    """Take back that the answer to the second cancelled the task; False: others did, too."""
    return attempt.stopped and attempt.task.uncancel() <= attempt.cancelling


async def _join(second: asyncio.Task[None]) -> None:
    """Wait for the end of the second request and of its claim.

    When the ledger could not be told, the claim stays, and the first request will hear of it.
    """
    await asyncio.wait((second,))
    if not second.cancelled():
        with suppress(VicugnaError):
            second.result()


async def _stop(second: asyncio.Task[None]) -> None:
    second.cancel()
    await _join(second)
