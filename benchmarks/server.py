"""Whether the offline server is fast enough to measure clients against it.

    python benchmarks/server.py --requests 8192

The server runs in a process of its own, without latency, and is driven first by a hand-written
HTTP/1.1 client that does next to nothing, then by ours. What the first reaches is what the server
can do; the ratio says how far our client is below it. CPU per request is that of the server's
process (Linux: /proc) and of the client's. The two take turns, so that a busy machine is unfair to
both alike; figures are the median and the range over the repeats.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson

from benchmarks.client import PROMPT, ours
from vicugna.teachers.offline.server import serve

LINE = "The river rises in the hills and runs past three small towns to the sea. "
ANSWERS = {"short": "A kite.", "long": LINE * 27}
TICK = os.sysconf("SC_CLK_TCK")  # of the clock in /proc, per second

Drive = Callable[[str, int, int], Coroutine[object, object, object]]


class Run(NamedTuple):
    """One repeat: requests a second, CPU milliseconds per request of server and client."""

    speed: float
    server: float
    client: float


def main() -> None:
    """Drive the server with both clients in turn and print what they reached."""
    options = _parser().parse_args()
    if options.serve:
        serve(lambda body: ANSWERS[options.serve], port=0, faults={}, seed=0, announce=_say)
        return
    _say(
        f"{options.requests} requests, no latency, {options.repeats} repeats: median (range); "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
    )
    for name in ANSWERS:
        with _server(name) as (base_url, pid):
            for connections in options.connections:
                _compare(name, base_url, pid, connections, options)


def _compare(
    name: str, base_url: str, pid: int, connections: int, options: argparse.Namespace
) -> None:
    drives: dict[str, Drive] = {"raw": drive_raw, "vicugna": drive_ours}
    runs: dict[str, list[Run]] = {client: [] for client in drives}
    for _ in range(options.repeats):
        for client, drive in drives.items():
            runs[client].append(_measure(drive, base_url, pid, options.requests, connections))
    for client, repeats in runs.items():
        _say(
            f"{name:>5} answers, {connections:4} connections, {client:>7}:"
            f"  {_spread([run.speed for run in repeats], 0)} requests/s"
            f"  server {_spread([run.server for run in repeats], 3)}"
            f"  client {_spread([run.client for run in repeats], 3)} ms CPU/request"
        )
    ratios = [raw.speed / own.speed for raw, own in zip(runs["raw"], runs["vicugna"], strict=True)]
    _say(f"{'ratio':>40}:  the server can do {_spread(ratios, 2)} times what our client reaches")


def _measure(drive: Drive, base_url: str, pid: int, requests: int, connections: int) -> Run:
    asyncio.run(drive(base_url, 2 * connections, connections))  # warm: imports, first look-ups
    server, client, wall = _cpu(pid), time.process_time(), time.perf_counter()
    asyncio.run(drive(base_url, requests, connections))
    wall = time.perf_counter() - wall
    client, server = time.process_time() - client, _cpu(pid) - server
    return Run(requests / wall, 1000 * server / requests, 1000 * client / requests)


async def drive_ours(base_url: str, requests: int, connections: int) -> None:
    """Send the requests through our client, as many at once as there are connections."""
    numbers = iter(range(requests))
    async with ours(base_url) as send:

        async def work() -> None:
            for number in numbers:
                await send(number)

        await asyncio.gather(*(work() for _ in range(connections)))


async def drive_raw(base_url: str, requests: int, connections: int) -> None:
    """Send the same requests as bytes over as many connections, which are kept open."""
    address = urlsplit(base_url)
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    source = Source(requests, done)
    for _ in range(connections):
        await loop.create_connection(lambda: Raw(source), address.hostname, address.port)
    await done


class Source:
    """Hands out the requests, and counts the answers."""

    def __init__(self, requests: int, done: "asyncio.Future[None]") -> None:
        self._numbers = iter(range(requests))
        self._left, self._done = requests, done
        head, tail = _body().split(b"########")
        length = len(head) + 8 + len(tail)
        self._head, self._tail = _headers(length) + head, tail

    def draw(self) -> bytes | None:
        """Return the bytes of the next request: only its number is its own."""
        number = next(self._numbers, None)
        return None if number is None else b"%b%08d%b" % (self._head, number, self._tail)

    def count(self) -> None:
        """Note an answer."""
        self._left -= 1
        if not self._left:
            self._done.set_result(None)

    def fail(self, what: str) -> None:
        """End the run with an error."""
        if not self._done.done():
            self._done.set_exception(RuntimeError(what))


class Raw(asyncio.Protocol):
    """One connection: a request, the headers, as many bytes as they say, the next request."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:  # noqa: D102
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._held[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            self._source.fail(head.decode())
            return
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._held) >= end + 4 + length:
            self._held = b""
            self._source.count()
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        if exc is not None:
            self._source.fail(str(exc))

    def _send(self) -> None:
        request = self._source.draw()
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


def _body() -> bytes:
    messages = [
        {"role": "system", "content": PROMPT},
        {"role": "user", "content": "Task ########"},
    ]
    sampling = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 900}
    return orjson.dumps({"model": "offline", "messages": messages} | sampling)


def _headers(length: int) -> bytes:
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length
    )


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process, in its own code and in the kernel's (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _spread(values: list[float], digits: int) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


@contextmanager
def _server(answers: str) -> Generator[tuple[str, int], None, None]:
    command = [sys.executable, "-m", "benchmarks.server", "--serve", answers]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=8192, help="per repeat (8192)")
    parser.add_argument(
        "--connections", type=int, nargs="+", default=[64, 256, 1024], help="(64 256 1024)"
    )
    parser.add_argument("--repeats", type=int, default=5, help="of each client (5)")
    parser.add_argument("--serve", choices=ANSWERS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
