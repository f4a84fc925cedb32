"""What a cap leaves room for."""

import pytest

from vicugna.ledger.accounts import Account, Use, use_of
from vicugna.records import Bound
from vicugna.settings import Budget

USED = Account("run:x", nusd=600, tokens=60, requests=6)
HELD = Account("run:x", nusd=500, tokens=50, requests=5, held_nusd=100, held_tokens=10)
HELD.held_requests = 1
MIXED = Account("run:x", nusd=600, tokens=60, requests=6, unpriced=1)
BOUND = Bound(400, 40)


@pytest.mark.parametrize(
    ("account", "cap", "short"),
    [
        pytest.param(USED, {}, None, id="no cap"),
        pytest.param(USED, {"usd": 1e-6}, None, id="exactly the money"),
        pytest.param(USED, {"usd": 0.999e-6}, ("usd", False), id="not the money"),
        pytest.param(USED, {"tokens": 100}, None, id="exactly the tokens"),
        pytest.param(USED, {"tokens": 99}, ("tokens", False), id="not the tokens"),
        pytest.param(USED, {"requests": 7}, None, id="exactly the requests"),
        pytest.param(USED, {"requests": 6}, ("requests", False), id="not the requests"),
        pytest.param(HELD, {"usd": 1e-6}, None, id="beside what is held"),
        pytest.param(HELD, {"usd": 0.999e-6}, ("usd", True), id="when the held is less"),
        pytest.param(HELD, {"usd": 0.899e-6}, ("usd", False), id="also when it is nothing"),
        pytest.param(HELD, {"tokens": 99}, ("tokens", True), id="tokens later"),
        pytest.param(HELD, {"requests": 6}, ("requests", True), id="a request later"),
        pytest.param(HELD, {"usd": 0.999e-6, "tokens": 80}, ("tokens", False), id="never wins"),
        pytest.param(MIXED, {"usd": 5}, ("usd", False), id="money beside an unknown price"),
        pytest.param(MIXED, {"tokens": 100}, None, id="tokens beside an unknown price"),
    ],
)
def test_a_request_fits_or_has_to_wait_or_never_fits(account, cap, short):
    assert account.shortage(BOUND, Budget.model_validate(cap)) == short


@pytest.mark.parametrize(
    ("bound", "use"),
    [
        pytest.param(Bound(7, 9), Use(7, 9, 1, 0), id="known"),
        pytest.param(Bound(0, 9), Use(0, 9, 1, 0), id="free"),
        pytest.param(Bound(None, 9), Use(0, 9, 1, 1), id="unknown is counted, not added"),
    ],
)
def test_a_price_that_is_unknown_is_not_zero(bound, use):
    assert use_of(bound) == use


def test_what_is_added_can_be_taken_back():
    account = Account("run:x")
    for add in (account.spend, account.hold):
        add(Use(7, 9, 2, 1))
        add(Use(7, 9, 2, 1), -1)

    assert account == Account("run:x")
