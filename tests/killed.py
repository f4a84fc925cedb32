"""A command that dies in the middle of its questions, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

_DIES = """
import os, sys
from tests.scripted import scripted
from vicugna.__main__ import main
from vicugna.ledger import Ledger
from vicugna.teachers.offline import ask as offline

after, number = int(sys.argv.pop(1)), int(sys.argv.pop(1))
settle, committed = Ledger.settle, 0

async def settle_and_die(self, charge, request, reply):
    global committed
    stored = await settle(self, charge, request, reply)
    committed += 1
    if committed == after:
        os.kill(os.getpid(), number)
    return stored

Ledger.settle = settle_and_die
offline.ask_offline = scripted()
main()
"""


def run_and_kill(*words: str, after: int, signal: int) -> "subprocess.CompletedProcess[str]":
    """Run `vicugna` with a scripted teacher; a signal comes when so many answers are committed."""
    return subprocess.run(
        [sys.executable, "-c", _DIES, str(after), str(int(signal)), *words],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
