"""What one process sends and waits for, as it goes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from vicugna.records import Bound, Reply


@dataclass(slots=True)
class TeacherTraffic:
    """What one process sent to one teacher, and how that went."""

    sent: int = 0  # answers paid for now
    nusd: int = 0  # 1e-9 USD
    tokens: int = 0
    unpriced: int = 0  # of `sent`, those without a price
    faults: Counter[str] = field(default_factory=Counter[str])  # by cause, before retries
    handed_on: Counter[str] = field(default_factory=Counter[str])  # to a stand-in, by cause
    hedged: int = 0  # requests sent a second time, because the first took too long
    hedges_won: int = 0  # of these, those where the second was the faster one
    concurrency: int = 0  # the most that may be in flight now; 0 is not known
    rpm: float | None = None  # quotas in use, a minute
    tpm: float | None = None
    opens: str = ""  # when its hours begin, while it waits for them: "16:30 UTC"

    def count_hedge(self, won: bool) -> None:
        """Add a request sent a second time, or that its second answer was the faster one."""
        self.hedged += not won
        self.hedges_won += won


@dataclass(slots=True)
class Traffic:
    """What one process sent, for the panel and the summary. It decides nothing."""

    replayed: int = 0  # answers found in the ledger
    waiting: int = 0  # for another process, or for room under a cap
    lost: int = 0  # attempts that may have been paid for and gave nothing
    lost_nusd: int = 0  # at most
    lost_tokens: int = 0  # at most
    batches: dict[str, str] = field(default_factory=dict[str, str])  # how far each one is, by id
    teachers: dict[str, TeacherTraffic] = field(default_factory=dict[str, TeacherTraffic])
    started: float = field(default_factory=monotonic)
    first_sent: float | None = None  # seconds after `started`
    sending: set[asyncio.Task[Reply]] = field(default_factory=set[asyncio.Task[Reply]])

    def of(self, teacher: str) -> TeacherTraffic:
        """Return what was sent to one teacher, by its label."""
        return self.teachers.setdefault(teacher, TeacherTraffic())

    def count_sent(self, reply: Reply) -> None:
        """Add an answer that was paid for now."""
        one = self.of(reply.teacher)
        one.sent += 1
        one.nusd += reply.price_nusd or 0
        one.tokens += reply.input_tokens + reply.output_tokens
        one.unpriced += reply.price_nusd is None

    def count_lost(self, bound: Bound) -> None:
        """Add a request that may have been paid for in vain, at the most it can have cost."""
        self.lost += 1
        self.lost_nusd += bound.nusd or 0
        self.lost_tokens += bound.tokens

    @property
    def sent(self) -> int:
        """Answers paid for now."""
        return sum(one.sent for one in self.teachers.values())

    @property
    def sent_nusd(self) -> int:
        """What they cost, in 1e-9 USD, as far as that is known."""
        return sum(one.nusd for one in self.teachers.values())

    @property
    def sent_tokens(self) -> int:
        """Tokens of their prompts and texts."""
        return sum(one.tokens for one in self.teachers.values())

    @property
    def unpriced(self) -> int:
        """How many of them have no known price."""
        return sum(one.unpriced for one in self.teachers.values())

    @property
    def faults(self) -> Counter[str]:
        """Faults of all teachers, by cause, before retries."""
        return sum((one.faults for one in self.teachers.values()), Counter[str]())

    @property
    def in_flight(self) -> int:
        """How many requests are with the teacher, or have an answer that is being written."""
        return len(self.sending)
