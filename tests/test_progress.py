"""What a run shows as it goes, on a terminal and without one."""

import io
import re
import threading

import pytest
from rich.console import Console

from tests.scripted import grow_once, make_job, make_recipe, scripted
from vicugna import progress as progress_module
from vicugna.growth import Growth
from vicugna.ledger.traffic import TeacherTraffic, Traffic
from vicugna.pipeline import begin
from vicugna.progress import show_progress


class _Heard(io.StringIO):
    """A file that says when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


def _watched(price_nusd: int | None = 2_500_000, **changes) -> tuple[list[Growth], Traffic]:
    recipe = make_recipe(target=changes.pop("target", 24))
    growth = grow_once(recipe, scripted(price_nusd=price_nusd, **changes))
    traffic = Traffic(replayed=3)
    traffic.of("offline").sent = 5
    traffic.sending = {"one", "two"}  # only their number is shown
    return [growth], traffic


def _said(monkeypatch, growths, traffic, **changes) -> list[str]:
    """Return the lines that are said without a terminal, until the first of them are there."""
    monkeypatch.setattr(progress_module, "PLAIN_SECONDS", 0.001)
    out = _Heard()
    recipe = make_recipe(**changes)
    with show_progress(recipe, growths, traffic, Console(file=out, width=40)):
        assert out.written.wait(30)
    return out.getvalue().splitlines()


def _panel(growths, traffic, **changes) -> str:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    with show_progress(make_recipe(**changes), growths, traffic, console):
        pass
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())


def _rows(panel: str) -> dict[str, str]:
    """Return the cells of the panel by the first of each row."""
    lines = (line.split(maxsplit=1) for line in panel.splitlines() if line.strip())
    return {words[0]: " ".join(words[1].split()) for words in lines if len(words) == 2}


def test_without_a_terminal_a_plain_line_is_said_now_and_then(monkeypatch):
    growths, traffic = _watched()
    traffic.of("offline").faults.update(["429", "429", "reset"])
    usd = growths[0].replies * 0.0025

    line = _said(monkeypatch, growths, traffic)[0]

    assert line == (
        "en=12/12 zh=12/12 sent=5 from_ledger=3 in_flight=2 waiting=0 faults=3 "
        f"${usd:.4f} per_1000=${usd / 24 * 1000:.4f}"
    )


@pytest.mark.parametrize(
    ("reply", "ends"),
    [
        pytest.param({"price_nusd": None}, "faults=0 price unknown", id="price unknown"),
        pytest.param({"price_nusd": 0}, "faults=0 $0.0000", id="free"),
        pytest.param({"price_nusd": 0, "cached_tokens": 6}, "$0.0000 cached=60%", id="cached"),
    ],
)
def test_a_plain_line_says_no_more_than_is_known(monkeypatch, reply, ends):
    line = _said(monkeypatch, *_watched(**reply))[0]

    assert line.endswith(ends)


def test_several_teachers_have_a_plain_line_each(monkeypatch):
    growths, traffic = _watched(price_nusd=0)
    known = TeacherTraffic(sent=7, concurrency=32, rpm=500.4, tpm=200_000.0)
    known.faults.update(["429"])
    traffic.teachers["vllm[awq]\x1b"] = known

    lines = _said(monkeypatch, growths, traffic)

    assert lines[0].startswith("en=12/12 zh=12/12 sent=12 ")
    assert lines[1:3] == [
        "offline: sent=5 faults=0",
        "vllm[awq]?: sent=7 at_once=32 rpm=500 tpm=200000 faults=1",
    ]


def test_a_short_run_without_a_terminal_says_nothing():
    out = io.StringIO()

    with show_progress(make_recipe(), [], Traffic(), Console(file=out)):
        pass

    assert out.getvalue() == ""


def test_the_panel_shows_rows_yield_requests_tokens_price_and_faults():
    growths, traffic = _watched(target=40)
    growths[0].quotas["zh", ""].kept = 10
    traffic.of("offline").faults.update(["timeout"])
    replies = growths[0].replies

    rows = _rows(_panel(growths, traffic, target=40))

    assert rows["en"].endswith("20 of 20")
    assert rows["zh"].endswith("10 of 20")
    assert rows["yield"].endswith("pieces kept")
    assert rows["requests"] == "5 sent, 3 from the ledger 2 in flight"
    usd = replies * 0.0025
    assert rows["tokens"] == (
        f"{replies * 30:,} ${usd:.4f}, ${usd / 30 * 1000:.4f} per 1,000 tasks"
    )
    assert re.fullmatch(r"[\d.]+ tasks/s [\d:]+ left", rows["rate"])
    assert rows["faults"] == "timeout 1 retried"
    assert set(rows) == {"en", "zh", "yield", "requests", "tokens", "rate", "faults"}


def test_the_panel_says_which_type_is_furthest_behind():
    types = {"math": 3, "writing": 1}
    growth = begin(make_job(make_recipe(target=16, types=types)))
    for stratum, quota in growth.quotas.items():
        quota.kept = quota.target - (stratum == ("zh", "math")) * 4 - (stratum[0] == "en")

    rows = _rows(_panel([growth], Traffic(), target=16, types=types))

    assert rows["types"] == "1 of 4 full zh math: 2 of 6"

    for quota in growth.quotas.values():
        quota.kept = quota.target
    assert "types" not in _rows(_panel([growth], Traffic(), target=16, types=types))


def test_the_panel_of_a_run_that_has_not_begun():
    rows = _rows(_panel([begin(make_job(make_recipe()))], Traffic()))

    assert rows["en"].endswith("0 of 12")
    assert rows["tokens"] == "0 $0.0000"
    assert set(rows) == {"en", "zh", "yield", "requests", "tokens", "rate"}


def test_a_price_that_is_not_known_is_not_nothing():
    growths, traffic = _watched()
    growths[0].unpriced = 1

    panel = _panel(growths, traffic)

    assert "price unknown" in panel
    assert "$" not in panel


@pytest.mark.parametrize(
    ("cached", "teacher", "shown"),
    [
        pytest.param(0, "offline", "", id="none, and none expected"),
        pytest.param(6, "offline", ", 60% of the prompts from cache", id="some, unexpected"),
        pytest.param(0, "deepseek", ", 0% of the prompts from cache", id="none, where expected"),
    ],
)
def test_the_share_of_the_cache_is_shown_where_there_is_one_to_expect(cached, teacher, shown):
    settings = {"name": teacher, "model": "scripted"}
    recipe = make_recipe(teacher=settings)
    reply = {"teacher": teacher, "input_tokens": 1_000, "cached_tokens": cached * 100}
    growth = grow_once(recipe, scripted(**reply))

    rows = _rows(_panel([growth], Traffic(), teacher=settings))

    assert rows["tokens"] == f"{growth.replies * 1_020:,}{shown} $0.0000"


def test_the_panel_has_a_row_for_each_of_several_teachers():
    growths, traffic = _watched()
    known = TeacherTraffic(sent=1_200, concurrency=32, rpm=500.0, tpm=200_000.0)
    known.faults.update(["429", "reset"])
    traffic.teachers["vllm[awq]"] = known

    rows = _rows(_panel(growths, traffic))

    assert rows["offline"] == "5 sent"
    assert rows["vllm[awq]"] == "1,200 sent, at most 32 at once, 500 rpm, 200,000 tpm 2 faults"


def test_the_newest_batches_are_shown_with_how_far_they_are():
    growths, traffic = _watched()
    traffic.batches = {str(number): f"{number} of 9, [b]\x07" for number in range(5)}

    panel = _panel(growths, traffic)  # drawn more than once

    assert sorted({line.strip() for line in panel.splitlines() if line.startswith("batch")}) == [
        f"batch     {number} of 9, [b]?" for number in (2, 3, 4)
    ]
