"""What a run shows at its end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.spent import make_asked
from vicugna.console import print_cost, print_summary
from vicugna.spending import describe_usage

COUNTS = {
    "tasks": {"en": 1200, "zh": 7},
    "rejected": {"near_duplicate": {"en": 31}, "parse: cut": {"zh": 2}},
}
USAGE = {
    "requests": 1234,
    "input_tokens": 50_000,
    "output_tokens": 6_000,
    "cached_tokens": 30_500,
    "price_usd": "0.123456",
    "replies_without_price": 0,
    "usd_per_task": "0.000102283",
    "by_teacher": {},
    "unanswered": {},
}
ASKED = (
    "asked   1,234 answers, 50,000 + 6,000 tokens (61% of the prompt from cache), 0.123 USD, "
    "0.102 USD per 1,000 tasks"
)


def _text(show, **options):
    out = io.StringIO()
    show(Console(file=out, width=100, **options))
    return out.getvalue()


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


TEACHER = {"faults": {}, "handed_on": {}, "hedged": 0, "hedges_won": 0}
SESSION = {
    "teachers": {"openai": TEACHER},
    "poor_caching": [],
    "lost": 0,
    "paid_tokens": 70,
    "paid_usd": "0.000100",
}


POOR = {
    "teacher": "[red]x",
    "purpose": "new_tasks",
    "cached_share": 0.031,
    "expected_share": 0.75,
}


@pytest.mark.parametrize(
    ("usage", "session", "lines"),
    [
        pytest.param(
            {},
            {"sent": 0, "from_ledger": 1234},
            [
                ASKED,
                "        nothing was sent: every answer was in the ledger",
            ],
            id="nothing sent",
        ),
        pytest.param(
            {},
            {"sent": 1234, "from_ledger": 0},
            [ASKED],
            id="all sent",
        ),
        pytest.param(
            {},
            {"sent": 3, "from_ledger": 1231, "lost": 2}
            | {"lost_tokens_at_most": 900, "lost_usd_at_most": "0.000500"},
            [
                ASKED,
                "        3 sent now (70 tokens, 0.0001 USD), 1,231 from the ledger",
                "lost    2 attempts that may have been paid for: at most 900 tokens, 0.0005 USD",
            ],
            id="some lost",
        ),
        pytest.param(
            {"price_usd": None, "usd_per_task": None, "cached_tokens": 0},
            {"sent": 1000, "from_ledger": 234, "paid_usd": None},
            [
                "asked   1,234 answers, 50,000 + 6,000 tokens, price unknown",
                "        1,000 sent now (70 tokens, price unknown), 234 from the ledger",
            ],
            id="some sent, price unknown",
        ),
        pytest.param(
            {"unanswered": {"timeout": 2}},
            {"sent": 1234, "from_ledger": 0}
            | {"teachers": {"openai": TEACHER | {"faults": {"429": 9, "reset": 1}}}},
            [
                ASKED,
                "faults      429 9, reset 1",
                "unanswered  timeout 2",
            ],
            id="faults",
        ),
        pytest.param(
            {},
            {"sent": 1234, "from_ledger": 0, "poor_caching": [POOR]},
            [
                ASKED,
                "cache   new_tasks at [red]x: 3% of the prompt tokens came from the cache, about "
                "75% could. Long pauses, and gateways that spread requests over accounts or "
                "servers, lose it: ask the provider's own address.",
            ],
            id="less from the cache than expected",
        ),
    ],
)
def test_the_cost_says_what_was_asked_and_what_was_paid_for_now(usage, session, lines):
    manifest = {"usage": USAGE | usage, "session": SESSION | session}

    said = _text(lambda console: print_cost(manifest, console)).splitlines()

    assert said == lines


def test_several_teachers_and_purposes_are_a_table_that_no_terminal_cuts():
    asked = [
        make_asked("a", "[red]甲", "new_instructions", input_tokens=12_345_678),
        make_asked("b", "openai", "output_first", price_nusd=None),
    ]
    usage = describe_usage(asked, []) | {"unanswered": {}}
    manifest = {"usage": usage, "session": SESSION | {"sent": 2, "from_ledger": 0}}
    out = io.StringIO()

    print_cost(manifest, Console(file=out, width=20))

    assert out.getvalue().splitlines() == [
        "asked   2 answers, 12,346,678 + 400 tokens (<1% of the prompt from cache), "
        "price unknown (1 of 2 answers)",
        "teacher  purpose           answers  tasks   tokens in  cached  tokens out      USD  "
        "USD per 1,000",
        "[red]甲  new_instructions        1      0  12,345,678     <1%         200   0.0005  "
        "            -",
        "openai   output_first            1      0       1,000     25%         200  unknown  "
        "      unknown",
    ]


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
