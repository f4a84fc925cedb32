"""`vicugna worker`: does the runs of a Prefect server of one's own, and ends without loss."""

import os
import signal
import subprocess
import sys
from types import FrameType

import click

from vicugna.commands.deploy import find_server
from vicugna.commands.deploying import POOL, prefect_command
from vicugna.commands.local_server import Process, end_worker, observe
from vicugna.commands.prefect_settings import set_environment
from vicugna.errors import UserError


@click.command()
@click.option(
    "--limit", type=click.IntRange(1), default=1, show_default=True, help="Runs at the same time."
)
def worker(limit: int) -> int:
    """Do the runs of the Prefect server that PREFECT_API_URL names, until told to end.

    In the foreground, for a container or a service. Runs land in outputs/ here, and keys of
    teachers come from this environment. Told to end (SIGTERM, Ctrl-C) it ends its runs first: each
    waits up to 30 s for answers that are paid for, and its next start goes on. Prefect's own worker
    takes its runs with it at once. Give it 60 s.

    \b
    vicugna worker
    vicugna worker --limit 4
    """
    if sys.platform == "win32":
        raise UserError(
            "worker needs Linux or macOS; `prefect worker start --pool local` does not."
        )
    set_environment()
    find_server()
    command = ["worker", "start", "--pool", POOL, "--type", "process", "--limit", str(limit)]
    process = subprocess.Popen(
        prefect_command(command),
        env={"PROJECT_ROOT": os.getcwd()} | os.environ,
        start_new_session=True,  # Ctrl-C comes to this process alone
    )
    known = observe(process.pid) or Process(process.pid, "ended at once")
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return process.wait()
    except KeyboardInterrupt:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # told twice, it still ends in order
        ended = end_worker(known)
        process.wait()
        click.echo(f"ended: {', '.join(ended)}")
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
