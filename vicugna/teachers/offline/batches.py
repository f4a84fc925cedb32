"""The offline teacher's Batch API, as OpenAI's SDK speaks it. Its files are in `files.py`.

    POST /v1/batches /v1/batches/{id}/cancel
    GET  /v1/batches /v1/batches/{id}

Lines are answered when the clock says that they are due and somebody looks. Everything is kept in
memory for the life of the server, so that a client that was killed finds its batches again.
"""

import asyncio
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from aiohttp import web

from vicugna.teachers.offline.answers import error_shape
from vicugna.teachers.offline.batch_input import Line, LineError, count_prompts, read_lines
from vicugna.teachers.offline.batch_job import Answer, BatchBehaviour, Job
from vicugna.teachers.offline.files import (
    FileStore,
    StoredFile,
    add_file_routes,
    no_such,
    page,
)
from vicugna.teachers.offline.responses import bad_request, json_response

_PATIENCE = 1.0  # seconds a look waits for lines that are due
_AT_ONCE = 16  # lines answered before others get a turn
_WINDOW = re.compile(r"[1-9]\d{0,3}[hd]")
_ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass(slots=True)
class _Store:
    """What the server holds. Batches are in the order they were created."""

    answer: Answer
    behaviour: BatchBehaviour
    seed: int
    files: FileStore
    answered: int = 0
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    work: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])


_STORE = web.AppKey("batches", _Store)


def add_batch_routes(
    app: web.Application, answer: Answer, behaviour: BatchBehaviour, *, seed: int
) -> None:
    """Let a server take files and batches. Lines are answered by `answer`."""
    files = FileStore(behaviour.clock)
    add_file_routes(app, files)
    app[_STORE] = _Store(answer, behaviour, seed, files)
    app.router.add_post("/v1/batches", _create)
    app.router.add_get("/v1/batches", _list_batches)
    app.router.add_get("/v1/batches/{id}", _look)
    app.router.add_post("/v1/batches/{id}/cancel", _cancel)
    app.on_shutdown.append(_stop)


def count_batches(app: web.Application) -> dict[str, int]:
    """Return the number of batches and of the answers that were paid for in them."""
    store = app[_STORE]
    return {"batches": len(store.jobs), "batch_lines": store.answered}


async def _create(request: web.Request) -> web.Response:
    store = request.app[_STORE]
    body = await _read_object(request)
    file = store.files.files.get(str(body.get("input_file_id")))
    url, window, metadata = map(body.get, ("endpoint", "completion_window", "metadata"))
    if file is None:
        return bad_request(f"No such File object: {body.get('input_file_id')}")
    if not isinstance(url, str) or not url.endswith("/chat/completions"):
        return bad_request(f"Invalid value for endpoint: {url}")
    if not isinstance(window, str) or not _WINDOW.fullmatch(window):
        return bad_request(f"Invalid value for completion_window: {window}")
    if not _is_metadata(metadata):
        return bad_request("Invalid value for metadata.")
    now = store.behaviour.clock()
    lines, errors, tokens = _validate(store, file, url, now)
    job = Job(
        id=f"batch_{uuid.uuid4().hex}",
        input_file=file.id,
        url=url,
        window=window,
        metadata=metadata,
        created=now,
        lines=lines,
        errors=errors,
        tokens=tokens,
        behaviour=store.behaviour,
        salt=f"{store.seed}:{len(store.jobs)}",
    )
    store.jobs[job.id] = job
    return json_response(job.describe(now, "validating"))


def _validate(
    store: _Store, file: StoredFile, url: str, now: float
) -> tuple[list[Line], list[LineError], int]:
    """Return the lines of a file, or its errors, and the tokens of all prompts where they count."""
    rules = store.behaviour
    if rules.fail_validation:
        return [], [LineError("invalid_request", "This file was refused.")], 0
    raw = b"".join(file.blocks)
    lines, errors = read_lines(raw, url, max_lines=rules.max_lines, max_bytes=rules.max_bytes)
    limit = rules.max_enqueued_tokens
    if errors or limit is None:
        return lines, errors, 0
    tokens, model = count_prompts(lines), lines[0].model
    queued = (job for job in store.jobs.values() if job.status(now) not in _ENDED)
    if tokens + sum(job.tokens for job in queued if job.model == model) <= limit:
        return lines, [], tokens
    words = (
        f"Enqueued token limit reached for {model}. Limit: {limit:,} enqueued tokens. Please try "
        "again once some in_progress batches have been completed."
    )
    return [], [LineError("token_limit_exceeded", words)], 0


async def _list_batches(request: web.Request) -> web.Response:
    store = request.app[_STORE]
    newest_first = list(reversed(store.jobs.values()))
    now = store.behaviour.clock()
    await asyncio.gather(*(_advance(store, job, now) for job in newest_first))
    return page(request, [job.describe(now) for job in newest_first])


async def _look(request: web.Request) -> web.Response:
    store = request.app[_STORE]
    job = store.jobs.get(request.match_info["id"])
    if job is None:
        return no_such("Batch", request)
    now = store.behaviour.clock()
    await _advance(store, job, now)
    return json_response(job.describe(now))


async def _cancel(request: web.Request) -> web.Response:
    store = request.app[_STORE]
    job = store.jobs.get(request.match_info["id"])
    if job is None:
        return no_such("Batch", request)
    now = store.behaviour.clock()
    await _advance(store, job, now)
    status = job.status(now)
    if status in _ENDED:
        words = f"Cannot cancel a batch with status '{status}'."
        return json_response(error_shape("invalid_request_error", words), 409)
    if job.cancelled is None:
        job.cancelled = now
    return json_response(job.describe(now, "cancelling"))


async def _advance(store: _Store, job: Job, now: float) -> None:
    """Answer what is due by now, and close the files of a batch that has ended.

    Whoever looks does not wait long for it: a batch that is behind is in progress.
    """
    if job.behind(now):
        work = store.work.get(job.id)
        if work is None:
            work = store.work[job.id] = asyncio.create_task(_work(store, job))
        await asyncio.wait({work}, timeout=_PATIENCE)
        if work.done():
            store.work.pop(job.id, None)
            work.result()
    status = job.status(now)
    if status in _ENDED and status != "failed" and job.lines:
        job.settle()
        job.output_file = _close(store, f"{job.id}_output.jsonl", job.output)
        job.error_file = _close(store, f"{job.id}_error.jsonl", job.failed)


async def _work(store: _Store, job: Job) -> None:
    while job.behind(store.behaviour.clock()):
        paid = job.counts["completed"]
        job.answer_next(store.answer)
        store.answered += job.counts["completed"] - paid
        if job.reached % _AT_ONCE == 0:
            await asyncio.sleep(0)


def _close(store: _Store, name: str, rows: list[bytes]) -> str | None:
    return store.files.add(name, "batch_output", rows).id if rows else None


async def _stop(app: web.Application) -> None:
    work = app[_STORE].work.values()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def _read_object(request: web.Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _is_metadata(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether it is at most 16 names of 64 characters, with texts of 512."""
    if value is None:
        return True
    if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) > 16:
        return False
    pairs = cast("dict[str, Any]", value).items()
    return all(
        len(name) <= 64 and isinstance(text, str) and len(text) <= 512 for name, text in pairs
    )
