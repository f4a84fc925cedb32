"""What a run shows, on a terminal and without one."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from tests.scripted import grow_once, make_job, make_recipe, scripted
from vicugna import console as console_module
from vicugna.console import print_cost, print_summary, show_progress
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.pipeline import begin

COUNTS = {
    "tasks": {"en": 1200, "zh": 7},
    "rejected": {"near_duplicate": {"en": 31}, "parse: cut": {"zh": 2}},
}
USAGE = {
    "requests": 1234,
    "input_tokens": 50_000,
    "output_tokens": 6_000,
    "price_usd": "0.123456",
    "unanswered": {},
}


class _Heard(io.StringIO):
    """A file that says when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


def _text(show, **options):
    out = io.StringIO()
    show(Console(file=out, width=100, **options))
    return out.getvalue()


def _watched(**changes) -> tuple[list[Growth], Traffic]:
    growth = grow_once(make_recipe(**changes), scripted(price_nusd=2_500_000))
    traffic = Traffic(sent=5, replayed=3)
    traffic.sending = {"one", "two"}  # only their number is shown
    return [growth], traffic


def test_without_a_terminal_a_plain_line_is_said_now_and_then(monkeypatch):
    monkeypatch.setattr(console_module, "PLAIN_SECONDS", 0.001)
    growths, traffic = _watched()
    traffic.faults.update(["429", "429", "reset"])
    out = _Heard()

    with show_progress(make_recipe(), growths, traffic, Console(file=out, width=40)):
        assert out.written.wait(30)

    lines = out.getvalue().splitlines()
    assert lines[0] == (
        "en=12/12 zh=12/12 sent=5 from_ledger=3 in_flight=2 waiting=0 faults=3 "
        f"${growths[0].replies * 0.0025:.4f}"
    )


def test_a_short_run_without_a_terminal_says_nothing():
    out = io.StringIO()

    with show_progress(make_recipe(), [], Traffic(), Console(file=out)):
        pass

    assert out.getvalue() == ""


def test_the_panel_shows_rows_yield_requests_tokens_price_and_faults():
    growths, traffic = _watched(target=40)
    growths[0].kept["zh"] = 10
    traffic.faults.update(["timeout"])
    recipe = make_recipe(target=40)
    out = io.StringIO()

    with show_progress(recipe, growths, traffic, Console(file=out, width=100, force_terminal=True)):
        pass

    shown = out.getvalue()
    for part in (
        "20 of 20",
        "10 of 20",
        "pieces kept",
        "5 sent, 3 from the ledger",
        "2 in flight",
        f"{growths[0].replies * 30:,}",
        f"${growths[0].replies * 0.0025:.4f}",
        "tasks/s",
        "left",
        "timeout 1",
    ):
        assert part in shown


def test_the_panel_of_a_run_that_has_not_begun():
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)

    with show_progress(make_recipe(), [begin(make_job(make_recipe()))], Traffic(), console):
        pass

    assert "0 of 12" in out.getvalue()
    assert "faults" not in out.getvalue()


def test_a_price_that_is_not_known_is_not_nothing():
    growths, traffic = _watched()
    growths[0].unpriced = 1
    out = io.StringIO()

    with show_progress(
        make_recipe(), growths, traffic, Console(file=out, width=100, force_terminal=True)
    ):
        pass

    assert "price unknown" in out.getvalue()
    assert "$" not in out.getvalue()


def test_the_summary_says_what_was_kept_why_the_rest_was_not_and_where_the_files_are():
    manifest = {"counts": COUNTS, "files": {"tasks.jsonl": {}, "README.md": {}}}

    lines = _text(lambda console: print_summary(manifest, Path("outputs/[x]"), console)).split("\n")

    rows = [line.split() for line in lines if line.strip()]
    assert rows == [
        ["en", "zh"],
        ["kept", "1,200", "7"],
        ["near_duplicate", "31", "0"],
        ["parse:", "cut", "0", "2"],
        ["files", "outputs/[x]/"],
        ["README.md", "manifest.json", "tasks.jsonl"],
    ]


SESSION = {"faults": {}, "lost": 0, "paid_tokens": 70, "paid_usd": "0.000100"}


@pytest.mark.parametrize(
    ("usage", "session", "lines"),
    [
        pytest.param(
            {},
            {"sent": 0, "from_ledger": 1234},
            [
                "asked   1,234 answers, 50,000 + 6,000 tokens, 0.123456 USD",
                "        nothing was sent: every answer was in the ledger",
            ],
            id="nothing sent",
        ),
        pytest.param(
            {},
            {"sent": 1234, "from_ledger": 0},
            ["asked   1,234 answers, 50,000 + 6,000 tokens, 0.123456 USD"],
            id="all sent",
        ),
        pytest.param(
            {},
            {"sent": 3, "from_ledger": 1231, "lost": 2}
            | {"lost_tokens_at_most": 900, "lost_usd_at_most": "0.000500"},
            [
                "asked   1,234 answers, 50,000 + 6,000 tokens, 0.123456 USD",
                "        3 sent now (70 tokens, 0.000100 USD), 1,231 from the ledger",
                "lost    2 attempts that may have been paid for: at most 900 tokens, 0.000500 USD",
            ],
            id="some lost",
        ),
        pytest.param(
            {"price_usd": None},
            {"sent": 1000, "from_ledger": 234, "paid_usd": None},
            [
                "asked   1,234 answers, 50,000 + 6,000 tokens, price unknown",
                "        1,000 sent now (70 tokens, price unknown), 234 from the ledger",
            ],
            id="some sent, price unknown",
        ),
        pytest.param(
            {"unanswered": {"timeout": 2}},
            {"sent": 1234, "from_ledger": 0, "faults": {"429": 9, "reset": 1}},
            [
                "asked   1,234 answers, 50,000 + 6,000 tokens, 0.123456 USD",
                "faults      429 9, reset 1",
                "unanswered  timeout 2",
            ],
            id="faults",
        ),
    ],
)
def test_the_cost_says_what_was_asked_and_what_was_paid_for_now(usage, session, lines):
    manifest = {"usage": USAGE | usage, "session": SESSION | session}

    said = _text(lambda console: print_cost(manifest, console)).splitlines()

    assert said == lines


def test_quiet_says_nothing():
    manifest = {"counts": COUNTS, "files": {}, "usage": USAGE}
    manifest["session"] = SESSION | {"sent": 0, "from_ledger": 1}
    out = io.StringIO()
    console = Console(file=out, quiet=True)

    print_summary(manifest, Path("x"), console)
    print_cost(manifest, console)

    assert out.getvalue() == ""


def test_what_a_format_could_not_hold_is_told() -> None:
    manifest = {
        "counts": {"tasks": {"zh": 3}, "rejected": {}},
        "files": ["sharegpt.json"],
        "exports": {"sharegpt": {"left_out": {"</s> in a text": 1}}, "alpaca": {"left_out": {}}},
    }

    lines = _text(lambda console: print_summary(manifest, Path("x"), console)).split("\n")

    assert [line.strip() for line in lines[-2:] if line] == ["sharegpt: 1 left out: </s> in a text"]
