"""The ledger: every paid answer, written before anything looks at it."""

from vicugna.ledger.accounts import Purse
from vicugna.ledger.database import connect
from vicugna.ledger.ledger import Ledger, find_reply, open_ledger, read_all
from vicugna.ledger.rows import Stored

__all__ = [
    "Ledger",
    "Purse",
    "Stored",
    "connect",
    "find_reply",
    "open_ledger",
    "read_all",
]
