"""What `import` takes in is what was exported; whatever else a file holds is refused whole."""

import gzip
import hashlib

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kept import (
    RUNS,
    change,
    every_key,
    fill,
    make_answers,
    make_request,
    opened,
    read_rows,
    verify,
)
from tests.postgres import open_database
from tests.scripted import make_reply
from vicugna.errors import UserError
from vicugna.ledger import restoring
from vicugna.ledger.restoring import Imported, import_ledger
from vicugna.ledger.transfer import export_ledger


def _export(url, path, *, force=False):
    with opened(url) as engine:
        return export_ledger(engine, path, force=force)


def _import(url, path):
    with opened(url) as engine:
        return import_ledger(engine, path)


@pytest.fixture
def new(tmp_path):
    """Return the URL of a ledger that is not there yet."""
    return f"sqlite:///{tmp_path}/new.db"


@pytest.fixture
def lines(tmp_path):
    """Return the lines of an export, as objects."""
    url = f"sqlite:///{tmp_path}/old.db"
    fill(url)
    _export(url, tmp_path / "old.jsonl")
    return [orjson.loads(line) for line in (tmp_path / "old.jsonl").read_bytes().splitlines()]


def _write(path, lines, *, seal=True):
    """Write lines as an export; `seal` makes the last one fit the others."""
    body = b"".join(orjson.dumps(line) + b"\n" for line in lines[:-1])
    last = lines[-1]
    if seal:
        kinds = [line.get("kind") if isinstance(line, dict) else "" for line in lines]
        last = last | {
            "answers": kinds.count("answer"),
            "charges": kinds.count("charge"),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    path.write_bytes(body + orjson.dumps(last) + b"\n")
    return path


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_an_empty_ledger_becomes_the_same_one(any_url, new, tmp_path, name):
    fill(new)
    _export(new, tmp_path / name)

    done = _import(any_url, tmp_path / name)

    assert done == Imported(answers=8, charges=1)
    assert read_rows(any_url) == read_rows(new)
    assert verify(any_url)[0] == []
    _export(any_url, tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()


def test_twice_changes_nothing(any_url, new, tmp_path):
    fill(new)
    _export(new, tmp_path / "x.jsonl")
    _import(any_url, tmp_path / "x.jsonl")
    before = read_rows(any_url)

    done = _import(any_url, tmp_path / "x.jsonl")

    assert done == Imported(known_answers=8, known_charges=1)
    assert read_rows(any_url) == before


@pytest.mark.parametrize("batch", [1, 3, 8, 500])
def test_what_is_there_stays_and_the_rest_is_added(any_url, new, tmp_path, monkeypatch, batch):
    """Four answers of the file are there, with other texts; two more are there alone."""
    monkeypatch.setattr(restoring, "_BATCH", batch)
    fill(new)
    _export(new, tmp_path / "x.jsonl")
    mine = [(request, make_reply(request, "我的")) for request, _ in make_answers()[:4]]
    mine += [(make_request("另一题"), make_reply(make_request("另一题"), "答"))]
    fill(any_url, mine)

    done = _import(any_url, tmp_path / "x.jsonl")

    assert done == Imported(answers=4, known_answers=4, charges=1)
    assert [row[5] for row in read_rows(any_url)["reply"]].count("我的") == 4
    assert len(every_key(any_url)) == 9
    assert len(read_rows(any_url)["charge"]) == 2
    assert verify(any_url)[0] == []


def test_accounts_grow_by_what_is_added(any_url, new, tmp_path):
    fill(new)
    _export(new, tmp_path / "x.jsonl")
    fill(
        any_url, [(make_request("另一题"), make_reply(make_request("另一题"), "答", price_nusd=3))]
    )
    before = {row[0]: row[1:] for row in read_rows(any_url)["account"]}

    _import(any_url, tmp_path / "x.jsonl")

    added = {row[0]: row[1:] for row in read_rows(new)["account"]}
    after = {row[0]: row[1:] for row in read_rows(any_url)["account"]}
    for scope, sums in after.items():
        both = zip(before.get(scope, (0,) * 7), added.get(scope, (0,) * 7), strict=True)
        assert sums == tuple(map(sum, both))


def test_a_lost_request_whose_answer_is_here_is_not_counted_again(any_url, new, tmp_path):
    """A process was taken for dead when the export was made, and answered after all."""
    fill(new)
    _export(new, tmp_path / "late.jsonl")
    key = every_key(new)[0]
    [row] = [row for row in read_rows(new)["reply"] if row[0] == key]
    lines = [orjson.loads(line) for line in (tmp_path / "late.jsonl").read_bytes().splitlines()]
    charge = lines[-2] | {"id": row[16], "key": key}
    path = _write(tmp_path / "early.jsonl", [lines[0], charge, lines[-1]])
    _import(any_url, tmp_path / "late.jsonl")
    before = read_rows(any_url)

    assert _import(any_url, path) == Imported(known_charges=1)

    assert read_rows(any_url) == before


@pytest.fixture(scope="module")
def postgres():
    with open_database() as url:
        yield url


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_ANSWER = st.tuples(
    _TEXT, st.sampled_from(["en", "zh"]), st.none() | st.integers(0, 2**50), st.floats(0, 1e9)
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answers=st.dictionaries(_TEXT, _ANSWER, max_size=6))
def test_sqlite_to_postgres_to_sqlite(tmp_path_factory, postgres, answers):
    """The same rows, accounts and bytes, whatever the texts, prices and seconds are."""
    folder = tmp_path_factory.mktemp("transfer")
    first, last = (f"sqlite:///{folder}/{name}.db" for name in ("first", "last"))
    pairs = []
    for question, (text, lang, price, seconds) in answers.items():
        request = make_request(f"题{question}", lang=lang)
        changes = {"finish_reason": text, "model": text, "price_nusd": price}
        pairs.append((request, make_reply(request, text, seconds=abs(seconds), **changes)))
    fill(first, pairs)
    verify(postgres)  # makes the tables
    with opened(postgres) as engine, engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE reply, charge, account")

    _export(first, folder / "1.jsonl")
    _import(postgres, folder / "1.jsonl")
    _export(postgres, folder / "2.jsonl")
    _import(last, folder / "2.jsonl")
    _export(last, folder / "3.jsonl")

    assert read_rows(first) == read_rows(postgres) == read_rows(last)
    assert verify(last)[0] == verify(postgres)[0] == []
    files = [(folder / f"{number}.jsonl").read_bytes() for number in (1, 2, 3)]
    assert files[0] == files[1] == files[2]


def test_a_file_of_schema_2_had_no_reasoning(new, tmp_path, lines):
    old = [{k: v for k, v in line.items() if k != "reasoning"} for line in lines]
    path = _write(tmp_path / "x.jsonl", [old[0] | {"schema": 2}, *old[1:]])

    assert _import(new, path).answers == 8
    assert verify(new)[0] == []


# --- files that are wrong -------------------------------------------------------------------------


def _first(lines, **changes):
    return [lines[0] | changes, *lines[1:]]


def _third(lines, **changes):
    return [*lines[:2], lines[2] | changes, *lines[3:]]


def _charge(lines, **changes):
    return [*lines[:-2], lines[-2] | changes, lines[-1]]


WRONG = {
    "no export": (lambda lines: [{"kind": "answer"}, *lines], "1: not an export of a ledger"),
    "an Alpaca file": (lambda lines: [{"instruction": "x"}, lines[-1]], "1: not an export of a"),
    "a newer schema": (lambda lines: _first(lines, schema=5), '1: "schema" is 5, this version'),
    "a newer format": (lambda lines: _first(lines, format="2"), "1: \"format\" is '2', this"),
    "no schema": (lambda lines: _first(lines, schema=None), '1: "schema" is None'),
    "a list": (lambda lines: [lines[0], [1], *lines[1:]], "2: expected a JSON object, got [1]"),
    "another kind": (lambda lines: _third(lines, kind="reply"), "3: \"kind\" is 'reply', expected"),
    "a kind of another type": (lambda lines: _third(lines, kind=[]), '3: "kind" is [], expected'),
    "a second beginning": (lambda lines: [lines[0], *lines], "2: \"kind\" is 'ledger', expected"),
    "a wrong key": (lambda lines: _third(lines, key="a" * 64), "3: its key is not the hash"),
    "no key": (lambda lines: _third(lines, key=""), "3: its \"key\" is ''"),
    "another text": (lambda lines: _third(lines, text="改过"), "3: its checksum differs"),
    "another price": (lambda lines: _third(lines, price_nusd=1), "3: its checksum differs"),
    "a price below zero": (lambda lines: _third(lines, charged_nusd=-5), '3: its "charged_nusd"'),
    "a price beyond": (lambda lines: _third(lines, charged_nusd=2**63), '3: its "charged_nusd"'),
    "too many tokens": (lambda lines: _third(lines, input_tokens=2**31), '3: its "input_tokens"'),
    "seconds as text": (lambda lines: _third(lines, seconds="1"), "3: its \"seconds\" is '1'"),
    "less than no time": (lambda lines: _third(lines, seconds=-0.0), "3: its checksum differs"),
    "NUL in a name": (lambda lines: _third(lines, run="a\0"), '3: its "run" is'),
    "no request": (lambda lines: _third(lines, request=None), "3: its request cannot be read"),
    "a request as text": (lambda lines: _third(lines, request="x"), "3: its request cannot be"),
    "a column too much": (lambda lines: _third(lines, **{"a\x1b": 1}), "3: column 'a\\x1b' is not"),
    "a column too few": (
        lambda lines: [*lines[:2], {k: v for k, v in lines[2].items() if k != "run"}, *lines[3:]],
        "3: column 'run' is missing",
    ),
    "the same twice": (lambda lines: [*lines[:3], *lines[2:]], "the lines are not in order"),
    "another order": (
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        "4: ",
    ),
    "an open charge": (lambda lines: _charge(lines, state="open"), "10: it is open"),
    "a charge of no kind": (lambda lines: _charge(lines, state="x"), "10: its \"state\" is 'x'"),
    "a refund": (lambda lines: _charge(lines, nusd=-1), '10: its "nusd" is -1'),
    "more after the end": (lambda lines: [*lines[:-1], lines[-1], lines[-1]], "12: there is"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_told_by_its_number_and_nothing_is_added(new, tmp_path, lines, name):
    spoil, says = WRONG[name]
    fill(new, make_answers()[:2])
    before = read_rows(new)
    path = _write(tmp_path / "x.jsonl", spoil(lines))

    with pytest.raises(UserError) as told:
        _import(new, path)

    assert str(told.value).startswith(f"{path}:")
    assert says in str(told.value)
    assert str(told.value).isprintable()
    assert read_rows(new) == before


@pytest.mark.parametrize("at", range(1, 11))
def test_on_postgres_too_nothing_is_added_when_a_later_line_is_wrong(
    postgres_url, tmp_path, lines, monkeypatch, at
):
    monkeypatch.setattr(restoring, "_BATCH", 1)
    spoilt = [*lines[:at], lines[at] | {"kind": "?"}, *lines[at + 1 :]]
    path = _write(tmp_path / "x.jsonl", spoilt, seal=False)

    with pytest.raises(UserError, match=f":{at + 1}: "):
        _import(postgres_url, path)

    assert read_rows(postgres_url) == {"reply": [], "charge": [], "account": []}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param({"sha256": "0" * 64}, '"sha256" is', id="another hash"),
        pytest.param({"answers": 7}, '"answers" is 7, the lines before it give 8', id="answers"),
        pytest.param({"charges": 0}, '"charges" is 0, the lines before it give 1', id="charges"),
        pytest.param({"answers": None}, '"answers" is None', id="no count"),
    ],
)
def test_a_last_line_that_does_not_fit_is_told(new, tmp_path, lines, spoil, says):
    path = _write(tmp_path / "x.jsonl", [*lines[:-1], lines[-1] | spoil], seal=False)

    with pytest.raises(UserError) as told:
        _import(new, path)

    assert f"{path}:11: {says}" in str(told.value)


def test_a_line_taken_out_is_seen(new, tmp_path, lines):
    path = _write(tmp_path / "x.jsonl", [*lines[:4], *lines[5:]], seal=False)

    with pytest.raises(UserError, match='10: "answers" is 8, the lines before it give 7'):
        _import(new, path)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", ["old.jsonl", "old.jsonl.gz"])
def test_a_part_of_an_export_is_refused(new, tmp_path, lines, part, name):
    whole = (tmp_path / "old.jsonl").read_bytes()
    whole = gzip.compress(whole) if name.endswith("gz") else whole
    path = tmp_path / name
    path.write_bytes(whole[: int(len(whole) * part)])

    with pytest.raises(UserError, match=r"cut|not valid JSON|0: the file ends here"):
        _import(new, path)

    assert read_rows(new)["reply"] == []


def test_an_export_cut_between_two_lines_is_refused(new, tmp_path, lines):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"".join((tmp_path / "old.jsonl").read_bytes().splitlines(keepends=True)[:-1]))

    with pytest.raises(UserError, match=r"x\.jsonl:10: the file ends here, without its last line"):
        _import(new, path)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"\xff\xfe", "1: not valid JSON", id="not UTF-8"),
        pytest.param(b"[" * 5000 + b"\n", "1: not valid JSON", id="deep"),
        pytest.param(b"\n", "1: not valid JSON", id="an empty line"),
        pytest.param(b"\x1f\x8b\x08\x00junk", "1: the gzip file is damaged", id="no gzip"),
        pytest.param(b'{"kind": "\\ud800"}\n', "1: not valid JSON", id="half a character"),
    ],
)
def test_what_is_no_export_at_all_is_told(new, tmp_path, data, says):
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)

    with pytest.raises(UserError) as told:
        _import(new, path)

    assert f"{path}:{says}" in str(told.value)


def test_a_line_without_end_fills_no_memory(new, tmp_path, monkeypatch):
    monkeypatch.setattr(restoring, "MAX_LINE", 1000)
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"9" * 1001))

    with pytest.raises(UserError, match=r"x\.jsonl\.gz:1: the line is longer than 1,000 bytes"):
        _import(new, path)


@pytest.mark.parametrize("make", ["nothing", "a folder"])
def test_a_file_that_cannot_be_read_is_told(new, tmp_path, make):
    if make == "a folder":
        (tmp_path / "x.jsonl").mkdir()

    with pytest.raises(UserError, match=r"x\.jsonl: cannot be read: "):
        _import(new, tmp_path / "x.jsonl")


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)], ids=["as much", "one more"])
def test_no_file_can_make_an_account_too_large_to_add_up(any_url, tmp_path, lines, more, fits):
    """Eight bytes hold a sum: a file that filled them would lock everybody out."""
    highest = lines[-2] | {"run": "r", "month": "2020-01", "key": "", "unpriced": 0}
    charges = [
        highest | {"id": f"{number:032x}", "nusd": nusd}
        for number, nusd in enumerate((2**61, 2**61 + more))
    ]
    path = _write(tmp_path / "x.jsonl", [lines[0], *charges, lines[-1]])

    if fits:
        assert _import(any_url, path).charges == 2
        assert verify(any_url)[0] == []
    else:
        with pytest.raises(UserError, match="'month:2020-01' would be more than a ledger can hold"):
            _import(any_url, path)
        assert read_rows(any_url)["charge"] == []


def test_an_account_that_was_wrong_is_not_mended_in_secret(new, tmp_path, lines):
    fill(new, make_answers()[:2])
    change(new, "UPDATE account SET nusd = nusd + 1 WHERE scope = :run", run=f"run:{RUNS[0]}")

    _import(new, tmp_path / "old.jsonl")

    assert any(line.startswith(f"account: run:{RUNS[0]}: nusd") for line in verify(new)[0])
