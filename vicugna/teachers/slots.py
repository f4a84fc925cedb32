"""How many requests may be with a teacher at once: a semaphore whose limit can change."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress


class Slots:
    """Places for requests in flight, given out in the order in which they were asked for.

    Use it as `async with slots.place() as leave:`; `leave` gives the place back before the block
    ends. A limit that is lowered takes no place away; fewer are given out until enough came back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.in_use = 0

    @property
    def limit(self) -> int:
        """The most that may be in use; 1 at least."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = max(limit, 1)
        self._let_in()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[Callable[[], None]]:
        """Wait for a place; yield what gives it back, which may be called more than once."""
        await self._take()
        has_place = True

        def leave() -> None:
            nonlocal has_place
            if has_place:
                has_place = False
                self.in_use -= 1
                self._let_in()

        try:
            yield leave
        finally:
            leave()

    async def _take(self) -> None:
        if self.in_use < self._limit and not self._waiting:
            self.in_use += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it was given in the same moment
                self.in_use -= 1
            with suppress(ValueError):
                self._waiting.remove(place)
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self.in_use < self._limit:
            place = self._waiting.popleft()
            if not place.cancelled():
                self.in_use += 1
                place.set_result(None)
