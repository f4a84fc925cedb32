"""Gathers requests into batches, and gives each the answer when its batch is taken in.

To the loop it is a teacher with a wide window: what was composed together goes out together.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any

from vicugna.batching.courier import Courier, Desk, Unanswered
from vicugna.errors import Transient
from vicugna.ledger.batches import Batch, intend
from vicugna.ledger.writing import HOLDER
from vicugna.records import Bound, Reply, Request
from vicugna.teachers.openai_body import sendable, write_body

QUIET = 1.0  # seconds without a new request, after which those that are there go out
LATER = 10.0  # seconds before what had to wait is looked at again
_LOOK_EVERY = 0.1  # seconds, while the run waits for its end
LONGEST_END = 60.0  # seconds that the end of a run waits for a batch that is being taken in
TRIES = 3  # batches that a request is in before it is given up
_ENVELOPE = 256  # bytes of a line beside the body


class Batcher:
    """The batches of one teacher. `resume` it at the start, and `close` it at the end.

    `bound` says what a request can use at most. `close` leaves what is at the provider there: the
    next one that resumes takes it in.
    """

    def __init__(self, desk: Desk, bound: Callable[[Request], Bound]) -> None:
        self._desk = desk
        self._bound = bound
        self._courier = Courier(desk, self._deliver)
        self._answers: dict[str, asyncio.Future[Reply]] = {}  # what somebody waits for, by key
        self._waiting: dict[str, Request] = {}  # what is to go out
        self._carried: dict[str, str] = {}  # the batch that a key is in
        self._tries: Counter[str] = Counter()
        self._most = desk.rules.max_lines  # lines of a batch; fewer after "too many"
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by batch
        self._gathering: asyncio.Task[None] | None = None

    async def obtain(self, request: Request) -> Reply:
        """Return the answer to a request, which is in the ledger then.

        Raises:
            BudgetReached: a cap has no room for it.
            Transient: it was in `TRIES` batches without an answer.
            Fatal: no request can succeed.
        """
        key = request.key
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(_heard)
            if key not in self._carried:
                self._put(request)
        return await asyncio.shield(answer)

    async def resume(self) -> None:
        """Go on with every batch at this address that nobody has taken in."""
        ledger, run = self._desk.ledger, self._desk.purse.run
        for batch in await ledger.open_batches(self._desk.endpoint.base_url):
            if batch.id in self._carried.values():
                continue
            # What another run only intends is that run's to go on with: nothing was paid.
            if batch.state == "created" or all(line.charge.run == run for line in batch.lines):
                self._begin(batch, self._follow(batch))

    async def close(self) -> None:
        """Stop waiting; what has ended at the provider is taken in to its end."""
        until = asyncio.get_running_loop().time() + LONGEST_END
        while asyncio.get_running_loop().time() < until:
            ending = [self._tasks[one] for one in self._courier.ending if one in self._tasks]
            if not ending:
                break
            await asyncio.wait(ending, timeout=_LOOK_EVERY)  # one may turn out to be still at work
        tasks = [*self._tasks.values(), *([self._gathering] if self._gathering else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- out --------------------------------------------------------------------------------------

    def _put(self, request: Request) -> None:
        self._waiting[request.key] = request
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.create_task(self._gather())

    async def _gather(self) -> None:
        """Send what has come together, once no more comes."""
        while self._waiting:
            seen = 0
            while seen != len(self._waiting) and len(self._waiting) < self._most:
                seen = len(self._waiting)
                await self._desk.sleep(QUIET)
            requests = list(self._waiting.values())
            self._waiting.clear()
            for some in self._split(requests):
                bounds = [(request, self._bound(request)) for request in some]
                desk = self._desk
                batch = intend(desk.endpoint.base_url, desk.ledger.process, bounds, desk.purse)
                self._begin(batch, self._courier.carry(batch))

    def _split(self, requests: Sequence[Request]) -> Iterator[list[Request]]:
        """Yield as many requests as a file may hold, by lines and by bytes."""
        some: list[Request] = []
        most = self._desk.rules.max_bytes
        room = most
        for request in requests:
            body = write_body(sendable(request), self._desk.endpoint.provider, batch=True)
            size = len(body) + _ENVELOPE
            if some and (len(some) >= self._most or size > room):
                yield some
                some, room = [], most
            some.append(request)
            room -= size
        if some:
            yield some

    # --- back -------------------------------------------------------------------------------------

    def _begin(self, batch: Batch, carrying: Coroutine[Any, Any, dict[str, Unanswered]]) -> None:
        self._carried |= {line.charge.key: batch.id for line in batch.lines}
        task = asyncio.create_task(self._carry(batch, carrying))
        self._tasks[batch.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(batch.id, None))

    async def _carry(
        self, batch: Batch, carrying: Coroutine[Any, Any, dict[str, Unanswered]]
    ) -> None:
        requests = {line.charge.key: line.request for line in batch.lines}
        try:
            left = await carrying
        except Exception as error:  # whoever waits must hear of it, whatever it is
            left = dict.fromkeys(requests, Unanswered("failed", error=error))
        for key in requests:
            if self._carried.get(key) == batch.id:
                del self._carried[key]
        if any(one.why == "too many" for one in left.values()):
            self._most = max(len(requests) // 2, 1)
        await self._go_on(requests, left)

    async def _go_on(self, requests: Mapping[str, Request], left: Mapping[str, Unanswered]) -> None:
        """Ask again what got no answer, if somebody still waits for it."""
        awaited = {key: one for key, one in left.items() if key in self._answers}
        later: list[str] = []
        for key, unanswered in awaited.items():
            if unanswered.later and unanswered.error is None:
                later.append(key)
            else:
                self._try_again(requests[key], unanswered)
        if not later:
            return
        if any(one.why.startswith(HOLDER) for one in awaited.values()):
            await self.resume()
        await self._desk.sleep(LATER)
        for key in later:
            if key in self._answers and key not in self._carried:
                self._put(requests[key])

    def _try_again(self, request: Request, unanswered: Unanswered) -> None:
        key = request.key
        self._tries[key] += 1
        if unanswered.error is not None:
            self._fail(key, unanswered.error)
        elif self._tries[key] >= TRIES:
            line = f"{TRIES} batches gave no answer to a request: {unanswered.why}."
            self._fail(key, Transient(line, cause=unanswered.why))
        else:
            self._put(request)

    async def _follow(self, batch: Batch) -> dict[str, Unanswered]:
        """Carry a batch that another process began, once that one has created it, or is dead."""
        ledger, keys = self._desk.ledger, [line.charge.key for line in batch.lines]
        found: Batch | None = batch
        while found is not None and found.state == "intended":
            if await ledger.is_dead(found.process):
                break
            await self._desk.sleep(LATER)
            found = await ledger.find_batch(batch.id)
        if found is None or found.state == "done":
            return dict.fromkeys(keys, Unanswered("elsewhere", later=True))
        return await self._courier.carry(found)

    def _deliver(self, key: str, reply: Reply) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None and not answer.done():
            answer.set_result(reply)

    def _fail(self, key: str, error: Exception) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None and not answer.done():
            answer.set_exception(error)


def _heard(answer: asyncio.Future[Reply]) -> None:
    """Fetch what a future holds: whoever waited for it may be gone."""
    if not answer.cancelled():
        answer.exception()
