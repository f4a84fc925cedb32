"""What a process that is told to end (SIGTERM) still does."""

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ending_gently() -> Generator[None]:
    """Let SIGTERM cancel the task that calls this; it ends the process when the block has ended.

    So a block that waits for what is paid for, when it is cancelled, is not cut short: services,
    containers and Prefect end what they run by this signal. A second one ends it at once. Does
    nothing outside of the main thread, which alone hears signals.

    Raises:
        KeyboardInterrupt: after the block, where nobody else handles the signal.
    """
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, told = asyncio.get_running_loop(), False
    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL

    def tell(_: int, __: FrameType | None) -> None:
        nonlocal told
        told = True
        signal.signal(signal.SIGTERM, before)
        loop.call_soon_threadsafe(task.cancel)

    signal.signal(signal.SIGTERM, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if told:
            if before is signal.SIG_DFL:
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGTERM)
