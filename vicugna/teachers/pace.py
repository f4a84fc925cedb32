"""Holds requests to one teacher back until its quota has room for them, and while it says "later".

A request waits for room for itself and for the tokens it is expected to use, in the order of
arrival; when its answer comes, what it really used is settled. Room is leased: a little at a time
and only for those that wait, so that processes which share a quota do not take it from each other.

    all go at once      no quota is known, and nobody is told to wait: this costs next to nothing
    one each second     nothing is known yet, because no response has come, and it is not `trusted`
    as leased           there is a quota, given in the recipe or learned from headers
    none                a refusal said for how long
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from typing import NamedTuple

from vicugna.errors import Refused
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask
from vicugna.teachers.limits import Lease, Level, Quota, Want, full
from vicugna.teachers.rate_headers import LearnedQuota
from vicugna.teachers.retry import RULES
from vicugna.teachers.usage import Usage

# Share of the quota that is used. Clocks differ, and a server's bucket that was overdrawn by a
# little would stay so for ever if it were emptied as fast as it fills.
MARGIN = 0.997
RAMP = 5.0  # seconds until all of it is used: endpoints refuse what rises too fast
_RAMP_FROM = 0.2  # share of it at the beginning
_AT_ONCE = 0.25  # seconds of the quota that are leased at once, at most
_GAP = 0.05  # seconds between two leases
_LONGEST_NAP = 1.0  # seconds; pauses, quotas and what others left may have changed by then
_FEW, _PART = 4, 5  # after a pause without a quota, a fifth goes in each `_GAP`, four at least

_Room = asyncio.Future[float]
_Waiting = tuple[_Room, Request]


class Pace:
    """The pace of the requests to one teacher. `given` is the quota of the recipe.

    The lower one of it and of what headers say counts, and is told to `on_quota`. `guess` is that
    of `Usage`. A teacher is `trusted` to bear all at once when the user said how many that are.
    """

    def __init__(
        self,
        lease: Lease,
        given: Quota,
        *,
        guess: float = inf,
        trusted: bool = False,
        on_quota: Callable[[Quota], None] = lambda quota: None,
    ) -> None:
        self._lease = lease
        self._given = given
        self._on_quota = on_quota
        self._usage = Usage(guess)
        self._learned = LearnedQuota()
        self._limited = given.known
        self._heard = given.known or trusted  # from the teacher, or there is no need to
        self._began: float | None = None  # when the quota was first used
        self._until = -inf  # when the pause ends that a refusal asked for
        self._refusal: Refused | None = None
        self._counts_tokens = given.tokens is not None
        self._emptier = False  # the server's bucket is, by what it refused
        self._waiting: deque[_Waiting] = deque()
        self._owed = Level()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._stopped = False
        on_quota(given)

    def paced(self, ask: Ask) -> Ask:
        """Return an `Ask` that waits for its turn, then makes the attempt.

        Raises:
            Refused: the teacher is not to be asked for longer than a request is patient.
        """

        async def ask_in_turn(request: Request) -> Reply:
            expected = 0.0 if self._is_open() else await self._wait_for_room(request)
            try:
                reply = await ask(request)
            except Refused as refusal:
                self._note_refusal(refusal, expected)
                raise
            finally:
                self._hear()
            if self._limited:
                self._settle(request, reply, expected)
            return reply

        return ask_in_turn

    def note_headers(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of a response."""
        if self._learned.note(headers, self._loop.time()):
            self._limited = True
            self._counts_tokens = self._counts_tokens or self._learned.counts_tokens
            self._on_quota(self._given.lower(self._learned.usual))

    def stop(self) -> None:
        """Send nothing more: whoever waits for its turn, or will, is cancelled."""
        self._stopped = True
        if self._pump is not None:
            self._pump.cancel()
        self._end_waiting(None)

    # --- one request --------------------------------------------------------------------------

    def _is_open(self) -> bool:
        in_line = self._limited or self._pump is not None or self._stopped
        return self._heard and not in_line and self._loop.time() >= self._until

    async def _wait_for_room(self, request: Request) -> float:
        """Wait; return the tokens that were leased for it."""
        if self._stopped:
            raise asyncio.CancelledError
        room: _Room = self._loop.create_future()
        self._waiting.append((room, request))
        self._run()
        try:
            return await room
        except asyncio.CancelledError:
            if room.done() and not room.cancelled() and room.exception() is None:
                # It was let in at the same moment.
                self._owe(Level(-1.0, -room.result()))
            raise

    def _settle(self, request: Request, reply: Reply, expected: float) -> None:
        used = reply.input_tokens + reply.output_tokens
        if used and self._counts_tokens:  # 0 is from a server that does not count them
            self._usage.learn(request, reply)
            self._owe(Level(0.0, used - expected))

    def _note_refusal(self, refusal: Refused, expected: float) -> None:
        # It used no tokens, and counts as a request, as it does with OpenAI (Help Center, "How can
        # I solve 429 errors").
        self._owe(Level(0.0, -expected))
        # The request itself is put off by `retrying`, until the same moment.
        until = self._loop.time() + (refusal.retry_after or 0.0)
        if refusal.retry_after and until > self._until:
            self._until, self._refusal, self._emptier = until, refusal, True
            self._wake.set()

    def _hear(self) -> None:
        if not self._heard:
            self._heard = True
            self._wake.set()

    def _owe(self, used: Level) -> None:
        self._owed = self._owed.add(used)
        if self._limited:
            self._run()

    # --- all that wait ------------------------------------------------------------------------

    def _run(self) -> None:
        if self._pump is None and not self._stopped:
            self._pump = self._loop.create_task(self._let_in())

    async def _let_in(self) -> None:
        """Let in one after the other, and settle, until there is nothing to do."""
        try:
            while self._waiting or max(abs(self._owed.requests), abs(self._owed.tokens)) >= 1:
                await self._nap(await self._step())
        except Exception as error:  # whoever waits must hear of it, whatever it is
            self._end_waiting(error)
        finally:
            self._pump = None
            if self._stopped:
                self._end_waiting(None)

    async def _nap(self, seconds: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _LONGEST_NAP)):
                await self._wake.wait()

    async def _step(self) -> float:
        """Let in whoever may go now; return the seconds until the next look."""
        pause = self._until - self._loop.time()
        if pause > RULES[Refused].patience and self._refusal is not None:
            refusal = self._refusal
            self._end_waiting(Refused(str(refusal), cause=refusal.cause, retry_after=pause))
        if pause > 0:
            return pause
        quota = self._quota_now()
        if quota.known:
            return max(_GAP, await self._lease_for_some(quota))
        self._owed = Level()
        few = max(_FEW, len(self._waiting) // _PART) if self._heard else 1
        for _ in range(min(few, len(self._waiting))):
            _admit(self._waiting.popleft()[0], 0.0)
        return _GAP if self._heard else _LONGEST_NAP

    def _quota_now(self) -> Quota:
        now = self._loop.time()
        quota = self._given.lower(self._learned.quota(now))
        if not quota.known:
            return quota
        if self._began is None:
            self._began = now
        risen = _RAMP_FROM + (1 - _RAMP_FROM) * (now - self._began) / RAMP
        return quota.scale(MARGIN * min(1.0, risen))

    async def _lease_for_some(self, quota: Quota) -> float:
        """Let in those for whom there is room; return the seconds until there is more."""
        some = self._take_some(quota)
        want = Want(len(some), sum(one.tokens for one in some), self._take_owed(quota))
        try:
            granted = await self._lease(quota, want)
        except BaseException:
            self._owed = self._owed.add(want.owed)
            self._put_back(some)
            raise
        # A refusal may have come meanwhile.
        number = granted.requests if self._loop.time() >= self._until else 0
        let_in = [one.tokens for one in some[:number] if _admit(one.room, one.tokens)]
        self._put_back(some[number:])
        over = Level(len(let_in) - granted.requests, sum(let_in) - granted.tokens)
        self._owed = self._owed.add(over)
        return granted.wait

    def _take_some(self, quota: Quota) -> list["_Next"]:
        """Take the first of those that wait, as many as may go at once, but one at least."""
        most = quota.scale(_AT_ONCE)
        most_requests, most_tokens = most.requests or inf, most.tokens or inf
        some: list[_Next] = []
        total = 0.0
        while self._waiting:
            room, request = self._waiting[0]
            tokens = self._usage.expect(request) if self._counts_tokens else 0.0
            total += tokens
            if some and (len(some) >= most_requests or total > most_tokens):
                break
            self._waiting.popleft()
            if not room.done():
                some.append(_Next(room, request, tokens))
        return some

    def _put_back(self, some: list["_Next"]) -> None:
        self._waiting.extendleft((one.room, one.request) for one in reversed(some))

    def _take_owed(self, quota: Quota) -> Level:
        owed, self._owed = self._owed, Level()
        if self._emptier:
            self._emptier = False
            owed = owed.add(full(quota))
        return owed

    def _end_waiting(self, error: Exception | None) -> None:
        """Cancel all that wait, or tell them of an error."""
        for room, _ in self._waiting:
            if room.done():
                continue
            if error is None:
                room.cancel()
            else:
                room.set_exception(error)
        self._waiting.clear()


class _Next(NamedTuple):
    """One whose turn it may be, and the tokens it is expected to use."""

    room: _Room
    request: Request
    tokens: float


def _admit(room: _Room, tokens: float) -> bool:
    """Let one in, unless it has gone away."""
    if room.done():
        return False
    room.set_result(tokens)
    return True
