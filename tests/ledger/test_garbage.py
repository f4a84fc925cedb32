"""What `gc` removes, and that nothing of what it cost is forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.kept import (
    CONTENT,
    RUNS,
    change,
    date,
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
from vicugna.errors import UserError
from vicugna.ledger import open_ledger, verifying
from vicugna.ledger.garbage import (
    find_damaged,
    give_back,
    mark_keys,
    mark_unneeded,
    refuse_at_work,
    remove,
    time_before,
)
from vicugna.ledger.writing import Charge, Full
from vicugna.records import Bound

OLD, NEW = "2026-01-01T00:00:00.000+00:00", "2026-02-01T00:00:00.000+00:00"
BETWEEN = "2026-01-15T00:00:00.000+00:00"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(verifying, "sleep", lambda seconds: None)


def _gc(url, needed, before=BETWEEN, *, really=True):
    with opened(url) as engine:
        return remove(engine, mark_unneeded(needed, before), really=really)


def _accounts(url):
    return read_rows(url)["account"]


@pytest.fixture
def old_url(any_url):
    """Return the URL of a ledger whose answers are old."""
    fill(any_url)
    date(any_url, OLD)
    return any_url


def test_what_nobody_needs_goes_and_what_is_needed_stays(old_url):
    keys = every_key(old_url)

    piles = _gc(old_url, keys[:3])

    assert every_key(old_url) == keys[:3]
    assert sum(pile.answers for pile in piles) == 5
    assert verify(old_url)[0] == []


@pytest.mark.parametrize(
    ("created", "goes"),
    [
        pytest.param("2026-01-14T23:59:59.999+00:00", True, id="a millisecond older"),
        pytest.param("2026-01-15T00:00:00.000+00:00", False, id="just as old"),
        pytest.param("2026-01-15T00:00:00.001+00:00", False, id="a millisecond younger"),
    ],
)
def test_only_what_is_older_goes(old_url, created, goes):
    keys = every_key(old_url)
    date(old_url, NEW)
    date(old_url, created, keys[4:5])

    _gc(old_url, keys[:1])

    assert every_key(old_url) == [key for key in keys if key != keys[4] or not goes]


def test_the_time_some_days_ago():
    ago = datetime.fromisoformat(time_before(30))

    assert timedelta(days=30) <= datetime.now(UTC) - ago < timedelta(days=30, minutes=1)
    assert time_before(0)[:10] == f"{datetime.now(UTC):%Y-%m-%d}"
    assert datetime.fromisoformat(time_before(36_500)).year < 1930


def test_what_it_says_of_what_goes(old_url):
    """By run and month: answers, bytes of their text, what budgets count, and how many no price."""
    first, second = (pile for pile in _gc(old_url, every_key(old_url)[:1], really=False))
    rows = [row for row in read_rows(old_url)["reply"] if row[0] != every_key(old_url)[0]]

    for pile, run in ((first, RUNS[0]), (second, RUNS[1])):
        mine = [row for row in rows if row[14] == run]
        # As they are written: NUL, which PostgreSQL cannot hold, is two bytes there.
        texts = [row[5].replace("\x1a", "\x1a1").replace("\0", "\x1a0") for row in mine]
        assert (pile.run, pile.month, pile.answers) == (run, mine[0][15], len(mine))
        assert pile.text_bytes == sum(len(text.encode()) for text in texts)
        assert pile.nusd == sum(row[17] or 0 for row in mine)
        assert pile.tokens == 30 * len(mine)
        assert pile.unpriced == 0


def test_a_dry_run_changes_nothing(old_url):
    before = read_rows(old_url)

    dry = _gc(old_url, every_key(old_url)[:3], really=False)

    assert read_rows(old_url) == before
    assert _gc(old_url, every_key(old_url)[:3]) == dry


def test_what_is_removed_stays_in_the_accounts(old_url):
    change(
        old_url, "UPDATE reply SET month = '2025-12' WHERE key = :key", key=every_key(old_url)[7]
    )
    _recount(old_url)
    before = _accounts(old_url)

    piles = _gc(old_url, every_key(old_url)[:1])

    assert _accounts(old_url) == before
    removed = [row for row in read_rows(old_url)["charge"] if row[5] == "removed"]
    assert sorted((row[2], row[3], row[6], row[7], row[8], row[9]) for row in removed) == sorted(
        (pile.run, pile.month, pile.nusd, pile.tokens, pile.answers, pile.unpriced)
        for pile in piles
    )
    assert len(piles) == 3
    bad, tally = verify(old_url)
    assert bad == []
    assert sum(month.removed for month in tally.months.values()) == 7


def _recount(url):
    from vicugna.ledger.accounts import recount

    with opened(url) as engine, engine.execution_options(writes=True).begin() as connection:
        recount(connection)


@pytest.mark.parametrize("unpriced", [1, 2], ids=["one of two", "both"])
def test_an_unknown_price_stays_unknown(any_url, unpriced):
    """A cap on money leaves no room beside it, before and after."""
    requests = [make_request(question) for question in list(CONTENT)[:4]]
    fill(any_url, [(request, make_reply(request, "x")) for request in requests])
    keys = [row[0] for row in read_rows(any_url)["reply"] if row[14] == RUNS[1]]
    for key in keys[:unpriced]:
        change(any_url, "UPDATE reply SET charged_nusd = NULL WHERE key = :key", key=key)
    _recount(any_url)
    date(any_url, OLD)
    before = _accounts(any_url)

    _gc(any_url, [row[0] for row in read_rows(any_url)["reply"] if row[14] == RUNS[0]])

    [removed] = [row for row in read_rows(any_url)["charge"] if row[5] == "removed"]
    assert (removed[6], removed[8], removed[9]) == (None if unpriced == 2 else 0, 2, unpriced)
    assert _accounts(any_url) == before
    assert verify(any_url)[0] == []


def test_again_there_is_nothing_to_remove(old_url):
    keys = every_key(old_url)
    _gc(old_url, keys[:3])
    before = read_rows(old_url)

    assert _gc(old_url, keys[:3]) == []
    assert read_rows(old_url) == before


CAPS = [
    pytest.param({"usd": 0.001505}, {}, "usd", id="usd"),
    pytest.param({"tokens": 520}, {}, "tokens", id="tokens"),
    pytest.param({"requests": 5}, {}, "requests", id="requests"),
    pytest.param({}, {"usd": 0.003}, "usd", id="usd of the month"),
    pytest.param({}, {"requests": 9}, "requests", id="requests of the month"),
]


@pytest.mark.parametrize(("budget", "month_budget", "unit"), CAPS)
@pytest.mark.parametrize("how", ["gc", "damaged", "nothing"])
def test_no_budget_is_loosened(any_url, budget, month_budget, unit, how):
    """What was full before is full after, to the last unit."""
    fill(any_url)
    keys = every_key(any_url)
    purse = make_purse(RUNS[0], budget, month_budget)
    with opened(any_url) as engine:
        if how == "gc":
            assert remove(engine, mark_unneeded(keys[:1], time_before(-1)), really=True)
        elif how == "damaged":
            change(
                any_url,
                "UPDATE reply SET text = '错', price_nusd = 0 WHERE key > :key",
                key=keys[0],
            )
            assert remove(engine, mark_keys(find_damaged(engine)[0]), really=True)

    got = asyncio.run(_claim(any_url, keys[-1] if how != "nothing" else "e" * 64, purse))

    assert isinstance(got, Full)
    assert got.unit == unit


async def _claim(url, key, purse):
    async with open_ledger(url) as ledger:
        return await ledger.claim(key, Bound(5_000, 400), purse)


def test_what_was_removed_may_be_asked_for_again(old_url):
    keys = every_key(old_url)
    _gc(old_url, keys[:1])

    assert isinstance(asyncio.run(_claim(old_url, keys[4], make_purse())), Charge)


# --- damaged answers ------------------------------------------------------------------------------


def test_damaged_answers_go_and_are_paid_for_again(any_url):
    fill(any_url)
    keys = every_key(any_url)
    change(any_url, "UPDATE reply SET text = '错' WHERE key = :key", key=keys[1])
    change(any_url, "UPDATE reply SET request = :to WHERE key = :key", to=b"?", key=keys[6])
    before = _accounts(any_url)

    with opened(any_url) as engine:
        found, without_key = find_damaged(engine)
        piles = remove(engine, mark_keys(found), really=True)

    assert (found, without_key) == ([keys[1], keys[6]], 0)
    assert sum(pile.answers for pile in piles) == 2
    assert _accounts(any_url) == before
    assert verify(any_url)[0] == []
    assert every_key(any_url) == [key for key in keys if key not in found]


# --- when it is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("needed", [[], ["e" * 64]], ids=["nothing", "answers of another ledger"])
@pytest.mark.parametrize("really", [False, True])
def test_runs_that_know_nothing_of_the_ledger_do_not_empty_it(old_url, needed, really):
    """Called in another folder, or with another VICUGNA_LEDGER."""
    before = read_rows(old_url)

    with pytest.raises(UserError, match="used none of its answers"):
        _gc(old_url, needed, really=really)

    assert read_rows(old_url) == before


def test_an_error_on_the_way_removes_nothing(old_url):
    def needed():
        yield every_key(old_url)[0]
        raise UserError("a run cannot be read")

    before = read_rows(old_url)
    for _ in range(2):
        with pytest.raises(UserError, match="a run cannot be read"):
            _gc(old_url, needed())

    assert read_rows(old_url) == before


def test_a_process_at_work_is_waited_for(any_url):
    async def at_work():
        async with open_ledger(any_url) as ledger:
            await ledger.claim("a" * 64, Bound(1, 2), make_purse())
            with (
                opened(any_url) as engine,
                pytest.raises(UserError, match="a run is at work on it"),
            ):
                refuse_at_work(engine)

    asyncio.run(at_work())

    with opened(any_url) as engine:
        refuse_at_work(engine)  # it came to its end


def test_a_dead_process_is_not_waited_for(any_url):
    verify(any_url)
    change(any_url, "INSERT INTO process VALUES ('dead', 7, '2026')")

    with opened(any_url) as engine:
        refuse_at_work(engine)


# --- room -----------------------------------------------------------------------------------------


def test_sqlite_gives_the_room_back(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    requests = [make_request(f"第{number}题") for number in range(50)]
    fill(url, [(request, make_reply(request, "长" * 2000)) for request in requests])
    with opened(url) as engine:
        remove(engine, mark_keys(every_key(url)[:40]), really=True)
        before = path_of(url).stat().st_size

        given = give_back(engine)

    assert 40 * 6000 < given < before
    assert path_of(url).stat().st_size == before - given
    assert verify(url)[0] == []
    assert make_answers()[0][0].key not in every_key(url)
