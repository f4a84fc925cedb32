"""`vicugna deploy`: the flows on a Prefect server of one's own."""

import os
import subprocess

import click

from vicugna.commands.deploying import POOL, deploy_plan, prefect_command
from vicugna.commands.engine import ask_health
from vicugna.commands.prefect_settings import make_home, set_environment
from vicugna.commands.server_api import has_pool, watch_runs
from vicugna.errors import UserError


@click.command()
def deploy() -> None:
    """Deploy the flows to the Prefect server that PREFECT_API_URL names.

    Makes the work pool, and an automation that marks runs whose machine died. Schedules that are
    there stay as somebody has set them. `vicugna up` does the same for a server on this machine.

    \b
    vicugna deploy
    """
    set_environment()
    url = find_server()
    home = make_home()
    environment = {"PROJECT_ROOT": os.getcwd()} | os.environ
    try:
        if not has_pool(url, POOL):
            make = ["work-pool", "create", POOL, "--type", "process"]
            subprocess.run(prefect_command(make), env=environment, capture_output=True, check=False)
        names = deploy_plan(home, url, environment)
        watch_runs(url)
    except OSError as error:
        raise UserError(f"Prefect at {url}: {error}.") from error
    click.echo(f"deployed to {url}: {', '.join(names)}")


def find_server() -> str:
    """Return the address of the API of the server that PREFECT_API_URL names.

    Raises:
        UserError: it names none, or one that does not answer.
    """
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        raise UserError(
            "PREFECT_API_URL is not set. It is the address of your Prefect server, as "
            "http://prefect:4200/api; `vicugna up` starts one here."
        )
    if trouble := ask_health(url, 20):
        raise UserError(f"Prefect at {url}: {trouble}. Check PREFECT_API_URL.")
    return url
