"""How the command line runs a flow, and on which Prefect server.

The server is the one `PREFECT_API_URL` names, else the one that `vicugna up` keeps running, else a
temporary one that lives as long as this process. Call `choose_server` first of all: a temporary
server then starts while the command reads its input and Prefect is imported.
"""

import asyncio
import atexit
import gc
import importlib
import logging
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from vicugna.commands.local_server import find_local_server
from vicugna.commands.prefect_settings import STARTUP_TIMEOUT, make_home, set_environment
from vicugna.content import FLOWS
from vicugna.errors import UserError
from vicugna.providers import key_variables

if TYPE_CHECKING:  # nothing slow before the server is started
    from rich.console import Console

LOCAL_HOSTS = ("127.0.0.1", "localhost")

# A temporary server registers no block types: 2 s of each start, for forms nobody sees. Without
# the memo it also leaves no note that says they were registered.
TEMPORARY: dict[str, str] = {
    "PREFECT_SERVER_REGISTER_ON_START": "false",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
    "PREFECT_UI_ENABLED": "false",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A Prefect server. `process` is None unless it is a temporary one of this process."""

    url: str  # ends in /api
    log: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None


@cache
def choose_server() -> Server:
    """Return the Prefect server of this process; a temporary one begins to start.

    Raises:
        UserError: a temporary server cannot be started at all.
    """
    set_environment()
    url = os.environ.get("PREFECT_API_URL") or _find_answering()
    server = Server(url) if url else _start_temporary()
    os.environ["PREFECT_API_URL"] = server.url
    _keep_from_proxy(server.url)
    return server


def run_flow(name: str, params: dict[str, Any], console: "Console") -> Any:  # noqa: ANN401
    """Run `flows/<name>.py` with its parameters; return what it returns.

    `console` is where the flow draws its panel. Nothing is sent to the server before the
    parameters were found right.

    Raises:
        UserError: a parameter is wrong, the server cannot be reached, or what the flow raises.
    """
    server = choose_server()
    if server.process is not None:
        _announce(console)
    from vicugna.console import CONSOLE

    flow = _load_flow(name)
    _check_params(flow, params)
    wait_until_healthy(server)
    _keep_terminal()
    CONSOLE.set(console)
    return asyncio.run(flow(params=params))


def _load_flow(name: str) -> Any:  # noqa: ANN401 - the types of Prefect are not imported yet
    gc.disable()  # nothing imported here becomes garbage
    try:
        from prefect.flows import load_flow_from_entrypoint

        flow = load_flow_from_entrypoint(f"{FLOWS / name}.py:{name}", use_placeholder_flow=False)
        for needed in ("prefect.flow_engine", "prefect.task_engine", "fastapi.encoders"):
            with suppress(ImportError):  # Prefect imports them when a flow starts: do it meanwhile
                importlib.import_module(needed)
    finally:
        gc.freeze()
        gc.enable()
    return flow


def _keep_terminal() -> None:
    """Keep Prefect's records off the terminal: there is the panel, and one line for an error.

    What a run logs still goes to the server, and what goes wrong here arrives as an exception.
    """
    for name in ("prefect", "EventsWorker", "APILogWorker"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())


def _check_params(flow: Any, params: dict[str, Any]) -> None:  # noqa: ANN401 - as above
    from prefect.exceptions import ParameterTypeError

    logging.getLogger("prefect.flows").disabled = True  # it would show the parameters
    try:
        flow.validate_parameters({"params": params})
    except ParameterTypeError as error:
        problems = str(error).replace("params.", "").split("\n - ")[1:]
        raise UserError(f"{flow.name}: {'; '.join(problems)}.") from error
    finally:
        logging.getLogger("prefect.flows").disabled = False


def wait_until_healthy(server: Server) -> None:
    """Return when the server answers.

    A temporary server listens before it can answer, so that one request waits for it.

    Raises:
        UserError: it does not answer.
    """
    problem = ask_health(server.url, STARTUP_TIMEOUT if server.process else 10)
    if not problem:
        return
    if server.process is not None:
        raise UserError(
            f"Prefect: the temporary server did not start ({problem}); its log is {server.log}. "
            "Run with --direct to do without Prefect."
        )
    raise UserError(
        f"Prefect: no server answers at {server.url} ({problem}). Mend PREFECT_API_URL or unset "
        "it, or run with --direct to do without Prefect."
    )


def ask_health(url: str, timeout: float) -> str:
    """Ask a server how it is; return what is wrong, "" when it is well.

    A server on this machine is asked past any proxy.
    """
    local = urlsplit(url).hostname in LOCAL_HOSTS
    opener = build_opener(ProxyHandler({})) if local else build_opener()
    try:
        with opener.open(f"{url.rstrip('/')}/health", timeout=timeout):
            return ""
    except HTTPError as error:
        error.close()
        return f"status {error.code}" if error.code >= 500 else ""
    except (OSError, HTTPException, ValueError) as error:  # a URLError is an OSError
        return str(getattr(error, "reason", "") or error) or type(error).__name__


def _find_answering() -> str | None:
    url = find_local_server()
    return url if url and not ask_health(url, 5) else None


def _start_temporary() -> Server:
    log = make_home() / "temporary-server.log"
    # Keys are for teachers; a server has no use for them.
    keys = key_variables()
    inherited = {name: text for name, text in os.environ.items() if name not in keys}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "vicugna.commands.temporary_server"],
            stdin=subprocess.PIPE,  # closed by the system when this process ends, however it ends
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**inherited, **TEMPORARY},
            start_new_session=True,  # Ctrl-C is for this process, which still has to report
        )
    # Registered before Prefect's own, so it runs after them: they send what is left to send.
    atexit.register(_stop, process)
    if process.stdout is None:
        raise AssertionError("stdout is a pipe")
    port = process.stdout.readline().strip().decode()
    if not port:
        raise UserError(f"Prefect: the temporary server did not start; its log is {log}.")
    return Server(f"http://127.0.0.1:{port}/api", log, process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _announce(console: "Console") -> None:
    console.print(
        "Prefect: starting a temporary server, 5 to 20 s (`vicugna up` keeps one running, --direct "
        "does without)",
        highlight=False,
        soft_wrap=True,
    )


def _keep_from_proxy(url: str) -> None:
    """Add a server on this machine to NO_PROXY, which Prefect's client reads."""
    host = urlsplit(url).hostname
    if host in LOCAL_HOSTS:
        for name in ("NO_PROXY", "no_proxy"):
            known = os.environ.get(name)
            os.environ[name] = f"{known},{host}" if known else host
