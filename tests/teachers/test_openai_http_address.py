import asyncio
import socket
import ssl

import aiohttp
import orjson
import pytest

from vicugna.errors import Fatal, Transient, UserError
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_http import open_endpoint

REQUEST = Request(
    "compose", "en", "offline", (Message("user", "Write 2 tasks."),), Sampling(1.0, 1.0, 900), "p"
)


async def _ask(base_url, *, key="sk-test"):
    async with open_endpoint(Endpoint("lab", base_url, key, 10.0)) as ask:
        return await ask(REQUEST)


async def _ask_local(end=""):
    async with open_server(lambda body: "Name a bird.") as url:
        return await _ask(url + end)


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        pytest.param("", "expected an address", id="empty"),
        pytest.param("api.openai.com/v1", "expected an address", id="no scheme"),
        pytest.param("ftp://api.openai.com", "expected an address", id="other scheme"),
        pytest.param("http://", "expected an address", id="no host"),
        pytest.param("http://host:port/v1", "expected an address", id="port is no number"),
        pytest.param("http://host:70000/v1", "expected an address", id="port too large"),
        pytest.param("http://[::1/v1", "expected an address", id="open bracket"),
        pytest.param(f"http://{'a' * 64}.com/v1", "expected an address", id="name too long"),
        pytest.param("http://a..com/v1", "expected an address", id="empty part of a name"),
        pytest.param("http://a\udcff/v1", "expected an address", id="half a character"),
        pytest.param("https://me:hunter2@host/v1", "credentials", id="password"),
        pytest.param("https://host/v1?key=hunter2", "query", id="query"),
    ],
)
def test_an_address_that_is_none(base_url, words):
    """It is said before anything is sent, and without what may be secret."""
    with pytest.raises(UserError, match=words) as caught:
        asyncio.run(_ask(base_url))

    assert '"lab"' in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-abc\n", "sk-abc def", "“sk-abc”", "密钥", "sk\x00"], ids=ascii)
def test_a_key_that_is_none(key):
    """A key copied with a line break or with curly quotes is named, not shown."""
    with pytest.raises(UserError, match="API key") as caught:
        asyncio.run(_ask("http://127.0.0.1:1/v1", key=key))

    assert "sk" not in str(caught.value)
    assert "密钥" not in str(caught.value)


@pytest.mark.parametrize("end", ["", "/"], ids=["without", "with"])
def test_a_slash_at_the_end_does_not_matter(end):
    assert asyncio.run(_ask_local(end)).text == "Name a bird."


def test_the_proxy_of_the_environment_is_used(monkeypatch):
    """A name that cannot be resolved here is left to the proxy."""
    seen = []

    async def talk(reader, writer):
        seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
        body = orjson.dumps({"choices": [{"message": {"content": "via proxy"}}]})
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async def run():
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
            monkeypatch.setenv("no_proxy", "other.invalid")
            return await _ask("http://no-such-host.invalid/v1")

    assert asyncio.run(run()).text == "via proxy"
    assert seen[0].startswith("POST http://no-such-host.invalid/v1/chat/completions ")


@pytest.mark.parametrize("no_proxy", ["", "127.0.0.1"])
def test_no_proxy_to_this_machine(monkeypatch, no_proxy):
    """A local server is asked directly although a proxy is set."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{_free_port()}")
    monkeypatch.setenv("no_proxy", no_proxy)

    assert asyncio.run(_ask_local()).text == "Name a bird."


def test_a_proxy_of_another_kind_is_named(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://user:hunter2@127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", "")

    with pytest.raises(UserError, match="https_proxy") as caught:
        asyncio.run(_ask("https://api.example.com/v1"))
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there():
    """Nobody listens: it may be starting, so it may be tried again."""
    with pytest.raises(Transient, match=r"127\.0\.0\.1.*Is base_url right\?") as caught:
        asyncio.run(_ask(f"http://127.0.0.1:{_free_port()}/v1"))

    assert caught.value.cause == "unreachable"


def test_a_name_that_is_unknown(monkeypatch):
    """The network may be down for a moment, so a name may be looked up again."""

    def look_up(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Transient, match=r"no-such-host.*not known") as caught:
        asyncio.run(_ask("http://no-such-host.invalid/v1"))

    assert caught.value.cause == "unreachable"


def test_a_certificate_that_is_not_trusted(monkeypatch):
    """No retry makes a certificate good."""

    class _Key:
        host, port, ssl, is_ssl = "api.example.com", 443, True, True

    async def connect(*args, **kwargs):
        error = ssl.SSLCertVerificationError(1, "self-signed certificate")
        raise aiohttp.ClientConnectorCertificateError(_Key(), error)

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connect)
    with pytest.raises(Fatal, match="self-signed") as caught:
        asyncio.run(_ask("https://api.example.com/v1"))

    assert caught.value.cause == "certificate"
