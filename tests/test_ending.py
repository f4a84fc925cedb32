"""A process that is told to end waits for what is paid for, and ends then."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from time import monotonic, sleep

import pytest

from benchmarks.killing import open_teacher
from vicugna.content import ROOT
from vicugna.ending import ending_gently
from vicugna.ledger import connect, read_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")


@pytest.fixture
def heard():
    """Return what is filled when a handler of somebody else hears the signal."""
    found = []
    before = signal.signal(signal.SIGTERM, lambda *_: found.append("SIGTERM"))
    yield found
    signal.signal(signal.SIGTERM, before)


async def _work(done, times):
    """Work in a block that takes its time when it is cancelled, and be told to end."""
    with ending_gently():
        for _ in range(times):
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            done.append("waited for what is paid for")


def test_the_block_ends_before_the_signal_is_heard_by_others(heard):
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_work(heard, 1))

    assert heard == ["waited for what is paid for", "SIGTERM"]


def test_a_second_signal_is_heard_at_once(heard):
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_work(heard, 2))

    assert heard[0] == "SIGTERM"


def test_where_nobody_else_listens_it_is_an_interrupt():
    done, before = [], signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(_work(done, 1))
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done


def test_a_block_that_is_not_told_leaves_all_as_it_was(heard):
    async def work():
        with ending_gently():
            await asyncio.sleep(0)

    handler = signal.getsignal(signal.SIGTERM)
    asyncio.run(work())

    assert signal.getsignal(signal.SIGTERM) is handler
    assert heard == []


def test_other_threads_hear_no_signals_and_are_left_alone():
    ended = []

    async def work():
        with ending_gently():
            ended.append(True)

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    thread.join()

    assert ended == [True]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_run_that_is_told_to_end_writes_every_answer_that_is_paid_for(tmp_path, sent):
    command = [sys.executable, "-m", "vicugna", "run", "small", "--direct", "--quiet"]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VICUGNA_")}
    with open_teacher(1) as teacher:
        run = subprocess.Popen(
            [*command, "--teacher", "openai", "--model", "offline", "--base-url", teacher.url],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "sk-none"},
            stderr=subprocess.PIPE,
            text=True,
        )
        until = monotonic() + 60
        while len(teacher.sent) < 12 and monotonic() < until:
            sleep(0.01)
        run.send_signal(sent)
        _, said = run.communicate(timeout=60)
        asked = len(teacher.sent)

    assert (run.returncode, asked >= 12) == (130, True)
    assert "stopped. Every paid answer is kept" in said
    assert len(list(read_all(connect(f"sqlite:///{tmp_path / 'outputs' / 'ledger.db'}")))) == asked
