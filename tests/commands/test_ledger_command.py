"""`vicugna ledger`: verify, export, import and gc from the command line."""

import gzip
from pathlib import Path

import pytest

from tests.kept import change, date, every_key, fill, leave_run, path_of, read_rows
from tests.postgres import open_database
from vicugna.ledger import garbage

URL = "sqlite:///outputs/ledger.db"
OUTPUTS = Path("outputs")
OLD = "2026-01-01T00:00:00.000+00:00"


@pytest.fixture
def keys(place):
    """Return the keys of a ledger at its usual place."""
    fill(URL)
    return every_key(URL)


@pytest.fixture
def run(keys):
    return leave_run(URL, OUTPUTS / "small-1a2b", keys[:5])


def _marks(out):
    return [
        line[:3] + line[3:16].rstrip() for line in out.splitlines() if line[:3] in ("ok ", "BAD")
    ]


def test_verify_says_what_is_good_and_sums_up(vicugna, run):
    code, out, err = vicugna("ledger", "verify")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:6] == [
        "ok  database    sqlite:///outputs/ledger.db: every page is sound",
        "ok  answers     8, each as it was written",
        "ok  charges     1 without an answer",
        "ok  accounts    3, each the sum of its answers and charges",
        "ok  open        no request is with a teacher",
        "ok  run         small-1a2b: 5 files, 5 answers",
    ]
    assert [line.split() for line in lines[6:]] == [
        ["month", "answers", "lost", "removed", "tokens", "USD", "unpriced"],
        [lines[7].split()[0], "8", "1", "0", "640", "0.003015", "0"],
        ["all", "8", "1", "0", "640", "0.003015", "0"],
    ]


def test_verify_says_what_is_bad_with_exit_code_2(vicugna, run, keys):
    change(URL, "UPDATE reply SET text = '错' WHERE key = :key", key=keys[7])
    change(URL, "UPDATE account SET tokens = tokens + 1 WHERE scope LIKE 'month:%'")
    change(URL, "DELETE FROM reply WHERE key = :key", key=keys[0])
    (run / "README.md").write_text("mine")

    code, out, err = vicugna("ledger", "verify")

    assert (code, err) == (2, "")
    assert _marks(out) == [
        "ok  database",
        "BAD answer",
        "BAD answers",
        "ok  charges",
        "BAD account",
        "BAD account",
        "BAD accounts",
        "ok  open",
        "BAD run",
    ]
    assert keys[7] in out


def test_verify_looks_at_further_folders(vicugna, run, keys):
    leave_run(URL, Path("more") / "far-7a8b", keys[5:])

    assert (
        "ok  run         far-7a8b: 5 files, 3 answers"
        in vicugna("ledger", "verify", "--runs", "more")[1]
    )


HOSTILE = "\x1b]0;owned\x07[red]\u202e\r\n"


def test_no_word_of_a_ledger_steers_the_terminal(vicugna, keys):
    change(URL, "UPDATE reply SET key = :bad WHERE key = :key", bad=HOSTILE, key=keys[0])
    change(URL, "UPDATE account SET scope = :bad WHERE scope LIKE 'month:%'", bad=f"run:{HOSTILE}")
    change(URL, "UPDATE charge SET month = :bad", bad=HOSTILE)
    change(URL, "UPDATE reply SET run = :bad", bad=HOSTILE)
    date(URL, OLD)
    leave_run(URL, OUTPUTS / "small-1a2b", keys[1:2])

    for words in (["verify"], ["gc"], ["gc", "--damaged"], ["export", "x.jsonl"]):
        _, out, err = vicugna("ledger", *words)
        assert all(line.isprintable() for line in (out + err).split("\n")), words


@pytest.mark.parametrize("words", [["verify"], ["export", "x.jsonl"], ["gc"]])
def test_without_a_ledger_it_is_said_and_none_is_made(vicugna, place, words):
    code, out, err = vicugna("ledger", *words)

    assert (code, out) == (2, "")
    assert err == (
        "vicugna: ledger sqlite:///outputs/ledger.db: there is none yet. `vicugna run` makes it; "
        "VICUGNA_LEDGER says where.\n"
    )
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_export_and_import_into_another_ledger(vicugna, run, monkeypatch, name):
    code, out, err = vicugna("ledger", "export", name)

    assert (code, err) == (0, "")
    assert out == f"{name}: 8 answers, 1 charges, {Path(name).stat().st_size:,} bytes\n"
    assert vicugna("ledger", "import", name) == (
        0,
        "answers  0 added, 8 were there\ncharges  0 added, 1 were there\n",
        "",
    )
    monkeypatch.setenv("VICUGNA_LEDGER", "sqlite:///deep/new.db")
    assert vicugna("ledger", "import", name) == (
        0,
        "answers  8 added, 0 were there\ncharges  1 added, 0 were there\n",
        "",
    )
    assert vicugna("ledger", "verify")[0] == 0
    assert read_rows("sqlite:///deep/new.db") == read_rows(URL)


def test_export_leaves_out_what_is_damaged_and_says_so(vicugna, keys):
    for key in keys[:2]:
        change(URL, "UPDATE reply SET text = '错' WHERE key = :key", key=key)

    code, out, err = vicugna("ledger", "export", "x.jsonl")

    assert code == 2
    assert out.startswith("x.jsonl: 6 answers, 1 charges, ")
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        *keys[:2],
        "2 damaged rows; the rest is saved",
    ]
    assert vicugna("ledger", "import", "x.jsonl")[0] == 0


def test_export_replaces_a_file_with_force_alone(vicugna, keys):
    Path("x.jsonl").write_text("mine")

    assert vicugna("ledger", "export", "x.jsonl") == (
        2,
        "",
        "vicugna: x.jsonl: is there already. Give another name, or --force to replace it.\n",
    )
    assert vicugna("ledger", "export", "x.jsonl", "--force")[0] == 0


def test_half_of_an_export_is_refused_in_one_line(vicugna, keys, monkeypatch):
    vicugna("ledger", "export", "x.jsonl.gz")
    whole = Path("x.jsonl.gz").read_bytes()
    Path("x.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    Path("y.jsonl").write_bytes(gzip.decompress(whole)[:3000])

    for name, says in (("x.jsonl.gz", "gzip file is damaged or cut"), ("y.jsonl", "it was cut.")):
        code, out, err = vicugna("ledger", "import", name)
        assert (code, out) == (2, "")
        assert err.startswith(f"vicugna: {name}:")
        assert says in err
        assert len(err.splitlines()) == 1


# --- gc -------------------------------------------------------------------------------------------


def test_gc_says_what_would_go_and_removes_it_when_told(vicugna, run, keys):
    date(URL, OLD)
    before = read_rows(URL)

    code, out, err = vicugna("ledger", "gc")

    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["run", "month", "answers", "bytes", "USD", "unpriced"]
    assert lines[-2][:2] == ["all", "3"]
    assert out.endswith("nothing was removed; --delete does it\n")
    assert read_rows(URL) == before

    code, deleted, err = vicugna("ledger", "gc", "--delete")

    assert (code, err) == (0, "")
    assert deleted.splitlines()[:-1] == out.splitlines()[:-1]
    assert deleted.splitlines()[-1].startswith("removed; ")
    assert deleted.splitlines()[-1].endswith(" bytes given back")
    assert every_key(URL) == keys[:5]
    assert read_rows(URL)["account"] == before["account"]
    assert vicugna("ledger", "verify")[0] == 0
    assert vicugna("ledger", "gc", "--delete") == (0, "nothing to remove\n", "")


@pytest.mark.parametrize(
    ("ago", "days", "goes"),
    [
        pytest.param(30, None, True, id="30 days and a little, by default"),
        pytest.param(29, None, False, id="29 days, by default"),
        pytest.param(9, 10, False, id="9 days of 10"),
        pytest.param(10, 10, True, id="10 days of 10"),
        pytest.param(0, 0, True, id="just now, of none"),
    ],
)
def test_gc_keeps_what_is_younger_than_days(vicugna, run, keys, ago, days, goes):
    """A run that was stopped has no folder yet."""
    date(URL, garbage.time_before(ago))

    words = [] if days is None else ["--days", days]

    assert ("nothing to remove" not in vicugna("ledger", "gc", *words)[1]) is goes


def test_gc_looks_at_further_folders(vicugna, run, keys):
    date(URL, OLD)
    leave_run(URL, Path("more") / "far-7a8b", keys[5:])

    assert vicugna("ledger", "gc", "--runs", "more") == (0, "nothing to remove\n", "")


def test_gc_refuses_when_it_is_not_known_what_a_run_needs(vicugna, run, keys):
    date(URL, OLD)
    (run / "replies.jsonl").unlink()

    code, out, err = vicugna("ledger", "gc", "--delete")

    assert (code, out) == (2, "")
    assert err == (
        "vicugna: outputs/small-1a2b: is a run without replies.jsonl. So it is not known which "
        "answers it needs: remove it, or run it again.\n"
    )
    assert every_key(URL) == keys


def test_gc_refuses_when_no_run_here_knows_the_ledger(vicugna, keys):
    date(URL, OLD)

    code, out, err = vicugna("ledger", "gc", "--delete")

    assert (code, out) == (2, "")
    assert "Is this the right folder" in err
    assert every_key(URL) == keys


def test_gc_damaged_removes_what_verify_calls_damaged(vicugna, keys):
    """No run is needed for that, and no age."""
    for key in keys[:2]:
        change(URL, "UPDATE reply SET text = '错' WHERE key = :key", key=key)
    assert vicugna("ledger", "verify")[0] == 2

    code, out, err = vicugna("ledger", "gc", "--damaged", "--delete")

    assert (code, err) == (0, "")
    assert out.splitlines()[-2].split()[:2] == ["all", "2"]
    assert every_key(URL) == keys[2:]
    assert vicugna("ledger", "verify")[0] == 0


def test_gc_says_when_room_cannot_be_given_back(vicugna, run, keys, monkeypatch):
    from sqlite3 import OperationalError

    from sqlalchemy import exc

    def refuse(engine):
        raise exc.OperationalError("VACUUM", None, OperationalError("database is locked"))

    date(URL, OLD)
    monkeypatch.setattr(garbage, "give_back", refuse)

    code, out, err = vicugna("ledger", "gc", "--delete")

    assert (code, err) == (0, "")
    assert out.endswith("VACUUM could not be done: database is locked\n")
    assert every_key(URL) == keys[:5]


def test_a_torn_page_is_told_and_what_is_left_moves_to_a_new_ledger(vicugna, keys, monkeypatch):
    page = path_of(URL).stat().st_size // 4096 // 2
    with path_of(URL).open("r+b") as file:
        file.seek(page * 4096)
        file.write(bytes(4096))

    code, out, err = vicugna("ledger", "verify")
    assert (code, err) == (2, "")
    assert "BAD database" in out

    vicugna("ledger", "export", "rest.jsonl")
    monkeypatch.setenv("VICUGNA_LEDGER", "sqlite:///new.db")
    assert vicugna("ledger", "import", "rest.jsonl")[0] == 0
    assert vicugna("ledger", "verify")[0] == 0


def test_the_whole_way_on_postgres(vicugna, place, monkeypatch):
    with open_database() as url:
        monkeypatch.setenv("VICUGNA_LEDGER", url)
        fill(url)
        keys = every_key(url)
        leave_run(url, OUTPUTS / "small-1a2b", keys[:5])
        date(url, OLD)
        change(url, "UPDATE reply SET text = '错' WHERE key = :key", key=keys[0])

        assert vicugna("ledger", "verify")[0] == 2
        assert vicugna("ledger", "export", "x.jsonl")[0] == 2
        assert "PostgreSQL does by itself" in vicugna("ledger", "gc", "--damaged", "--delete")[1]
        assert "nothing was removed" in vicugna("ledger", "gc")[1]
        assert "removed; VACUUM gives" in vicugna("ledger", "gc", "--delete")[1]
        assert every_key(url) == keys[1:5]
        code, out, _ = vicugna("ledger", "verify")
        assert code == 2
        assert _marks(out)[-1] == "BAD run"  # which used the damaged one
        assert vicugna("ledger", "import", "x.jsonl")[1].startswith("answers  3 added, 4 were")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["gc", "--days", "-1"], "-1 is not in the range 0<=x<=36500", id="days"),
        pytest.param(["gc", "--days", "36501"], "36501 is not in the range", id="too many days"),
        pytest.param(["export"], "Missing argument 'FILE'", id="no file"),
        pytest.param(["export", "x.csv"], "must end in .jsonl or .jsonl.gz", id="another name"),
        pytest.param(["import", "x.jsonl"], "x.jsonl: cannot be read: No such file", id="nothing"),
        pytest.param(["mend"], "No such command 'mend'", id="command"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, keys, words, says):
    code, out, err = vicugna("ledger", *words)

    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["verify", "export", "import", "gc"])
def test_each_has_help_with_examples(vicugna, name):
    code, out, err = vicugna("ledger", name, "--help")

    assert (code, err) == (0, "")
    assert f"  vicugna ledger {name}" in out or f" vicugna ledger {name}" in out
