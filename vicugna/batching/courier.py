"""Carries one batch from its intent to the last of its answers, from wherever it was left.

    intended: in the ledger, its charges claimed, the file uploaded
    created:  at the provider; it is looked at until it ends, then both of its files are taken in
    done:     every answer is in the ledger, and what got none has let go of its charge

Each step is in the ledger before the next one begins, so a process that is killed anywhere leaves
what the next one needs. Answers may be taken in twice, by two processes too: the first one stays.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.ledger import Ledger, Purse
from vicugna.ledger.batches import Batch, Line
from vicugna.ledger.paying import explain_full
from vicugna.ledger.writing import HOLDER, Busy, Charge, Full
from vicugna.providers import BatchRules
from vicugna.records import Reply
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.batch_api import BatchApi
from vicugna.teachers.batch_wire import NAME, BatchState, read_line, write_line
from vicugna.teachers.openai_body import sendable, write_body
from vicugna.teachers.openai_wire import read_reply, who

_Result = TypeVar("_Result")
Sleep = Callable[[float], Awaitable[None]]
FIRST_LOOK, LONGEST_LOOK = 2.0, 60.0  # seconds between two looks at a batch: growing
_PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)  # seconds before a call is made again
_TOGETHER = 200  # answers that are written at once
_TOO_MANY = ("token_limit_exceeded", "batch_size_limit_exceeded", "too_many_tasks")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a line has no answer. `later`: through no fault of its own, so it costs no try."""

    why: str
    later: bool = False
    error: Exception | None = None  # asking again cannot help


@dataclass(frozen=True, slots=True)
class Desk:
    """What every batch of one teacher has in common."""

    api: BatchApi
    ledger: Ledger
    purse: Purse
    endpoint: Endpoint
    model: str
    price: Callable[[Reply], Reply]
    on_paid: Callable[[Reply], None]  # each answer that a batch gave
    on_state: Callable[[str, str], None]  # the batch, and how far it is, in words
    on_fault: Callable[[str], None]
    sleep: Sleep = asyncio.sleep

    @property
    def rules(self) -> BatchRules:
        """How the Batch API of the provider differs."""
        return self.endpoint.provider.batch or BatchRules()


class Courier:
    """Carries batches of one teacher. `answer` is told each answer once it is in the ledger."""

    def __init__(self, desk: Desk, answer: Callable[[str, Reply], None]) -> None:
        self._desk = desk
        self._answer = answer
        self.ending: set[str] = set()  # batches that have ended at the provider, for all we know

    async def carry(self, batch: Batch) -> dict[str, Unanswered]:
        """Return, when a batch is done, which of its lines have no answer, by key.

        Raises:
            Fatal: the provider refuses the whole batch; nothing was paid.
            Transient: it could not be reached again and again; the batch stays as it is.
        """
        left: dict[str, Unanswered] = {}
        if batch.state == "intended":
            try:
                batch = await self._create(batch, left)
            except Fatal:
                await self._finish(batch, [line.charge for line in batch.lines])
                raise
        if not batch.lines:
            await self._finish(batch, [])
            return left
        self.ending.add(batch.id)
        try:
            state = await self._wait(batch)
            if state is None:
                return left | await self._give_up(batch)
            end = self._give_back if state.status == "failed" else self._take_in
            return left | await end(batch, state)
        finally:
            self.ending.discard(batch.id)

    # --- intended ---------------------------------------------------------------------------------

    async def _create(self, batch: Batch, left: dict[str, Unanswered]) -> Batch:
        """Create a batch, unless it was created before its id could be written."""
        desk = self._desk
        if batch.input_file:
            found = await self._again(lambda: desk.api.find(batch.id, batch.input_file))
            if found is not None:
                return await self._note_created(batch, found)
        else:
            await desk.ledger.keep_batch(batch)
        batch = replace(batch, lines=await self._claim(batch, left))
        if not batch.lines:
            return batch
        file = b"".join(self._write(line) for line in batch.lines)
        input_file = await self._again(lambda: desk.api.upload(file))
        batch = replace(batch, input_file=input_file)
        await desk.ledger.keep_batch(batch)
        return await self._note_created(batch, await self._again(lambda: self._create_once(batch)))

    async def _create_once(self, batch: Batch) -> BatchState:
        """Create it; when it is not known whether that was done, look, so that it is done once."""
        desk, rules = self._desk, self._desk.rules
        extra = {"replace": {"model": desk.model}} if rules.names_model else None
        name = {NAME: batch.id}
        try:
            return await desk.api.create(batch.input_file, rules.url, rules.window, name, extra)
        except Transient:
            found = await desk.api.find(batch.id, batch.input_file)
            if found is None:
                raise
            return found

    async def _note_created(self, batch: Batch, state: BatchState) -> Batch:
        created = replace(
            batch, state="created", remote=state.id, input_file=state.input_file or batch.input_file
        )
        await self._desk.ledger.keep_batch(created)
        self._say(created, state)
        return created

    def _write(self, line: Line) -> bytes:
        desk = self._desk
        body = write_body(sendable(line.request), desk.endpoint.provider, batch=True)
        return write_line(line.request.key, desk.rules.url, body)

    async def _claim(self, batch: Batch, left: dict[str, Unanswered]) -> tuple[Line, ...]:
        """Claim every line; return those that may be sent."""
        ledger, purse = self._desk.ledger, self._desk.purse
        claiming = (
            ledger.claim(line.charge.key, line.charge.bound, purse, charge=line.charge)
            for line in batch.lines
        )
        claimed: list[Line] = []
        for line, got in zip(batch.lines, await asyncio.gather(*claiming), strict=True):
            if isinstance(got, Charge):
                claimed.append(Line(line.request, got))
            elif isinstance(got, Reply):
                self._answer(line.charge.key, got)
            else:
                left[line.charge.key] = _explain(got)
        return tuple(claimed)

    # --- created ----------------------------------------------------------------------------------

    async def _wait(self, batch: Batch) -> BatchState | None:
        """Return how a batch ended, however long that takes; None when there is none any more."""
        pause = FIRST_LOOK
        while True:
            try:
                state = await self._desk.api.look(batch.remote)
            except (Refused, Transient) as fault:  # it goes on without being looked at
                self._desk.on_fault(fault.cause)
            except Fatal as fault:
                if fault.cause != "not_found":
                    raise
                return None
            else:
                self._say(batch, state)
                if state.ended:
                    self.ending.add(batch.id)
                    return state
                self.ending.discard(batch.id)
            await self._desk.sleep(pause)
            pause = min(pause * 1.3, LONGEST_LOOK)

    async def _give_back(self, batch: Batch, state: BatchState) -> dict[str, Unanswered]:
        """Let go of a batch that failed at validation: nothing was paid."""
        await self._finish(batch, [line.charge for line in batch.lines])
        words = "; ".join(state.errors) or ", ".join(state.error_codes) or "no reason"
        line = f"{who(self._desk.endpoint)} refused a batch of {len(batch.lines):,}: {words}"
        if len(batch.lines) == 1 or not set(state.error_codes) & set(_TOO_MANY):
            raise Fatal(line, cause="bad_request")
        return {one.charge.key: Unanswered("too many", later=True) for one in batch.lines}

    async def _give_up(self, batch: Batch) -> dict[str, Unanswered]:
        """Count a batch that is gone as paid for in vain; its lines may be asked again."""
        await self._finish(batch, [line.charge for line in batch.lines], lost=True)
        return {line.charge.key: Unanswered("gone") for line in batch.lines}

    async def _take_in(self, batch: Batch, state: BatchState) -> dict[str, Unanswered]:
        """Write every answer of both files; return the lines that have none."""
        open_lines = {line.charge.key: line for line in batch.lines}
        left: dict[str, Unanswered] = {}
        try:
            for file in (state.output_file, state.error_file):
                if file:
                    await self._again(lambda file=file: self._take_file(file, open_lines, left))
        except Fatal:
            found = await self._desk.ledger.find_batch(batch.id)
            if found is not None and found.state != "done":
                raise
            # Another process took it in, and removed its files.
            return {key: Unanswered("elsewhere", later=True) for key in open_lines}
        why = "missing" if state.status == "completed" else state.status
        for key in open_lines:
            left.setdefault(key, Unanswered(why))
        await self._finish(batch, [line.charge for line in open_lines.values()])
        for file in (batch.input_file, state.output_file, state.error_file):
            if file:
                with suppress(TeacherError):
                    await self._desk.api.remove_file(file)
        return left

    async def _take_file(
        self, file: str, open_lines: dict[str, Line], left: dict[str, Unanswered]
    ) -> None:
        """Take in one file; what is answered is taken out of `open_lines`."""
        group: list[tuple[Line, Reply]] = []
        async with aclosing(self._desk.api.read_lines(file)) as rows:
            async for row in rows:
                told = read_line(row, self._desk.endpoint) if row is not None else None
                line = open_lines.get(told.custom_id) if told is not None else None
                if told is None or line is None:
                    continue
                if told.status == 0:
                    left[told.custom_id] = Unanswered(told.code or "missing")
                    continue
                try:
                    group.append((line, self._read(line, told.status, told.body)))
                except TeacherError as fault:
                    fatal = fault if isinstance(fault, Fatal) else None
                    left[told.custom_id] = Unanswered(fault.cause, error=fatal)
                if len(group) == _TOGETHER:
                    await self._settle(group, open_lines)
        await self._settle(group, open_lines)

    def _read(self, line: Line, status: int, body: bytes) -> Reply:
        desk = self._desk
        reply = read_reply(
            status, {}, body, request=line.request, endpoint=desk.endpoint, seconds=0.0
        )
        return desk.price(reply)

    async def _settle(self, group: list[tuple[Line, Reply]], open_lines: dict[str, Line]) -> None:
        ledger = self._desk.ledger
        settling = (ledger.settle(line.charge, line.request, reply) for line, reply in group)
        for stored in await asyncio.gather(*settling):
            open_lines.pop(stored.key, None)
            self._desk.on_paid(stored)
            self._answer(stored.key, stored)
        group.clear()

    # --- done -------------------------------------------------------------------------------------

    async def _finish(self, batch: Batch, charges: list[Charge], *, lost: bool = False) -> None:
        ledger = self._desk.ledger
        await asyncio.gather(*(ledger.drop(charge, lost=lost) for charge in charges))
        await ledger.keep_batch(replace(batch, state="done"))

    def _say(self, batch: Batch, state: BatchState) -> None:
        counts = f"{state.done + state.failed:,} of {state.total or len(batch.lines):,}"
        self._desk.on_state(batch.id, f"{counts}, {state.status}")

    async def _again(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Make a call again while it may help; a call an hour can wait for a minute."""
        for pause in _PAUSES:
            try:
                return await call()
            except (Refused, Transient) as fault:
                self._desk.on_fault(fault.cause)
                asked = fault.retry_after if isinstance(fault, Refused) else None
            await self._desk.sleep(pause if asked is None else asked)
        try:
            return await call()
        except Refused as fault:
            raise Transient(str(fault), cause=fault.cause) from None


def _explain(got: Busy | Full) -> Unanswered:
    if isinstance(got, Full):
        error = None if got.later else explain_full(got)
        return Unanswered("budget", later=True, error=error)
    return Unanswered(got.process if got.process.startswith(HOLDER) else "busy", later=True)
