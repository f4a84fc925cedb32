"""`vicugna release`, `withdraw`, `releases`: exit codes, JSON, one line for what is wrong."""

import asyncio
import json
import threading
from pathlib import Path

import pytest
import yaml

from tests.nights import FIRST, LATEST, SECOND, SET, THIRD, take_picture, versions
from tests.past_runs import rows_of
from tests.scripted import make_recipe, say_well
from vicugna.ledger import open_ledger
from vicugna.pipeline import ledger_url
from vicugna.releasing.telling import WEBHOOK


@pytest.fixture
def release(vicugna, teach_offline):
    """Return a function that starts a night of the set "try": (exit code, stdout, stderr)."""

    def release(day, *words, say=say_well, price_nusd=0, **changes):
        teach_offline(say, price_nusd=price_nusd)
        known = make_recipe(**{"target": 12, "formats": ["alpaca"], **changes})
        settings = known.model_dump(mode="json") | {"teacher": {"name": "offline"}}
        Path("mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        return vicugna("release", "mine.yaml", "--direct", "--day", day, *words)

    return release


@pytest.fixture
def busy(place):
    """Return a function that lets another start be at work on the set until the test ends."""
    at_work, done, threads = threading.Event(), threading.Event(), []

    async def hold():
        async with open_ledger(ledger_url()) as ledger:
            await ledger.take("set:try")
            at_work.set()
            while not done.is_set():
                await asyncio.sleep(0.01)

    def start():
        threads.append(threading.Thread(target=lambda: asyncio.run(hold())))
        threads[0].start()
        assert at_work.wait(60)

    yield start
    done.set()
    for thread in threads:
        thread.join()


def _json(out):
    assert out.isascii()
    (line,) = out.splitlines()
    return json.loads(line)


# --- release --------------------------------------------------------------------------------------


def test_a_night_says_what_it_released_and_where(release):
    code, out, err = release(FIRST, price_nusd=1_000_000)

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("try: 6 en, 6 zh; teacher offline (offline")
    requests = json.loads((LATEST / "manifest.json").read_text())["usage"]["requests"]
    usd = f"{requests / 1000:.6f}"
    each = f"{requests / 12:.6f}"
    assert lines[-4:] == [
        f"try {FIRST}: 12 rows (en 6, zh 6); 12 added, 0 withdrawn",
        f"cost    {usd} USD this time, {usd} in all, {each} for 1,000 rows",
        f"files   outputs/try/releases/{FIRST}/",
        "latest  outputs/try/latest",
    ]


def test_the_next_night_says_since_when(release):
    release(FIRST)

    code, out, _ = release(SECOND, "--add", 2)

    assert code == 0
    said = f"try {SECOND}: 14 rows (en 7, zh 7); 2 added, 0 withdrawn since {FIRST}"
    assert said in out.splitlines()


@pytest.mark.parametrize(
    ("day", "event", "says"),
    [
        (FIRST, "released already", "try: this night has its release; the newest version is"),
        (SECOND, "complete", "try: there is nothing to do; the newest version is"),
    ],
)
def test_what_has_nothing_to_do_says_so_and_ends_with_0(release, day, event, says):
    release(FIRST)

    assert release(day) == (0, f"{says} {FIRST}\n", "")
    code, out, err = release(day, "--json")
    assert (code, err) == (0, "")
    told = _json(out)
    assert (told["event"], told["version"], told["added"]) == (event, FIRST, {})


def test_one_json_object_for_programs_and_not_a_word_beside(release):
    code, out, err = release(FIRST, "--json")

    assert (code, err) == (0, "")
    told = _json(out)
    assert told["folder"] == f"outputs/try/releases/{FIRST}"
    assert (told["set"], told["event"], told["exit_code"]) == ("try", "released", 0)
    assert (told["added"], told["stopped"]) == ({"en": 6, "zh": 6}, "target")


def test_quiet_says_nothing(release):
    assert release(FIRST, "--quiet") == (0, "", "")
    assert release(FIRST, "--quiet") == (0, "", "")


def test_a_budget_that_is_used_up_ends_with_3_and_the_next_night_goes_on(release):
    code, out, err = release(FIRST, "--budget-requests", 1)

    assert (code, err) == (3, "")
    assert "stopped budget: requests" in out.splitlines()
    assert versions() == [FIRST]
    assert release(SECOND)[0] == 0
    assert len(rows_of(LATEST)) == 12


def test_a_night_that_keeps_nothing_ends_with_3_and_says_why(release):
    code, out, err = release(FIRST, say=lambda _: "No.", saturation={"window": 20})
    assert (code, err) == (3, "")
    line = out.splitlines()[-1]
    assert line.startswith("try: no task was kept (saturated: ")
    assert line.endswith("what was paid for is in the ledger.")
    assert versions() == []

    # The same questions, and the answers of the ledger.
    code, out, err = release(FIRST, "--json", saturation={"window": 20})
    assert (code, _json(out)["event"], err) == (3, "nothing kept", "")


def test_while_another_start_is_at_work_it_ends_with_4(release, busy):
    busy()

    code, out, err = release(FIRST)

    assert (code, err) == (4, "")
    assert out.startswith("try: another process has been at work on it since 20")
    assert out.endswith(". Nothing was done.\n")
    code, out, _ = release(FIRST, "--json")
    assert (code, _json(out)["event"]) == (4, "busy")
    assert not SET.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--set", "../x"], 'set "../x": expected a name', id="a path"),
        pytest.param(["--set", "A b"], 'set "A b": expected a name', id="no name"),
        pytest.param(["--day", "today"], 'day "today": expected one as 2026-11-29.', id="no day"),
        pytest.param(["--add", "0"], "Invalid value for '--add'", id="nothing to add"),
        pytest.param(["--target", "0"], "Invalid value for '--target'", id="no target"),
        pytest.param(["--against", "nix"], 'against "nix": no such set', id="no such set"),
        pytest.param(["--teacher", "openai"], "OPENAI_API_KEY is not set", id="no key"),
    ],
)
def test_what_is_wrong_is_one_line_and_ends_with_2(release, place, words, says):
    code, out, err = release(FIRST, *words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert err.count("\n") == 1
    assert says in err
    assert not SET.exists()
    assert not list(place.glob("x*"))


def test_what_is_wrong_is_told_to_programs_too(release, monkeypatch):
    monkeypatch.setenv(WEBHOOK, "nowhere")

    code, out, err = release(FIRST, "--json")

    told = _json(out)
    assert (code, told["event"], told["exit_code"]) == (2, "failed", 2)
    assert err == f"vicugna: {told['words']}\n"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_set_of_one_language_by_another_name(release, lang):
    code, out, _ = release(FIRST, "--set", "mine", "--json", languages={lang: 1.0})

    assert (code, _json(out)["tasks"]) == (0, {lang: 12})
    card = Path("outputs/mine/latest/README.md").read_text(encoding="utf-8")
    assert (f"Version {FIRST}" in card, f"版本 {FIRST}" in card) == (True, True)
    assert ("# mine\n" in card, "# try\n" in card) == (True, False)


def test_the_offline_teacher_raises_a_set_without_a_key(vicugna):
    code, out, err = vicugna("release", "--direct", "--target", 8, "--day", FIRST, "--quiet")

    assert (code, out, err) == (0, "", "")
    assert len(rows_of("outputs/small/latest")) == 8


# --- withdraw -------------------------------------------------------------------------------------


def test_rows_are_withdrawn_with_a_reason(release, vicugna):
    release(FIRST)
    row = next(iter(rows_of(LATEST)))

    code, out, err = vicugna("withdraw", "try", row, "--why", "投诉 17", "--day", SECOND)

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"try {SECOND}: 11 rows (")
    assert lines[0].endswith(f"; 0 added, 1 withdrawn since {FIRST}")
    assert lines[1:] == [f"files   outputs/try/releases/{SECOND}/", "latest  outputs/try/latest"]
    assert row not in rows_of(LATEST)


def test_withdrawing_is_told_to_programs(release, vicugna):
    release(FIRST)
    row = next(iter(rows_of(LATEST)))

    code, out, _ = vicugna("withdraw", "try", row, "--why", "投诉", "--day", SECOND, "--json")

    told = _json(out)
    assert (code, told["withdrawn"], told["price_usd"]) == (0, {"投诉": 1}, None)
    assert told["version"] == SECOND


@pytest.mark.parametrize("more", [[], ["--filters", "length, empty"]], ids=["all", "some"])
def test_where_nothing_fails_there_is_no_new_version(release, vicugna, more):
    release(FIRST)

    code, out, err = vicugna("withdraw", "try", "--failing", *more)

    assert (code, err) == (0, "")
    assert out.endswith(f"the newest version is {FIRST}\n")
    assert versions() == [FIRST]


def test_a_set_that_is_worked_on_is_not_withdrawn_from(release, vicugna, busy):
    release(FIRST)
    busy()

    code, out, err = vicugna("withdraw", "try", "--failing")

    assert (code, err) == (4, "")
    assert out.endswith("Nothing was done.\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["try"], "give ids of rows, or --failing", id="neither"),
        pytest.param(["try", "a-0", "--failing"], "one of both", id="both"),
        pytest.param(["try", "a-0"], "--why: say why", id="no reason"),
        pytest.param(["try", "a-0", "--why", "x"], f'row "a-0": not in {FIRST}', id="no such row"),
        pytest.param(["nix", "--failing"], 'set "nix": has no release yet', id="no such set"),
        pytest.param(["../x", "--failing"], 'set "../x": expected a name', id="a path"),
        pytest.param(["A b", "--failing"], 'set "A b": expected a name', id="no name"),
        pytest.param(["", "--failing"], 'set "": expected a name', id="empty"),
        pytest.param(
            ["try", "--failing", "--filters", "nix"], 'filter "nix": unknown', id="no such filter"
        ),
        pytest.param([], "Missing argument 'SET'", id="no set"),
    ],
)
def test_what_cannot_be_withdrawn_is_one_line_and_nothing_is_written(release, vicugna, words, says):
    release(FIRST)
    before = take_picture()

    code, out, err = vicugna("withdraw", *words)

    assert (code, out) == (2, "")
    assert (err.startswith("vicugna: "), err.count("\n"), says in err) == (True, 1, True)
    assert take_picture() == before


# --- releases -------------------------------------------------------------------------------------


def _cells(line):
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


@pytest.fixture
def three(release, vicugna):
    """Release two nights, the second too short, and withdraw a row for a hostile reason."""
    release(FIRST, price_nusd=1_000_000_000)
    row = next(iter(rows_of(LATEST)))
    vicugna("withdraw", "try", row, "--why", "\x1b[31m<b>|红", "--day", SECOND)
    release(THIRD, "--budget-requests", 2, target=80)


def test_versions_are_listed_newest_first(three, vicugna):
    code, out, err = vicugna("releases", "try")

    assert (code, err) == (0, "")
    assert "\x1b" not in out
    head, third, second, first = map(_cells, out.splitlines())
    assert head[:5] == ["version", "rows", "added", "withdrawn", "stopped"]
    assert (first[0], first[2:5]) == (FIRST, ["12", "0", "target"])
    assert (first[1], first[5] == first[6]) == ("en 6, zh 6", True)
    assert (second[0], second[2]) == (SECOND, "0")
    assert second[3].startswith("1 ")
    assert "<b>|红" in second[3]
    assert (third[0], third[4]) == (THIRD, "budget: requests")


def test_versions_are_listed_for_programs(three, vicugna):
    code, out, err = vicugna("releases", "try", "--json")

    assert (code, err, out.isascii()) == (0, "", True)
    third, second, first = map(json.loads, out.splitlines())
    assert [one["version"] for one in (first, second, third)] == [FIRST, SECOND, THIRD]
    assert [one["night"] for one in (first, second, third)] == [FIRST, None, THIRD]
    assert second["withdrawn"] == {"\x1b[31m<b>|红": 1}
    assert (second["price_usd"], second["cost"]["price_usd"]) == (
        None,
        first["cost"]["price_usd"],
    )
    assert (first["previous"], second["previous"], third["previous"]) == (None, FIRST, SECOND)


def test_sets_are_listed_by_name(three, vicugna):
    code, out, err = vicugna("releases")
    (told,) = map(json.loads, vicugna("releases", "--json")[1].splitlines())

    assert (code, err) == (0, "")
    head, cells = map(_cells, out.splitlines())
    assert head[:4] == ["set", "versions", "newest", "rows"]
    assert cells[:3] == ["try", "3", THIRD]
    assert (told["set"], told["versions"], told["version"]) == ("try", 3, THIRD)


def test_without_a_set_there_is_a_way_to_one(place, vicugna):
    code, out, err = vicugna("releases")

    assert (code, out, err) == (0, out, "")
    assert "no set has a release yet; `vicugna release` makes one" in out
    assert vicugna("releases", "--json") == (0, "", "")


def test_where_there_are_only_sets_runs_says_how_to_list_them(three, vicugna):
    assert "`vicugna releases`" in vicugna("runs")[1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nix", 'set "nix": has no release yet'),
        ("../x", 'set "../x": expected a name'),
        ("A b", 'set "A b": expected a name'),
        ("", 'set "": expected a name'),
        ("\x1b[31m", "expected a name"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["table", "json"])
def test_a_set_that_is_none_is_one_line(vicugna, name, says, more):
    code, out, err = vicugna("releases", name, *more)

    assert (code, out) == (2, "")
    assert (err.startswith("vicugna: "), err.count("\n"), says in err) == (True, 1, True)
    assert "\x1b" not in err
