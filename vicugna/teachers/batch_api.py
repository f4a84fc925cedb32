"""The client for any OpenAI-compatible Batch API: one attempt per call, through the `openai` SDK.

A few calls an hour, so the SDK's cost does not matter; it is imported when an API is opened,
because that takes a second. What it returns is read by ourselves (`batch_wire.py`), because it
believes whatever a server sends.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast
from urllib.parse import urlsplit

from vicugna.errors import Fatal, TeacherError, Transient
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.batch_wire import (
    BatchState,
    is_named,
    read_batch,
    read_file_id,
    read_id,
    read_list,
    split_lines,
)
from vicugna.teachers.openai_http import check_endpoint, find_proxy
from vicugna.teachers.openai_wire import parse, read_error, who
from vicugna.teachers.sdk_faults import name_fault

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Request
    from openai import AsyncAPIResponse, AsyncOpenAI

    _Opening = AbstractAsyncContextManager[AsyncAPIResponse[Any]]

_CONNECT_SECONDS = 30.0
_LONGEST_BODY = 64 * 2**20  # bytes, of a body other than a file
_PAGE = 100  # batches; the most that OpenAI, Zhipu and DashScope list at once
_MOST_PAGES = 10
_PORTS = {"http": 80, "https": 443}
# What the SDK puts in by itself, some of it from variables of the environment.
_NOT_OURS = ("Authorization", "OpenAI-Organization", "OpenAI-Project")


@asynccontextmanager
async def open_batch_api(endpoint: Endpoint) -> AsyncGenerator["BatchApi", None]:
    """Open the Batch API of an endpoint.

    The key is sent to the origin of `base_url` and is nowhere else: not in errors, not in their
    causes. `endpoint.timeout` bounds every call; where a file is moved, it bounds the wait for
    each next piece of it.

    Raises:
        UserError: The address or the key cannot be one.
    """
    check_endpoint(endpoint)
    import openai

    timeout = openai.Timeout(endpoint.timeout, connect=_CONNECT_SECONDS)
    http = openai.DefaultAsyncHttpxClient(
        timeout=timeout,
        proxy=find_proxy(endpoint.base_url),
        trust_env=False,
        verify=_trusted(),
        event_hooks={"request": [_credentials(endpoint)]},
    )
    client = openai.AsyncOpenAI(
        api_key="set by the hook",
        base_url=endpoint.base_url,
        default_query=endpoint.provider.query,
        timeout=timeout,
        max_retries=0,  # a batch that is created twice is paid for twice
        http_client=http,
    )
    async with client:
        yield BatchApi(client, http, endpoint)


class BatchApi:
    """The calls of a Batch API. Each makes one attempt.

    Raises:
        Refused: 429 and 503, with the seconds the server asked to wait.
        Transient: Any other 5xx, a timeout, a connection that broke, an answer that is none.
        Fatal: Any other status, and a 429 that says the credit is used up.
    """

    def __init__(self, client: "AsyncOpenAI", http: "AsyncClient", endpoint: Endpoint) -> None:
        self._batches = client.batches.with_streaming_response
        self._files = client.files.with_streaming_response
        self._http, self._endpoint = http, endpoint

    async def upload(self, lines: bytes | Path) -> str:
        """Upload an input file, which costs nothing, and return its id."""
        with BytesIO(lines) if isinstance(lines, bytes) else lines.open("rb") as file:
            name = ("vicugna.jsonl", file, "application/jsonl")
            uploading = self._files.create(file=name, purpose="batch")
            body = await self._call(uploading, None)
        return read_file_id(body, self._endpoint) or self._fail("no id of a file")

    async def create(
        self,
        file_id: str,
        url: str,
        window: str,
        metadata: dict[str, str],
        extra: Mapping[str, Any] | None = None,
    ) -> BatchState:
        """Create a batch, which is paid for from now on. `extra` is added to the body.

        After a `Transient` it may exist all the same: look it up with `find` before the next call.
        """
        creating = self._batches.create(
            input_file_id=file_id,
            endpoint=cast("Literal['/v1/chat/completions']", url),
            completion_window=cast("Literal['24h']", window),
            metadata=metadata,
            extra_body=extra,
        )
        return self._read_batch(await self._call(creating, self._endpoint.timeout))

    async def find(self, name: str, file_id: str = "") -> BatchState | None:
        """Return the newest batch with this name in its metadata, or made of this input file.

        Not every provider keeps the metadata; all name the input file. The newest 1,000 batches
        are looked at, or the first page where a provider has no more.
        """
        after: dict[str, str] | None = None
        for _ in range(_MOST_PAGES):
            listing = self._batches.list(limit=_PAGE, extra_query=after)
            page = await self._call(listing, self._endpoint.timeout)
            rows = read_list(page)
            for row in rows:
                if is_named(row, name) or (file_id and row.get("input_file_id") == file_id):
                    return self._read_batch(row)
            last = read_id(rows[-1].get("id"), self._endpoint) if rows else ""
            if page.get("has_more") is not True or not last:
                return None
            after = {"after": last}
        return None

    async def look(self, batch_id: str) -> BatchState:
        """Return how far a batch is."""
        looking = self._batches.retrieve(batch_id)
        return self._read_batch(await self._call(looking, self._endpoint.timeout))

    async def cancel(self, batch_id: str) -> BatchState:
        """Cancel a batch; what was answered by then is paid for. One that has ended stays so."""
        cancelling = self._batches.cancel(batch_id)
        try:
            return self._read_batch(await self._call(cancelling, self._endpoint.timeout))
        except (Fatal, Transient) as error:  # OpenAI says 409 to a batch that has ended
            refusal = error
        state = await self.look(batch_id)
        if state.ended or state.status == "cancelling":
            return state
        raise refusal

    async def read_lines(self, file_id: str) -> AsyncGenerator[dict[str, Any] | None, None]:
        """Yield the lines of a file as they arrive, None for one that is torn or no object.

        A file that breaks off raises at the end of what arrived: read it again. Close the
        generator (`contextlib.aclosing`) when leaving early.
        """
        fault: TeacherError | None = None
        try:
            async with self._open_file(file_id) as blocks, aclosing(split_lines(blocks)) as lines:
                async for line in lines:
                    if line == b"":
                        continue
                    found = None if line is None else parse(line)
                    yield cast("dict[str, Any]", found) if isinstance(found, dict) else None
        except Exception as error:
            fault = name_fault(error, self._endpoint)
            if fault is None:
                raise
        if fault is not None:
            raise fault

    async def remove_file(self, file_id: str) -> None:
        """Remove a file. One that is gone, or that is an address, is left alone."""
        if _is_address(file_id):
            return
        try:
            await self._call(self._files.delete(file_id), self._endpoint.timeout)
        except Fatal as error:
            if error.cause != "not_found":
                raise

    def _read_batch(self, body: dict[str, Any]) -> BatchState:
        return read_batch(body, self._endpoint) or self._fail("no batch")

    def _fail(self, what: str) -> NoReturn:
        raise Transient(f"{who(self._endpoint)} sent {what}.", cause="no_answer")

    async def _call(self, opening: "_Opening", seconds: float | None) -> dict[str, Any]:
        outcome = await self._attempt(opening, seconds)
        if isinstance(outcome, TeacherError):
            # Raised here, outside of the handler, so that it does not carry the SDK's own error,
            # which holds the request and its headers.
            raise outcome
        body = parse(outcome)
        return cast("dict[str, Any]", body) if isinstance(body, dict) else self._fail("no JSON")

    async def _attempt(self, opening: "_Opening", seconds: float | None) -> bytes | TeacherError:
        """Return the body of a response. None is for as long as it takes."""
        try:
            async with asyncio.timeout(seconds), opening as response:
                moved = response.http_response.history
                if moved:  # a POST that was redirected came as a GET, without its body
                    return read_error(moved[0].status_code, {}, b"", self._endpoint)
                return await self._read(response)
        except Exception as error:
            fault = name_fault(error, self._endpoint)
            if fault is None:
                raise
            return fault

    async def _read(self, response: "AsyncAPIResponse[Any]") -> bytes | TeacherError:
        blocks: list[bytes] = []
        left = _LONGEST_BODY
        async for block in response.iter_bytes():
            left -= len(block)
            if left < 0:
                line = f"{who(self._endpoint)} sent more than {_LONGEST_BODY // 2**20} MiB."
                return Transient(line, cause="too_long")
            blocks.append(block)
        return b"".join(blocks)

    @asynccontextmanager
    async def _open_file(self, file_id: str) -> AsyncGenerator[AsyncIterator[bytes], None]:
        if not _is_address(file_id):
            async with self._files.content(file_id) as response:
                yield response.iter_bytes()
            return
        if not file_id.startswith("https://") and not _same_origin(file_id, self._endpoint):
            raise Fatal(f"{who(self._endpoint)} keeps a file elsewhere.", cause="forbidden")
        async with self._http.stream("GET", file_id) as response:
            if response.status_code != 200:
                raw = await response.aread()
                raise read_error(response.status_code, response.headers, raw, self._endpoint)
            yield response.aiter_bytes()


@cache
def _trusted() -> ssl.SSLContext:
    """Return what live requests trust, too: the certificates of the machine."""
    return ssl.create_default_context()  # 60 ms


def _credentials(endpoint: Endpoint) -> "Callable[[Request], Awaitable[None]]":
    """Return a hook that puts the key into requests to the endpoint's own origin, and no others."""
    key, name = endpoint.api_key, endpoint.provider.key_header
    ours = {name: f"Bearer {key}" if name == "Authorization" else key} if key else {}

    async def put(request: "Request") -> None:
        for header in _NOT_OURS:
            request.headers.pop(header, None)
        if _same_origin(str(request.url), endpoint):
            request.headers.update(ours)

    return put


def _is_address(file_id: str) -> bool:
    return file_id.startswith(("https://", "http://"))


def _same_origin(address: str, endpoint: Endpoint) -> bool:
    return _origin(address) == _origin(endpoint.base_url)


def _origin(address: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # a port that is no number, a bracket that is not closed
        return "", None, None
