"""The ledger: every paid answer, written before anything looks at it."""

from vicugna.ledger.ledger import Ledger, Stored, open_ledger

__all__ = ["Ledger", "Stored", "open_ledger"]
