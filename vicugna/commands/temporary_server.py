"""The process of a temporary Prefect server: `python -m vicugna.commands.temporary_server`.

It prints its port at once, before anything slow is imported, and listens from then on, so that
whoever started it can import Prefect meanwhile: an early request waits until it is answered.
It ends when its standard input closes, which happens however its parent ends, SIGKILL included.
"""

import gc
import os
import socket
import sys
import threading
from typing import Any

GRACE_SECONDS = 5  # for what is still being written, once the parent is gone


def main() -> None:
    """Serve Prefect's API on a free local port until standard input closes."""
    # Nothing imported here becomes garbage: the collector costs a sixth of the start-up.
    gc.disable()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - read by the parent
    running: list[Any] = []
    threading.Thread(target=_end_with_parent, args=(running,), daemon=True).start()

    import uvicorn
    from prefect.server.api.server import create_app

    config = uvicorn.Config(
        create_app(ephemeral=True, final=True), lifespan="on", log_level="error"
    )
    running.append(uvicorn.Server(config))
    gc.freeze()
    gc.enable()
    running[0].run(sockets=[listener])


def _end_with_parent(running: list[Any]) -> None:
    sys.stdin.buffer.read()
    if running:
        running[0].should_exit = True
        threading.Event().wait(GRACE_SECONDS)
    os._exit(0)  # still importing, or still waiting for a client that is gone


if __name__ == "__main__":
    main()
