"""Draws that survive growth: which tasks a request shows.

Rendezvous hashing (Thaler and Ravishankar 1998): every member gets a weight from (seed, draw,
member) and the k smallest win. A new member changes only the draws it wins, so a seed task that
is added later re-bills only the requests it is shown in.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_MASK = 2**64 - 1


def member_hash(identity: str) -> int:
    """Return the 64-bit hash of a member's id."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")


def draw(members: Hashes, salt: str, count: int) -> list[int]:
    """Return the places of the `count` winners among `members`, best first.

    `members` are `member_hash` values; `salt` names the draw. Fewer members than `count`: all.
    """
    if len(members) == 0 or count == 0:
        return []
    weights = _mix(members ^ np.uint64(member_hash(salt)))
    count = min(count, len(members))
    winners = np.argpartition(weights, count - 1)[:count]
    return winners[np.argsort(weights[winners], kind="stable")].tolist()


def shuffle(identities: Sequence[str], salt: str) -> list[int]:
    """Return the places of some members in the order in which `draw` has all of them.

    For the few that are in a prompt: arrays of three cost more than they save.
    """
    drawn = member_hash(salt)
    weights = [_mix_one(member_hash(identity) ^ drawn) for identity in identities]
    return sorted(range(len(weights)), key=weights.__getitem__)


def _mix_one(value: int) -> int:
    """Scramble one 64-bit value, as `_mix` does."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def _mix(values: Hashes) -> Hashes:
    """Scramble 64-bit values (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
