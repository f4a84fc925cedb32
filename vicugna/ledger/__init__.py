"""The ledger: every paid answer, written before anything looks at it."""

from vicugna.ledger.ledger import Ledger, Stored, connect, find_reply, open_ledger

__all__ = ["Ledger", "Stored", "connect", "find_reply", "open_ledger"]
