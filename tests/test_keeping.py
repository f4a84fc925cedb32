"""Runs under outputs/ and the ledger side by side."""

import hashlib
import shutil
from pathlib import Path

import orjson
import pytest

from tests.formats.rows import write_small_run
from tests.kept import change, every_key, fill, leave_run, opened
from vicugna.errors import UserError
from vicugna.keeping import needed_keys, verify_runs

URL = "sqlite:///ledger.db"
OUTPUTS = Path("outputs")


@pytest.fixture
def keys(place):
    fill(URL)
    return every_key(URL)


@pytest.fixture
def run(keys):
    return leave_run(URL, OUTPUTS / "small-1a2b", keys[:5])


def _verify(*folders):
    with opened(URL) as engine:
        return [(good, said) for _, good, said in verify_runs(engine, folders or [OUTPUTS])]


def _edit(folder, **changes):
    path = folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes()) | changes
    path.write_bytes(orjson.dumps({k: v for k, v in manifest.items() if v is not None}))


def _seal(folder):
    """Let the manifest say of the files what they are now."""
    names = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    _edit(folder, files={name: {"sha256": sha} for name, sha in hashes.items()})


# --- verify ---------------------------------------------------------------------------------------


def test_a_run_whose_files_and_answers_are_there_is_good(run):
    assert _verify() == [(True, "small-1a2b: 5 files, 5 answers")]


def test_no_runs_are_no_findings(keys):
    assert _verify() == []


@pytest.mark.parametrize(
    ("change_", "says"),
    [
        pytest.param("input_tokens = 11", "1 of 5 answers have other tokens or another", id="in"),
        pytest.param("output_tokens = 0", "1 of 5 answers have other tokens or another", id="out"),
        pytest.param("price_nusd = 8", "1 of 5 answers have other tokens or another", id="price"),
        pytest.param("price_nusd = 1e99", "1 of 5 answers have other tokens", id="no whole number"),
    ],
)
def test_an_answer_that_costs_something_else_is_bad(run, keys, change_, says):
    change(URL, f"UPDATE reply SET {change_} WHERE key = :key", key=keys[2])

    [(good, said)] = _verify()

    assert not good
    assert said.startswith(f"small-1a2b: {says}")
    assert said.endswith(f"{keys[2][:16]}.")


def test_an_answer_that_is_not_there_is_bad(run, keys):
    change(URL, "DELETE FROM reply WHERE key = :key", key=keys[0])

    assert _verify() == [
        (
            False,
            "small-1a2b: 1 of 5 answers cannot be found in this ledger (VICUGNA_LEDGER may point "
            f"elsewhere): {keys[0][:16]}.",
        )
    ]


def test_of_a_run_with_another_ledger_it_is_said_how_many_are_missing(run):
    change(URL, "DELETE FROM reply")

    [(good, said)] = _verify()

    assert not good
    assert (
        "5 of 5 answers cannot be found in this ledger (VICUGNA_LEDGER may point elsewhere)" in said
    )


def test_an_answer_that_cannot_be_read_hides_no_other(run, keys):
    change(URL, "UPDATE reply SET key = CAST(x'ff' AS TEXT) WHERE key = :key", key=keys[4])

    [(good, said)] = _verify()

    assert not good
    assert "1 of 5 answers cannot be found in this ledger" in said


def test_a_run_of_before_replies_jsonl_is_good_and_it_is_said(run):
    (run / "replies.jsonl").unlink()
    _seal(run)

    assert _verify() == [
        (True, "small-1a2b: 4 files; older than replies.jsonl, so its answers are not looked up")
    ]


def _append(run):
    with (run / "tasks.jsonl").open("a") as file:
        file.write(" ")


BROKEN = [
    pytest.param(_append, "tasks.jsonl: is not what was written: its sha256", id="a changed file"),
    pytest.param(
        lambda run: (run / "README.md").unlink(), "README.md: is missing", id="a missing file"
    ),
    pytest.param(
        lambda run: (run / "replies.jsonl").unlink(), "replies.jsonl: is missing", id="replies"
    ),
    pytest.param(lambda run: _edit(run, files=None), "manifest.json: lists no files", id="no list"),
    pytest.param(
        lambda run: _edit(run, files={"../../ledger.db": {"sha256": "0"}}),
        "manifest.json: has no hash of '../../ledger.db'",
        id="a way out",
    ),
    pytest.param(
        lambda run: _edit(run, files={"README.md": "0"}),
        "manifest.json: has no hash of 'README.md'",
        id="no hash",
    ),
    pytest.param(
        lambda run: (run / "manifest.json").write_text("{"), "manifest.json:1: not", id="half"
    ),
]


@pytest.mark.parametrize(("spoil", "says"), BROKEN)
def test_a_broken_run_is_bad_and_hides_no_other(run, keys, spoil, says):
    leave_run(URL, OUTPUTS / "other-3c4d", keys[3:])
    spoil(run)

    found = dict(said.split(": ", 1)[::-1] for _, said in _verify())

    assert sum(good for good, _ in _verify()) == 1
    assert found.pop("5 files, 5 answers") == "other-3c4d"
    [(said, name)] = found.items()
    assert name == "small-1a2b"
    assert says in said


def test_replies_of_another_schema_are_told(run):
    (run / "replies.jsonl").write_text('{"schema": 9}\n')
    _seal(run)

    [(good, said)] = _verify()

    assert not good
    assert 'replies.jsonl:1: "schema" is 9' in said


def test_a_cleaned_set_has_files_and_no_answers(keys):
    run = write_small_run(OUTPUTS / "clean-5e6f", ["alpaca"])
    (run / "replies.jsonl").unlink()
    _seal(run)
    finished = {"finished": "2026-03-01T00:00:00"}
    _edit(run, made_by="clean", usage=None, session=finished)

    assert _verify() == [(True, "clean-5e6f: 5 files")]
    assert list(needed_keys([OUTPUTS])) == []


def test_runs_in_further_folders(run, keys):
    leave_run(URL, Path("more") / "far-7a8b", keys[5:])

    assert [said for _, said in _verify(OUTPUTS, Path("more"))] == [
        "small-1a2b: 5 files, 5 answers",
        "far-7a8b: 5 files, 3 answers",
    ]


# --- what is needed -------------------------------------------------------------------------------


def test_every_answer_of_every_run_is_needed(run, keys):
    leave_run(URL, OUTPUTS / "other-3c4d", keys[4:6])
    (OUTPUTS / "notes").mkdir()
    (OUTPUTS / "notes" / "alpaca.json").write_text("[]")
    (OUTPUTS / "ledger.db").touch()

    assert sorted(set(needed_keys([OUTPUTS]))) == keys[:6]


def test_a_run_that_was_moved_away_by_a_killed_process_needs_its_answers(run, keys):
    """It is put back by the next run."""
    run.rename(OUTPUTS / ".small-1a2b.draft-abcd1234-before")

    assert sorted(needed_keys([OUTPUTS])) == keys[:5]


def _make_draft(run):
    draft = OUTPUTS / ".small-1a2b.draft-abcd1234"
    draft.mkdir()
    shutil.copy(run / "replies.jsonl", draft)


NOT_KNOWN = [
    pytest.param(
        lambda run: (run / "replies.jsonl").unlink(),
        "small-1a2b: is a run without replies.jsonl.",
        id="older than replies.jsonl",
    ),
    pytest.param(
        lambda run: (run / "replies.jsonl").write_text(""),
        "replies.jsonl: is not what was written",
        id="cut replies.jsonl",
    ),
    pytest.param(
        lambda run: (run / "manifest.json").unlink(),
        "small-1a2b: has rows and no manifest.json.",
        id="no manifest",
    ),
    pytest.param(
        lambda run: (run / "manifest.json").write_text("{}"),
        "manifest.json: not the manifest of a run.",
        id="another manifest",
    ),
    pytest.param(
        lambda run: _edit(run, files={}),
        "manifest.json: has no hash of 'replies.jsonl'",
        id="no hash",
    ),
    pytest.param(_make_draft, ".draft-abcd1234: is being written, or was left", id="a draft"),
]


@pytest.mark.parametrize(("spoil", "says"), NOT_KNOWN)
def test_a_run_of_which_it_is_not_known_is_refused_by_name(run, spoil, says):
    spoil(run)

    with pytest.raises(UserError) as told:
        list(needed_keys([OUTPUTS]))

    assert says in str(told.value)
    assert str(told.value).startswith("outputs")
    assert str(told.value).endswith("remove it, or run it again.")
    assert "\n" not in str(told.value)


def test_a_folder_that_is_not_there_is_told(keys):
    with pytest.raises(UserError, match="outputs: cannot be read: No such file"):
        list(needed_keys([OUTPUTS]))
