"""The client for any OpenAI-compatible chat endpoint: one attempt per call, on aiohttp.

The hot path is ours because the official SDK costs 10 to 28 times the CPU per request
(`benchmarks/client.py` measures it). Retries, limits and budgets are wrapped around it.
"""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from vicugna.errors import Fatal, TeacherError, Transient, UserError
from vicugna.records import Reply, Request
from vicugna.teachers.ask import Ask, Endpoint
from vicugna.teachers.openai_body import sendable, write_body
from vicugna.teachers.openai_wire import clean_words, read_reply, who

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_CONNECT_SECONDS = 30.0
_LONGEST_BODY = 64 * 2**20  # bytes; a server that never comes to an end must not fill the machine
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@asynccontextmanager
async def open_endpoint(
    endpoint: Endpoint, on_headers: Callable[[Mapping[str, str]], None] = lambda headers: None
) -> AsyncGenerator[Ask, None]:
    """Open an endpoint; the `Ask` it yields makes one attempt per call, as many at once as asked.

    The key is sent in the header and is nowhere else: not in errors, not in their causes. A
    proxy named by the environment is used, except to this machine. `on_headers` is told the
    headers of every response.

    Raises:
        UserError: The address or the key cannot be one.
    """
    import aiohttp  # 0.2 s that a run without this teacher does not pay

    url, key = _url(endpoint), key_header(endpoint)
    session = aiohttp.ClientSession(
        headers=_HEADERS | key,
        connector=aiohttp.TCPConnector(limit=0),  # how many at once is the caller's to say
        cookie_jar=aiohttp.DummyCookieJar(),  # a cookie would pin the run to one replica
        timeout=aiohttp.ClientTimeout(total=endpoint.timeout, sock_connect=_CONNECT_SECONDS),
        proxy=find_proxy(url),
    )

    async def ask(request: Request) -> Reply:
        request = sendable(request)
        started = time.perf_counter()
        answer = await _post(session, url, write_body(request, endpoint.provider), endpoint)
        seconds = time.perf_counter() - started
        if isinstance(answer, TeacherError):
            # Raised here, outside of the handler, so that it does not carry the client's own
            # error, whose repr holds the request's headers.
            raise answer
        on_headers(answer[1])
        return read_reply(*answer, request=request, endpoint=endpoint, seconds=seconds)

    async with session:
        yield ask


def check_endpoint(endpoint: Endpoint) -> None:
    """Do nothing when an endpoint can be asked.

    Raises:
        UserError: The address or the key cannot be one.
    """
    _url(endpoint)
    key_header(endpoint)


def key_header(endpoint: Endpoint) -> dict[str, str]:
    """Return the header that holds the key of an endpoint, as its provider calls it.

    Raises:
        UserError: The key cannot be one.
    """
    key, name = endpoint.api_key, endpoint.provider.key_header
    if not key:
        return {}
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(
            f'The API key of teacher "{endpoint.name}" holds a blank, a line break or a character '
            "outside ASCII. Copy it again, without quotes."
        )
    return {name: f"Bearer {key}" if name == "Authorization" else key}


async def _post(
    session: "ClientSession", url: str, body: bytes, endpoint: Endpoint
) -> tuple[int, Mapping[str, str], bytes] | TeacherError:
    import aiohttp

    try:
        async with session.post(url, data=body, allow_redirects=False) as response:
            answer = await _read(response)
            if answer is None:
                line = f"{who(endpoint)} sent more than {_LONGEST_BODY // 2**20} MiB."
                return Transient(line, cause="too_long")
            return response.status, response.headers, answer
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        return _name_fault(error, endpoint)


async def _read(response: "ClientResponse") -> bytes | None:
    """Return the whole body, or None when it is too long to be an answer."""
    size = response.content_length
    if size is not None and size <= _LONGEST_BODY and "Content-Encoding" not in response.headers:
        return await response.read()  # it cannot become longer
    blocks: list[bytes] = []
    left = _LONGEST_BODY
    async for block in response.content.iter_any():
        left -= len(block)
        if left < 0:
            return None
        blocks.append(block)
    return b"".join(blocks)


def _name_fault(error: Exception, endpoint: Endpoint) -> TeacherError:
    """Return our error for one of the client's. The order matters: the narrow ones go first."""
    import aiohttp

    teacher = who(endpoint)
    words = str(getattr(error, "os_error", error))  # without the client's own "ssl:default"
    what = clean_words(words, endpoint).rstrip(": ") or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Fatal(
            f"{teacher} has a certificate that is not trusted: {what}", cause="certificate"
        )
    unreachable = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    if isinstance(error, unreachable):
        return Transient(
            f"{teacher} cannot be reached: {what}. Is base_url right?", cause="unreachable"
        )
    if isinstance(error, TimeoutError):
        return Transient(f"{teacher} gave no answer in {endpoint.timeout:g} s.", cause="timeout")
    if isinstance(error, aiohttp.ClientPayloadError):
        return Transient(f"{teacher} cut its answer: {what}", cause="cut")
    if isinstance(error, aiohttp.ClientResponseError):
        return Transient(f"{teacher} does not speak HTTP: {what}", cause="bad_http")
    return Transient(f"{teacher} dropped the connection: {what}", cause="reset")


def _url(endpoint: Endpoint) -> str:
    try:
        parts = urlsplit(endpoint.base_url)
        host = (parts.hostname or "").encode("idna")  # as it is looked up
        good = parts.scheme in ("http", "https") and host != b"" and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed, a name too long
        good, parts = False, urlsplit("")
    if parts.username is not None or parts.query or parts.fragment:
        raise UserError(
            f'base_url of teacher "{endpoint.name}" holds more than an address: take the '
            "credentials, the query and the fragment out of it."
        )
    if not good:
        raise UserError(
            f'base_url of teacher "{endpoint.name}" is "{endpoint.base_url}", expected an address '
            "such as https://api.openai.com/v1."
        )
    query = endpoint.provider.query
    end = f"?{urlencode(query)}" if query else ""
    return endpoint.base_url.rstrip("/") + "/chat/completions" + end


def find_proxy(url: str) -> str | None:
    """Return the proxy the environment names for this address, None for none or this machine.

    Raises:
        UserError: It is one of a kind that cannot be used.
    """
    from urllib.request import getproxies, proxy_bypass  # aiohttp has loaded it, nothing else has

    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    if proxy is None or host in _LOOPBACK or proxy_bypass(host):
        return None
    if "://" not in proxy:
        return f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise UserError(
            f"The proxy in {parts.scheme}_proxy is not an http:// one, the only kind that works."
        )
    return proxy
