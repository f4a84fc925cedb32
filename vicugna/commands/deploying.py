"""How the flows are deployed: `prefect.yaml` with the places of this installation."""

import subprocess
import sys
from pathlib import Path

from vicugna.commands.server_api import list_deployed
from vicugna.content import ROOT
from vicugna.errors import UserError

POOL = "local"  # as in prefect.yaml


def deploy_plan(home: Path, url: str, environment: dict[str, str]) -> list[str]:
    """Deploy `prefect.yaml` to a server; return what was deployed, as "release/nightly".

    Schedules of a deployment that is there already stay as somebody has set them since.

    Raises:
        UserError: Prefect refuses; its words are in a file of `home`.
        OSError: the server does not answer.
    """
    import yaml

    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    known = list_deployed(url)
    names: list[str] = []
    for deployment in plan["deployments"]:
        flow, name = deployment["entrypoint"].rpartition(":")[2], deployment["name"]
        if (flow, name) in known:
            deployment.pop("schedules", None)
        deployment["entrypoint"] = str(ROOT / deployment["entrypoint"])
        names.append(f"{flow.replace('_', '-')}/{name}")
    local_plan = home / "prefect.yaml"
    local_plan.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    told = subprocess.run(
        prefect_command(["--no-prompt", "deploy", "--all", "--prefect-file", str(local_plan)]),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (home / "deploy.log").write_text(told.stdout + told.stderr, encoding="utf-8")
    if told.returncode:
        raise UserError(f"Prefect: prefect.yaml was not deployed; see {home / 'deploy.log'}.")
    return names


def prefect_command(arguments: list[str]) -> list[str]:
    """Return Prefect's own command line."""
    return [sys.executable, "-m", "prefect", *arguments]
