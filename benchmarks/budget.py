"""Runs with random caps, random kills and a faulty teacher, and compares its invoice with the cap.

    python benchmarks/budget.py [--caps 100] [--ledger URL] [--seed 1]

Each trial draws a cap (dollars, tokens or requests; of the run or of the month), whether one or
two processes do the run, and how often they are killed with SIGKILL. The teacher is the offline
one over HTTP in this process: it refuses, fails, cuts answers and drops connections, and bills
every answer that it composed, whether it arrived or not. The promise: the invoice is never over.

Every second trial is on PostgreSQL when --ledger names a server, else all are on SQLite.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from benchmarks.crash import write_recipe
from benchmarks.killing import LONGEST, Place, Sent, Teacher, launch, open_place, open_teacher
from vicugna.ledger import connect
from vicugna.ledger.accounts import Account, count_accounts, read_accounts
from vicugna.settings import PURPOSES_OF

FAULTS = {"429": 0.03, "500": 0.03, "503": 0.03, "reset": 0.05, "cut-body": 0.03, "hang": 0.01}
PRICE = {"input": 1000, "output": 2000}  # USD per million tokens: a run costs some dozen dollars
# About what a run without a cap uses; caps are drawn up to 1.2 times of it.
FULL = {
    "alpaca": {"usd": 75.0, "tokens": 58_000, "requests": 52},
    "self-instruct": {"usd": 350.0, "tokens": 300_000, "requests": 300},
}
LONGEST_ANSWER = 400  # tokens: near to what is used, or a kill would lose most of a small cap
ENDS = {0: "target", 3: "at the cap", 2: "no room for a task"}


class Trial(NamedTuple):
    """What one trial is to do."""

    scope: str  # budget or month_budget
    unit: str
    cap: float
    processes: int
    kills: int
    method: str


class Outcome(NamedTuple):
    """What came of it, in the unit of the cap."""

    billed: float  # by the teacher
    counted: float  # in the ledger's account
    exits: tuple[int, ...]
    sums_agree: bool


def draw_trial(rng: Random) -> Trial:
    """Draw a cap and what happens to the run."""
    method = rng.choice(list(FULL))
    unit = rng.choice(list(FULL[method]))
    cap = FULL[method][unit] * rng.uniform(0.05, 1.2)
    return Trial(
        scope=rng.choice(("budget", "month_budget")),
        unit=unit,
        cap=round(cap, 4) if unit == "usd" else int(cap),
        processes=rng.choice((1, 1, 2)),
        kills=rng.randrange(4),
        method=method,
    )


def invoice(sent: Sequence[Sent], unit: str) -> float:
    """Return what the teacher bills for the questions it answered."""
    if unit == "requests":
        return len(sent)
    if unit == "tokens":
        return sum(one.input_tokens + one.output_tokens for one in sent)
    return sum(one.input_tokens * 1000 + one.output_tokens * 2000 for one in sent) / 1e6


def run_trial(trial: Trial, place: Place, teacher: Teacher, rng: Random) -> Outcome:
    """Kill a run as often as drawn, let it end, and return what it came to."""
    before = len(teacher.sent)
    for _ in range(trial.kills):
        running = [start(place, teacher) for _ in range(trial.processes)]
        try:
            running[0].wait(rng.uniform(0.8, 4))
        except subprocess.TimeoutExpired:
            kill(running[0])
        if rng.random() < 0.5:  # otherwise the other one goes on by itself
            kill(running[-1])
        end_all(running)
    exits = end_all([start(place, teacher) for _ in range(trial.processes)])
    engine = connect(place.ledger)
    with engine.connect() as connection:
        known = count_accounts(connection)
        agree = read_accounts(connection, known) == known
    engine.dispose()
    months = [account for scope, account in known.items() if scope.startswith("month:")]
    account = months[0] if months else Account("month:")  # a cap without room for one request
    counted = {"usd": account.nusd / 1e9, "tokens": account.tokens, "requests": account.requests}
    billed = invoice(teacher.sent[before:], trial.unit)
    if 2 in exits and "no task was kept (" not in place.log.read_text():
        raise RuntimeError(f"a run failed: {place.log.read_text()[-2000:]}")
    return Outcome(billed, counted[trial.unit], exits, agree)


def start(place: Place, teacher: Teacher) -> subprocess.Popen[bytes]:
    """Start `vicugna run` as a user would."""
    return launch(place, teacher, "-m", "vicugna")


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process group, if it is still there."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_all(running: Sequence[subprocess.Popen[bytes]]) -> tuple[int, ...]:
    """Wait for processes to end; raise when one hangs."""
    try:
        return tuple(process.wait(LONGEST) for process in running)
    finally:
        for process in running:
            kill(process)


def write_capped(path: Path, trial: Trial, seed: int, concurrency: int) -> Path:
    """Write the recipe of a trial."""
    further: dict[str, object] = {
        f"{trial.scope}.{trial.unit}": trial.cap,
        "teacher.price": PRICE,
        "teacher.timeout_seconds": 2,
        "teacher.concurrency": concurrency,
        "seed": seed,
    }
    for purpose in PURPOSES_OF[trial.method]:
        further[f"sampling.{purpose}.max_tokens"] = LONGEST_ANSWER
    return write_recipe(path, trial.method, 200, ["alpaca"], **further)


def kept(trial: Trial, outcome: Outcome) -> bool:
    """Return whether the promises held: no cap passed, sums right, every process ended well."""
    within = max(outcome.billed, outcome.counted) <= trial.cap
    return within and outcome.sums_agree and set(outcome.exits) <= set(ENDS)


def run_suite(caps: int, server: str, seed: int, scratch: Path) -> bool:
    """Run the trials and print them; return whether every promise held."""
    shares: list[float] = []
    ends: Counter[str] = Counter()
    broken = 0
    print(f"trial  ledger      {'cap':<29}processes  kills      billed     counted")
    with open_teacher(seed, FAULTS) as teacher:
        for number in range(caps):
            rng = Random(f"{seed} {number}")
            trial = draw_trial(rng)
            recipe = write_capped(scratch / f"{number}.yaml", trial, number, rng.choice((4, 16)))
            with open_place(scratch, recipe, server if number % 2 else "") as place:
                outcome = run_trial(trial, place, teacher, rng)
                said = place.log.read_text()
            good = kept(trial, outcome)
            print(
                _describe(
                    number, "PostgreSQL" if server and number % 2 else "SQLite", trial, outcome
                )
            )
            if not good:
                broken += 1
                print("BROKEN", outcome, said[-2000:])
            ends.update(ENDS.get(code, f"exit {code}") for code in outcome.exits)
            if set(outcome.exits) == {3}:
                shares.append(outcome.counted / trial.cap)
    print(f"\n{caps} caps, {broken} broken; runs ended: {dict(ends)}")
    if shares:
        least = min(shares)
        print(f"of a cap that ended a run, used: median {median(shares):.1%}, least {least:.1%}")
    return not broken


def _describe(number: int, where: str, trial: Trial, outcome: Outcome) -> str:
    cap = f"{trial.scope} {trial.cap:,g} {trial.unit}"
    return (
        f"{number:>5}  {where:<10}  {cap:<29}{trial.processes:>9}{trial.kills:>7}"
        f"{outcome.billed:>12,.2f}{outcome.counted:>12,.2f}"
    )


def main() -> None:
    """Run the suite; exit with 1 when a cap was passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--caps", type=int, default=100, help="how many (100)")
    parser.add_argument("--ledger", default="", help="URL of a PostgreSQL server")
    parser.add_argument("--seed", type=int, default=1, help="of the draws (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        good = run_suite(options.caps, options.ledger, options.seed, Path(name))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
