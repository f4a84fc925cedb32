"""What `up` and `deploy` ask a Prefect server: which runs had died, what is deployed.

What was killed, or lost its machine, stays RUNNING in Prefect. When a server of `up` starts nothing
runs yet, so whatever it remembers as running is dead. While it runs, an automation marks what has
not been heard of for some time. Prefect's own worker sees only the death of a run it outlives.
"""

import json
import os
import time
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from vicugna.commands.engine import LOCAL_HOSTS

_ALIVE = ["RUNNING", "PENDING", "CANCELLING"]
_ATTEMPTS, _PAUSE = 6, 1.0  # seconds between two
_TOGETHER = 200  # runs that the server names at once
_SILENCE = 200  # seconds; three beats and some (`flows.heartbeat_frequency` in prefect.toml)
WATCH: Mapping[str, Any] = {
    "name": "vicugna: runs that died",
    "description": "Marks runs as crashed that have not been heard of for some time.",
    "trigger": {
        "type": "event",
        "posture": "Proactive",
        "match": {"prefect.resource.id": "prefect.flow-run.*"},
        "after": ["prefect.flow-run.heartbeat"],
        "expect": ["prefect.flow-run.*"],
        "for_each": ["prefect.resource.id"],
        "threshold": 1,
        "within": _SILENCE,
    },
    "actions": [
        {
            "type": "change-flow-run-state",
            "state": "CRASHED",
            "name": "Crashed",
            "message": "Not heard of for some time. What was paid for is in the ledger.",
        }
    ],
}


def mark_dead(url: str) -> int:
    """Mark as crashed what a server that has just started takes for running; return how many.

    `url` ends in /api.

    Raises:
        OSError: the server does not answer.
    """
    state = {
        "type": "CRASHED",
        "name": "Crashed",
        "message": "Its process was gone when the server started. What was paid for is in the "
        "ledger; the next start goes on with it.",
    }
    marked = 0
    while found := post(url, "flow_runs/filter", _page_of_alive()):
        for run in found:
            post(url, f"flow_runs/{run['id']}/set_state", {"state": state, "force": True})
        marked += len(found)
        if len(found) < _TOGETHER:
            break
    return marked


def watch_runs(url: str) -> None:
    """Let a server mark runs that die, if it does not yet.

    Raises:
        OSError: the server does not answer.
    """
    same_name = {"automations": {"name": {"any_": [WATCH["name"]]}}}
    if not post(url, "automations/filter", same_name):
        post(url, "automations/", WATCH)


def list_deployed(url: str) -> set[tuple[str, str]]:
    """Return the deployments of a server: the function of the flow, and the name.

    Raises:
        OSError: the server does not answer.
    """
    found = post(url, "deployments/filter", {"limit": _TOGETHER})
    return {(one["entrypoint"].rpartition(":")[2], one["name"]) for one in found}


def _page_of_alive() -> dict[str, Any]:
    return {"flow_runs": {"state": {"type": {"any_": _ALIVE}}}, "limit": _TOGETHER}


def has_pool(url: str, name: str) -> bool:
    """Say whether a server has a work pool.

    Raises:
        OSError: the server does not answer.
    """
    return bool(post(url, "work_pools/filter", {"work_pools": {"name": {"any_": [name]}}}))


def _authorization() -> dict[str, str]:
    """Return what Prefect's own client would say of who asks."""
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if secret := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
    return {}


def post(url: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
    """Ask the API of a server; return what it says. One on this machine is asked past any proxy.

    A server whose database is busy (503) is asked again, as Prefect's own client does.

    Raises:
        OSError: it does not answer, or refuses.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _send(url, path, body)
        except HTTPError as error:
            error.close()
            if error.code != 503:
                raise
            time.sleep(_PAUSE)
    return _send(url, path, body)


def _send(url: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
    headers = {"Content-Type": "application/json"} | _authorization()
    request = Request(f"{url}/{path}", json.dumps(body).encode(), headers)
    local = urlsplit(url).hostname in LOCAL_HOSTS
    opener = build_opener(ProxyHandler({})) if local else build_opener()
    try:
        with opener.open(request, timeout=30) as response:
            return json.loads(response.read() or b"null")
    except HTTPException as error:
        raise OSError(str(error)) from error
