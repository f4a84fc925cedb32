"""Paying for the second request of an attempt whose first one takes too long.

Both may be answered, and both paid for; one answer is kept. So the second has a charge of its own,
beside the one that the answer settles, until it is known which of the two was in vain.
"""

import hashlib
from collections.abc import Callable

from vicugna.ledger.accounts import Purse
from vicugna.ledger.ledger import Ledger
from vicugna.ledger.paying import claim_whole, may_be_paid
from vicugna.ledger.traffic import Traffic
from vicugna.ledger.writing import Charge
from vicugna.records import Bound, Request
from vicugna.teachers.hedging import Claim, Release


def hedging(
    ledger: Ledger, purse: Purse, bound: Callable[[Request], Bound], traffic: Traffic
) -> Claim:
    """Return what claims a second request, at once or not at all.

    It is lost when the request that gave no answer may have been paid for, and given back when not.
    """

    async def claim(request: Request) -> Release | None:
        charge = await claim_whole(ledger, hedge_key(request.key), bound(request), purse)
        if not isinstance(charge, Charge):
            return None

        async def release(fault: BaseException) -> None:
            lost = may_be_paid(fault)
            if lost:
                traffic.count_lost(charge.bound)
            await ledger.drop(charge, lost=lost)

        return release

    return claim


def hedge_key(key: str) -> str:
    """Return the key of the charge for a second request; the first one has that of the request."""
    return hashlib.sha256(f"{key} hedge".encode()).hexdigest()
