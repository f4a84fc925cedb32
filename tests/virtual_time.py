"""An event loop that skips the time in which nothing happens, so that no test waits.

While a thread works for the loop (`run_in_executor`) its clock stands still.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

_T = TypeVar("_T")
_LONGEST = 10.0  # real seconds without a timer, as while the threads of a loop are ended


def run_virtual(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine as `asyncio.run` does, in virtual time that begins at 0."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(main)


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timeout, puts the clock forward by it."""

    now = 0.0
    threads = 0  # that work for the loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.threads:
            return super().select(None if timeout else timeout)
        ready = super().select(0 if timeout is not None else _LONGEST)
        if timeout is None and not ready:
            raise RuntimeError("nothing will ever happen")
        if not ready:
            self.now += timeout or 0.0
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        done = super().run_in_executor(executor, func, *args)
        self._clock.threads += 1
        done.add_done_callback(self._note_end)
        return done

    def _note_end(self, done: asyncio.Future[Any]) -> None:
        self._clock.threads -= 1
