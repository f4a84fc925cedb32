"""The real thing: a temporary server, its database, its end; and the server of `up`.

Each test starts processes of its own, as a user does.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.killing import open_teacher
from vicugna.commands.local_server import Process, is_alive, observe, read_note
from vicugna.commands.server_api import WATCH, mark_dead, post
from vicugna.content import ROOT
from vicugna.ledger import connect, read_all

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc"),
]

KEY = "sk-this-key-must-not-be-stored"
RUN = """
import sys
from vicugna.commands.engine import choose_server, run_flow
from rich.console import Console
process = choose_server().process
print("server", process.pid if process else 0, flush=True)
params = {"recipe": "small", "teacher": "offline", "target": int(sys.argv[1]), "out": sys.argv[2]}
print(run_flow("self_instruct", params, Console(quiet=True))["stopped"])
"""


def environment(place: Path) -> dict[str, str]:
    """Return what a user has who set a key and nothing about Prefect."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return kept | {"OPENAI_API_KEY": KEY, "PYTHONPATH": paths, "HOME": str(place)}


def start_run(place: Path, target: int, out: str = "set") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(target), out],
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_server(run: "subprocess.Popen[str]") -> Process:
    """Return the temporary server that a run says it has started."""
    assert run.stdout is not None
    known = observe(int(run.stdout.readline().split()[1]))
    assert known is not None
    return known


def ask(home: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(home / "prefect.db")) as connection:
        return connection.execute(query).fetchall()


def wait_for_end(process: Process, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_alive(process)


@dataclass(frozen=True)
class Finished:
    place: Path
    home: Path
    printed: str
    server: Process


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run that was made on a temporary server, in a new folder."""
    place = tmp_path_factory.mktemp("temporary")
    run = start_run(place, 20)
    server = read_server(run)
    printed, errors = run.communicate(timeout=300)
    assert (run.returncode, errors) == (0, "")
    return Finished(place, place / ".prefect", printed, server)


def test_run_ends_at_its_target_and_writes_its_files(finished: Finished) -> None:
    assert finished.printed == "target\n"
    rows = (finished.place / "set" / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 20
    assert (finished.place / "set" / "manifest.json").exists()


def test_run_and_its_tasks_are_recorded(finished: Finished) -> None:
    states = ask(finished.home, "select name, state_type from task_run order by name")
    assert [(name.split("-")[0], state) for name, state in states] == [
        ("grow", "COMPLETED"),
        ("write", "COMPLETED"),
    ]
    assert ask(finished.home, "select state_type from flow_run") == [("COMPLETED",)]


def test_progress_and_report_are_recorded(finished: Finished) -> None:
    shown = ask(finished.home, "select key, data from artifact where key is not null")
    assert {key for key, _ in shown} == {"progress", "report"}
    assert "**kept** | 10 | 10" in dict(shown)["report"]


def test_key_is_nowhere(finished: Finished) -> None:
    files = [path for path in finished.place.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_temporary_server_ends_with_the_run(finished: Finished) -> None:
    assert not is_alive(finished.server)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=str)
def test_no_server_is_left_behind(tmp_path: Path, sent: signal.Signals) -> None:
    """However a run ends, while the server is still starting."""
    run = start_run(tmp_path, 20)
    server = read_server(run)

    run.send_signal(sent)
    run.communicate(timeout=60)

    assert run.returncode != 0
    assert wait_for_end(server, 30)


@pytest.fixture
def place_of_up(tmp_path: Path) -> Generator[Path]:
    yield tmp_path
    vicugna(tmp_path, "down")


def switch_on(url: str, name: str) -> None:
    """Switch the schedules of a deployment on, and let the server plan its next runs.

    It does so by itself within a minute, and what went wrong is then in its log alone.
    """
    (found,) = post(url, "deployments/filter", {"deployments": {"name": {"any_": [name]}}})
    path = f"deployments/{found['id']}"
    post(url, f"{path}/schedules", [{"schedule": {"cron": "0 * * * *"}, "active": True}])
    post(url, f"{path}/schedule", {})


def vicugna(place: Path, command: str) -> str:
    told = subprocess.run(
        [sys.executable, "-m", "vicugna", command],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_a_worker_that_is_told_to_end_loses_no_answer_that_is_paid_for(place_of_up: Path) -> None:
    """On a server of one's own, where the worker of `up` does not run."""
    vicugna(place_of_up, "up")
    note = json.loads((place_of_up / ".prefect" / "local-server.json").read_text())
    os.kill(note["worker"]["pid"], signal.SIGTERM)
    named = environment(place_of_up) | {"PREFECT_API_URL": note["url"]}
    told = subprocess.run(
        [sys.executable, "-m", "vicugna", "deploy"],
        cwd=place_of_up,
        env=named,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "release/nightly, withdraw/weekly" in told.stdout
    assert wait_for_end(Process(**note["worker"]), 60)

    with open_teacher(1) as teacher:
        worker = subprocess.Popen(
            [sys.executable, "-m", "vicugna", "worker"],
            cwd=place_of_up,
            env=named,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        asks = {"teacher": "openai", "model": "offline", "base_url": teacher.url}
        run = plan_run(note["url"], "nightly", {"recipe": "small", **asks})
        until = time.monotonic() + 120
        while len(teacher.sent) < 20 and time.monotonic() < until:
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        printed, _ = worker.communicate(timeout=90)
        asked = len(teacher.sent)

    assert (worker.returncode, printed.splitlines()[-1]) == (0, "ended: run, worker")
    ledger = connect(f"sqlite:///{place_of_up / 'outputs' / 'ledger.db'}")
    assert len(list(read_all(ledger))) == asked >= 20
    (found,) = post(note["url"], "flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    assert found["state"]["type"] == "CRASHED"


def plan_run(url: str, name: str, params: dict[str, object]) -> str:
    """Let a deployment run now; return the id of the run."""
    (found,) = post(url, "deployments/filter", {"deployments": {"name": {"any_": [name]}}})
    planned = {"state": {"type": "SCHEDULED"}, "parameters": {"params": params}}
    return str(post(url, f"deployments/{found['id']}/create_flow_run", planned)["id"])


def test_up_serves_runs_until_down(
    place_of_up: Path, monkeypatch: pytest.MonkeyPatch, finished: Finished
) -> None:
    home = place_of_up / ".prefect"
    monkeypatch.setenv("PREFECT_HOME", str(home))
    assert "page    http://127.0.0.1:" in vicugna(place_of_up, "up")
    local = read_note()
    assert local is not None
    assert local.worker is not None
    assert vicugna(place_of_up, "up") == f"already up: {local.url.removesuffix('/api')}\n"
    deployed = ask(home, "select f.name, d.name from deployment d join flow f on f.id = d.flow_id")
    assert sorted(deployed) == [
        ("clean", "files"),
        ("export", "run"),
        ("help", "worker"),
        ("release", "nightly"),
        ("self-instruct", "run"),
        ("withdraw", "weekly"),
    ]

    switch_on(local.url, "nightly")
    planned = "select count(*) from flow_run where auto_scheduled = 1 and state_type = 'SCHEDULED'"
    ((due,),) = ask(home, planned)
    assert int(due) > 0
    (automation,) = ask(home, "select name from automation")
    assert automation == (WATCH["name"],)
    assert mark_dead(local.url) == 0

    run = start_run(place_of_up, 20)
    printed, _ = run.communicate(timeout=300)

    assert printed == "server 0\ntarget\n"  # none of its own
    assert ask(home, "select state_type from flow_run where deployment_id is null") == [
        ("COMPLETED",)
    ]
    same = "set/tasks.jsonl"
    assert (place_of_up / same).read_bytes() == (finished.place / same).read_bytes()
    assert vicugna(place_of_up, "down") == "stopped: worker, server\n"
    assert not is_alive(local.server)
    assert not is_alive(local.worker)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
