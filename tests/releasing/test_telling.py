"""Whom the user names is told, and their trouble is not the run's."""

import json
import logging
import shlex
import socket
import socketserver
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vicugna.errors import UserError
from vicugna.providers import key_variables
from vicugna.releasing import telling
from vicugna.releasing.telling import HOOK, WEBHOOK, check_hooks, tell

TOLD = {"set": "small", "event": "released", "words": "说明\n\x1b[31m"}
WRITE = """
import json, os, sys
heard = {"last": sys.argv[-1], "stdin": sys.stdin.buffer.read().decode("ascii")}
json.dump(heard | {"environment": dict(os.environ)}, open("heard.json", "w"))
print("said by the hook")
"""


@pytest.fixture
def hook(place, monkeypatch):
    """Return a function that names a program as the hook."""

    def use(program):
        (place / "a hook.py").write_text(program)
        monkeypatch.setenv(HOOK, shlex.join([sys.executable, "a hook.py", "--to", "me"]))

    return use


@pytest.fixture
def serve():
    """Return a function that starts a web server that gives one answer: (address, what it got)."""
    servers = []

    def serve(status=204):
        got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, self.headers["Content-Type"], body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        return start(HTTPServer(("127.0.0.1", 0), Handler)), got

    def start(server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    serve.start = start
    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def _heard(place):
    return json.loads((place / "heard.json").read_text())


def test_a_command_gets_the_occasion_last_and_json_on_stdin(place, hook):
    hook(WRITE)

    tell("success", TOLD)

    assert _heard(place)["last"] == "success"
    assert json.loads(_heard(place)["stdin"]) == {"occasion": "success", **TOLD}


def test_no_key_of_a_teacher_is_in_the_environment_of_a_command(place, hook, monkeypatch):
    hook(WRITE)
    for name in key_variables():
        monkeypatch.setenv(name, "sk-secret")
    monkeypatch.setenv("MAIL_TO", "me")

    tell("success", TOLD)

    environment = _heard(place)["environment"]
    assert key_variables()
    assert "sk-secret" not in environment.values()
    assert environment["MAIL_TO"] == "me"


def test_what_a_command_prints_is_not_in_the_way_of_json(place, hook, capfd):
    hook(WRITE)

    tell("success", TOLD)

    out, err = capfd.readouterr()
    assert (out, err.strip()) == ("", "said by the hook")


def test_a_webhook_gets_a_post(serve, monkeypatch, caplog):
    address, got = serve()
    monkeypatch.setenv(WEBHOOK, f"{address}/hooks/secret?to=me")

    tell("budget", TOLD)

    ((path, kind, body),) = got
    assert (path, kind) == ("/hooks/secret?to=me", "application/json")
    assert body.isascii()
    assert json.loads(body) == {"occasion": "budget", **TOLD}
    assert caplog.text == ""


def test_both_are_told_when_the_first_fails(place, hook, serve, monkeypatch):
    address, got = serve(500)
    monkeypatch.setenv(WEBHOOK, address)
    hook(WRITE)

    tell("failure", TOLD)

    assert len(got) == 1
    assert _heard(place)["last"] == "failure"


def test_nobody_is_told_when_nobody_is_named(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    monkeypatch.setattr(telling, "urlopen", None)

    check_hooks()
    tell("success", TOLD)


# --- their trouble --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "says"),
    [
        pytest.param(f"{sys.executable} -c 'raise SystemExit(7)'", "exit code 7", id="fails"),
        pytest.param("./no-such-command", "No such file", id="is not there"),
        pytest.param("/", "Permission denied", id="is no program"),
    ],
)
def test_a_command_that_fails_is_a_warning(place, monkeypatch, caplog, command, says):
    monkeypatch.setenv(HOOK, command)

    tell("success", TOLD)

    ((_, level, text),) = caplog.record_tuples
    assert level == logging.WARNING
    assert text.startswith(f"{HOOK}: ")
    assert says in text


def test_a_command_that_does_not_end_is_ended(hook, monkeypatch, caplog):
    hook("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(telling, "_COMMAND_SECONDS", 0.3)

    tell("success", TOLD)

    assert "timed out" in caplog.text


def test_a_command_may_leave_its_input_unread(hook, caplog):
    hook("")

    tell("success", TOLD | {"words": "x" * 1_000_000})

    assert caplog.text == ""


@pytest.fixture
def bind():
    """Return a function that takes a port and does not listen there."""
    with socket.socket() as taken:

        def bind(address):
            taken.bind(address)
            return taken

        yield bind


class Garbage(socketserver.BaseRequestHandler):
    """Answers as no web server does, with the address in it."""

    def handle(self):
        asked = self.request.recv(65_536)
        self.request.sendall(asked.split()[1] + b"\r\n\r\n")


@pytest.mark.parametrize("how", ["404", "500", "garbage", "closed", "no server"])
def test_a_webhook_that_fails_is_a_warning_without_its_address(
    serve, bind, monkeypatch, caplog, how
):
    """The address is a secret where whoever knows it may post."""
    if how == "garbage":
        address = serve.start(socketserver.TCPServer(("127.0.0.1", 0), Garbage))
    elif how == "closed":
        closed = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        address = serve.start(closed)
    elif how == "no server":
        taken = bind(("127.0.0.1", 0))  # and nobody listens there
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    else:
        address, _ = serve(int(how))
    monkeypatch.setenv(WEBHOOK, f"{address}/hooks/secret-7f3a")

    tell("success", TOLD)

    ((_, level, text),) = caplog.record_tuples
    assert level == logging.WARNING
    assert text.startswith(f"{WEBHOOK}: was not told: ")
    assert "secret" not in text
    assert "127.0.0.1" not in text


# --- wrong values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "hooks.example/secret",
        "ftp://host/secret",
        "file:///secret",
        "https://",
        "http:secret",
        "http://host/a secret",
        "http://host/secret\x01",
        "http://[secret",
        "http://host:secret/",
        "http://host:99999/secret",
        "http://me:secret@host/",
    ],
)
def test_what_is_no_address_is_one_line_without_it(monkeypatch, address):
    monkeypatch.setenv(WEBHOOK, address)

    with pytest.raises(UserError, match=f"^{WEBHOOK}: expected an address") as told:
        check_hooks()

    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "address",
    ["", "http://127.0.0.1:8080/x", "https://hooks.example/T0/B1?key=a%20b", "http://[::1]:80/"],
)
def test_an_address_is_one(monkeypatch, address):
    monkeypatch.setenv(WEBHOOK, address)

    check_hooks()


@pytest.mark.parametrize("command", ["", "  ", "mail 'me", "mail me\\"])
def test_what_is_no_command_is_one_line(monkeypatch, command):
    monkeypatch.setenv(HOOK, command)

    with pytest.raises(UserError, match=f"^{HOOK}: not a command: "):
        check_hooks()
