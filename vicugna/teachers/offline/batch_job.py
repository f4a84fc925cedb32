"""One batch of the offline teacher: how far it is at a given time, and what it answered.

Pure: every call is told the time. A tenth of the time of a batch goes into validating it and a
tenth into finalizing; between them the lines are answered at an even pace, so that a batch that is
cancelled or expires has answered some of them.
"""

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from vicugna.teachers.offline.answers import error_shape
from vicugna.teachers.offline.batch_input import Line, LineError

Answer = Callable[[bytes], tuple[int, bytes]]
"""Answers the body of a request with a status and a body, both as over HTTP."""

_SHARE = 0.1  # of the time of a batch, each for validating, for finalizing and for cancelling
_STARTED = ("in_progress", "finalizing", "completed", "expired")
_ENDS = ("failed", "expired", "completed", "cancelled")
_NEVER_RUN = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This batch was cancelled before this request was executed.",
}
_FAULTS = {
    429: ("rate_limit_exceeded", "Rate limit reached."),
    500: ("server_error", "The server had an error."),
}


@dataclass(frozen=True, slots=True)
class BatchBehaviour:
    """How batches go. Shares are of the lines; what a line meets is drawn anew in each batch.

    `seconds` is the time a batch takes. `expire_share` of the lines are not answered before the
    batch expires; `error_share` end with a 500 or a 429; `missing_share` are in neither file.
    Lines that failed are in the error file, with `errors_in_output` in the output file.
    """

    seconds: float = 0.0
    max_lines: int = 50_000
    max_bytes: int = 200_000_000
    max_enqueued_tokens: int | None = None
    expire_share: float = 0.0
    error_share: float = 0.0
    missing_share: float = 0.0
    shuffled: bool = True
    errors_in_output: bool = False
    fail_validation: bool = False
    clock: Callable[[], float] = time.time


@dataclass(slots=True)
class Job:
    """A batch under way, or ended. `created` and every `now` are in seconds of one clock."""

    id: str
    input_file: str
    url: str
    window: str
    metadata: dict[str, str] | None
    created: float
    lines: list[Line]
    errors: list[LineError]
    tokens: int  # of the prompts, while they count against the limit
    behaviour: BatchBehaviour
    salt: str  # of the draws
    cancelled: float | None = None
    output_file: str | None = None
    error_file: str | None = None
    reached: int = 0  # lines that were answered or passed over
    output: list[bytes] = field(default_factory=list[bytes])
    failed: list[bytes] = field(default_factory=list[bytes])
    counts: Counter[str] = field(default_factory=Counter[str])
    total: int = field(init=False)
    model: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.total = len(self.lines)
        self.model = self.lines[0].model if self.lines else None

    def status(self, now: float) -> str:
        """Return the status that OpenAI would report."""
        seconds, age = self.behaviour.seconds, now - self.created
        if self.cancelled is not None:
            late = now - self.cancelled >= _SHARE * seconds and not self.behind(now)
            return "cancelled" if late else "cancelling"
        if age < _SHARE * seconds:
            return "validating"
        if self.errors:
            return "failed"
        if age < (1 - _SHARE) * seconds or self.behind(now):
            return "in_progress"
        if age < seconds:
            return "finalizing"
        return "expired" if self.counts["batch_expired"] else "completed"

    def behind(self, now: float) -> bool:
        """Tell whether lines that are due are not answered yet."""
        return self.reached < self.due(now)

    def due(self, now: float) -> int:
        """Return how many lines should be answered by now."""
        seconds = self.behaviour.seconds
        age = (now if self.cancelled is None else self.cancelled) - self.created
        share = (age / seconds - _SHARE) / (1 - 2 * _SHARE) if seconds else 1.0
        return int(self.total * min(1.0, max(0.0, share)))

    def answer_next(self, answer: Answer) -> None:
        """Answer one line, or meet the fault that is drawn for it."""
        line = self.lines[self.reached]
        self.reached += 1
        draw = _draw(self.salt, line.custom_id)
        fault = self._fault(draw)
        if fault == "missing":
            return
        if fault == "batch_expired":
            self._never_run(line, fault)
            return
        status, body = _refuse(draw) if fault else answer(line.body)
        good = status == 200
        self.counts["completed" if good else "failed"] += 1
        if good:
            self._add_usage(body)
        response = {
            "status_code": status,
            "request_id": f"req-{line.custom_id}",
            "body": orjson.Fragment(body),
        }
        row = _row(line, response, None)
        (self.output if good or self.behaviour.errors_in_output else self.failed).append(row)

    def settle(self) -> None:
        """Close both files: nothing is answered after this."""
        for line in self.lines[self.reached :]:
            self._never_run(line, "batch_cancelled")
        self.reached = self.total
        self.lines = []
        if self.behaviour.shuffled:
            for rows in (self.output, self.failed):
                random.Random(self.salt).shuffle(rows)

    def describe(self, now: float, status: str | None = None) -> dict[str, Any]:
        """Return the object that clients see, at this time or with this status."""
        status = status or self.status(now)
        counts = self.counts
        total = 0 if status in ("validating", "failed") else self.total
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.url,
            "model": self.model,
            "errors": self._describe_errors() if status == "failed" else None,
            "input_file_id": self.input_file,
            "completion_window": self.window,
            "status": status,
            "output_file_id": self.output_file,
            "error_file_id": self.error_file,
            **self._times(status),
            "request_counts": {
                "total": total,
                "completed": counts["completed"],
                "failed": counts["failed"],
            },
            "usage": {
                "input_tokens": counts["prompt_tokens"],
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": counts["completion_tokens"],
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": counts["prompt_tokens"] + counts["completion_tokens"],
            },
            "metadata": self.metadata,
        }

    def _fault(self, draw: float) -> str | None:
        behaviour = self.behaviour
        for fault, share in (
            ("batch_expired", behaviour.expire_share),
            ("missing", behaviour.missing_share),
            ("error", behaviour.error_share),
        ):
            draw -= share
            if draw < 0:
                return fault
        return None

    def _never_run(self, line: Line, code: str) -> None:
        self.counts[code] += 1
        self.counts["failed"] += 1
        self.failed.append(_row(line, None, {"code": code, "message": _NEVER_RUN[code]}))

    def _add_usage(self, body: bytes) -> None:
        usage: dict[str, Any] = json.loads(body)["usage"]  # orjson would refuse half a character
        for name in ("prompt_tokens", "completion_tokens"):
            self.counts[name] += usage[name]

    def _describe_errors(self) -> dict[str, Any]:
        return {"object": "list", "data": [asdict(error) for error in self.errors]}

    def _times(self, status: str) -> dict[str, int | None]:
        """Return when the batch came to each status, None where it has not or never will."""
        step = _SHARE * self.behaviour.seconds
        ended = self.created + self.behaviour.seconds
        came = {"failed": self.created + step, "expired": ended, "completed": ended}
        if self.cancelled is not None:
            came["cancelled"] = self.cancelled + step
        times = {f"{name}_at": came[name] if name == status else None for name in _ENDS}
        times |= {
            "created_at": self.created,
            "expires_at": self.created + _window_seconds(self.window),
            "in_progress_at": self.created + step if status in _STARTED else None,
            "finalizing_at": ended - step if status in ("finalizing", "completed") else None,
            "cancelling_at": self.cancelled,
        }
        return {name: None if at is None else int(at) for name, at in times.items()}


def _window_seconds(window: str) -> int:
    return int(window[:-1]) * {"h": 3600, "d": 86_400}[window[-1]]


def _draw(salt: str, custom_id: str) -> float:
    digest = hashlib.sha256(f"{salt}:{custom_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _refuse(draw: float) -> tuple[int, bytes]:
    status = 429 if int(draw * 2**32) % 2 else 500
    return status, orjson.dumps(error_shape(*_FAULTS[status]))


def _row(line: Line, response: dict[str, Any] | None, error: dict[str, str] | None) -> bytes:
    row = {
        "id": f"batch_req_{line.custom_id}",
        "custom_id": line.custom_id,
        "response": response,
        "error": error,
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
