"""`vicugna up` and `vicugna down`: a Prefect server and worker of this folder, and their end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from vicugna.commands.deploying import POOL, deploy_plan, prefect_command
from vicugna.commands.engine import ask_health
from vicugna.commands.local_server import (
    LocalServer,
    Process,
    end_process,
    end_worker,
    is_alive,
    observe,
    read_note,
    remove_note,
    write_note,
)
from vicugna.commands.prefect_settings import make_home, set_environment
from vicugna.commands.server_api import has_pool, mark_dead, watch_runs
from vicugna.errors import UserError
from vicugna.providers import key_variables

USUAL_PORT = 4200  # Prefect's own
START_SECONDS = 180
_STARTED: list["subprocess.Popen[bytes]"] = []  # an object that is dropped warns: it still runs
SERVER_SECONDS = 10  # to end by itself


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of server and page; default 4200 or free."
)
def up(port: int | None) -> None:
    """Start a local Prefect server and worker.

    They run in the background, from this folder and for it: `vicugna run` finds them here and
    starts 5 s sooner. Their page shows runs and reports, and starts flows from a form. The worker
    has the environment of this shell, keys of teachers included. What they keep is in .prefect/.

    \b
    vicugna up
    vicugna up --port 4300
    """
    _check_system()
    set_environment()
    home = make_home()
    known = read_note()
    if known is not None and _is_up(known):
        click.echo(f"already up: {_page(known.url)}")
        return
    _check_address()
    _stop(known)
    click.echo("starting a Prefect server and a worker, about 20 s")
    try:
        local = _start(home, port)
    except BaseException:
        _stop(read_note())
        raise
    click.echo(f"page    {_page(local.url)}")
    click.echo(f"logs    {home / 'server.log'}  {home / 'worker.log'}")
    click.echo("end it  vicugna down")


@click.command()
def down() -> None:
    """Stop what `up` started here, and nothing else.

    The runs that its worker has begun end too; what they paid for is in the ledger.

    \b
    vicugna down
    """
    _check_system()
    set_environment()
    stopped = _stop(read_note())
    click.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing of `vicugna up` runs here")


def _start(home: Path, port: int | None) -> LocalServer:
    url = f"http://127.0.0.1:{_choose_port(port)}"
    environment = {**os.environ, "PREFECT_API_URL": f"{url}/api", "PROJECT_ROOT": os.getcwd()}
    environment["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "INFO"  # their terminal is a log file
    keys = key_variables()
    no_key = {name: text for name, text in environment.items() if name not in keys}
    no_key["PREFECT_SERVER_UI_STATIC_DIRECTORY"] = str(home / "ui")  # site-packages may be closed
    host, number = url.removeprefix("http://").split(":")
    serve = ["server", "start", "--host", host, "--port", number]
    local = LocalServer(f"{url}/api", _launch(serve, home / "server.log", no_key))
    write_note(local)
    _wait(local.server, lambda: not ask_health(local.url, 5), home / "server.log")
    if dead := mark_dead(local.url):
        click.echo(f"{dead} runs had died without a word: marked as crashed")
    work = ["worker", "start", "--pool", POOL, "--type", "process"]
    worker = _launch(work, home / "worker.log", environment)
    local = LocalServer(local.url, local.server, worker)
    write_note(local)
    # To make its pool is the last thing it does before it looks for runs.
    _wait(worker, lambda: has_pool(local.url, POOL), home / "worker.log")
    deploy_plan(home, local.url, no_key)
    watch_runs(local.url)
    return local


def _launch(arguments: list[str], log: Path, environment: dict[str, str]) -> Process:
    """Start a Prefect command that outlives this one, in a process group of its own."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            prefect_command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
    _STARTED.append(process)
    return observe(process.pid) or Process(process.pid, "ended at once")


def _wait(process: Process, ready: Callable[[], bool], log: Path) -> None:
    """Return when what was started is ready.

    Raises:
        UserError: it ended, or took longer than START_SECONDS.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if ready():
            return
        if not is_alive(process):
            raise UserError(f"Prefect: what `vicugna up` started has ended; see {log}.")
        time.sleep(0.2)
    raise UserError(f"Prefect: not ready after {START_SECONDS} s; see {log}.")


def _stop(known: LocalServer | None) -> list[str]:
    """End what a note names and forget it; return what was still running."""
    if known is None:
        return []
    ended: list[str] = []
    if known.worker is not None:
        ended += end_worker(known.worker)
    ended += ["server"] * end_process(known.server, SERVER_SECONDS)
    remove_note()
    return ended


def _is_up(known: LocalServer) -> bool:
    worker = known.worker
    alive = is_alive(known.server) and worker is not None and is_alive(worker)
    return alive and not ask_health(known.url, 5)


def _choose_port(port: int | None) -> int:
    for candidate in (port,) if port else (USUAL_PORT, 0):
        try:
            with socket.create_server(("127.0.0.1", candidate)) as listener:
                return listener.getsockname()[1]
        except OSError as error:
            if port:
                raise UserError(
                    f"--port {port}: {error.strerror}. Give another, or none for a free one."
                ) from error
    raise UserError("no free port on 127.0.0.1.")


def _page(url: str) -> str:
    return url.removesuffix("/api")


def _check_address() -> None:
    address = os.environ.get("PREFECT_API_URL")
    if address:
        raise UserError(
            f"PREFECT_API_URL is {address}, so `vicugna run` uses that server. Unset it to start "
            "one here."
        )


def _check_system() -> None:
    if sys.platform == "win32":
        raise UserError(
            "up and down need Linux or macOS. Start `prefect server start` yourself and set "
            "PREFECT_API_URL to its address."
        )
