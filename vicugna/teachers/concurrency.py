"""Finds how many requests at once serve best, while nobody says: the knee of the throughput.

The limit is doubled while that brings more tokens a second, then held, and tried a little higher
and a little lower in turns, with growing pauses. What the server refuses makes it smaller at once.
So it settles on a server that queues what is too much, on one that slows down with it, and on one
that refuses it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic

from vicugna.errors import Refused
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask
from vicugna.teachers.slots import Slots

MOST = 4096
UP, DOWN = 1.2, 0.87  # times as many, in a trial
CUT = 0.85  # of those in flight, when the server refuses
_WORTH_DOUBLING = 1.08  # times the tokens a second
_WORTH_MORE = 1.03
_NO_LOSS = 0.985  # that makes fewer worth it
_WORSE, _WORSE_WITH_FEWER = 0.8, 0.93  # with which a trial is given up before its end
_LEAST_ANSWERS = 96  # of a window: the speed is known to some per cent then
_LEAST_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 2, 32  # windows between two trials
_CUT_EVERY = 1.0  # seconds
_WALL_KEPT = 60.0  # seconds that what was refused is not tried again
_IDLE = 0.2  # share of a window with free slots, which says nothing of the limit
_FADE = 0.05  # weight of one attempt in the share that is refused
_REFUSING = 0.35  # that share, from which on the limit is the reason


@dataclass(slots=True)
class _Window:
    """What came since a moment."""

    began: float
    answers: int = 0
    tokens: float = 0.0
    seconds: float = 0.0  # of all answers together
    idle: int = 0  # answers that came while slots were free


class Climber:
    """The limit of one teacher, told what comes. `start` is where it begins."""

    def __init__(self, start: int, clock: Callable[[], float] = monotonic) -> None:
        self.limit = start
        self._clock = clock
        self._base = start  # the best limit so far; another one is on trial
        self._speed = 0.0  # tokens a second with it; 0 is not known
        self._doubling = True
        self._factor = UP  # of the next trial
        self._pause = 0  # windows before it
        self._pauses = _FIRST_PAUSE
        self._wall, self._wall_until = inf, -inf  # what was refused
        self._cut_at = -inf
        self._refused = 0.0  # share of the latest attempts
        self._settling = True  # what comes was begun before the limit changed
        self._window = _Window(clock())

    def answered(self, tokens: float, seconds: float, *, full: bool) -> None:
        """Note an answer, how long it took, and whether all slots were in use."""
        self._refused -= _FADE * self._refused
        window, now = self._window, self._clock()
        window.answers += 1
        window.tokens += tokens
        window.seconds += seconds
        window.idle += not full
        took, latency = now - window.began, window.seconds / window.answers
        if self._is_worse(window, took, latency):
            self._give_up()
        elif self._settling:
            if window.answers >= self.limit and took >= 1.2 * latency:
                self._settling, self._window = False, _Window(now)
        elif window.answers >= max(2 * self.limit, _LEAST_ANSWERS) and took >= max(
            2 * latency, _LEAST_SECONDS
        ):
            self._window = _Window(now)
            if window.idle <= _IDLE * window.answers:
                self._judge(window.tokens / took)

    def refused(self, in_flight: int) -> None:
        """Note a refusal, and how many were in flight with it."""
        self._refused += _FADE * (1 - self._refused)
        now = self._clock()
        if self._refused < _REFUSING or now - self._cut_at < _CUT_EVERY:
            return
        known = self._wall if now < self._wall_until else inf
        self._wall, self._wall_until = min(in_flight, known), now + _WALL_KEPT
        self._cut_at, self._refused, self._speed = now, 0.0, 0.0
        self._doubling, self._factor = False, UP
        self._pause, self._pauses = 1, _FIRST_PAUSE
        self._base = max(1, int(min(in_flight, self.limit) * CUT))
        self._try(self._base)

    def _judge(self, speed: float) -> None:
        """Compare a window with what is known of the best limit."""
        if self.limit == self._base:
            self._speed += (speed - self._speed) * (0.3 if self._speed else 1.0)
            self._pause -= 1
            if self._pause <= 0:
                self._try_another()
            return
        up = self.limit > self._base
        worth = (_WORTH_DOUBLING if self._doubling else _WORTH_MORE) if up else _NO_LOSS
        if speed <= worth * self._speed:
            self._give_up()
            return
        self._speed = speed if up else max(speed, self._speed)
        self._base, self._pauses = self.limit, _FIRST_PAUSE
        self._try_another()

    def _is_worse(self, window: _Window, took: float, latency: float) -> bool:
        """Return whether a trial is so much worse that its window need not end."""
        trial = self.limit != self._base and self._speed > 0
        if not trial or window.answers < max(self.limit, _LEAST_ANSWERS) or took < latency:
            return False
        worse = _WORSE if self.limit > self._base else _WORSE_WITH_FEWER
        return window.tokens / took < worse * self._speed

    def _give_up(self) -> None:
        """Go back to the best limit; the other direction comes next."""
        up = self.limit > self._base
        self._try(self._base)
        if self._doubling:
            self._doubling, self._factor, self._pause = False, UP, 1
        elif up:
            self._factor, self._pause = DOWN, 1
        else:
            self._pauses = min(self._pauses * 2, _LONGEST_PAUSE)
            self._factor, self._pause = UP, self._pauses

    def _try_another(self) -> None:
        factor = 2.0 if self._doubling else self._factor
        most = MOST if self._clock() >= self._wall_until else max(1, int(self._wall * 0.98))
        step = 1 if factor > 1 else -1
        wanted = round(self._base * factor)
        wanted = min(max(wanted if wanted != self._base else self._base + step, 1), most)
        if (wanted - self._base) * step > 0:
            self._try(wanted)
        else:  # there is no room in this direction
            self._factor, self._pause = (DOWN if step > 0 else UP), self._pauses

    def _try(self, limit: int) -> None:
        self.limit = limit
        self._settling, self._window = True, _Window(self._clock())


def climbing(
    ask: Ask,
    slots: Slots,
    *,
    on_limit: Callable[[int], None],
    clock: Callable[[], float] = monotonic,
) -> Ask:
    """Return an `Ask` that makes the same attempt, and sets how many `slots` there are by it.

    `ask` is one attempt as it is sent: what waits for a limiter before it is not its time.
    `on_limit` is told the limit whenever it changes.
    """
    climber = Climber(slots.limit, clock)
    in_flight = 0

    def follow() -> None:
        if slots.limit != climber.limit:
            slots.limit = climber.limit
            on_limit(climber.limit)

    async def attempt(request: Request) -> Reply:
        nonlocal in_flight
        in_flight += 1
        began, with_it = clock(), in_flight
        try:
            reply = await ask(request)
        except Refused:
            climber.refused(with_it)
            follow()
            raise
        finally:
            in_flight -= 1
        tokens = reply.output_tokens or len(reply.text)
        climber.answered(tokens, clock() - began, full=slots.in_use >= slots.limit)
        follow()
        return reply

    return attempt
