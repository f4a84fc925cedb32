"""What one process sends and waits for, as it goes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from vicugna.records import Reply


@dataclass(slots=True)
class Traffic:
    """What one process sent, for the panel and the summary. It decides nothing."""

    sent: int = 0  # answers paid for now
    replayed: int = 0  # answers found in the ledger
    waiting: int = 0  # for another process, or for room under a cap
    sent_nusd: int = 0  # 1e-9 USD
    sent_tokens: int = 0
    unpriced: int = 0  # of `sent`, those without a price
    lost: int = 0  # attempts that may have been paid for and gave nothing
    lost_nusd: int = 0  # at most
    lost_tokens: int = 0  # at most
    faults: Counter[str] = field(default_factory=Counter[str])  # by cause, before retries
    started: float = field(default_factory=monotonic)
    first_sent: float | None = None  # seconds after `started`
    sending: set[asyncio.Task[Reply]] = field(default_factory=set[asyncio.Task[Reply]])

    @property
    def in_flight(self) -> int:
        """How many requests are with the teacher, or have an answer that is being written."""
        return len(self.sending)
