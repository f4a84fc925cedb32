"""What can go wrong, as a tree.

VicugnaError
├── UserError          bad input or setting: one line, exit code 2
│   └── NothingKept    a run ended without one task
├── BudgetReached      a cap leaves no room for a request: the run ends with what it has
└── TeacherError       the teacher could not answer
    ├── Refused        429, or 503 that says "overloaded": wait, costs no attempt
    ├── Transient      5xx, reset, timeout, cut body: try again, costs an attempt
    └── Fatal          bad key, bad request, no credit: stop the run at once
"""


class VicugnaError(Exception):
    """Base of every error this project raises on purpose."""


class UserError(VicugnaError):
    """Something the user gave is wrong. The text says what, where, and what to do."""


class NothingKept(UserError):
    """A run ended without one task. `stopped` is why, as in a manifest: "budget: usd"."""

    def __init__(self, message: str, stopped: str) -> None:
        super().__init__(message)
        self.stopped = stopped


class BudgetReached(VicugnaError):
    """A cap leaves no room for a request. `cap` is its name: "budget.usd"."""

    def __init__(self, cap: str, used: str) -> None:
        super().__init__(f"{cap}: {used}")
        self.cap = cap


class TeacherError(VicugnaError):
    """The teacher did not answer. `cause` is one short word, counted in the report."""

    def __init__(self, message: str, *, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class Refused(TeacherError):
    """The teacher is over its limit. `retry_after` is in seconds, None when it did not say."""

    def __init__(self, message: str, *, cause: str, retry_after: float | None = None) -> None:
        super().__init__(message, cause=cause)
        self.retry_after = retry_after


class Transient(TeacherError):
    """A fault that may pass: server error, connection reset, timeout, cut body."""


class Fatal(TeacherError):
    """Trying again cannot help: bad key, bad request, unknown model, no credit."""
