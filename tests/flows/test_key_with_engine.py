"""A teacher sends the key back, in answers and in refusals: Prefect's database has it not."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest

from tests.flows.test_with_engine import KEY, environment
from tests.hostile import read_everything, read_request
from tests.scripted import say_well

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform == "win32", reason="as the other tests with an engine"),
]

RUN = """
import sys
from vicugna.commands.engine import run_flow
from vicugna.errors import VicugnaError
from rich.console import Console
for seed, path in enumerate(("/v1", "/refuse/v1")):
    params = {"base_url": sys.argv[1] + path, "target": 8, "seed": seed, "out": f"out-{seed}"}
    try:
        print(run_flow("self_instruct", params, Console())["stopped"])
    except VicugnaError as error:
        print(error)
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers well or refuses, and says in either case with which header it was asked."""

    def do_POST(self) -> None:
        told = self.headers["Authorization"]
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refused = self.path.startswith("/refuse")
        rows = [orjson.loads(line) for line in say_well(read_request(body)).split("\n")]
        text = "\n".join(
            orjson.dumps(row | {"output": f"{row['output']} {told}"}).decode() for row in rows
        )
        choice = {"message": {"content": text}, "finish_reason": told}
        answer = {"error": {"message": told}} if refused else {"choices": [choice]}
        self.send_response(401 if refused else 200)
        self.send_header("X-Echo", told)
        self.end_headers()
        self.wfile.write(orjson.dumps(answer))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _serve() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_key_that_comes_back_is_nowhere(tmp_path: Path) -> None:
    """Not in a state, a log record, a parameter or an artifact, nor in what the run wrote."""
    with _serve() as address:
        told = subprocess.run(
            [sys.executable, "-c", RUN, address],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    assert told.returncode == 0, told.stderr
    assert "target\n" in told.stdout
    assert "said 401: Bearer ***. Check the API key." in told.stdout
    assert KEY not in told.stdout + told.stderr
    found = list(read_everything(tmp_path))
    assert any(b"said 401: Bearer ***" in text for text in found)  # the state of the failed run
    assert any(b"Bearer ***" in text and b"instruction" in text for text in found)
    assert not [text[:200] for text in found if KEY.encode() in text]
