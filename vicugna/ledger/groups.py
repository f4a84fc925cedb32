"""Doing work in groups: while one group is done in a thread, the next one gathers."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
_LONGEST_REST = 0.01  # seconds


class Groups(Generic[Item, Outcome]):
    """Gathers items and does them together, so that a hundred cost a few commits.

    `work` takes at most `most` items, in a thread of its own, and returns an outcome for each, in
    their order; an outcome that is an exception is raised where its item waits. What `work`
    raises is raised for the whole group.
    """

    def __init__(
        self, name: str, work: Callable[[Sequence[Item]], Sequence[Outcome | Exception]], most: int
    ) -> None:
        self._work = work
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[tuple[Item, asyncio.Future[Outcome]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Outcome:
        """Return what came of an item. It is done also when its caller is cancelled."""
        return await self.put(item)

    def put(self, item: Item) -> asyncio.Future[Outcome]:
        """Put an item in line, at once; return the future of what came of it, as of `do`."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._do_groups())
        return asyncio.shield(done)

    async def close(self) -> None:
        """Finish what is waiting, and end the thread."""
        if self._worker is not None:
            await asyncio.wait([self._worker])
        self._thread.shutdown()

    async def _do_groups(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group = self._waiting[: self._most]
            del self._waiting[: self._most]
            items = [item for item, _ in group]
            outcomes: Sequence[Outcome | Exception]
            began = loop.time()
            try:
                outcomes = await loop.run_in_executor(self._thread, self._work, items)
                if len(outcomes) != len(group):
                    raise AssertionError(f"{len(group)} items, {len(outcomes)} outcomes")
            except Exception as error:  # whoever waits must hear of it, whatever it is
                outcomes = [error] * len(group)
            for (_, done), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                    done.exception()  # a caller that was cancelled does not fetch it
                else:
                    done.set_result(outcome)
            if self._waiting:  # half the work, when twice as many come together
                await asyncio.sleep(min(loop.time() - began, _LONGEST_REST))
