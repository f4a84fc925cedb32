"""The report says counts, cost and places, and nothing anybody could write into it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spent import make_asked, make_kept
from vicugna.report import escape, render_files, render_release, render_report
from vicugna.spending import describe_usage

MANIFEST: dict[str, Any] = {
    "name": "small",
    "stopped": "saturated: zh",
    "counts": {
        "tasks": {"en": 1200, "zh": 3},
        "rejected": {"near_duplicate": {"zh": 7}, "parse: no output": {"en": 1, "zh": 2}},
    },
    "usage": {
        "requests": 1500,
        "input_tokens": 20000,
        "output_tokens": 30000,
        "price_usd": "0.012000",
    },
}


def test_report_of_a_run() -> None:
    assert render_report(MANIFEST, Path("outputs/small-1")).splitlines() == [
        "# small",
        "",
        "| | en | zh |",
        "|---|---:|---:|",
        "| **kept** | 1,200 | 3 |",
        "| near\\_duplicate | 0 | 7 |",
        "| parse: no output | 1 | 2 |",
        "",
        "- stopped: saturated: zh",
        "- asked: 1,500 answers, 20,000 + 30,000 tokens, 0.012 USD",
        "- files: outputs/small-1",
    ]


def test_unknown_price_is_said() -> None:
    usage = MANIFEST["usage"] | {"price_usd": None}
    assert "tokens, price unknown" in render_report(MANIFEST | {"usage": usage}, Path("out"))


def test_cost_is_a_table_where_there_are_several_teachers_or_purposes() -> None:
    asked = [
        make_asked("a", "vllm|<b>", "new_instructions", model="qwen[awq]", price_nusd=None),
        make_asked("b", "openai", "output_first"),
    ]
    usage = describe_usage(asked, [make_kept("b")])

    report = render_report(MANIFEST | {"usage": usage}, Path("out"))

    said, table = report.split("- files: out\n\n")
    assert "- asked: 2 answers, 2,000 + 400 tokens (25% of the prompt from cache), price" in said
    assert table.splitlines() == [
        "| teacher | purpose | answers | tasks | tokens in | cached | tokens out | USD "
        "| USD per 1,000 |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
        "| vllm\\|&lt;b&gt; \\(qwen\\[awq\\]\\) | new\\_instructions | 1 | 0 | 1,000 | 25% | 200 "
        "| unknown | unknown |",
        "| openai \\(gpt-4o-mini\\) | output\\_first | 1 | 1 | 1,000 | 25% | 200 | 0.0005 | 0.5 |",
    ]


def test_what_went_wrong_and_what_the_cache_missed_is_told() -> None:
    known = {"faults": {"429": 3}, "handed_on": {"timeout": 1}, "hedged": 0, "hedges_won": 0}
    poor = {"purpose": "new_tasks", "cached_share": 0.0, "expected_share": 0.6}
    session = {
        "teachers": {"a_b": known, "c": known | {"faults": {}}},
        "poor_caching": [poor | {"teacher": "<a>"}],
    }

    report = render_report(MANIFEST | {"session": session}, Path("out"))

    assert "- faults: a\\_b: 429 3\n" in report
    assert "- handed on: a\\_b: timeout 1; c: timeout 1\n" in report
    assert (
        "- cache: new\\_tasks at &lt;a&gt;: 0% of the prompt tokens came from the cache" in report
    )


def test_cleaning_has_no_cost_and_no_end() -> None:
    cleaning = {"name": "clean", "counts": {"tasks": {"en": 1}, "rejected": {}}}

    report = render_report(cleaning, Path("输出/一"))

    assert "asked" not in report
    assert "stopped" not in report
    assert "- files: 输出/一" in report


def test_similarity_to_the_seed_tasks_is_a_table_of_its_own() -> None:
    histogram = {"en": [0, 1150, 50, 0, 0, 0, 0, 0, 0, 0], "zh": [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]}

    report = render_report(MANIFEST | {"seed_similarity": histogram}, Path("out"))

    head, said, table = report.rsplit("\n\n", 2)
    assert head + "\n" == render_report(MANIFEST, Path("out"))
    assert "nearest seed task (Wang et al. 2023, figure 4;" in said
    rows = table.splitlines()
    assert rows[:4] == [
        "| F1 | en | zh |",
        "|---|---:|---:|",
        "| 0.0–0.1 | 0 | 1 |",
        "| 0.1–0.2 | 1,150 | 1 |",
    ]
    assert rows[-1] == "| 0.9–1.0 | 0 | 1 |"
    assert len(rows) == 12


def test_a_language_somebody_else_named_stays_in_its_cell() -> None:
    report = render_report(MANIFEST | {"seed_similarity": {"<b>|": [0] * 10}}, Path("out"))

    assert "| F1 | &lt;b&gt;\\| |" in report


def test_what_a_format_could_not_hold_is_told() -> None:
    exports = {"share|gpt": {"left_out": {"</s> in a text": 1200}}, "alpaca": {"left_out": {}}}

    report = render_report(MANIFEST | {"exports": exports}, Path("out"))

    assert "- share\\|gpt: 1,200 left out: &lt;/s&gt; in a text\n" in report
    assert "alpaca:" not in report


def test_report_of_an_export() -> None:
    report = render_files("small-1", {"alpaca": "out|put/alpaca.json"})
    assert "| alpaca | out\\|put/alpaca.json |" in report


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("通义千问", "通义千问"),
        ("a|b", "a\\|b"),
        ("<script>", "&lt;script&gt;"),
        ("[x](http://y)", "\\[x\\]\\(http://y\\)"),
        ("one\n# two", "one \\# two"),
        ("a\\|b", "a\\\\\\|b"),
    ],
    ids=["empty", "model", "chinese", "cell", "tag", "link", "heading", "escaped already"],
)
def test_escape(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@given(st.text())
def test_a_name_stays_in_its_cell(name: str) -> None:
    """Whatever it is called: no new line, no new cell, no tag."""
    escaped = escape(name)
    assert len(escaped.splitlines()) <= 1
    assert "<" not in escaped
    assert "|" not in escaped.replace("\\\\", "").replace("\\|", "")


RELEASED: dict[str, Any] = {
    "set": "small",
    "event": "released",
    "version": "2026-11-29.1",
    "previous": "2026-11-29",
    "folder": "outputs/small/releases/2026-11-29.1",
    "tasks": {"en": 1200, "zh": 3},
    "types": {},
    "added": {"zh": 2},
    "withdrawn": {},
    "stopped": "target",
    "price_usd": "0.500000",
    "cost": {"price_usd": "1.500000", "usd_per_row": "0.001247"},
    "words": None,
}


def test_report_of_a_release() -> None:
    assert render_release(RELEASED).splitlines() == [
        "# small",
        "",
        "- released",
        "- version: 2026-11-29.1",
        "- before it: 2026-11-29",
        "- stopped: target",
        "- cost: 0.500000 USD",
        "- cost of all nights: 1.500000 USD",
        "- files: outputs/small/releases/2026-11-29.1",
        "",
        "| language | rows | added |",
        "|---|---:|---:|",
        "| en | 1,200 | 0 |",
        "| zh | 3 | 2 |",
    ]


TYPES = {"en": {"math": 1200}, "zh": {"math": 1, "writing": 2, "<b>": 9}}
TYPE_TABLE = """
| type | en | zh |
|---|---:|---:|
| math | 1,200 | 1 |
| writing | 0 | 2 |
"""


def test_report_of_types() -> None:
    counts = MANIFEST["counts"] | {"types": TYPES}

    assert TYPE_TABLE in render_report(MANIFEST | {"counts": counts}, Path("out"))
    assert TYPE_TABLE in render_release(RELEASED | {"types": TYPES})


def test_report_of_a_start_that_released_nothing() -> None:
    nothing = {"version": None, "previous": None, "cost": None, "tasks": {}, "words": "Since [x]."}
    told = RELEASED | nothing | {"event": "busy"}

    assert render_release(told) == "# small\n\n- busy\n- Since \\[x\\].\n"


@pytest.mark.parametrize("unknown", ["price_usd", "cost"])
def test_unknown_cost_of_a_release_is_a_dash(unknown: str) -> None:
    known = {"price_usd": None, "cost": {"price_usd": None, "usd_per_row": None}}

    report = render_release(RELEASED | {unknown: known[unknown]})

    assert report.count(": -\n") == 1


def test_words_of_a_complaint_stay_in_their_cell() -> None:
    why = "<img src=x>|\n# 投诉 [here](http://y)"
    told = RELEASED | {"set": "<b>|x", "withdrawn": {why: 1200, "refusal": 1}}

    report = render_release(told)

    assert report.startswith("# &lt;b&gt;\\|x\n")
    assert report.endswith(
        "\n\n| withdrawn because of | rows |\n|---|---:|\n"
        "| &lt;img src=x&gt;\\| \\# 投诉 \\[here\\]\\(http://y\\) | 1,200 |\n"
        "| refusal | 1 |\n"
    )
