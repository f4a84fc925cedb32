"""How a Prefect server is asked: again while it is busy, with the credentials of its client."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import HTTPError

import pytest

from vicugna.commands import server_api
from vicugna.commands.server_api import has_pool, list_deployed, post, watch_runs


class _Server:
    """A server that says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.codes: list[int] = []  # of the next answers; then 200
        self.says: Any = []
        self.asked: list[tuple[str, Any, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, body, self.headers["Authorization"]))
                self.send_response(outer.codes.pop(0) if outer.codes else 200)
                self.end_headers()
                self.wfile.write(json.dumps(outer.says).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/api"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[_Server]:
    for name in ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(server_api, "_PAUSE", 0)
    made = _Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


def test_a_busy_server_is_asked_again(server: _Server) -> None:
    server.codes, server.says = [503, 503], {"id": 1}

    assert post(server.url, "flow_runs/", {}) == {"id": 1}
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("codes", "asked"), [([503] * 9, 6), ([404], 1), ([401], 1)], ids=["busy", "404", "401"]
)
def test_a_server_that_refuses_is_not(server: _Server, codes: list[int], asked: int) -> None:
    server.codes = codes

    with pytest.raises(HTTPError) as refused:
        post(server.url, "x", {})
    refused.value.close()

    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("name", "secret", "said"),
    [
        ("PREFECT_API_KEY", "pnu_1", "Bearer pnu_1"),
        ("PREFECT_API_AUTH_STRING", "admin:secret", "Basic YWRtaW46c2VjcmV0"),
        ("PATH", "", None),
    ],
)
def test_who_asks_is_said_as_the_client_of_prefect_says_it(
    server: _Server, monkeypatch: pytest.MonkeyPatch, name: str, secret: str, said: str | None
) -> None:
    monkeypatch.setenv(name, secret)

    post(server.url, "x", {})

    assert server.asked[0][2] == said


def test_what_is_there_is_found(server: _Server) -> None:
    assert not has_pool(server.url, "local")
    assert list_deployed(server.url) == set()
    watch_runs(server.url)
    assert [path for path, _, _ in server.asked][-2:] == [
        "/api/automations/filter",
        "/api/automations/",
    ]

    server.says = [{"entrypoint": "/x/flows/release.py:release", "name": "nightly"}]
    assert has_pool(server.url, "local")
    assert list_deployed(server.url) == {("release", "nightly")}
    watch_runs(server.url)
    assert server.asked[-1][0] == "/api/automations/filter"  # it is there: not made again
