"""A teacher whose every answer is planned: after how many seconds it comes, or what goes wrong.

For what is sent a second time when it hangs (`vicugna.teachers.hedging`), in virtual time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from tests.scripted import make_reply
from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.records import Message, Reply, Request, Sampling
from vicugna.teachers.hedging import Release

HANGS = 180.0  # seconds: then the client gives up
LATE = 2.0  # seconds, where a test does not let it be found out
SLACK = 0.25  # seconds between two looks at what is late
REFUSED = Refused("busy", cause="rate_limit")
FATAL = Fatal("bad key", cause="bad_key")

Plan = Callable[[Request, int], tuple[float, TeacherError | None]]


def question(text: str = "q", purpose: str = "new_tasks") -> Request:
    """Return a short request."""
    return Request(purpose, "en", "m", (Message("user", text),), Sampling(1, 1, 16), "p@1")


def transient(cause: str = "reset") -> Transient:
    return Transient("gone", cause=cause)


def now() -> float:
    return asyncio.get_running_loop().time()


class Planned:
    """Answers the n-th request of a question after some seconds, or fails then, as `plan` says.

    `log` is what happened: (begun, ended, n, what); `released` what claims were told.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sent = Counter[str]()
        self.log: list[tuple[float, float, int, object]] = []
        self.room = True
        self.released: list[BaseException] = []
        self.hedges = Counter[str]()

    async def ask(self, request: Request) -> Reply:
        number = self.sent[request.key]
        self.sent[request.key] += 1
        seconds, fault = self.plan(request, number)
        begun = now()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.log.append((begun, now(), number, "cancelled"))
            raise
        self.log.append((begun, now(), number, fault or "answered"))
        if fault is not None:
            raise fault
        return make_reply(request, f"answer {number}")

    async def claim(self, request: Request) -> Release | None:
        if not self.room:
            return None

        async def release(fault: BaseException) -> None:
            self.released.append(fault)

        return release

    def count(self, won: bool) -> None:
        self.hedges["won" if won else "sent"] += 1
