"""Which Prefect server a command runs on, and what it says when none is."""

import http.server
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from vicugna.commands import engine
from vicugna.commands.engine import (
    Server,
    ask_health,
    choose_server,
    run_flow,
    wait_until_healthy,
)
from vicugna.errors import UserError

REFUSED = "http://127.0.0.1:9/api"  # the discard port; nothing serves HTTP there


@pytest.fixture(autouse=True)
def clean_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """An empty folder, and no word about Prefect in the environment, before and after."""
    before = dict(os.environ)
    for name in os.environ:
        if name.startswith("PREFECT_") or name == "DO_NOT_TRACK":
            monkeypatch.delenv(name)
    choose_server.cache_clear()
    yield place
    choose_server.cache_clear()
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def serve(status: int) -> Generator[str]:
    """Serve one status for every request, as a Prefect server would; yield its address."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()
            thread.join()


def test_a_named_server_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(200) as local:
        monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
        monkeypatch.setattr(engine, "find_local_server", lambda: local)

        assert choose_server() == Server("http://prefect.example/api")


def test_the_server_of_up_comes_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(200) as local:
        monkeypatch.setattr(engine, "find_local_server", lambda: local)

        assert choose_server() == Server(local)
        assert os.environ["PREFECT_API_URL"] == local


@pytest.mark.parametrize("answer", [None, REFUSED], ids=["no up", "up does not answer"])
def test_a_temporary_server_comes_last(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    temporary = Server("http://127.0.0.1:1/api")
    monkeypatch.setattr(engine, "find_local_server", lambda: answer)
    monkeypatch.setattr(engine, "_start_temporary", lambda: temporary)

    assert choose_server() == temporary
    assert choose_server() is choose_server()


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "127.0.0.1"), ("example.com", "example.com,127.0.0.1")],
    ids=["no exception yet", "one more exception"],
)
def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.setenv("NO_PROXY", before)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")

    choose_server()

    assert os.environ["NO_PROXY"] == after


@pytest.mark.parametrize(
    ("status", "problem"),
    [(200, ""), (401, ""), (404, ""), (500, "status 500"), (503, "status 503")],
    ids=str,
)
def test_ask_health(monkeypatch: pytest.MonkeyPatch, status: int, problem: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serve(status) as url:
        assert ask_health(url, 5) == problem
        assert ask_health(f"{url}/", 5) == problem


@pytest.mark.parametrize("url", [REFUSED, "htp:x", "http://127.0.0.1:port/api"], ids=str)
def test_ask_health_says_why_not(url: str) -> None:
    assert ask_health(url, 5)


def test_a_server_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(UserError, match=r"no server answers at .*:9/api .*--direct"):
        wait_until_healthy(Server(REFUSED))


def test_a_home_that_cannot_be_written_is_one_line(
    clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean_environment / "file").touch()
    monkeypatch.setenv("PREFECT_HOME", str(clean_environment / "file" / "home"))
    with pytest.raises(UserError, match=r"cannot be written.*PREFECT_HOME"):
        choose_server()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"targt": 3}, "targt"),
        ({"base_url": "http://me:secret@host/v1"}, "base_url"),
        ({"target": 0, "seed": -1}, "target: .*; seed: "),
    ],
    ids=["unknown", "key in an address", "two at once"],
)
def test_wrong_parameters_reach_no_server(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    params: dict[str, object],
    said: str,
) -> None:
    """The server refuses connections: whoever asked it would fail with another line."""
    monkeypatch.setenv("PREFECT_API_URL", REFUSED)

    with pytest.raises(UserError, match=said) as raised:
        run_flow("self_instruct", params, Console(quiet=True))

    assert "secret" not in str(raised.value) + "".join(capfd.readouterr())
