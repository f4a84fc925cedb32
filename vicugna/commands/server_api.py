"""What `up` asks its server: which runs had died without a word, and what is deployed.

What was killed, or lost its machine, stays RUNNING in Prefect. When a server of `up` starts nothing
runs yet, so whatever it remembers as running is dead. While it runs, an automation marks what has
not been heard of for some time. Prefect's own worker sees only the death of a run it outlives.
"""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_ALIVE = ["RUNNING", "PENDING", "CANCELLING"]
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


def post(url: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
    """Ask the API of a server on this machine, past any proxy; return what it says.

    Raises:
        OSError: it does not answer, or refuses.
    """
    headers = {"Content-Type": "application/json"}
    request = Request(f"{url}/{path}", json.dumps(body).encode(), headers)
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
            return json.loads(response.read() or b"null")
    except HTTPException as error:
        raise OSError(str(error)) from error
