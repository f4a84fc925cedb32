"""Asks another teacher of the same role when one cannot answer.

What the ledger holds goes first, whoever answered: so a run that goes on takes the same answers,
although a teacher that was down is up again.
"""

from collections.abc import Awaitable, Callable, Mapping
from math import inf
from time import monotonic

from vicugna.errors import Fatal, TeacherError, Transient
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask
from vicugna.teachers.roles import Cast, stand_ins

IN_A_ROW = 3  # requests that a teacher gives up before it is passed over for a while
REST = 60.0  # seconds
# After these no request of this run can succeed there; any other fault is of one request.
_FOR_GOOD = ("bad_key", "no_credit", "forbidden", "not_found", "certificate", "redirect")


def with_stand_ins(
    asks: Mapping[str, Ask],
    cast: Cast,
    look: Callable[[str], Awaitable[Reply | None]],
    *,
    on_stand_in: Callable[[str, str], None] = lambda label, cause: None,
    clock: Callable[[], float] = monotonic,
) -> Ask:
    """Return an `Ask` over all teachers, by their labels, that turns to the others of a role.

    `look` finds an answer in the ledger; `on_stand_in` is told whose request went to another one,
    and why. A request whose role has one teacher goes to that one.

    Raises:
        TeacherError: what the last one said, when none could answer.
    """
    rests = _Rests(clock)

    async def ask(request: Request) -> Reply:
        others = stand_ins(cast, request)
        if not others:
            return await asks[request.teacher](request)
        questions = [request, *others]
        for question in questions:
            if await look(question.key) is not None:
                return await asks[question.teacher](question)
        *first, last = [one for one in questions if rests.is_awake(one.teacher)] or questions
        for question in first:
            try:
                return await _ask_one(asks, rests, question)
            except (Transient, Fatal) as fault:
                on_stand_in(question.teacher, fault.cause)
        return await _ask_one(asks, rests, last)

    return ask


async def _ask_one(asks: Mapping[str, Ask], rests: "_Rests", question: Request) -> Reply:
    try:
        reply = await asks[question.teacher](question)
    except (Transient, Fatal) as fault:
        rests.note(question.teacher, fault)
        raise
    rests.wake(question.teacher)
    return reply


class _Rests:
    """Which teachers are passed over for a while, because they gave up several in a row."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: dict[str, int] = {}  # in a row, by label
        self._until: dict[str, float] = {}

    def is_awake(self, label: str) -> bool:
        return self._until.get(label, 0.0) <= self._clock()

    def wake(self, label: str) -> None:
        self._failed[label] = 0

    def note(self, label: str, fault: TeacherError) -> None:
        self._failed[label] = self._failed.get(label, 0) + 1
        if isinstance(fault, Fatal) and fault.cause in _FOR_GOOD:
            self._until[label] = inf
        elif self._failed[label] >= IN_A_ROW:
            self._until[label] = self._clock() + REST
