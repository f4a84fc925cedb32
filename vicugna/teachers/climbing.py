"""x"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, sqrt
from time import monotonic

MOST = 4096
_FIRST = 2.0
_STEP = 1.25
_LEAST_STEP = 1.06
_ROUNDS = 1.5
_SHORTEST = 1.0
_WORTH = 0.05  # share of the growth that must come back as speed
_DOUBT = 0.25
_SURE = 1.7
_FLOOR = 0.01
_CHANGED = 0.15
_TRIAL = {True: 4, False: 3}
_CUT = 0.85
_CUT_EVERY = 1.0
_BELOW_WALL = 0.99
_SLACK = 0.1
_PAUSE = 4
_LONGEST_PAUSE = 32
_REMEMBER = 60.0
_REMEMBER_MOST = 120.0
_ALPHA = 0.15
_REFUSED_NEW = 0.25
_REFUSED_PROVEN = 0.5


@dataclass(slots=True)
class Sample:
    """What came at one limit: how fast, and how sure that is."""

    time: float = 0.0  # seconds
    answers: int = 0
    tokens: float = 0.0
    seconds: float = 0.0  # of all answers together
    slack: float = 0.0
    squares: float = 0.0
    products: float = 0.0
    seconds_squares: float = 0.0

    def add(self, tokens: float, seconds: float) -> None:
        self.answers += 1
        self.tokens += tokens
        self.seconds += seconds
        self.squares += tokens * tokens
        self.products += tokens * seconds
        self.seconds_squares += seconds * seconds

    def fold(self, other: "Sample", keep: float = 1.0) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) * keep + getattr(other, name))

    @property
    def speed(self) -> float:
        return self.tokens / self.time

    @property
    def variance(self) -> float:
        """Of the logarithm of the speed (renewal-reward theorem)."""
        pace = self.tokens / self.seconds
        spread = self.squares - 2 * pace * self.products + pace**2 * self.seconds_squares
        return max(spread, 0.0) / self.tokens**2 + 1 / self.answers**2


class Wall:
    def __init__(self) -> None:
        self.at = inf
        self.until = -inf
        self._keep = _REMEMBER
        self._share = 0.0
        self._proven = [0, 0]
        self._cut_at = -inf
        self._seen = True

    def most(self, now: float) -> int:
        return MOST if now >= self.until else self.below

    @property
    def below(self) -> int:
        return max(1, min(int(self.at * _BELOW_WALL), int(self.at) - 1))

    def turn(self) -> None:
        self._proven = [self._proven[1], 0]

    def accepted(self, level: int, began: float) -> None:
        self._share -= _ALPHA * self._share
        self._proven[1] = max(self._proven[1], level)
        self._seen = True

    def refused(self, level: int, now: float) -> bool:
        self._share += _ALPHA * (1 - self._share)
        if now - self._cut_at < _CUT_EVERY or not self._seen:
            return False
        if self._share < (_REFUSED_NEW if level > max(self._proven) else _REFUSED_PROVEN):
            return False
        same = self.at < inf and abs(level - self.at) <= 0.1 * self.at + 1
        self._keep = min(self._keep * 2, _REMEMBER_MOST) if same else _REMEMBER
        self.at, self.until = level, now + self._keep
        self._cut_at, self._seen, self._share = now, False, 0.0
        return True


class Climber:
    def __init__(self, start: int, clock: Callable[[], float] = monotonic) -> None:
        self.limit = start
        self._clock = clock
        self._target = start
        self._in_flight = 0
        self._now = Sample()  # what comes since the last look
        self._since = -inf
        self._settling = False
        self._base: Sample | None = None
        self._at = start  # limit of the base
        self._trial: Sample | None = None
        self._trying = False
        self._step = _FIRST
        self._moved = False
        self._up = True
        self._failed = 0
        self._pause = 0
        self._paused = _PAUSE
        self._wall = Wall()
        self._cliff = False
        self.log = None

    def began(self) -> int:
        self._in_flight += 1
        return self._in_flight

    def failed(self) -> None:
        self._in_flight -= 1

    def answered(self, tokens: float, seconds: float, *, level: int, full: bool) -> None:
        self._in_flight -= 1
        now = self._clock()
        self._wall.accepted(level, now - seconds)
        if self._since == -inf:
            self._begin_sample(now)
            self._was_full, self._last = full, now
            return
        self._now.add(max(tokens, 1.0), max(seconds, 1e-6))
        if not (full and self._was_full):
            self._now.slack += now - self._last
        self._was_full, self._last = full, now
        if full and self.limit < self._target:
            self.limit += 1
        rounds = 0.5 if self._trying and not self._settling else _ROUNDS
        if now - self._since >= max(rounds * self._now.seconds / self._now.answers, _SHORTEST):
            self._look(now)

    def refused(self, level: int) -> None:
        self._in_flight -= 1
        now = self._clock()
        if not self._wall.refused(level, now):
            return
        self.limit = max(1, int(min(level - 1, self.limit) * _CUT))
        self._at = self._target = min(self._wall.below, max(self._target, 1))
        self._base = None
        self._trying = False
        self._settling = True
        self._step = min(self._step, _STEP)
        self._up = True
        self._cliff = True
        self._failed = 0
        self._pause = self._paused = _PAUSE
        self._begin_sample(now)

    def _begin_sample(self, now: float) -> None:
        self._now = Sample()
        self._since = now

    def _look(self, now: float) -> None:
        sample = self._now
        sample.time = now - self._since
        self._begin_sample(now)
        self._wall.turn()
        if sample.slack > _SLACK * sample.time:
            self._settling = True
            return
        if self._trying:
            self._try(sample)
        elif self._settling:
            self._settling = False
        else:
            self._hold(sample)
        if self.log:
            self.log(now, self, sample)

    def _hold(self, sample: Sample) -> None:
        if self._base is None:
            self._base = sample
        else:
            gain, error = _compare(sample, self._base)
            if abs(gain) > max(_CHANGED, 4 * error):
                self._base = sample
                self._step = _FIRST
                self._moved = False
                self._paused = _PAUSE
                self._pause = 1
                self._failed = 0
                self._up = gain > 0
            else:
                self._base.fold(sample, 0.9)
        self._pause -= 1
        if self._pause <= 0:
            self._start_trial()

    def _start_trial(self) -> None:
        now = self._clock()
        factor = self._step if self._up else 1 / self._step
        wanted = round(self._at * factor)
        if wanted == self._at:
            wanted += 1 if self._up else -1
        wanted = max(1, min(wanted, self._wall.most(now)))
        if wanted == self._at or (self._up and wanted < self._at):
            self._fail(True)
            return
        self._trying = True
        self._settling = True
        self._trial = None
        self._target = wanted
        self.limit = min(self.limit, wanted)

    def _try(self, sample: Sample) -> None:
        base = self._base
        assert base is not None
        grown = log(self._target / self._at)
        if self._settling:
            self._settling = False
            gain, error = _compare(sample, base)
            if gain < min(-grown, -_CHANGED) - 2 * error:
                self._fail(True)
            elif self._up and gain > max(grown / 2, 2 * error):
                self._succeed(sample, gain)
            return
        if self._trial is None:
            self._trial, self._looks = sample, 1
        else:
            self._trial.fold(sample)
            self._looks += 1
        gain, error = _compare(self._trial, base)
        worth = grown * (0.1 if self._step == _FIRST else _WORTH)
        if gain < worth - max(_CHANGED, 3 * error):
            self._fail(True)
            return
        if self._looks % 3:
            return
        sure = abs(gain - worth) > _SURE * error
        if not sure and self._looks < (6 if self._step == _FIRST else 3 * _TRIAL[self._up]):
            return
        doubt = error * _DOUBT
        if gain > worth + (doubt if self._up else 0):
            self._succeed(self._trial, gain)
        else:
            self._fail(sure)

    def _succeed(self, sample: Sample, gain: float) -> None:
        if gain > log(self._step) / 2:
            self._step = min(_FIRST, self._step**2)
        self._moved = True
        self._at = self._target
        self._base = sample
        self._trying = False
        self._failed = 0
        self._paused = _PAUSE
        self._pause = 0
        self._start_trial()

    def _fail(self, sure: bool) -> None:
        self._trying = False
        self._settling = self._target != self._at
        self._target = self._at
        self.limit = min(self.limit, self._at)
        if self._up:
            self._cliff = sure
        self._pause = 1
        self._failed += 1
        if self._step == _FIRST and (self._moved or self._failed >= 2):
            self._step = _STEP
            self._failed = 0
            self._up = True
            return
        self._up = not self._up
        if self._step != _FIRST and self._failed >= 2:
            self._failed = 0
            if self._cliff:
                self._step = max(_LEAST_STEP, sqrt(self._step))
            self._paused = min(self._paused * 2, _LONGEST_PAUSE)
            self._pause = self._paused


def _compare(one: Sample, other: Sample) -> tuple[float, float]:
    """Return the logarithm of how much faster one is, and the standard error of that."""
    error = sqrt(one.variance + other.variance + _FLOOR**2)
    return log(one.speed / other.speed), error
