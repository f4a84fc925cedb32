"""What `verify` says of a ledger: good of a good one, and what is wrong of any other."""

import asyncio
import random
import sqlite3

import pytest

from tests.kept import (
    RUNS,
    change,
    every_key,
    fill,
    make_answers,
    make_request,
    opened,
    path_of,
    read_rows,
    verify,
)
from tests.scripted import make_purse, make_reply
from vicugna.ledger import open_ledger, verifying
from vicugna.ledger.database import connect_to_existing
from vicugna.ledger.restoring import import_ledger
from vicugna.ledger.transfer import export_ledger
from vicugna.ledger.verifying import Month, Tally, find_alive, verify_ledger
from vicugna.records import Bound


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(verifying, "sleep", lambda seconds: None)


def _findings(url):
    with opened(url) as engine:
        return list(verify_ledger(engine, Tally()))


def test_a_good_ledger_is_good_and_is_summed_up(any_url):
    fill(any_url)
    month = read_rows(any_url)["charge"][0][3]

    assert [(name, good) for name, good, _ in _findings(any_url)] == [
        ("database", True),
        ("answers", True),
        ("charges", True),
        ("accounts", True),
        ("open", True),
    ]
    bad, tally = verify(any_url)
    assert bad == []
    # Eight answers of 30 tokens; two have no price, and are charged at the 5,000 held back.
    assert tally.months == {
        month: Month(answers=8, lost=1, tokens=8 * 30 + 400, nusd=2 * 1_500_007 + 3 * 5_000)
    }


def test_an_empty_ledger_is_good(any_url):
    bad, tally = verify(any_url)

    assert (bad, tally.months) == ([], {})


def test_nothing_is_changed_by_looking(any_url):
    fill(any_url)
    change(any_url, "UPDATE reply SET text = 'x' WHERE key = :key", key=every_key(any_url)[0])
    before = read_rows(any_url)

    verify(any_url)

    assert read_rows(any_url) == before


DAMAGE = [
    pytest.param("text = 'Something else.'", "its checksum differs", id="text"),
    pytest.param("text = text || '。'", "its checksum differs", id="one character"),
    pytest.param("price_nusd = 1", "its checksum differs", id="price"),
    pytest.param("price_nusd = NULL", "its checksum differs", id="price unknown"),
    pytest.param("output_tokens = 21", "its checksum differs", id="tokens"),
    pytest.param("model = 'm2'", "its checksum differs", id="model"),
    pytest.param("digest = 'd'", "its \"digest\" is 'd'", id="checksum"),
    pytest.param("purpose = 'p'", "its purpose and language are not", id="purpose"),
    pytest.param("created = ''", "its \"created\" is ''", id="time"),
]


@pytest.mark.parametrize(("to", "says"), DAMAGE)
def test_one_damaged_answer_is_named(any_url, to, says):
    fill(any_url)
    key = every_key(any_url)[3]
    change(any_url, f"UPDATE reply SET {to} WHERE key = :key", key=key)

    bad, _ = verify(any_url)

    assert bad[0].startswith(f"answer: {key}: {says}")
    assert bad[1].startswith("answers: 1 of 8 are damaged. `vicugna ledger gc --damaged`")
    assert len(bad) == 2


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff" * 40, id="noise"),
        pytest.param(b"x\x9c\x03\x00\x00\x00\x00\x01", id="no JSON"),
        pytest.param(None, id="cut"),
    ],
)
def test_a_damaged_request_is_named(any_url, packed):
    fill(any_url)
    key = every_key(any_url)[0]
    if packed is None:
        packed = read_rows(any_url)["reply"][0][13][:-9]
    change(any_url, "UPDATE reply SET request = :to WHERE key = :key", to=packed, key=key)

    bad, _ = verify(any_url)

    assert bad[0] == f"answer: {key}: its request cannot be read"


def test_a_changed_key_is_named_by_what_it_is_now(any_url):
    fill(any_url)
    key, other = every_key(any_url)[0], "e" * 64
    change(any_url, "UPDATE reply SET key = :other WHERE key = :key", key=key, other=other)

    bad, _ = verify(any_url)

    assert bad[0] == f"answer: {other}: its key is not the hash of its request"


@pytest.mark.parametrize(
    ("count", "listed"), [(19, 19), (20, 20), (21, 20)], ids=["fewer", "as many", "more"]
)
def test_twenty_are_listed_and_the_rest_is_counted(tmp_path, count, listed):
    url = f"sqlite:///{tmp_path}/ledger.db"
    requests = [make_request(f"第{number}题") for number in range(30)]
    fill(url, [(request, make_reply(request, "答")) for request in requests])
    for key in every_key(url)[:count]:
        change(url, "UPDATE reply SET text = '错' WHERE key = :key", key=key)

    bad, _ = verify(url)

    assert [line.split(": ")[1] for line in bad[:listed]] == every_key(url)[:listed]
    more = ["answer: and 1 more"] if count > listed else []
    assert bad[listed:-1] == more
    assert bad[-1].startswith(f"answers: {count} of 30 are damaged.")


@pytest.mark.parametrize(
    ("change_", "says"),
    [
        pytest.param("nusd = nusd + 1", "nusd is 1,500,008, its rows add", id="a billionth"),
        pytest.param("nusd = nusd - 1", "nusd is 1,500,006, its rows add", id="one less"),
        pytest.param("requests = 0", "requests is 0, its rows add up to 4", id="requests"),
        pytest.param("unpriced = 3", "unpriced is 3, its rows add up to 0", id="unpriced"),
        pytest.param("held_tokens = 9", "held_tokens is 9, its rows add up to 0", id="held"),
    ],
)
def test_an_account_that_is_off_is_named_with_both_numbers(any_url, change_, says):
    fill(any_url)
    scope = f"run:{RUNS[1]}"
    paid = "nusd = 1500007" if "nusd" in change_ else "requests = 4"
    change(any_url, f"UPDATE account SET {paid}, unpriced = 0 WHERE scope = :scope", scope=scope)
    change(any_url, f"UPDATE account SET {change_} WHERE scope = :scope", scope=scope)

    bad, _ = verify(any_url)

    assert bad[0].startswith(f"account: {scope}: ")
    assert bad[1].startswith("accounts: 1 of 3 are not the sum of their rows.")


def test_an_account_without_rows_and_rows_without_an_account(any_url):
    fill(any_url)
    change(
        any_url, "UPDATE account SET scope = 'run:x' WHERE scope = :scope", scope=f"run:{RUNS[0]}"
    )

    bad, _ = verify(any_url)

    assert [line.split(":")[2] for line in bad[:2]] == [RUNS[0], "x"]
    assert bad[2].startswith("accounts: 2 of 4 are not the sum of their rows.")


def test_a_charge_of_an_unknown_state_is_named(any_url):
    fill(any_url)
    change(any_url, "UPDATE charge SET state = 'spent'")

    bad, _ = verify(any_url)

    assert bad[0].endswith("its \"state\" is 'spent'")
    assert bad[1].startswith("charges: 1 of 1 are damaged. `vicugna ledger export`")


# --- who is at work -------------------------------------------------------------------------------


async def _claim(url, then):
    async with open_ledger(url) as ledger:
        await ledger.claim("a" * 64, Bound(1, 2), make_purse())
        await ledger.claim("b" * 64, Bound(1, 2), make_purse())
        return then()


def _said_of_open(url):
    return next(said for name, _, said in _findings(url) if name == "open")


def test_a_process_at_work_is_alive_and_nothing_is_wrong(any_url):
    said = asyncio.run(_claim(any_url, lambda: (_said_of_open(any_url), verify(any_url)[0])))

    assert said[0].startswith("2 requests are with a teacher: 2 of ")
    assert said[0].endswith(" (alive)")
    assert said[1] == []


def test_a_dead_process_is_told_and_is_no_damage(any_url):
    _leave_open(any_url, 3)

    assert verify(any_url)[0] == []
    assert _said_of_open(any_url).startswith(
        "3 requests are with a teacher: 1 of dead0 (dead; the next run that needs them lets go"
    )


def _leave_open(url, count, month="2026-03"):
    """Leave what processes that were killed leave: open charges, held back in the accounts."""
    verify(url)  # makes the tables
    for number in range(count):
        change(
            url,
            "INSERT INTO charge VALUES (:id, :key, 'r', :month, :process, 'open', 5, 6, 1, 0, :at)",
            id=f"{number:032x}",
            key=f"{number:064x}",
            process=f"dead{number}",
            month=month,
            at=f"{month}-01T00:00:00.000+00:00",
        )
    for scope in ("run:r", f"month:{month}"):
        change(
            url,
            "INSERT INTO account VALUES (:scope, 0, 0, 0, 0, :nusd, :tokens, :requests)",
            scope=scope,
            nusd=5 * count,
            tokens=6 * count,
            requests=count,
        )


def test_of_many_processes_the_first_are_named(any_url):
    _leave_open(any_url, 7)

    said = _said_of_open(any_url)

    assert said.count("dead; ") == 5
    assert said.endswith(", and of 2 more processes")


def test_a_process_of_another_machine_is_alive_while_it_beats(any_url, monkeypatch):
    verify(any_url)
    for name in ("far", "gone"):
        change(any_url, "INSERT INTO process VALUES (:id, 7, '2026')", id=name)
    beat = "UPDATE process SET beat = beat + 1 WHERE id = 'far'"
    monkeypatch.setattr(verifying, "sleep", lambda seconds: change(any_url, beat))

    with opened(any_url) as engine:
        assert find_alive(engine, ["far", "gone", "never"]) == {
            "far": True,
            "gone": False,
            "never": False,
        }


# --- torn pages -----------------------------------------------------------------------------------


def _tear(path, page, filling):
    data = bytearray(path.read_bytes())
    data[page * 4096 : (page + 1) * 4096] = filling
    path.write_bytes(data)


@pytest.mark.parametrize("filling", ["zeros", "noise", "another page"])
def test_whichever_page_is_torn_it_is_told_and_the_rest_is_saved(tmp_path, filling):
    """Every page of the file but the first, which says that it is a database."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    answers = [
        (make_request(f"第{n}题"), make_reply(make_request(f"第{n}题"), "答" * n * 30))
        for n in range(40)
    ]
    fill(url, make_answers() + answers)
    whole, path = path_of(url).read_bytes(), path_of(url)
    pages, noise = len(whole) // 4096, random.Random(7).randbytes(4096)
    fillings = {"zeros": bytes(4096), "noise": noise, "another page": whole[-4096:]}
    saved = []

    for page in range(1, pages):
        path.write_bytes(whole)
        _tear(path, page, fillings[filling])
        if path.read_bytes() == whole:
            continue
        out = tmp_path / f"{page}.jsonl"
        saved.append(_look_and_save(url, out))

    assert len(saved) >= pages - 2
    assert min(saved) <= 1  # the root of the table, without which there is nothing to follow
    assert sorted(saved)[1] > 48 - 10


def _look_and_save(url, out):
    engine = connect_to_existing(url)
    try:
        findings = list(verify_ledger(engine, Tally()))
        exported = export_ledger(engine, out, force=False)
    finally:
        engine.dispose()
    assert not all(good for _, good, _ in findings)
    new = f"sqlite:///{out}.db"
    with opened(new) as engine:
        assert import_ledger(engine, out).answers == exported.answers
    assert verify(new)[0] == []
    return exported.answers


def test_a_file_that_is_no_database_any_more_is_told(tmp_path, vicugna, monkeypatch):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    _tear(path_of(url), 0, bytes(4096))
    monkeypatch.setenv("VICUGNA_LEDGER", url)

    code, out, err = vicugna("ledger", "verify")

    assert (code, out) == (2, "")
    assert "file is not a database" in err
    assert len(err.splitlines()) == 1


def test_sqlite_itself_finds_an_index_that_lacks_a_row(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    fill(url)
    connection = sqlite3.connect(path_of(url))
    connection.execute("PRAGMA writable_schema = 1")
    connection.execute(
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = "
        "'sqlite_autoindex_meta_1') WHERE name = 'sqlite_autoindex_reply_1'"
    )
    connection.commit()
    connection.close()

    bad, _ = verify(url)

    assert bad[0].startswith("database: ")
