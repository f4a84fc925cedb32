"""Asking by the Batch API at half the price: requests are gathered, carried as files, taken in."""

from vicugna.batching.batcher import Batcher
from vicugna.batching.courier import Desk

__all__ = ["Batcher", "Desk"]
