"""A server with a quota and its clients, in virtual time: what pacing is tried on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from vicugna.errors import Refused
from vicugna.records import Message, Reply, Request, Sampling
from vicugna.teachers.ask import Ask
from vicugna.teachers.offline.quota import QuotaMeter, ServerQuota
from vicugna.teachers.pace import Pace
from vicugna.teachers.retry import retrying

PROMPT = 440  # tokens


def make_request(purpose: str = "p", max_tokens: int = 1010) -> Request:
    """Return a request whose prompt has `PROMPT` tokens, about what one expects of its bytes."""
    turn = Message("user", "tree" * PROMPT)
    return Request(purpose, "en", "m", (turn,), Sampling(1.0, 1.0, max_tokens), "p")


def make_reply(request: Request, written: int = 400) -> Reply:
    """Return a reply with so many tokens."""
    return Reply(request.key, "t", "m", "x", "stop", PROMPT, written, 0, None, 1.0)


def draw_seconds(rng: Random) -> float:
    """Return the seconds an answer takes."""
    return min(8.0, max(1.0, 2.5 * rng.lognormvariate(0, 0.5)))


def draw_tokens(rng: Random) -> int:
    """Return the tokens of an answer: 400 on average."""
    return round(400 * rng.lognormvariate(-0.08, 0.4))


@dataclass
class PacedServer:
    """Answers after a while, as long as the quota allows it; remembers what it let through."""

    quota: ServerQuota
    seed: int = 1
    seconds: Callable[[Random], float] = draw_seconds
    refused: list[float] = field(default_factory=list[float])
    admitted: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    def __post_init__(self) -> None:
        self.now = asyncio.get_running_loop().time
        self.meter = QuotaMeter(self.quota, self.now)
        self.rng = Random(self.seed)

    def ask(self, pace: Pace) -> Ask:
        """Return an attempt on it that tells `pace` of its headers."""

        async def attempt(request: Request) -> Reply:
            written = draw_tokens(self.rng)
            try:
                self.meter.admit(read=PROMPT, written=written, longest=request.sampling.max_tokens)
            except Refused:
                self.refused.append(self.now())
                pace.note_headers(self.meter.headers())
                raise
            self.admitted.append((self.now(), PROMPT + written))
            await asyncio.sleep(self.seconds(self.rng))
            pace.note_headers(self.meter.headers())
            return make_reply(request, written)

        return attempt

    def tokens(self, first: float, last: float) -> float:
        """Return the tokens a second that were let through between two times."""
        return sum(tokens for at, tokens in self.admitted if first <= at < last) / (last - first)

    def requests(self, first: float, last: float) -> float:
        """Return the requests a second that were let through between two times."""
        return sum(first <= at < last for at, _ in self.admitted) / (last - first)


async def drive(
    server: PacedServer, pace: Pace, seconds: float, at_once: int = 128, max_tokens: int = 1010
) -> None:
    """Ask so many at once, again and again, for some seconds."""
    ask = retrying(pace.paced(server.ask(pace)), rng=Random(7))
    request = make_request(max_tokens=max_tokens)

    async def work() -> None:
        while True:
            await ask(request)

    tasks = [asyncio.create_task(work()) for _ in range(at_once)]
    await asyncio.sleep(seconds)
    pace.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
