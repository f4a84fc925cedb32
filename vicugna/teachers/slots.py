"""How many requests may be with a teacher at once: a semaphore whose limit can change."""

import asyncio
from collections import deque


class Slots:
    """Places for requests in flight, given out in the order in which they were asked for.

    Use it as `async with slots:`. A limit that is lowered takes no place away; fewer are given out
    until enough came back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.in_use = 0
        self.most_in_use = 0  # since it was last set to 0, for whoever looks at it in turns

    @property
    def limit(self) -> int:
        """The most that may be in use."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = max(limit, 1)
        self._let_in()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not place.done() for place in self._waiting)

    async def __aenter__(self) -> None:
        if self.in_use < self._limit and not self.waiting:
            self._take()
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was given in the same moment
                self._give_back()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _take(self) -> None:
        self.in_use += 1
        self.most_in_use = max(self.most_in_use, self.in_use)

    def _give_back(self) -> None:
        self.in_use -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and (self._waiting[0].done() or self.in_use < self._limit):
            place = self._waiting.popleft()
            if not place.done():
                self._take()
                place.set_result(None)
