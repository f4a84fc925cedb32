"""The offline server's socket on this machine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from vicugna.errors import UserError

HOST = "127.0.0.1"
_BACKLOG = 4096  # connections that may arrive at once; 128, the default, drops some of 1,024


@asynccontextmanager
async def listen(app: web.Application, port: int) -> AsyncGenerator[str, None]:
    """Serve while the block runs, and yield the address. Port 0 takes a free one.

    Raises:
        UserError: The port is taken, not allowed, or no port at all.
    """
    # A client that hangs up must end its handler, or "hang" would hold the server open.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _bind(runner, port)
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, HOST, port, backlog=_BACKLOG).start()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"Cannot listen on port {port} of {HOST}: {why}. Choose another port, or 0 for a free "
            "one."
        ) from error
